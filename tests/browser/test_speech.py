"""What a screen reader says of one question, in its order, and what it says by itself."""

from playwright.sync_api import expect

from questions.content import Option
from tests.browser.helpers import choose_plainly, come_back, expect_saved, move_deadline, open_exam
from tests.exams.helpers import make_exam_of
from tests.factories import make_attempt, make_content

# Names of what the keyboard reaches in the question in sight, in the order of the page.
LISTEN = """() => {
  window.said = [];
  const note = (region) => {
    const text = region.innerText.trim();
    if (text && window.said.at(-1) !== text) window.said.push(text);
  };
  for (const region of document.querySelectorAll("[aria-live], [role=status], [role=alert]")) {
    new MutationObserver(() => note(region)).observe(region, { childList: true, subtree: true, characterData: true });
  }
}"""


def open_named(context):
    options = [Option(text=f"Thing {n}", key=n in {0, 1}, rationale="Because.") for n in range(3)]
    content = make_content("x", "multiple", stem="Which things?", options=options, shuffle=False)
    attempt = make_attempt(exam=make_exam_of(content, content.model_copy(update={"stem": "And which now?"})))
    return open_exam(context, attempt), attempt


def test_question_is_read_with_its_number_its_letters_and_how_many_to_choose(new_context):
    page, attempt = open_named(new_context())
    stem = attempt.items.get(position=1).revision.stem

    assert page.locator("#q1").aria_snapshot() == "\n".join(
        [
            '- group "Question 1 of 2":',
            "  - text: Question 1 of 2",
            f"  - paragraph: {stem}",
            "  - paragraph:",
            "    - strong: Choose 2.",
            "    - status: 0 of 2 chosen.",
            "  - list:",
            *(
                line
                for number, letter in enumerate("ABC")
                for line in (
                    "    - listitem:",
                    f'      - checkbox "{letter} Thing {number}"',
                    f"      - text: {letter} Thing {number}",
                    f'      - checkbox "Strike out {letter}"',
                    "      - text: Strike out",
                )
            ),
            '  - group "How sure are you? (optional)":',
            '    - checkbox "Sure"',
            "    - text: Sure",
            '    - checkbox "Unsure"',
            "    - text: Unsure",
            '  - checkbox "Flag for later"',
            "  - text: Flag for later",
        ]
    )


def test_what_is_said_by_itself_while_a_question_is_answered(new_context):
    page, _attempt = open_named(new_context())
    page.evaluate(LISTEN)

    choose_plainly(page, 1, "A")
    expect_saved(page, 1)
    choose_plainly(page, 1, "B")
    expect_saved(page, 1)
    expect(page.locator("#q1 .answer-note")).to_have_text("2 of 2 chosen.")
    choose_plainly(page, 1, "C")
    expect(page.locator("#q1 .answer-note")).to_contain_text("Clear one of them")

    said = page.evaluate("window.said")
    assert [words for words in said if words != "Saved"] == [
        "1 of 2 chosen.",
        "2 of 2 chosen.",
        "2 of 2 chosen. Clear one of them before you choose another.",
    ]
    assert said.count("Saved") == 2


def test_next_is_one_tab_behind_the_question_and_leads_to_the_next_one(new_context):
    page, _ = open_named(new_context())
    page.locator("[name=q1-flag]").focus()

    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Next")).to_be_focused()
    page.keyboard.press("Enter")

    expect(page.locator("#q2 legend")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator("#q2-o0")).to_be_focused()


def test_page_has_one_heading_of_the_first_level(new_context):
    page, attempt = open_named(new_context())

    expect(page.get_by_role("heading", level=1)).to_have_text(attempt.exam.title)


def test_jump_of_the_clock_says_what_is_left_once(new_context):
    page, attempt = open_named(new_context())
    move_deadline(attempt, seconds=2400)
    come_back(page)
    expect(page.locator("#timer")).to_contain_text("39:")
    page.evaluate(LISTEN)

    move_deadline(attempt, seconds=284)
    come_back(page)

    expect(page.locator("#announcer")).to_have_text("5 minutes left.")
    assert page.evaluate("window.said.filter((words) => words.includes('left'))") == ["5 minutes left."]
