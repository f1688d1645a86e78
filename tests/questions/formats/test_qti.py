import io
import re
import zipfile

import pytest
from defusedxml.ElementTree import fromstring
from hypothesis import HealthCheck, given, settings

from questions.formats.base import Unreadable
from questions.formats.html import inner_html, to_elements
from questions.formats.qti.names import within
from questions.formats.qti.packaging import QTI_FORMATS
from questions.rendering import render_inline, render_markdown
from tests.questions.formats.strategies import entry_lists, said
from tests.questions.formats.xml_samples import EMPTY, as_drafts, bank, entry, repacked

QTI_21, QTI_22, QTI_30 = QTI_FORMATS
EVERY = pytest.mark.parametrize("qti", QTI_FORMATS, ids=lambda qti: qti.name)
ORDERING = {"kind": "ordering", "options": [{"text": "First"}, {"text": "Second", "rationale": "It follows."}]}
MATCHING = {
    "kind": "matching",
    "options": [
        {"text": "Objects", "match": "S3"},
        {"text": "Blocks", "match": "EBS"},
        {"text": "Disks", "match": "EBS"},
    ],
    "decoys": ["SQS", "EFS"],
}


def files_of(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def without_ours(data):
    """Return a package as another program would write it: without our files."""
    return repacked(data, lambda name, content: None if name.endswith(".json") else content)


def edited(data, *changes):
    """Return a package in which texts of the items were replaced."""

    def change(name, content):
        for old, new in changes if name.startswith("items/") and name.endswith(".xml") else ():
            assert old in content.decode()
            content = content.decode().replace(old, new).encode()
        return content

    return repacked(data, change)


# --- Round trip ----------------------------------------------------------------------------------------------


@EVERY
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(entries=entry_lists())
def test_anything_comes_back_as_it_was(qti, entries):
    rows = qti.read(qti.write(entries), EMPTY)

    assert [(row.problems, said(row)) for row in rows] == [((), [])] * len(entries)
    assert [row.entry for row in rows] == as_drafts(entries)


@EVERY
def test_whole_bank_comes_back_as_it_was(qti):
    rows = qti.read(qti.write(bank()), EMPTY)

    assert [row.entry for row in rows] == as_drafts(bank())
    assert {row.notes for row in rows} == {()}


@EVERY
def test_bank_shows_the_same_without_our_files(qti):
    entries = bank()[QTI_FORMATS.index(qti) :: 3]  # together all of it: what is read is the same in every version

    rows = qti.read(without_ours(qti.write(entries)), EMPTY)

    assert {(row.problems, row.notes) for row in rows} == {((), ())}
    assert [_shown(row.entry) for row in rows] == [_shown(entry) for entry in entries]


def _shown(entry):
    return (
        *(entry.id, entry.kind, entry.shuffle, entry.key, entry.tasks, entry.difficulty, entry.tags),
        *(inner_html(to_elements(render_markdown(text))) for text in (entry.case, entry.stem, entry.explanation)),
        *(inner_html(to_elements(render_inline(option.text))) for option in entry.options),
        *(inner_html(to_elements(render_markdown(option.rationale))) for option in entry.options),
    )


@EVERY
@pytest.mark.parametrize("changes", [ORDERING, MATCHING], ids=["ordering", "matching"])
def test_other_kinds_are_read_without_our_files(qti, changes):
    given = entry(case="A shop.", **changes)

    (row,) = qti.read(without_ours(qti.write([given])), EMPTY)

    assert row.entry.model_dump(exclude={"valid_as_of", "decoys"}) == given.model_dump(
        exclude={"valid_as_of", "decoys"}
    )
    assert set(row.entry.decoys) == set(given.decoys)


def test_what_an_item_has_no_place_for_is_said_to_be_lacking():
    data = QTI_21.write([entry()])

    assert {"references", "service_note", "source"} <= QTI_21.read(without_ours(data), EMPTY)[0].assumed
    assert not {"references", "service_note"} & QTI_21.read(data, EMPTY)[0].assumed


def test_every_version_reads_every_version():
    data = [qti.write([entry()]) for qti in QTI_FORMATS]

    rows = [qti.read(item, EMPTY)[0].entry for qti in QTI_FORMATS for item in data]

    assert rows == [entry()] * 9


@EVERY
def test_same_questions_give_the_same_bytes(qti):
    assert qti.write(bank()[:20]) == qti.write(bank()[:20])


@EVERY
def test_item_alone_is_read(qti):
    (row,) = qti.read(files_of(qti.write([entry()]))["items/store-01.xml"], EMPTY)

    assert (row.entry.id, row.entry.stem, row.entry.key) == ("store-01", "Where do objects go?", [0])
    assert [option.rationale for option in row.entry.options] == ["It stores objects.", "It stores blocks."]


# --- Edited elsewhere ----------------------------------------------------------------------------------------


@EVERY
def test_edit_elsewhere_is_taken_and_the_rest_stays_as_it_was_written(qti):
    given = entry(stem="Where do\n_objects_ go?", explanation="*So* it\nis.", service_note="Renamed.")
    data = edited(qti.write([given]), ("Where do", "Where should"), ("It stores blocks.", "It stores <b>disks</b>."))

    (row,) = qti.read(data, EMPTY)

    expected = given.model_copy(
        update={
            "stem": "Where should\n*objects* go?",
            "options": (
                given.options[0],
                given.options[1].model_copy(update={"rationale": "It stores **disks**."}),
            ),
        }
    )
    assert " ".join(row.entry.stem.split()) == "Where should *objects* go?"
    assert row.entry.model_copy(update={"stem": expected.stem}) == expected


@EVERY
def test_key_moved_elsewhere_is_taken(qti):
    value = "qti-value" if qti is QTI_30 else "value"
    data = edited(qti.write([entry()]), (f"<{value}>choice_1</{value}></", f"<{value}>choice_2</{value}></"))

    assert qti.read(data, EMPTY)[0].entry.key == [1]


@EVERY
def test_order_changed_elsewhere_is_taken(qti):
    value = "qti-value" if qti is QTI_30 else "value"
    one, two = (f"<{value}>choice_{number}</{value}>" for number in (1, 2))
    data = edited(qti.write([entry(**ORDERING)]), (one + two, two + one))

    options = qti.read(data, EMPTY)[0].entry.options

    assert [(option.text, option.rationale) for option in options] == [("Second", "It follows."), ("First", "")]


@EVERY
def test_new_option_elsewhere_is_taken(qti):
    end = "</qti-choice-interaction>" if qti is QTI_30 else "</choiceInteraction>"
    name = "qti-simple-choice" if qti is QTI_30 else "simpleChoice"
    data = edited(qti.write([entry()]), (end, f'<{name} identifier="new">Amazon <i>EFS</i></{name}>{end}'))

    options = qti.read(data, EMPTY)[0].entry.options

    assert [option.text for option in options] == ["Amazon S3", "Amazon EBS", "Amazon *EFS*"]


def test_other_prefixes_and_white_space_change_nothing():
    given = entry(stem="Where do\n_objects_ go?\n\n- up\n- down")

    def change(name, content):
        if not name.startswith("items/") or name.endswith(".json"):
            return content
        prefixed = re.sub(r"<(/?)(?=[a-zA-Z])", r"<\1q:", content.decode()).replace("xmlns=", "xmlns:q=")
        return re.sub(r"(</?q:(?:p|div|ul|li|itemBody|simpleChoice)\b[^>]*>)", r"\n   \1\n   ", prefixed).encode()

    (row,) = QTI_22.read(repacked(QTI_22.write([given]), change), EMPTY)

    assert row.entry == given


def test_broken_file_of_ours_is_left_aside():
    data = repacked(QTI_21.write([entry()]), lambda name, content: b"{" if name.endswith(".json") else content)

    (row,) = QTI_21.read(data, EMPTY)

    assert row.entry.stem == "Where do objects go?"
    assert row.notes == ("the file *.question.json beside the item cannot be read and was left aside.",)


# --- What other programs get ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("qti", "root", "template"),
    [
        (QTI_21, "assessmentItem", "http://www.imsglobal.org/question/qti_v2p1/rptemplates/match_correct"),
        (QTI_22, "assessmentItem", "http://www.imsglobal.org/question/qti_v2p2/rptemplates/match_correct"),
        (QTI_30, "qti-assessment-item", "https://purl.imsglobal.org/spec/qti/v3p0/rptemplates/match_correct.xml"),
    ],
)
def test_item_has_the_names_of_its_version(qti, root, template):
    item = fromstring(files_of(qti.write([entry(id="7up", case="A ~~shop~~ store.")]))["items/7up.xml"])

    assert item.tag.rpartition("}")[2] == root
    assert item.get("identifier") == "_7up"  # version 3 wants no digit first
    assert [e.get("template") for e in within(item, "responseProcessing")] == [template]
    assert [e.get("class") for e in within(item, "div")] == ["case", None]
    assert [e.text for e in within(item, "span")] == ["shop"]
    assert within(item, "s") == []


