"""Writing a question with its preview beside it, in a browser: what is typed shows, and the keyboard does it all."""

from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from questions.models import Question
from questions.services import save_draft
from tests.browser.helpers import log_in
from tests.browser.test_every_page import WIDE_STEM, violations
from tests.browser.test_xss import CORPUS, LEFT_OVER
from tests.factories import QuestionFactory, TaskFactory, UserFactory, make_content

STEM = "A company keeps streaming click data for a year and queries it with SQL at low cost. Which store fits best?"


def open_form(context, question=None):
    log_in(context, UserFactory(instructor=True))
    page = context.new_page()
    if question:
        page.goto(reverse("admin:questions_question_change", args=[question.pk]))
    else:
        page.goto(reverse("admin:questions_question_add"))
    expect(page.locator("#live .question-preview")).to_have_count(2)
    return page


def live(page, name):
    return page.locator("#live").get_by_role("region", name=name)


def option(page, number, part):
    return page.locator(f"#id_option_{number}_{part}")


def test_preview_follows_what_is_typed_in_both_views(new_context):
    page = open_form(new_context())

    page.get_by_label("Stem:").fill("Which store keeps **vectors**?")
    option(page, 1, "text").fill("This one")
    option(page, 1, "key").check()
    option(page, 1, "rationale").fill("It keeps vectors.")
    option(page, 2, "text").fill("That one")

    expect(live(page, "In the exam").locator("strong")).to_have_text("vectors")
    expect(live(page, "In the exam").get_by_role("radio")).to_have_count(2)
    expect(live(page, "In the exam")).not_to_contain_text("It keeps vectors.")
    expect(live(page, "In the review")).to_contain_text("It keeps vectors.")
    page.get_by_label("Kind:").select_option("multiple")
    expect(live(page, "In the exam").get_by_role("checkbox", name="This one")).to_have_count(1)
    page.get_by_label("Kind:").select_option("ordering")
    expect(live(page, "In the exam").get_by_role("combobox")).to_have_count(2)
    assert Question.objects.count() == 0


def test_hints_come_and_go_while_one_writes(new_context):
    question = QuestionFactory(draft=True, revision=None, code="the-same")
    save_draft(question=question, content=make_content(stem=STEM), by=None, now=timezone.now())
    page = open_form(new_context())
    notes = page.locator(".live-notes")

    page.get_by_label("Stem:").fill(STEM)
    option(page, 1, "text").fill("All of the above")
    option(page, 2, "text").fill("Another")
    expect(notes).to_contain_text("“All of the above” tests logic")
    expect(notes).to_contain_text("no key; mark the right option")
    expect(notes.get_by_role("link", name="the-same")).to_have_attribute(
        "href", reverse("admin:questions_question_change", args=[question.pk])
    )
    expect(page.locator("#live-state")).to_contain_text("to look at.")

    option(page, 1, "text").fill("Something")
    option(page, 1, "key").check()
    page.get_by_label("Stem:").fill("Quite another question, is it?")
    expect(notes).not_to_contain_text("All of the above")
    expect(notes).not_to_contain_text("the-same")
    expect(notes).not_to_contain_text("no key")


def test_only_the_fields_of_the_kind_are_in_sight(new_context):
    page = open_form(new_context())
    expect(option(page, 1, "key")).to_be_visible()
    expect(option(page, 1, "match")).to_be_hidden()
    expect(page.get_by_label("Decoys:")).to_be_hidden()

    page.get_by_label("Kind:").select_option("matching")
    expect(option(page, 1, "key")).to_be_hidden()
    expect(option(page, 1, "match")).to_be_visible()
    expect(page.get_by_label("Decoys:")).to_be_visible()

    page.get_by_label("Kind:").select_option("ordering")
    for part in ("key", "match"):
        expect(option(page, 1, part)).to_be_hidden()


def test_options_grow_on_demand_and_move_by_keyboard(new_context):
    page = open_form(new_context())
    expect(option(page, 4, "text")).to_be_visible()
    expect(option(page, 5, "text")).to_be_hidden()

    page.get_by_role("button", name="Add an option").focus()
    page.keyboard.press("Enter")
    expect(option(page, 5, "text")).to_be_focused()
    page.keyboard.type("Fifth")
    option(page, 4, "text").fill("Fourth")
    option(page, 4, "key").check()
    page.get_by_role("button", name="Move option 5 up").focus()
    page.keyboard.press("Enter")

    expect(option(page, 4, "text")).to_have_value("Fifth")
    expect(option(page, 4, "key")).not_to_be_checked()
    expect(option(page, 5, "text")).to_have_value("Fourth")
    expect(option(page, 5, "key")).to_be_checked()
    expect(page.get_by_role("button", name="Move option 4 up")).to_be_focused()
    expect(live(page, "In the review").locator(".is-key")).to_contain_text("Fourth")


