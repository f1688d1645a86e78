import pytest
from django.urls import reverse
from playwright.sync_api import expect

from exams.attempts.models import Attempt
from questions.content import Option
from tests.browser.helpers import all_stored, expect_chosen, expect_result, expect_saved, log_in, open_exam
from tests.factories import (
    KEY_COUNTS,
    DomainFactory,
    ExamFactory,
    QuestionFactory,
    TaskFactory,
    UserFactory,
    make_attempt,
    make_content,
)

# Where the keyboard is: a name for the element, and what a person sees of it. Options are drawn by their labels.
FOCUS = """() => {
  const element = document.activeElement;
  const isOption = element.matches(".option input");
  const shown = isOption ? element.nextElementSibling : element;
  const style = getComputedStyle(shown);
  const box = shown.getBoundingClientRect();
  const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
  return {
    name: element.id || element.name || element.textContent.trim(),
    isMarked: style.outlineStyle === "solid" && parseFloat(style.outlineWidth) >= 2,
    isOnTop: Boolean(top) && (shown.contains(top) || element === top),
  };
}"""


def focused(page):
    """Return the name of the element that has the focus; the person must see it, marked and not covered."""
    focus = page.evaluate(FOCUS)
    assert focus == {"name": focus["name"], "isMarked": True, "isOnTop": True}
    return focus["name"]


def tab_to(page, name, key="Tab"):
    """Press Tab until the element is reached; every stop on the way must be visible too."""
    for _ in range(40):
        page.keyboard.press(key)
        if focused(page) == name:
            return
    raise AssertionError(f"{name} cannot be reached by {key}")


def make_mixed_exam():
    """An exam of one `single` and one `multiple` domain, two questions each."""
    exam = ExamFactory(question_count=4)
    several = make_content(
        "several",
        kind="multiple",
        options=[Option(text=f"Choice {number}", key=number < 2, rationale="Because.") for number in range(5)],
    )
    for number, content in enumerate([None, several], start=1):
        domain = DomainFactory(certification=exam.certification, number=number, weight=50)
        QuestionFactory.create_batch(2, task=TaskFactory(domain=domain), content=content)
    return exam


def test_whole_exam_without_a_mouse(page):
    exam, candidate = make_mixed_exam(), UserFactory()
    log_in(page.context, candidate)
    page.goto(reverse("exams:exam-detail", args=[exam.slug]))
    tab_to(page, "Start exam")
    page.keyboard.press("Enter")
    expect(page.locator("#exam-foot")).to_be_visible()
    attempt = Attempt.objects.get(candidate=candidate)
    expected = []

    for position, item in enumerate(attempt.items.order_by("position").select_related("revision"), start=1):
        if KEY_COUNTS[item.revision.kind] == 1:
            page.keyboard.press("2")
            assert focused(page) == f"q{position}-o1"
            page.keyboard.press("ArrowDown")  # among radio buttons it chooses the next one
            assert focused(page) == f"q{position}-o2"
            expected.append("C")
        else:
            for key in (
                "a",
                "3",
                "1",
                "E",
                "1",
            ):  # the last is one too many; an E without Shift: Caps Lock
                page.keyboard.press(key)
            assert focused(page) == f"q{position}-o0"
            expected.append("CE")
        page.keyboard.press("Shift+B")
        assert focused(page) == f"q{position}-s1"
        page.keyboard.press("m")
        expect_chosen(page, position, expected[-1])
        expect_saved(page, position)
        page.keyboard.press("n" if position % 2 else "ArrowLeft" if position == 4 else "ArrowRight")

    expect(page.locator("#q3")).to_be_visible()  # ArrowLeft came last
    page.keyboard.press("p")
    expect(page.locator("#q2")).to_be_visible()
    page.keyboard.press("m")
    expect(page.locator("#q2").get_by_label("Flag for later")).not_to_be_checked()
    expect_saved(page, 2)
    assert all_stored(attempt) == expected
    assert list(attempt.items.values_list("struck", "is_flagged").order_by("position")) == [
        ([1], True),
        ([1], False),
        ([1], True),
        ([1], True),
    ]

    tab_to(page, "hand-in-button", "Shift+Tab")
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Submit exam?")
    expect(dialog).to_contain_text("All 4 questions are answered.")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    assert focused(page) == "hand-in-button"
    page.keyboard.press("Enter")
    tab_to(page, "confirm")
    page.keyboard.press("Enter")
    expect_result(page, attempt)
    tab_to(page, "Review the questions")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Review", exact=True)).to_be_visible()


@pytest.mark.parametrize("height", [900, 400])  # in the lower window the page's head and foot cover a good part
def test_focus_goes_through_the_exam_page_in_the_order_of_reading(new_context, height):
    page = open_exam(new_context(height=height), make_attempt())
    stops = []

    for _ in range(16):
        page.keyboard.press("Tab")
        stops.append(focused(page))

    assert stops == [
        "Skip to content",
        "display-button",
        "hand-in-button",
        "q1-o0",
        *("q1-s0", "q1-s1", "q1-s2", "q1-s3"),
        *("q1-sure", "q1-sure", "q1-flag"),
        "next",
        *("1", "2", "3", "4"),
    ]
    page.keyboard.press("Tab")
    assert focused(page) == "help-button"


def test_answer_is_cleared_by_keyboard(new_context):
    attempt = make_attempt()
    page = open_exam(new_context(), attempt)
    page.keyboard.press("b")
    expect_saved(page, 1)
    assert all_stored(attempt) == ["B", "", "", ""]

    tab_to(page, "Clear the answer")
    page.keyboard.press("Enter")

    expect_chosen(page, 1, "")
    expect_saved(page, 1)
    assert all_stored(attempt) == ["", "", "", ""]


def test_help_opens_on_a_question_mark_and_gives_the_focus_back(new_context):
    page = open_exam(new_context(), make_attempt())
    page.keyboard.press("d")
    assert focused(page) == "q1-o3"

    page.keyboard.press("?")

    help_dialog = page.get_by_role("dialog", name="Keyboard")
    expect(help_dialog).to_contain_text("strike an option out")
    page.keyboard.press("a")  # a key pressed here is not an answer
    expect_chosen(page, 1, "D")
    page.keyboard.press("Escape")
    expect(help_dialog).to_be_hidden()
    assert focused(page) == "q1-o3"


def test_shortcuts_can_be_switched_off_for_good(new_context):
    page = open_exam(new_context(), make_attempt())
    page.keyboard.press("?")
    assert focused(page) == "shortcuts"
    page.keyboard.press("Space")
    page.keyboard.press("Escape")

    for _ in range(2):
        for key in ("b", "2", "Shift+A", "m", "n", "ArrowRight", "?"):
            page.keyboard.press(key)
        expect(page.locator("#q1")).to_be_visible()
        expect(page.get_by_role("dialog")).to_have_count(0)
        assert page.locator("#q1 input:checked").count() == 0
        page.reload()
        expect(page.locator("#exam-foot")).to_be_visible()


def test_shortcuts_leave_the_browsers_own_keys_alone(new_context):
    page = open_exam(new_context(), make_attempt())

    for key in ("Control+b", "Alt+2", "Meta+m", "Control+Shift+a"):
        page.keyboard.press(key)

    assert page.locator("#q1 input:checked").count() == 0
