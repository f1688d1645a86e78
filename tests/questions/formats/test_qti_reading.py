"""Items and packages of other programs, written after the specifications."""

import pytest

from questions.formats.base import Unreadable
from questions.formats.qti.packaging import QTI_FORMATS
from tests.questions.formats.xml_samples import (
    CHOICES,
    DEFAULTS,
    EMPTY,
    manifest,
    package,
    qti_item,
    qti_package,
)

QTI = QTI_FORMATS[0]

PREFIXED = b"""<?xml version="1.0" encoding="UTF-8"?>
<!-- made elsewhere -->
<q:assessmentItem xmlns:q="http://www.imsglobal.org/xsd/imsqti_v2p2" identifier="water" title="Water"
    adaptive="false" timeDependent="false">
  <q:responseDeclaration identifier="R" cardinality="multiple" baseType="identifier">
    <q:correctResponse><q:value> H </q:value><q:value>O</q:value></q:correctResponse>
    <q:mapping defaultValue="-2">
      <q:mapEntry mapKey="H" mappedValue="1"/><q:mapEntry mapKey="O" mappedValue="1"/></q:mapping>
  </q:responseDeclaration>
  <q:itemBody>
    <q:rubricBlock view="candidate"><q:p>Think first.</q:p></q:rubricBlock>
    <q:rubricBlock view="scorer"><q:p>Two points.</q:p></q:rubricBlock>
    <q:table><q:tbody><q:tr><q:th>a</q:th><q:th>b</q:th></q:tr>
      <q:tr><q:td>1</q:td><q:td>2</q:td></q:tr></q:tbody></q:table>
    <q:p><q:img src="w.png" alt="A glass"/>Water:</q:p>
    <q:choiceInteraction responseIdentifier="R" shuffle="true" maxChoices="0">
      <q:prompt><![CDATA[Which <elements>?]]></q:prompt>
      <q:simpleChoice identifier="H">Hydrogen</q:simpleChoice>
      <q:simpleChoice identifier="He"><q:p>Helium</q:p></q:simpleChoice>
      <q:simpleChoice identifier="O" fixed="true">Oxygen
        <q:feedbackInline outcomeIdentifier="F" identifier="O" showHide="show">There
          is <q:em>one</q:em>.</q:feedbackInline>
      </q:simpleChoice>
    </q:choiceInteraction>
  </q:itemBody>
  <q:responseProcessing template="http://www.imsglobal.org/question/qti_v2p2/rptemplates/map_response"/>
</q:assessmentItem>"""

MATCH_30 = b"""<qti-assessment-item xmlns="http://www.imsglobal.org/xsd/imsqtiasi_v3p0" identifier="plays" title="Plays"
    time-dependent="false" xml:lang="en">
  <qti-response-declaration identifier="RESPONSE" cardinality="multiple" base-type="directedPair">
    <qti-correct-response><qti-value>C  R</qti-value><qti-value>D M</qti-value></qti-correct-response>
  </qti-response-declaration>
  <qti-item-body>
    <p>Shakespeare.</p>
    <qti-match-interaction response-identifier="RESPONSE" max-associations="4" shuffle="true">
      <qti-prompt>Match them:</qti-prompt>
      <qti-simple-match-set>
        <qti-simple-associable-choice identifier="C" match-max="1">Capulet</qti-simple-associable-choice>
        <qti-simple-associable-choice identifier="D" match-max="1">Demetrius</qti-simple-associable-choice>
      </qti-simple-match-set>
      <qti-simple-match-set>
        <qti-simple-associable-choice identifier="M" match-max="4">Dream</qti-simple-associable-choice>
        <qti-simple-associable-choice identifier="R" match-max="4">Romeo</qti-simple-associable-choice>
        <qti-simple-associable-choice identifier="T" match-max="4">Tempest</qti-simple-associable-choice>
      </qti-simple-match-set>
    </qti-match-interaction>
  </qti-item-body>
  <qti-modal-feedback outcome-identifier="F" show-hide="show" identifier="D">
    <qti-content-body>A lover.</qti-content-body>
  </qti-modal-feedback>
  <qti-modal-feedback outcome-identifier="F" show-hide="show" identifier="general-solution">
    <qti-content-body><p>Read them.</p></qti-content-body></qti-modal-feedback>
</qti-assessment-item>"""


def read_one(data, defaults=EMPTY):
    (row,) = QTI.read(data, defaults)
    return row


