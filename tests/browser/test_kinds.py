"""Ordering, matching and case texts on the exam page and in the review, beside the other kinds."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from questions.content import Option
from questions.kinds import kind_of
from tests.browser.helpers import (
    LETTERS,
    OFFLINE,
    choose_plainly,
    expect_result,
    expect_saved,
    go_offline,
    go_to,
    kept_in_browser,
    log_in,
    open_exam,
    refused,
)
from tests.browser.test_every_page import WIDE_STEM, violations
from tests.exams.helpers import items_of, make_exam_of, of_kind, right_answer
from tests.factories import KEY_COUNTS, make_attempt, make_content, takes

KINDS = ["single", "multiple", "ordering", "matching"]


def attempt_of(*contents):
    return make_attempt(exam=make_exam_of(*contents))


def wide_content(kind):
    """Everything that can be wide or long, in every place it can stand."""
    long = f"`{'long_' * 20}` and more words than a list on a phone can show at once, "
    return make_content(
        kind=kind,
        case=WIDE_STEM,
        stem=WIDE_STEM,
        options=[
            Option(
                text=f"{long}{number}",
                match=f"{long}match {number}" if takes(kind, "match") else "",
                key=KEY_COUNTS.get(kind) == 2 and number < 2,
                rationale=f"Because {'so_' * 30}",
            )
            for number in range(5)
        ],
        decoys=(f"{long}decoy",) if takes(kind, "match") else (),
    )


def give(page, position, places):
    """Choose an entry of each list of the question that is in sight; None leaves it alone.

    By its index: what looks like a value would match labels as well.
    """
    for number, place in enumerate(places):
        if place is not None:
            page.locator(f"#q{position}-p{number}").select_option(index=place + 1)


def expect_places(page, position, places):
    for number, place in enumerate(places):
        expect(page.locator(f"#q{position}-p{number}")).to_have_value("" if place is None else str(place))


def stored_places(attempt, position=1):
    item = attempt.items.get(position=position)
    return None if item.response is None else [item.response[own] for own in item.option_order]


def palette_label(page, position=1):
    return page.locator("#palette a").nth(position - 1).get_attribute("aria-label")


# --- Answering --------------------------------------------------------------------------------------------------------


def test_places_are_saved_as_given_and_a_clash_is_said_in_words(new_context):
    attempt = attempt_of(make_content("x", "ordering"))
    page = open_exam(new_context(), attempt)
    note = page.locator("#q1").get_by_role("status")
    expect(note).to_be_empty()

    give(page, 1, [2, 0, 2])

    words = "Incomplete: no place for D; place 3 given to A, C."
    expect(note).to_have_text(words)
    expect_saved(page, 1)
    assert stored_places(attempt) == [2, 0, 2, None]
    assert palette_label(page) == "Question 1, incomplete"
    expect(page.locator("#progress")).to_have_text("0 of 1 answered")
    page.get_by_role("button", name="Finish exam").click()
    expect(page.get_by_role("dialog", name="Submit exam?")).to_contain_text("Incomplete (counts as wrong): 1")
    page.get_by_role("button", name="Back to the exam").click()

    page.reload()

    expect(page.locator("#exam-foot")).to_be_visible()
    expect_places(page, 1, [2, 0, 2, None])
    expect(note).to_have_text(words)
    assert words in page.request.get(page.url).text()  # the server says it in the same words
    assert palette_label(page) == "Question 1, incomplete"

    give(page, 1, [None, None, 1, 3])

    expect(note).to_be_empty()
    expect_saved(page, 1)
    assert (stored_places(attempt), palette_label(page)) == ([2, 0, 1, 3], "Question 1, answered")
    page.get_by_role("button", name="Finish exam").click()
    expect(page.get_by_role("dialog", name="Submit exam?")).to_contain_text("The question is answered.")


def test_one_match_may_be_given_twice(new_context):
    attempt = attempt_of(make_content("x", "matching"))
    page = open_exam(new_context(), attempt)

    give(page, 1, [1, 1, 3])
    expect(page.locator("#q1").get_by_role("status")).to_have_text("Incomplete: no match for D.")
    give(page, 1, [None, None, None, 1])

    expect_saved(page, 1)
    assert (stored_places(attempt), palette_label(page)) == ([1, 1, 3, 1], "Question 1, answered")


@pytest.mark.parametrize("kind", ["ordering", "matching"])
def test_lists_are_filled_and_cleared_by_keyboard_alone(new_context, kind):
    attempt = attempt_of(make_content("x", kind), make_content("y"))
    position = of_kind(attempt, kind).position
    page = open_exam(new_context(), attempt)
    if position == 2:
        page.keyboard.press("n")

    for key, place in [("a", "2"), ("2", "1"), ("C", "4"), ("4", "3")]:
        page.locator(f"#q{position} legend").focus()
        page.keyboard.press(key)
        expect(
            page.locator(f"#q{position}-p{LETTERS.index(key.upper()) if key.isalpha() else int(key) - 1}")
        ).to_be_focused()
        page.keyboard.press(place)
    page.keyboard.press("ArrowUp")  # inside a list the keys are the list's own: no question is left, nothing flagged
    page.keyboard.press("m")
    page.keyboard.press("n")

    expect(page.locator(f"#q{position}")).to_be_visible()
    expect_saved(page, position)
    assert stored_places(attempt, position)[:3] == [1, 0, 3]
    assert attempt.items.get(position=position).is_flagged is False

    page.get_by_role("button", name="Clear the answer").focus()
    page.keyboard.press("Enter")
    expect_places(page, position, [None] * 4)
    expect_saved(page, position)
    expect(page.get_by_role("button", name="Clear the answer")).to_be_hidden()
    assert (stored_places(attempt, position), palette_label(page, position)) == (None, f"Question {position}, seen")


def test_lists_have_the_names_of_their_options(new_context):
    attempt = attempt_of(make_content("x", "ordering"))
    item = attempt.items.select_related("revision").get()
    page = open_exam(new_context(), attempt)

    for number, own in enumerate(item.option_order):
        name = f"{LETTERS[number]} {item.revision.options[own]}"
        expect(page.locator(f"#q1-p{number}")).to_have_accessible_name(name)


# --- Two tabs, and the network lost -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("button", "expected"), [("Save what I chose here", [None, 3, None, 0]), ("Keep what is saved", [0, 1, None, None])]
)
def test_stale_tab_is_shown_both_answers_and_its_choice_counts(new_context, problems, button, expected):
    problems.allow(refused(409))
    attempt, context = attempt_of(make_content("x", "matching")), new_context()
    stale, fresh = open_exam(context, attempt), open_exam(context, attempt)
    give(fresh, 1, [0, 1])
    expect_saved(fresh, 1)

    give(stale, 1, [None, 3, None, 0])

    conflict = stale.locator("#q1 .conflict")
    expect(conflict).to_contain_text("Saved there: A 1. Match A of x; B 2. Match B of x")
    expect(conflict).to_contain_text("Chosen here: ")
    assert stored_places(attempt) == [0, 1, None, None]
    expect(stale.locator("#q1.htmx-request")).to_have_count(0)
    stale.bring_to_front()
    stale.get_by_role("button", name=button).click()

    expect(conflict).to_have_count(0)
    expect_places(stale, 1, expected)
    expect(stale.locator("#q1.is-unsaved")).to_have_count(0)
    assert (stored_places(attempt), kept_in_browser(stale)) == (expected, [])
    expect(stale.locator("#q1").get_by_role("status")).to_contain_text("Incomplete: no match for ")


def test_places_given_offline_outlive_the_closed_page(new_context, problems):
    problems.allow(*OFFLINE)
    attempt, context = attempt_of(make_content("x", "ordering")), new_context()
    page = open_exam(context, attempt)
    go_offline(context)
    give(page, 1, [3, 0, None, 1])
    expect(page.get_by_role("alert")).to_contain_text("No connection.")
    assert palette_label(page) == "Question 1, incomplete, not saved yet"
    page.close()
    context.set_offline(False)
    assert stored_places(attempt) is None

    page = open_exam(context, attempt)

    expect_places(page, 1, [3, 0, None, 1])
    expect_saved(page, 1)
    assert (stored_places(attempt), kept_in_browser(page)) == ([3, 0, None, 1], [])


# --- A whole exam -----------------------------------------------------------------------------------------------------


def answer_rightly(page, item):
    right = right_answer(item)
    if "key" in kind_of(item.revision.kind).parts:
        choose_plainly(page, item.position, [LETTERS[number] for number in right["chosen"]])
    else:
        give(page, item.position, right["places"])


@pytest.mark.parametrize("wrong", [None, *KINDS])
def test_exam_of_all_kinds_is_scored_right_on_a_phone(new_context, wrong):
    attempt = attempt_of(*(make_content(name, name, case=f"The case of {name}.") for name in KINDS))
    page = open_exam(new_context(width=390, height=844, has_touch=True), attempt)

    for item in items_of(attempt):
        expect(page.get_by_text(f"The case of {item.revision.kind}.")).to_be_visible()
        if wrong != item.revision.kind:
            answer_rightly(page, item)
            expect_saved(page, item.position)
        if item.position < len(KINDS):
            page.get_by_role("button", name="Next").tap()
    page.get_by_role("button", name="Finish exam").tap()
    page.get_by_role("button", name="Submit now").tap()

    expect_result(page, attempt)
    right = 4 if wrong is None else 3
    expect(page.get_by_text(f"{right} of 4 scored questions correct")).to_be_visible()
    page.goto(reverse("exams:review-all", args=[attempt.pk]))
    for item in items_of(attempt):
        verdict = "✗ no answer" if wrong == item.revision.kind else "✓ correct"
        expect(page.locator(f"#q{item.position} header .tag")).to_have_text(verdict)


def test_exam_of_all_kinds_without_javascript(new_context, problems):
    context = new_context(javascript=False)
    attempt = attempt_of(*(make_content(name, name) for name in KINDS))
    by_kind = {item.revision.kind: item for item in items_of(attempt)}
    ordering = by_kind["ordering"].position
    log_in(context, attempt.candidate)
    page = context.new_page()
    page.goto(reverse("exams:attempt", args=[attempt.pk]))

    give(page, ordering, [1, 1, None, 0])
    page.get_by_role("button", name="Save all answers").click()
    expect_places(page, ordering, [1, 1, None, 0])
    expect(page.get_by_text("Incomplete: no place for C; place 2 given to A, B.")).to_be_visible()
    for item in by_kind.values():
        if item.position != ordering:
            answer_rightly(page, item)
    page.get_by_role("button", name="Finish exam").click()
    expect(page.get_by_text(f"Incomplete (counts as wrong): {ordering}")).to_be_visible()
    page.get_by_role("link", name="Back to the exam").click()
    answer_rightly(page, by_kind["ordering"])
    page.get_by_role("button", name="Finish exam").click()
    expect(page.get_by_text("All 4 questions are answered.")).to_be_visible()
    page.get_by_role("button", name="Submit now").click()

    expect(page.get_by_text("4 of 4 scored questions correct")).to_be_visible()


def test_stale_lists_without_javascript_are_refused_and_shown_both_ways(new_context, problems):
    problems.allow(refused(409))
    context = new_context(javascript=False)
    attempt = attempt_of(make_content("x", "matching"))
    log_in(context, attempt.candidate)
    stale, fresh = context.new_page(), context.new_page()
    for page in (stale, fresh):
        page.goto(reverse("exams:attempt", args=[attempt.pk]))
    give(fresh, 1, [0])
    fresh.get_by_role("button", name="Save all answers").click()

    give(stale, 1, [2])
    stale.bring_to_front()
    stale.get_by_role("button", name="Finish exam").click()

    item = attempt.items.select_related("revision").get()
    text = item.revision.options[item.option_order[0]]
    assert stale.get_by_role("listitem").all_inner_texts() == [f"{text}: 1. Match A of x", f"{text}: 3. Match C of x"]
    assert stored_places(attempt) == [0, None, None, None]


# --- What the pages look like -----------------------------------------------------------------------------------------


def unfinished(page, attempt, position):
    give(page, position, [0, 0, None, 2])
    expect_saved(page, position)


def conflict_box(page, attempt, position):
    attempt.items.update(sequence=5, is_flagged=True)
    give(page, position, [3, 0, None, 2])
    expect(page.locator(f"#q{position} .conflict")).to_be_visible()


def conflict_page(page, attempt, position):
    conflict_box(page, attempt, position)
    page.get_by_role("button", name="Finish exam").click()
    page.get_by_role("button", name="Submit now").click()
    expect(page.get_by_role("heading", name="Not submitted yet")).to_be_visible()


def hand_in_dialog(page, attempt, position):
    unfinished(page, attempt, position)
    page.get_by_role("button", name="Finish exam").click()
    expect(page.get_by_role("dialog", name="Submit exam?")).to_contain_text("Incomplete")


def summary(page, attempt, position):
    unfinished(page, attempt, position)
    page.goto(reverse("exams:attempt-hand-in", args=[attempt.pk]))
    expect(page.get_by_text("Incomplete")).to_be_visible()


def review(page, attempt, position):
    unfinished(page, attempt, position)
    page.get_by_role("button", name="Finish exam").click()
    page.get_by_role("button", name="Submit now").click()
    expect_result(page, attempt)
    page.get_by_role("link", name="Review the questions").click()
    expect(page.get_by_text("Your answer: none").first).to_be_visible()


STATES = {
    "ordering": [unfinished, conflict_box, hand_in_dialog, review],
    "matching": [unfinished, conflict_page, summary, review],
}


@pytest.mark.parametrize(("kind", "reach"), [(kind, reach) for kind, states in STATES.items() for reach in states])
def test_state_is_accessible_and_fits_a_phone(new_context, problems, axe, kind, reach):
    problems.allow(refused(409))
    attempt = attempt_of(wide_content(kind), wide_content("multiple"))
    position = of_kind(attempt, kind).position
    page = open_exam(new_context(), attempt)
    go_to(page, position)

    reach(page, attempt, position)

    assert violations(page, axe) == []
    for width in (390, 640):
        page.set_viewport_size({"width": width, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth") == width
