import re

import pytest
from defusedxml.ElementTree import fromstring
from hypothesis import HealthCheck, given, settings

from questions.formats.base import Unreadable
from questions.formats.moodle_xml import MoodleXml
from tests.questions.formats.strategies import entry_lists, said
from tests.questions.formats.xml_samples import (
    DAY,
    DEFAULTS,
    EMPTY,
    as_drafts,
    bank,
    entry,
    moodle,
    moodle_answers,
    moodle_question,
)

MOODLE = MoodleXml()
RIGHT = moodle_answers((100, "One"), (0, "Two"))


def read_one(*questions, defaults=EMPTY):
    (row,) = MOODLE.read(moodle(*questions), defaults)
    return row


def written(*entries):
    return fromstring(MOODLE.write(entries))


# --- Round trip ----------------------------------------------------------------------------------------------


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(entry_lists())
def test_anything_comes_back_as_it_was(entries):
    rows = MOODLE.read(MOODLE.write(entries), EMPTY)

    assert [(row.problems, said(row)) for row in rows] == [((), [])] * len(entries)
    assert [row.entry for row in rows] == as_drafts(entries)


def test_whole_bank_comes_back_as_it_was():
    rows = MOODLE.read(MOODLE.write(bank()), EMPTY)

    assert [row.entry for row in rows] == as_drafts(bank())
    assert {row.notes for row in rows} == {()}


def test_same_questions_give_the_same_bytes():
    assert MOODLE.write(bank()[:20]) == MOODLE.write(bank()[:20])


@pytest.mark.parametrize(
    "case", ["A shop.", "A shop.\n\n-----\n\nIt sells.", "---", "a\n\n----------\n\nb\n\n---\n\nc"]
)
@pytest.mark.parametrize("stem", ["Where?", "-----", "Where?\n\n------\n\nOr when?", "a\n\n---\n\nb"])
def test_case_and_stem_are_told_apart(case, stem):
    (row,) = MOODLE.read(MOODLE.write([entry(case=case, stem=stem)]), EMPTY)

    assert (row.entry.case, row.entry.stem) == (case, stem)


@pytest.mark.parametrize(
    "explanation", ["", "So.", "```question-data\n{}\n```", "So.\n\n````question-data\n{}\n````", "```\nx\n```"]
)
@pytest.mark.parametrize("service_note", ["", "Renamed.", "```question-data\n{}\n```", "````"])
def test_block_and_explanation_are_told_apart(explanation, service_note):
    (row,) = MOODLE.read(MOODLE.write([entry(explanation=explanation, service_note=service_note)]), EMPTY)

    assert (row.entry.explanation, row.entry.service_note) == (explanation, service_note)


# --- What Moodle gets ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("keys", "fraction"),
    [(1, "100"), (2, "50"), (3, "33.33333"), (4, "25"), (5, "20"), (6, "16.66667"), (7, "14.28571"), (8, "12.5")],
)
def test_right_answers_share_100_percent_as_moodle_writes_it(keys, fraction):
    options = [{"text": f"Option {number}", "key": number < keys} for number in range(8)]

    answers = written(entry(kind="multiple", options=options)).findall("question/answer")

    assert [answer.get("fraction") for answer in answers] == [fraction] * keys + ["0"] * (8 - keys)


def test_multichoice_has_what_moodle_reads():
    question = written(entry(tags=["storage"], case="A shop.", shuffle=False)).find("question")

    assert question.get("type") == "multichoice"
    assert {name: question.findtext(name) for name in ("single", "shuffleanswers", "idnumber", "defaultgrade")} == {
        "single": "true",
        "shuffleanswers": "false",
        "idnumber": "store-01",
        "defaultgrade": "1",
    }
    assert question.findtext("name/text") == "store-01"
    assert question.find("questiontext").get("format") == "markdown"
    assert question.findtext("questiontext/text") == "A shop.\n\n-----\n\nWhere do objects go?"
    assert [answer.findtext("feedback/text") for answer in question.findall("answer")] == [
        "It stores objects.",
        "It stores blocks.",
    ]
    assert [tag.findtext("text") for tag in question.findall("tags/tag")] == [
        "storage",
        "task:mls-c01:1.1",
        "difficulty:easy",
        "valid-as-of:2026-11-21",
        "has:case",
    ]


