"""What fills the exam page quickly must say what the template says, whatever a question holds."""

from dataclasses import fields, replace

import pytest
from django.template import Context, Template
from django.utils import translation

from exams.attempts.queries import taking as attempts_taking
from exams.attempts.queries.taking import shown_items
from exams.templatetags import exam_questions
from questions.content import Option
from questions.kinds import KINDS
from tests.exams.helpers import START, make_exam_of
from tests.factories import KEY_COUNTS, make_attempt, make_content, takes

pytestmark = pytest.mark.django_db

NASTY = "100 %(page)s %s {0} {{ page }} <b>bold</b> & \ue000page\ue001 “quoted” \\1"


def nasty(kind, **given):
    if takes(kind, "answer"):
        return make_content(kind, kind=kind, stem=f"Stem {NASTY}", **given)
    options = tuple(
        Option(
            text=f"{NASTY} {number}",
            key=number < KEY_COUNTS.get(kind, 0),
            match=f"match {number} {NASTY}" if takes(kind, "match") else "",
            rationale="Because.",
        )
        for number in range(4)
    )
    return make_content(kind, kind=kind, stem=f"Stem {NASTY}", options=options, **given)


CONTENTS = [(name, case) for name in KINDS for case in ("", f"Case {NASTY}")]


def page_of(items, attempt, **context):
    html = exam_questions.exam_questions(items, attempt=attempt, page="page-name", **context)
    return html.split("</fieldset>")


def by_template(item, attempt, *, is_first):
    return exam_questions.rendered(
        item,
        answers=f"/attempts/{attempt.pk}/answers/",
        page="page-name",
        total=2,
        is_first=is_first,
        is_kept=False,
    ).split("</fieldset>")[0]


@pytest.mark.parametrize(("kind", "case"), CONTENTS)
def test_filled_question_equals_the_rendered_one(clock, kind, case):
    attempt = make_attempt(exam=make_exam_of(nasty(kind, case=case), nasty(kind, case=case)), now=START)
    items = shown_items(attempt)

    first, second, _ = page_of(items, attempt)

    assert all(item.is_untouched for item in items)
    assert first == by_template(items[0], attempt, is_first=True)
    assert second.strip() == by_template(items[1], attempt, is_first=False).strip()
    assert "<b>" not in first


@pytest.mark.parametrize("kind", KINDS)
def test_format_holds_nothing_of_the_question(clock, kind):
    exam_questions.format_of.cache_clear()
    attempt = make_attempt(exam=make_exam_of(make_content("secretword", kind=kind, case="secretword")), now=START)
    (item,) = shown_items(attempt)
    assert "secretword" in page_of([item], attempt)[0]

    kept = exam_questions.format_of(*exam_questions.shape_of(item), is_first=True, language="en")

    assert exam_questions.format_of.cache_info()[:2] == (1, 1)
    assert "secretword" not in kept
    assert str(attempt.pk) not in kept


@pytest.mark.parametrize(
    "changes",
    [
        {"is_flagged": True},
        {"seconds_spent": 1},
        {"sequence": 1},
        {"option": {"is_chosen": True}},
        {"option": {"is_struck": True}},
    ],
)
def test_touched_question_is_rendered_with_what_was_done(clock, changes):
    attempt = make_attempt(exam=make_exam_of(make_content(kind="multiple"), make_content(kind="multiple")), now=START)
    item, other = shown_items(attempt)
    changes = dict(changes)
    if option := changes.pop("option", None):
        options = [replace(item.asked.options[0], **option), *item.asked.options[1:]]
        changes["asked"] = replace(item.asked, options=options)
    item = replace(item, **changes)

    first, _, _ = page_of([item, other], attempt)

    assert not item.is_untouched
    assert first == by_template(item, attempt, is_first=True)


def test_answer_kept_by_the_browser_is_marked(clock):
    attempt = make_attempt(exam=make_exam_of(make_content()), now=START)

    (kept, _) = page_of(shown_items(attempt), attempt, unsaved={1})

    assert " data-kept " in kept


def test_what_may_be_kept_is_bounded():
    # A shape is a few kilobytes; nobody can make more of them than this, whatever they write or import.
    assert exam_questions.format_of.cache_info().maxsize == 500


def test_every_field_of_a_shown_question_is_in_its_shape_its_texts_or_its_state():
    """A new field must be put where it belongs, or questions that differ in it would look alike."""
    names = {field.name for field in fields(attempts_taking.ShownItem)}

    assert names == {"case", "asked"} | {"position", "stem"} | {"is_flagged", "seconds_spent", "sequence", "is_sure"}


@pytest.mark.parametrize("kind", KINDS)
def test_shape_and_texts_are_all_that_an_unanswered_question_has(clock, kind):
    attempt = make_attempt(exam=make_exam_of(nasty(kind)), now=START)
    (item,) = shown_items(attempt)

    again = item.asked.kind.of_shape(item.asked.shape, item.asked.texts.__getitem__)

    assert again == item.asked


def test_jinja_template_escapes_what_does_not_say_that_it_is_safe(clock):
    attempt = make_attempt(exam=make_exam_of(make_content()), now=START)
    (item,) = shown_items(attempt)
    shown = Template('{% load jinja %}{% jinja "questions/_asked.jinja" item=item %}')

    html = shown.render(Context({"item": replace(item, stem="<script>alert(1)</script>")}))

    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "<script>" not in html


@pytest.mark.parametrize(
    ("total", "answered"), [(1, "The question is answered."), (65, "All 65 questions are answered.")]
)
def test_words_beside_the_questions_know_how_many_there_are(total, answered):
    assert answered in exam_questions.exam_words(total=total)


def test_words_beside_the_questions_are_kept_for_each_language_apart():
    exam_questions.words_in.cache_clear()
    for language in ("en", "es", "en"):
        with translation.override(language):
            exam_questions.exam_words(total=65)

    assert exam_questions.words_in.cache_info()[:2] == (1, 2)
