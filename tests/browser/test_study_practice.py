"""Practice in a browser: by keys, by finger, without a script and without a network; and what is spoken of it."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from exams.scoring.models import JudgedAnswer
from exams.study.criteria import Criteria
from exams.study.models import Note, Practice, PracticeItem
from exams.study.services.practising import start_chosen
from questions.content import Option
from tests.browser.helpers import OFFLINE, choose_plainly, go_offline, key_letters, log_in, refused, wrong_letter
from tests.browser.test_speech import LISTEN
from tests.exams.helpers import START, make_exam_of
from tests.factories import KEY_COUNTS, UserFactory, make_content

STEMS = ["Which things?", "And which now?", "And which at last?"]


def begin(*, kind="single", **criteria):
    """Start a practice of three questions, each with its options in their own order."""
    keys = {0, 1} if KEY_COUNTS[kind] == 2 else {1}
    options = [Option(text=f"Thing {n}", key=n in keys, rationale=f"Because of {n}.") for n in range(3)]
    content = make_content("x", kind, options=options, shuffle=False, explanation="Look twice.")
    exam = make_exam_of(*(content.model_copy(update={"stem": stem}) for stem in STEMS))
    return start_chosen(
        candidate=UserFactory(),
        certification=exam.certification,
        criteria=Criteria(number=3, **criteria),
        title="Three things",
        now=START,
        seed=1,
    )


def open_practice(context, practice, position=1):
    log_in(context, practice.candidate)
    page = context.new_page()
    page.goto(reverse("exams:practice-question", args=[practice.pk, position]))
    return page


def outcome(page):
    return page.locator(".outcome")


def saved(page, position):
    expect(page.locator(f"#q{position} .saved")).to_be_attached()


def test_whole_practice_by_keyboard_alone(new_context):
    practice = begin()
    page = open_practice(new_context(), practice)
    expect(page.locator("#keyboard")).to_be_visible()

    page.keyboard.press("b")
    saved(page, 1)
    page.keyboard.press("s")
    expect(outcome(page)).to_contain_text("correct")
    expect(page.locator("#heading")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#q2")).to_be_visible()
    page.keyboard.press("1")
    page.keyboard.press("u")
    expect(outcome(page)).to_contain_text("wrong")
    expect(page.get_by_text("Because of 2.")).to_be_visible()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#q3")).to_be_visible()
    page.keyboard.press("ArrowLeft")
    expect(outcome(page)).to_contain_text("wrong")
    page.keyboard.press("n")
    expect(page.locator("#keyboard")).to_be_visible()
    expect(page.locator("#q3")).to_be_visible()
    page.keyboard.press("2")
    saved(page, 3)
    page.keyboard.press("Enter")
    expect(outcome(page)).to_contain_text("correct")
    page.keyboard.press("Enter")

    expect(page.get_by_text("2 of 3 correct.")).to_be_visible()
    answers = JudgedAnswer.objects.order_by("practice_item__position")
    assert [answer.is_right for answer in answers] == [True, False, True]
    assert [answer.is_sure for answer in answers] == [True, False, True]
    page.get_by_role("button", name="Retry your 1 miss").click()
    expect(page.get_by_text("Back because you missed it on")).to_be_visible()


def test_words_of_a_whole_question_as_they_are_spoken(new_context):
    practice = begin(kind="multiple")
    page = open_practice(new_context(), practice)
    stem = practice.items.select_related("revision").get(position=1).revision.stem

    assert page.locator("#q1").aria_snapshot().splitlines()[:6] == [
        '- group "Question 1 of 3":',
        "  - text: Question 1 of 3",
        f"  - paragraph: {stem}",
        "  - paragraph:",
        "    - strong: Choose 2.",
        "    - status: 0 of 2 chosen.",
    ]
    assert page.locator(".foot").aria_snapshot().splitlines() == [
        '- group "Check":',
        '  - link "Skip →":',
        f"    - /url: {reverse('exams:practice-question', args=[practice.pk, 2])}",
        '  - button "Check, sure"',
        '  - button "Check, unsure"',
    ]
    page.evaluate(LISTEN)
    choose_plainly(page, 1, "AC")
    saved(page, 1)
    page.get_by_role("button", name="Check, sure").click()
    expect(page.locator("#announcer")).to_have_text("Wrong. Correct answer: A, B.")

    said = [words for words in page.evaluate("window.said") if words != "Saved"]
    assert said == ["1 of 2 chosen.", "2 of 2 chosen.", "Wrong. Correct answer: A, B."]
    explained = page.locator("article")
    assert explained.get_by_role("heading").all_inner_texts() == ["Question 1 of 3", "Key takeaway"]
    lines = [" ".join(option.inner_text().split()) for option in explained.get_by_role("listitem").all()]
    assert [line.lower() for line in lines] == [
        "a thing 0 ✓ correct answer your answer because of 0.",
        "b thing 1 ✓ correct answer because of 1.",
        "c thing 2 your answer because of 2.",
    ]
    expect(page.locator(".comes-back")).to_contain_text("You were sure.")
    expect(page.get_by_role("link", name="Next question")).to_be_visible()


def test_incomplete_answer_is_not_sent_and_nothing_is_told(new_context):
    practice = begin(kind="multiple")
    page = open_practice(new_context(), practice)
    choose_plainly(page, 1, "A")
    saved(page, 1)

    page.get_by_role("button", name="Check, sure").click()

    expect(page.locator("#q1 legend")).to_be_focused()
    expect(page.locator("#q1 .answer-note")).to_have_text("1 of 2 chosen.")
    assert not JudgedAnswer.objects.exists()


@pytest.mark.parametrize("feedback", ["each", "end"])
def test_practice_without_a_script(new_context, feedback):
    practice = begin(feedback=feedback)
    context = new_context(javascript=False)
    page = open_practice(context, practice)
    right = key_letters(practice, 1)

    for position in (1, 2, 3):
        choose_plainly(page, position, right if position == 1 else wrong_letter(practice, position))
        if feedback == "each":
            page.get_by_role("button", name="Check, unsure").click()
            expect(outcome(page)).to_contain_text("correct" if position == 1 else "wrong")
            page.locator("#next").click()
        else:
            page.get_by_role("button", name="Next" if position < 3 else "Review answers").click()
    if feedback == "end":
        assert not JudgedAnswer.objects.exists()
        page.get_by_role("button", name="Finish and see the answers").click()

    expect(page.get_by_text("1 of 3 correct.")).to_be_visible()
    assert [answer.is_right for answer in JudgedAnswer.objects.order_by("practice_item__position")] == [
        True,
        False,
        False,
    ]


def test_answer_and_check_without_a_network_are_kept_and_sent_later(new_context, problems):
    problems.allow(*OFFLINE)
    practice, context = begin(), new_context()
    page = open_practice(context, practice)
    go_offline(context)

    choose_plainly(page, 1, "B")
    expect(page.locator("#banner")).to_contain_text("No connection.")
    page.get_by_role("button", name="Check, sure").click()
    expect(page.locator("#q1.is-unsaved")).to_be_visible()
    assert PracticeItem.objects.get(practice=practice, position=1).response is None
    context.set_offline(False)
    saved(page, 1)
    page.get_by_role("button", name="Check, sure").click()

    expect(outcome(page)).to_contain_text("correct")
    expect(page.locator("#banner")).to_be_hidden()
    assert page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('practice:'))") == []


def test_two_tabs_show_both_answers_before_a_check(new_context, problems):
    problems.allow(refused(409))
    practice, context = begin(), new_context()
    first = open_practice(context, practice)
    second = open_practice(context, practice)
    choose_plainly(first, 1, "A")
    saved(first, 1)

    choose_plainly(second, 1, "B")
    expect(second.locator(".conflict")).to_contain_text("changed in another tab")
    second.get_by_role("button", name="Check, sure").click()
    expect(second.get_by_role("button", name="Save what I chose here")).to_be_focused()
    assert not JudgedAnswer.objects.exists()
    second.get_by_role("button", name="Save what I chose here").click()
    saved(second, 1)
    second.get_by_role("button", name="Check, sure").click()

    expect(outcome(second)).to_contain_text("correct")
    first.get_by_role("button", name="Check, unsure").click()
    expect(outcome(first)).to_contain_text("correct")
    assert JudgedAnswer.objects.get().is_sure is True


def test_note_and_bookmark_are_kept_where_one_is(new_context):
    practice = begin()
    page = open_practice(new_context(), practice)
    page.get_by_role("button", name="Check, unsure").click()

    page.get_by_text("+ Note").click()
    page.get_by_label("Your note", exact=True).get_by_role("textbox").fill("Mind the region.")
    page.get_by_role("button", name="Save note").click()
    expect(page.locator("#announcer")).to_have_text("Saved")
    page.get_by_role("button", name="Bookmark").click()
    expect(page.get_by_role("button", name="Bookmark")).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("button", name="Bookmark")).to_be_focused()

    note = Note.objects.get()
    assert (note.text, note.is_bookmarked) == ("Mind the region.", True)


def test_number_available_follows_each_choice(new_context):
    practice = begin()
    page = open_practice(new_context(), practice)
    page.get_by_role("button", name="Check, unsure").click()
    expect(outcome(page)).to_be_visible()
    page.goto(reverse("exams:practice"))
    expect(page.locator("#available")).to_have_text("3 questions available")

    page.get_by_label("questions you missed", exact=True).check()
    expect(page.locator("#available")).to_have_text("1 question available")
    page.get_by_label("Number of questions").fill("0")
    page.get_by_label("Number of questions").blur()
    expect(page.locator("#available")).to_contain_text("greater than or equal to 1")
    page.get_by_label("Number of questions").fill("5")
    page.get_by_role("button", name="Start").click()

    expect(page.get_by_role("heading", name="you missed")).to_be_attached()
    assert Practice.objects.order_by("-started_at")[0].items.count() == 1