def test_ordering_is_that_of_moodle_and_all_or_nothing():
    options = [{"text": "First", "rationale": "It begins."}, {"text": "Second"}, {"text": "Third"}]

    question = written(entry(kind="ordering", options=options)).find("question")

    assert question.get("type") == "ordering"
    assert {name: question.findtext(name) for name in ("layouttype", "selecttype", "gradingtype", "showgrading")} == {
        "layouttype": "VERTICAL",
        "selecttype": "ALL",
        "gradingtype": "ALL_OR_NOTHING",
        "showgrading": "SHOW",
    }
    assert [(answer.get("fraction"), answer.findtext("text")) for answer in question.findall("answer")] == [
        ("1.0000000", "First"),
        ("2.0000000", "Second"),
        ("3.0000000", "Third"),
    ]


def test_matching_has_decoys_as_answers_without_a_question():
    options = [{"text": "Objects", "match": "S3"}, {"text": "Blocks", "match": "EBS"}]

    question = written(entry(kind="matching", options=options, decoys=["EFS"])).find("question")

    pairs = [(part.findtext("text"), part.findtext("answer/text")) for part in question.findall("subquestion")]
    assert (question.get("type"), pairs) == ("matching", [("Objects", "S3"), ("Blocks", "EBS"), ("", "EFS")])


def test_what_moodle_has_no_field_for_stands_in_a_block_that_it_shows():
    references = [{"title": "S3 Guide", "section": "Objects"}]

    feedback = written(entry(references=references)).findtext("question/generalfeedback/text")

    assert feedback == (
        "Objects go to object storage.\n\n```question-data\n"
        '{\n "references": [\n  {\n   "title": "S3 Guide",\n   "section": "Objects"\n  }\n ]\n}\n```'
    )


# --- Files of Moodle -----------------------------------------------------------------------------------------

EXPORT = """<?xml version="1.0" encoding="UTF-8"?>
<quiz>
<!-- question: 0  -->
  <question type="category">
    <category><text>$course$/top/Cloud/Storage</text></category>
    <info format="moodle_auto_format"><text></text></info>
    <idnumber></idnumber>
  </question>
<!-- question: 7  -->
  <question type="multichoice">
    <name><text>Objects</text></name>
    <questiontext format="html"><text><![CDATA[<p dir="ltr">Where do <b>objects</b> go?</p>
      <table><tbody><tr><td>size</td><td>5&nbsp;TB</td></tr></tbody></table><p><img src="@@PLUGINFILE@@/a.png" alt="A cloud"></p>]]></text>
<file name="a.png" path="/" encoding="base64">iVBORw0KGgo=</file>
    </questiontext>
    <generalfeedback format="html"><text><![CDATA[<p>Objects go to <i>object storage</i>.</p>]]></text></generalfeedback>
    <defaultgrade>1.0000000</defaultgrade><penalty>0.3333333</penalty><hidden>0</hidden><idnumber>store-01</idnumber>
    <single>true</single><shuffleanswers>true</shuffleanswers><answernumbering>abc</answernumbering>
    <correctfeedback format="html"><text><![CDATA[<p>Your answer is correct.</p>]]></text></correctfeedback>
    <incorrectfeedback format="html"><text>Read chapter 3.</text></incorrectfeedback>
    <shownumcorrect/>
    <answer fraction="100" format="html"><text><![CDATA[<p>Amazon S3</p>]]></text>
      <feedback format="html"><text><![CDATA[<p>It stores <code>objects</code>.</p>]]></text></feedback></answer>
    <answer fraction="-33.33333" format="plain_text"><text>Amazon *EBS*</text>
      <feedback format="html"><text></text></feedback></answer>
    <answer fraction="50" format="moodle_auto_format"><text>Amazon
EFS</text></answer>
    <hint format="html"><text>Not blocks.</text></hint>
    <tags><tag><text>storage</text></tag><tag><text>Amazon S3</text></tag><tag><text>日本</text></tag></tags>
  </question>
</quiz>
"""  # noqa: E501