@EVERY
@pytest.mark.parametrize(
    ("changes", "cardinality", "correct"),
    [
        ({}, "single", ["choice_1"]),
        ({"kind": "multiple"}, "multiple", ["choice_1"]),
        (ORDERING, "ordered", ["choice_1", "choice_2"]),
        (MATCHING, "multiple", ["choice_1 match_3", "choice_2 match_1", "choice_3 match_1"]),
    ],
    ids=["single", "multiple", "ordering", "matching"],
)
def test_response_is_declared(qti, changes, cardinality, correct):
    item = fromstring(files_of(qti.write([entry(**changes)]))["items/store-01.xml"])

    (declared,) = within(item, "responseDeclaration")

    assert declared.get("cardinality") == cardinality
    assert [value.text for value in within(within(declared, "correctResponse")[0], "value")] == correct


@EVERY
def test_manifest_names_every_file_and_describes_every_item(qti):
    entries = [entry(tags=["storage"]), entry(id="store-02", difficulty="hard")]
    files = files_of(qti.write(entries))

    manifest = fromstring(files["imsmanifest.xml"])

    assert {e.get("href") for e in within(manifest, "file")} | {"imsmanifest.xml"} == set(files)
    assert [e.get("type") for e in within(manifest, "resource")] == [qti.dialect.item_type] * 2
    assert [e.findtext("{*}value") for e in within(manifest, "difficulty")] == ["easy", "difficult"]
    assert ["".join(e.itertext()).strip() for e in within(manifest, "keyword")] == ["storage"]


@EVERY
def test_order_interaction_is_shuffled_so_that_it_tells_no_key(qti):
    item = fromstring(files_of(qti.write([entry(**ORDERING, shuffle=False)]))["items/store-01.xml"])

    assert [e.get("shuffle") for e in within(item, "orderInteraction")] == ["true"]


@EVERY
def test_other_file_is_named(qti):
    for data, message in [
        (b"<manifest/>", "manifest of a package; upload the whole package"),
        (b"<assessmentTest/>", "a test without its items; upload the whole package"),
        (b"<questestinterop/>", "QTI 1.2; export it as QTI 2.1"),
        (b"<quiz/>", "Moodle XML; choose that format"),
        (b"<html/>", "begins with <html>; a QTI item begins with"),
    ]:
        with pytest.raises(Unreadable, match=message):
            qti.read(data, EMPTY)
