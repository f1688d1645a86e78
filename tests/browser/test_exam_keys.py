"""Keys on the exam page: one that moves changes no answer, one that is held presses once."""

import pytest
from playwright.sync_api import expect

from tests.browser.helpers import all_stored, expect_chosen, expect_saved, open_exam
from tests.exams.helpers import make_exam_of
from tests.factories import make_attempt, make_content


def open_kinds(context, *kinds):
    """Open an exam of one question a kind, in this order, and return its page and attempt."""
    attempt = make_attempt(exam=make_exam_of(*(make_content(f"x{n}", name) for n, name in enumerate(kinds))))
    return open_exam(context, attempt), attempt


def hold(page, key, repeats=5):
    """Press a key and keep it down: the browser reports it again and again."""
    for _ in range(repeats + 1):
        page.keyboard.down(key)
    page.keyboard.up(key)


# --- Keys that move ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("key", "shown"), [("ArrowRight", 3), ("ArrowLeft", 1), ("n", 3), ("p", 1)])
def test_key_that_moves_leaves_the_answer_of_a_clicked_option_alone(new_context, key, shown):
    page, attempt = open_kinds(new_context(), "single", "single", "single")
    page.keyboard.press("n")
    page.locator("label[for=q2-o1]").click()
    expect_saved(page, 2)

    page.keyboard.press(key)

    expect(page.locator(f"#q{shown}")).to_be_visible()
    expect(page.locator(f"#q{shown} legend")).to_be_focused()
    expect_chosen(page, 2, "B")
    assert all_stored(attempt) == ["", "B", ""]


@pytest.mark.parametrize("kind", ["ordering", "matching"])
@pytest.mark.parametrize("key", ["ArrowRight", "ArrowLeft"])
def test_arrow_that_moves_changes_nothing_in_a_list(new_context, kind, key):
    page, attempt = open_kinds(new_context(), kind, kind, kind)
    page.keyboard.press("n")
    page.locator("#q2-p0").select_option(index=2)
    expect_saved(page, 2)
    page.locator("#q2-p0").focus()

    page.keyboard.press(key)

    expect(page.locator("#q3" if key == "ArrowRight" else "#q1")).to_be_visible()
    expect(page.locator("#q2-p0")).to_have_value("1")
    assert attempt.items.get(position=2).sequence == 1


@pytest.mark.parametrize("key", ["ArrowRight", "ArrowLeft", "Shift+ArrowRight"])
def test_arrow_changes_no_answer_where_shortcuts_are_off_or_shifted(new_context, key):
    page, attempt = open_kinds(new_context(), "single", "ordering")
    page.locator("label[for=q1-o1]").click()
    expect_saved(page, 1)
    page.evaluate("document.getElementById('shortcuts').checked = false")

    page.keyboard.press(key)

    expect(page.locator("#q1")).to_be_visible()
    expect_chosen(page, 1, "B")
    assert all_stored(attempt)[0] == "B"


@pytest.mark.parametrize("name", ["q1-choice", "q1-struck", "q1-flag"])
def test_arrow_moves_from_whatever_has_the_focus(new_context, name):
    page, _ = open_kinds(new_context(), "multiple", "single")
    page.locator(f"[name={name}]").first.focus()

    page.keyboard.press("ArrowRight")

    expect(page.locator("#q2")).to_be_visible()
    assert page.locator("#q1 input:checked").count() == 0


def test_arrow_down_chooses_the_next_option_as_the_help_says(new_context):
    page, attempt = open_kinds(new_context(), "single")
    page.locator("label[for=q1-o1]").click()

    page.keyboard.press("ArrowDown")

    expect_chosen(page, 1, "C")
    expect_saved(page, 1)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard")).to_contain_text("choose the one above or below")
    assert all_stored(attempt) == ["C"]