def test_question_exported_by_moodle_is_read_and_what_is_left_out_is_said():
    (row,) = MOODLE.read(EXPORT.encode(), DEFAULTS)

    assert row.problems == ()
    assert row.entry.model_dump(
        exclude={"answer", "options", "references", "source", "decoys", "case", "service_note"}
    ) == {
        "id": "store-01",
        "kind": "single",
        "status": "draft",
        "shuffle": True,
        "stem": "Where do **objects** go?\n\n|  |  |\n| --- | --- |\n| size | 5\xa0TB |",
        "explanation": "Objects go to *object storage*.",
        "tasks": {"mls-c01": "1.1"},
        "skills": {},
        "difficulty": "hard",
        "valid_as_of": DAY,
        "tags": ("storage", "amazon-s3", "imported"),
    }
    assert [(option.text, option.key, option.rationale) for option in row.entry.options] == [
        ("Amazon S3", True, "It stores `objects`."),
        ("Amazon \\*EBS\\*", False, ""),
        ("Amazon  \nEFS", False, ""),
    ]
    assert (row.place, row.label) == ("line 10", "Objects")
    assert row.notes == (
        "category “$course$/top/Cloud/Storage” is not taken over; use tags.",
        "stem: <img> (“A cloud”) is not taken over: texts only.",
        "tag “Amazon S3” became “amazon-s3”.",
        "tag “日本” is not taken over: a tag is made of letters a–z, digits and hyphens.",
        "hints are not taken over.",
        "files (pictures, media) are not taken over: texts only.",
        "<incorrectfeedback> is not taken over; rationales and explanation say such things.",
        "answer 3 is worth 50 % in Moodle; here it counts as wrong.",
    )


def test_question_without_id_gets_one_that_stays():
    first, second = (read_one(moodle_question(inner=RIGHT)).entry.id for _ in range(2))
    other = read_one(moodle_question(inner=RIGHT, text="Another?")).entry.id

    assert first == second != other
    assert re.fullmatch(r"imp-[0-9a-f]{10}", first)


@pytest.mark.parametrize(
    ("fractions", "keys", "notes"),
    [
        ((50, 50, 0), [0, 1], 0),
        ((33.33333, 33.33333, 33.33333, -100), [0, 1, 2], 0),
        ((60, 40, 0), [0, 1], 1),
        ((0, 0), [], 0),
        ((-100, -100), [], 0),
        ((100, 0), [0], 0),
    ],
)
def test_several_answers_are_right_when_their_percentages_sum_to_100(fractions, keys, notes):
    answers = moodle_answers(*((fraction, f"Option {number}") for number, fraction in enumerate(fractions)))

    row = read_one(moodle_question(inner=f"<single>false</single>{answers}"))

    assert (row.entry.kind, row.entry.key, len(row.notes)) == ("multiple", keys, notes)


@pytest.mark.parametrize(
    ("answers", "texts", "keys"),
    [
        ((("100", "true"), ("0", "false")), ["True", "False"], [0]),
        ((("0", "false"), ("100", "true")), ["False", "True"], [1]),
        ((("0", "Wahr"), ("100", "Falsch")), ["True", "False"], [1]),
    ],
)
def test_true_or_false_is_a_single_question_of_two_options(answers, texts, keys):
    entry = read_one(moodle_question("truefalse", moodle_answers(*answers))).entry

    assert (entry.kind, entry.shuffle, [option.text for option in entry.options]) == ("single", False, texts)
    assert entry.key == keys