def test_prefixed_item_of_version_22_is_read_and_what_is_left_out_is_said():
    row = read_one(PREFIXED, DEFAULTS)

    assert row.problems == ()
    assert (row.entry.id, row.entry.kind, row.entry.shuffle, row.entry.key) == ("water", "multiple", False, [0, 2])
    assert row.entry.stem == ("Think first.\n\n| a | b |\n| --- | --- |\n| 1 | 2 |\n\nWater:\n\nWhich \\<elements>?")
    assert [option.text for option in row.entry.options] == ["Hydrogen", "Helium", "Oxygen"]
    assert [option.rationale for option in row.entry.options] == ["", "", "There is *one*."]
    assert (row.entry.tasks, row.entry.difficulty, row.entry.tags) == ({"mls-c01": "1.1"}, "hard", ("imported",))
    assert (row.place, row.label) == ("the item", "Water")
    assert row.notes == (
        "partial credit is not taken over: an answer is right or wrong here.",
        "1 fixed options: none of the options is shuffled here.",
        "a rubric for scorer is not taken over.",
        "stem: <img> (“A glass”) is not taken over: texts only.",
    )


def test_match_interaction_of_version_30_is_read():
    row = read_one(MATCH_30)

    assert (row.problems, row.notes) == ((), ())
    assert (row.entry.kind, row.entry.decoys, row.entry.shuffle) == ("matching", ("Tempest",), True)
    assert [(option.text, option.match, option.rationale) for option in row.entry.options] == [
        ("Capulet", "Romeo", ""),
        ("Demetrius", "Dream", "A lover."),
    ]
    assert (row.entry.stem, row.entry.explanation) == ("Shakespeare.\n\nMatch them:", "Read them.")


def test_order_interaction_is_read_in_its_right_order():
    body = f'<orderInteraction responseIdentifier="RESPONSE" shuffle="true">{CHOICES}</orderInteraction>'

    entry = read_one(qti_item(f"<p>Sort.</p>{body}", ("b", "a"), "ordered")).entry

    assert (entry.kind, [option.text for option in entry.options]) == ("ordering", ["Two", "One"])


@pytest.mark.parametrize(
    ("cardinality", "entries", "keys"),
    [
        ("multiple", {"a": 1, "b": -1}, [0]),
        ("multiple", {"a": 0.5, "b": 0.5}, [0, 1]),
        ("single", {"a": 0.5, "b": 2}, [1]),
        ("single", {"a": 0, "b": -1}, []),
    ],
)
def test_key_of_a_mapping_is_what_is_worth_points(cardinality, entries, keys):
    mapping = "".join(f'<mapEntry mapKey="{key}" mappedValue="{worth}"/>' for key, worth in entries.items())
    declaration = (
        f'<responseDeclaration identifier="RESPONSE" cardinality="{cardinality}" baseType="identifier">'
        f'<mapping defaultValue="0">{mapping}</mapping></responseDeclaration>'
    )

    row = read_one(qti_item(declaration=declaration))

    assert row.entry.key == keys
    assert row.notes == ("the key is read from the mapping: what is worth points is right.",)


def test_feedback_chosen_by_response_processing_is_that_of_its_option():
    branches = "".join(
        f'<{name}><match><variable identifier="RESPONSE"/><baseValue baseType="identifier">{choice}</baseValue></match>'
        f'<setOutcomeValue identifier="F"><baseValue baseType="identifier">said-{choice}</baseValue>'
        f"</setOutcomeValue></{name}>"
        for name, choice in (("responseIf", "a"), ("responseElseIf", "b"))
    )
    feedback = "".join(
        f'<modalFeedback outcomeIdentifier="F" identifier="{name}" showHide="show">About {name}.</modalFeedback>'
        for name in ("said-a", "said-b", "wrong")
    )
    extra = f"<responseProcessing><responseCondition>{branches}</responseCondition></responseProcessing>{feedback}"

    row = read_one(qti_item(extra=extra))

    assert [option.rationale for option in row.entry.options] == ["About said-a.", "About said-b."]
    assert row.notes == ("feedback “wrong” is not taken over: it belongs to no single option.",)


@pytest.mark.parametrize(
    "prompt", ["<![CDATA[<p>Which <b>one</b>?</p>]]>", "&lt;p&gt;Which &lt;b&gt;one&lt;/b&gt;?&lt;/p&gt;"]
)
def test_html_written_as_text_is_read_as_html_and_said(prompt):
    row = read_one(qti_item(prompt=prompt))

    assert (row.entry.stem, row.notes) == (
        "Which **one**?",
        ("stem: is HTML written as text; it was read as HTML.",),
    )


# --- Packages ------------------------------------------------------------------------------------------------