def test_arrow_scrolls_a_wide_piece_of_code_and_does_not_leave_the_question(new_context):
    stem = "What is it?\n\n```\n" + "a_long_line " * 60 + "\n```"
    attempt = make_attempt(exam=make_exam_of(make_content("x", stem=stem), make_content("y", stem=stem)))
    page = open_exam(new_context(width=640), attempt)
    code = page.locator("#q1 pre")
    code.focus()

    page.keyboard.press("ArrowRight")

    expect(page.locator("#q1")).to_be_visible()
    code.evaluate("async (code) => { while (!code.scrollLeft) await new Promise(requestAnimationFrame) }")


# --- Keys held down ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("key", "checked"), [("m", "q1-flag"), ("a", "q1-choice"), ("1", "q1-choice")])
@pytest.mark.parametrize("repeats", [1, 2, 5])
def test_held_key_presses_once(new_context, key, checked, repeats):
    page, attempt = open_kinds(new_context(), "multiple", "single")

    hold(page, key, repeats)

    expect(page.locator(f"[name={checked}]").first).to_be_checked()
    expect_saved(page, 1)
    assert attempt.items.get(position=1).page_count == 1


@pytest.mark.parametrize("repeats", [1, 2])
def test_held_key_rules_an_option_out_once(new_context, repeats):
    page, _ = open_kinds(new_context(), "single")
    page.keyboard.down("Shift")

    hold(page, "B", repeats)
    page.keyboard.up("Shift")

    expect(page.get_by_label("Strike out B")).to_be_checked()


@pytest.mark.parametrize("key", ["n", "ArrowRight"])
def test_held_key_goes_on_by_one_question(new_context, key):
    page, _ = open_kinds(new_context(), "single", "single", "single")
    page.locator("label[for=q1-o1]").click()

    hold(page, key)

    expect(page.locator("#q2")).to_be_visible()
    expect_chosen(page, 1, "B")


def test_held_arrow_moves_the_choice_by_one_option(new_context):
    page, attempt = open_kinds(new_context(), "single")
    page.locator("label[for=q1-o0]").click()

    hold(page, "ArrowDown")

    expect_chosen(page, 1, "B")
    expect_saved(page, 1)
    assert all_stored(attempt) == ["B"]


def test_held_enter_presses_a_button_once(new_context):
    page, _ = open_kinds(new_context(), *["single"] * 5)
    page.get_by_role("button", name="Next").focus()

    hold(page, "Enter")

    expect(page.locator("#q2")).to_be_visible()


def test_enter_on_an_option_does_not_hand_in(new_context):
    page, _ = open_kinds(new_context(), "single")
    page.keyboard.press("b")

    page.keyboard.press("Enter")

    expect(page.get_by_role("dialog")).to_have_count(0)
    expect_chosen(page, 1, "B")


# --- Keys that are somebody else's ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "event",
    [
        {"key": "a", "isComposing": True},
        {"key": "a", "ctrlKey": True},
        {"key": "m", "altKey": True},
        {"key": "2", "metaKey": True},
        {"key": "b", "modifierAltGraph": True},
    ],
)
def test_key_of_an_input_method_or_with_a_modifier_is_not_an_answer(new_context, event):
    page, _ = open_kinds(new_context(), "multiple")

    page.locator("body").dispatch_event("keydown", event)

    assert page.locator("#q1 input:checked").count() == 0


def test_key_typed_into_a_text_field_is_text(new_context):
    page, _ = open_kinds(new_context(), "multiple", "single")
    page.evaluate("document.querySelector('#q1').append(document.createElement('textarea'))")  # as a note would have
    page.locator("textarea").focus()

    page.keyboard.type("a banana, m?")
    page.keyboard.press("ArrowLeft")

    expect(page.locator("textarea")).to_have_value("a banana, m?")
    expect(page.locator("#q1")).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert page.locator("#q1 input:checked").count() == 0


@pytest.mark.parametrize("button", ["Finish exam", "Keyboard"])
def test_keys_do_nothing_behind_a_dialog(new_context, button):
    page, _ = open_kinds(new_context(), "multiple", "single")
    page.get_by_role("button", name=button).click()

    for key in ("a", "1", "m", "n", "ArrowRight", "Shift+A"):
        page.keyboard.press(key)

    expect(page.locator("#q1")).to_have_class("question is-current")
    assert page.locator("#q1 input:checked").count() == 0