@pytest.mark.parametrize("kind", ["matching", "match"])
def test_matching_of_moodle_is_read(kind):
    inner = "<shuffleanswers>true</shuffleanswers>" + "".join(
        f'<subquestion format="html"><text>{text}</text><answer><text>{match}</text></answer></subquestion>'
        for text, match in (("&lt;b&gt;Objects&lt;/b&gt;", "S3 *"), ("Blocks", "EBS"), ("", "EFS"))
    )

    entry = read_one(moodle_question(kind, inner)).entry

    assert (entry.kind, entry.decoys) == ("matching", ("EFS",))
    assert [(option.text, option.match) for option in entry.options] == [("**Objects**", "S3 \\*"), ("Blocks", "EBS")]


def test_ordering_of_moodle_is_read_in_the_order_of_the_file():
    inner = "<selecttype>RANDOM</selecttype><selectcount>2</selectcount>" + moodle_answers((1, "One"), (2, "Two"))

    row = read_one(moodle_question("ordering", inner))

    assert (row.entry.kind, [option.text for option in row.entry.options]) == ("ordering", ["One", "Two"])
    assert row.notes == ("Moodle shows some of the items only; here all of them are shown.",)


@pytest.mark.parametrize(
    ("text", "stem"),
    [
        ("<text><p>Which <b>one</b>?</p></text>", "Which **one**?"),
        ("Which one?", "Which one?"),
        ("<text>\n   Which one?\n  </text>", "Which one?"),
    ],
)
def test_careless_texts_are_read(text, stem):
    question = moodle_question(inner=RIGHT).replace("<text>Which one?</text>", text)

    assert read_one(question).entry.stem == stem


def test_texts_without_a_format_have_that_of_the_question():
    answers = '<answer fraction="100"><text>*One*</text></answer><answer fraction="0"><text>Two</text></answer>'

    entry = read_one(moodle_question(inner=answers).replace('"html"', '"markdown"')).entry

    assert entry.options[0].text == "*One*"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "iso-8859-1"])
def test_file_is_read_in_the_encoding_it_names(encoding):
    text = moodle(moodle_question(inner=RIGHT, text="Größe?")).decode()
    named = text.replace("UTF-8", encoding.removesuffix("-sig"))

    (row,) = MOODLE.read(named.encode(encoding), EMPTY)

    assert row.entry.stem == "Größe?"


def test_what_moodle_has_no_field_for_is_said_to_be_lacking():
    without, with_block = MOODLE.read(MOODLE.write([entry(), entry(id="two", service_note="Renamed.")]), EMPTY)

    assert {"references", "service_note", "source"} <= without.assumed
    assert not {"references", "service_note"} & with_block.assumed


def test_refused_question_leaves_the_others():
    rows = MOODLE.read(moodle(moodle_question("essay"), moodle_question(inner=RIGHT)), EMPTY)

    assert [row.entry is None for row in rows] == [True, False]
    assert str(rows[0].problems[0]) == (
        "type: “essay” questions are not supported; the supported types are "
        "multichoice, truefalse, multichoiceset, ordering, matching, match, numerical, shortanswer."
    )


def test_percentages_that_do_not_sum_are_refused_with_their_place():
    answers = moodle_answers((50, "One"), (25, "Two"), (0, "Three"))

    row = read_one(moodle_question(inner=f"<single>false</single>{answers}"))

    assert (row.place, row.entry) == ("line 3", None)
    assert str(row.problems[0]) == "options: the positive percentages sum to 75; they must add up to 100."


def test_other_xml_is_refused():
    with pytest.raises(Unreadable, match="begins with <html>; Moodle XML begins with <quiz>"):
        MOODLE.read(b"<html/>", EMPTY)