def test_control_s_saves_and_goes_on(new_context):
    task = TaskFactory()
    page = open_form(new_context())
    page.get_by_label("Code:").fill("by-keyboard")
    page.get_by_label("Stem:").fill("Which?")
    option(page, 1, "text").fill("This")
    option(page, 2, "text").fill("That")
    page.get_by_label("Task", exact=True).first.fill(str(task))

    page.keyboard.press("Control+s")

    expect(page.locator(".messagelist")).to_contain_text("was added successfully")
    question = Question.objects.get(code="by-keyboard")
    assert (question.revisions.get().stem, question.placements.get().task) == ("Which?", task)
    expect(page.get_by_label("Stem:")).to_have_value("Which?")


def test_leaving_with_something_unsaved_is_asked_about(new_context):
    page = open_form(new_context())
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    page.get_by_label("Stem:").press_sequentially("W")

    page.get_by_role("link", name="Home").click()

    page.wait_for_function("() => document.getElementById('id_stem').value === 'W'")
    assert asked == ["beforeunload"]


def test_form_with_preview_is_accessible_and_fits_a_phone(new_context, problems, axe):
    problems.allow("Applying inline style")  # axe itself does
    question = QuestionFactory(task=TaskFactory(), content=make_content(stem=WIDE_STEM, kind="matching"))
    save_draft(
        question=question,
        content=make_content(stem=WIDE_STEM, kind="matching", explanation=""),
        by=UserFactory(),
        now=timezone.now(),
    )
    page = open_form(new_context(), question)

    assert violations(page, axe) == []
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    above, below = page.locator("#question_form").bounding_box(), page.locator(".live").bounding_box()
    assert below["y"] >= above["y"] + above["height"]


def test_preview_stands_beside_the_form_where_there_is_room(new_context):
    page = open_form(new_context(width=1280))

    form, preview = page.locator("#question_form").bounding_box(), page.locator(".live").bounding_box()

    assert preview["x"] >= form["x"] + form["width"]


def test_page_to_confirm_for_many_is_accessible_and_does_it(new_context, axe, problems):
    problems.allow("Applying inline style")
    QuestionFactory.create_batch(3, draft=True, task=TaskFactory())
    context = new_context()
    log_in(context, UserFactory(instructor=True))
    page = context.new_page()
    page.goto(reverse("admin:questions_question_changelist"))
    assert violations(page, axe) == []
    page.get_by_label("Select all objects on this page for an action").check()
    page.get_by_label("Action:").select_option("difficulty_selected")
    page.get_by_role("button", name="Go").click()
    expect(page.get_by_text("3 questions.")).to_be_visible()
    assert violations(page, axe) == []
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") == 390

    page.get_by_label("Difficulty").select_option("hard")
    page.get_by_role("button", name="Set the difficulty").click()

    expect(page.locator(".messagelist")).to_contain_text("The difficulty of 3 questions was set.")
    assert Question.objects.filter(difficulty="hard").count() == 3


def test_without_javascript_all_fields_are_there_and_it_saves(new_context):
    task = TaskFactory()
    context = new_context(javascript=False)
    log_in(context, UserFactory(instructor=True))
    page = context.new_page()
    page.goto(reverse("admin:questions_question_add"))
    page.get_by_label("Code:").fill("plain")
    page.get_by_label("Stem:").fill("Which?")
    option(page, 1, "text").fill("Last")
    option(page, 1, "place").fill("8")
    option(page, 8, "text").fill("First")
    page.get_by_label("Task", exact=True).first.fill(str(task))

    page.get_by_role("button", name="Save and preview").click()

    expect(page.get_by_role("heading", name="Preview of plain")).to_be_visible()
    assert Question.objects.get(code="plain").revisions.get().options == ["Last", "First"]


FILL = """([text, mark, kind]) => {
    for (const name of ["stem", "case", "explanation", "service_note", "references", "decoys"])
        document.getElementById(`id_${name}`).value = `${text} | ${text}`;
    for (const number of [1, 2])
        for (const part of ["text", "match", "rationale"])
            document.getElementById(`id_option_${number}_${part}`).value = `${number} ${part} all of the above ${text}`;
    document.getElementById("id_stem").value = `${mark} ${text}`;
    document.getElementById("id_kind").value = kind;
    document.getElementById("id_kind").dispatchEvent(new Event("change", { bubbles: true }));
}"""


def test_hostile_text_runs_in_no_preview_and_leaves_nothing_that_could(new_context):
    context, ran = new_context(), []
    context.expose_binding("pwned", lambda source: ran.append(source["page"].url))
    page = open_form(context)
    page.on("dialog", lambda dialog: (ran.append(dialog.message), dialog.dismiss()))

    for number, payload in enumerate(CORPUS):
        mark, kind = f"No {number}", ["single", "matching", "ordering"][number % 3]
        page.evaluate(FILL, [payload, mark, kind])
        expect(live(page, "In the exam")).to_contain_text(mark)
        assert (payload, page.evaluate(LEFT_OVER)) == (payload, [])
        assert page.locator("#live").locator("[onerror], [onload], iframe, math, script, style, form").count() == 0

    assert ran == []