def test_metadata_of_the_manifest_is_read():
    metadata = (
        '<metadata><lom xmlns="http://ltsc.ieee.org/xsd/LOM"><general>'
        '<keyword><string language="en">Amazon S3</string></keyword>'
        "<keyword><string>storage</string></keyword></general>"
        "<educational><difficulty><source>LOMv1.0</source><value>very difficult</value></difficulty></educational>"
        "<classification><purpose><source>LOMv1.0</source><value>educational objective</value></purpose>"
        "<taxonPath><source><string>certification:mls-c01</string></source><taxon><id>1.2</id></taxon></taxonPath>"
        "<taxonPath><source><string>Other</string></source><taxon><id>9</id></taxon></taxonPath></classification>"
        "</lom></metadata>"
    )
    data = package({"imsmanifest.xml": manifest("a b.xml", metadata=metadata), "a b.xml": qti_item()})

    row = read_one(data)

    assert (row.entry.tags, row.entry.difficulty, row.entry.tasks) == (
        ("amazon-s3", "storage"),
        "hard",
        {"mls-c01": "1.2"},
    )
    assert (row.place, row.notes) == ("a b.xml", ("tag “Amazon S3” became “amazon-s3”.",))


def test_address_in_the_manifest_may_be_quoted():
    data = package({"imsmanifest.xml": manifest("items/a%20b.xml"), "items/a b.xml": qti_item()})

    assert read_one(data).entry.key == [0]


def test_shared_stimulus_is_the_case():
    stimulus = (
        b'<qti-assessment-stimulus xmlns="http://www.imsglobal.org/xsd/imsqtiasi_v3p0" identifier="s">'
        b"<qti-stimulus-body><p>A <i>shop</i>.</p></qti-stimulus-body></qti-assessment-stimulus>"
    )
    ref = '<assessmentStimulusRef identifier="s" href="../shared/s.xml"/>'
    data = package(
        {
            "imsmanifest.xml": manifest("items/a.xml", "items/b.xml"),
            "items/a.xml": qti_item(extra=ref),
            "items/b.xml": qti_item(extra=ref.replace("s.xml", "none.xml")),
            "shared/s.xml": stimulus,
        }
    )

    first, second = QTI.read(data, EMPTY)

    assert (first.entry.case, first.notes) == ("A *shop*.", ())
    assert (second.entry.case, second.notes) == ("", ("the shared text “../shared/none.xml” is not in the file.",))


def test_refused_items_leave_the_others():
    data = package(
        {
            "imsmanifest.xml": manifest("good.xml", "missing.xml", "broken.xml", "essay.xml", "../good.xml"),
            "good.xml": qti_item(),
            "broken.xml": b"<assessmentItem>",
            "essay.xml": qti_item('<extendedTextInteraction responseIdentifier="RESPONSE"/>'),
        }
    )

    rows = QTI.read(data, EMPTY)

    assert [row.place for row in rows] == ["good.xml", "missing.xml", "broken.xml", "essay.xml", "../good.xml"]
    assert [[str(problem) for problem in row.problems] for row in rows] == [
        [],
        ["href: is not in the package; add the file or remove its resource."],
        ["file: “broken.xml” is not well-formed XML: no element found: line 1, column 16; export it again."],
        [
            "itemBody: extendedTextInteraction is not supported; the supported interactions are "
            "choiceInteraction, orderInteraction, matchInteraction, textEntryInteraction."
        ],
        ["href: is not in the package; add the file or remove its resource."],
    ]


def test_test_in_the_package_is_named():
    resource = '<resource identifier="t" type="imsqti_test_xmlv2p1" href="t.xml"><file href="t.xml"/></resource>'
    described = manifest("a.xml").replace(b"</resources>", f"{resource}</resources>".encode())

    row = read_one(package({"imsmanifest.xml": described, "a.xml": qti_item(), "t.xml": b"<assessmentTest/>"}))

    assert row.notes == ("the package contains a test, too; only its questions are imported.",)


def test_manifest_in_a_folder_is_found_and_named():
    data = package({"export/imsmanifest.xml": manifest("a.xml"), "export/a.xml": qti_item()})

    with pytest.raises(
        Unreadable, match=r"no imsmanifest\.xml at its top: it lies in “export”; pack what that folder holds"
    ):
        QTI.read(data, EMPTY)


def test_same_text_of_two_matches_is_one_match():
    data = MATCH_30.replace(b">Tempest<", b">Romeo<")

    entry = read_one(data).entry

    assert (entry.decoys, [option.match for option in entry.options]) == ((), ["Romeo", "Dream"])


def test_items_of_a_package_come_in_the_order_of_the_manifest():
    rows = QTI.read(qti_package(b=qti_item(), a=qti_item()), EMPTY)

    assert [row.place for row in rows] == ["b.xml", "a.xml"]
