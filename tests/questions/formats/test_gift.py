"""GIFT files of other programs, in the shapes that Moodle's documentation shows."""

import datetime as dt

import pytest

from questions.formats.base import Defaults
from questions.formats.registry import FORMATS
from tests.questions.formats.xml_samples import entry

DEFAULTS = Defaults(valid_as_of=dt.date(2026, 1, 1))


def read(text):
    return FORMATS["gift"].read(text.encode(), DEFAULTS)


@pytest.mark.parametrize(
    ("text", "kind", "options", "keys"),
    [
        ("Who?{=Ann ~Bob ~Cy}", "single", ["Ann", "Bob", "Cy"], [0]),
        ("Who?{\n~Bob\n=Ann\n}", "single", ["Bob", "Ann"], [1]),
        ("Who?{~%50%Ann ~%50%Bob ~%-100%Cy}", "multiple", ["Ann", "Bob", "Cy"], [0, 1]),
        ("Who?{~%33.33333%A ~%33.33333%B ~%33.33333%C ~D}", "multiple", ["A", "B", "C", "D"], [0, 1, 2]),
        ("It is.{T}", "single", ["True", "False"], [0]),
        ("It is.{FALSE#no#yes}", "single", ["True", "False"], [1]),
        ("Sum?{=1 + 1 \\= 2 ~\\{3\\} ~4\\:5}", "single", ["1 + 1 = 2", "{3}", "4:5"], [0]),
    ],
)
def test_question_of_moodle_is_read(text, kind, options, keys):
    (question,) = read(text)

    assert question.problems == ()
    assert (question.entry.kind, question.entry.key) == (kind, keys)
    assert [option.text for option in question.entry.options] == options


def test_matching_has_prompts_matches_and_decoys():
    (question,) = read("Match.{=cat -> meows =dog -> barks = -> sings}")

    assert [(option.text, option.match) for option in question.entry.options] == [("cat", "meows"), ("dog", "barks")]
    assert question.entry.decoys == ("sings",)


@pytest.mark.parametrize("decoys", ["= -> ", "= ->\n= -> sings", "=->"])
def test_decoy_without_a_text_is_refused(decoys):
    (question,) = read(f"Match.{{=cat -> meows =dog -> barks {decoys}}}")

    assert question.entry is None
    assert [problem.field for problem in question.problems] == ["decoys.0"]
    assert question.problems[0].message.startswith("is empty; fill it in")


def test_id_tags_title_and_feedback_are_taken_and_category_is_named():
    (question,) = read(
        "$CATEGORY: Birds/Small\n\n// [id:wren-1] [tag:birds] a note\n::A wren::[html]<p>Who <b>sings</b>?</p>"
        "{=Wren#It does. ~Cow#No.####Birds sing.}\n"
    )
    entry = question.entry

    assert (entry.id, entry.tags, entry.stem) == ("wren-1", ("birds",), "Who **sings**?")
    assert [option.rationale for option in entry.options] == ["It does.", "No."]
    assert entry.explanation == "Birds sing."
    assert "Its category “Birds/Small” is not taken over; choose a task or a tag." in question.notes


def test_answers_inside_the_sentence_leave_a_blank():
    (question,) = read("The {=wren ~cow} sings.")

    assert question.entry.stem == "The \\_\\_\\_\\_\\_ sings."
    assert "marked _____" in question.notes[0]


def test_plain_text_shows_what_it_showed_there():
    (question,) = read("[plain]Is 2 * 3 * 4 <b>?{=24 ~9}")

    assert question.entry.stem == "Is 2 \\* 3 \\* 4 \\<b>?"


def test_edit_elsewhere_wins_over_what_our_comment_says():
    text = '// mock-exams: {"kind": "multiple", "case": "Once.", "difficulty": "hard"}\nOnce upon?{=A ~B}\n'

    (question,) = read(text)

    assert (question.entry.kind, question.entry.case, question.entry.difficulty) == ("single", "", "hard")
    assert len(question.notes) == 2


def test_stem_that_begins_like_a_format_keeps_its_beginning():
    written = entry(stem="[markdown] is a mark of this format. What is it for?")

    (read,) = FORMATS["gift"].read(FORMATS["gift"].write([written]), DEFAULTS)

    assert read.entry.stem == written.stem
