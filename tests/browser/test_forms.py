"""Leaving a form warns of what is not sent; coming back shows what is saved, or says that it does not."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from tests.browser.helpers import log_in
from tests.browser.test_every_page import make_pages
from tests.factories import ExamFactory, QuestionFactory, TaskFactory, UserFactory, make_content


@pytest.fixture
def asked(new_context):
    """A tab of a superuser, and the list of dialogs that its pages have opened; each is accepted."""
    page, dialogs = new_context().new_page(), []

    def accept(dialog):
        dialogs.append(dialog.type)
        dialog.accept()

    page.on("dialog", accept)
    log_in(page.context, UserFactory(superuser=True))
    return page, dialogs


def leave(page):
    page.get_by_role("link", name="Home").first.click()
    page.wait_for_url("**/admin/")


def exam_form():
    return reverse("admin:exams_exam_change", args=[ExamFactory(title="Old title").pk])


def question_form():
    task = TaskFactory()
    question = QuestionFactory(task=task, content=make_content("x"))
    return reverse("admin:questions_question_change", args=[question.pk])


def user_form():
    return reverse("admin:accounts_user_change", args=[UserFactory(name="Old").pk])


FORMS = [
    (exam_form, "[name=title]"),
    (question_form, "[name=stem]"),
    (user_form, "[name=name]"),
    (lambda: reverse("admin:exams_cohort_add"), "[name=name]"),
]


@pytest.mark.parametrize(("address", "field"), FORMS)
def test_leaving_warns_of_what_is_typed_and_of_nothing_else(asked, address, field):
    page, dialogs = asked
    url = address()
    page.goto(url)
    page.locator(field).first.click()
    leave(page)
    assert dialogs == []

    page.goto(url)
    page.locator(field).first.press_sequentially("More")
    leave(page)

    assert dialogs == ["beforeunload"]


@pytest.mark.parametrize("address", [exam_form, user_form])
def test_leaving_warns_after_a_form_was_refused(asked, address):
    page, dialogs = asked
    page.goto(address())
    field = page.locator("[name=title], [name=email]").first
    field.evaluate("(element) => { element.required = false; element.type = 'text' }")
    field.fill("")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".errornote")).to_be_visible()
    assert dialogs == []

    leave(page)

    assert dialogs == ["beforeunload"]


def test_what_is_typed_and_taken_back_is_no_change(asked):
    page, dialogs = asked
    page.goto(exam_form())
    page.locator("[name=title]").fill("Other")
    page.locator("[name=title]").fill("Old title")

    leave(page)

    assert dialogs == []


def test_chosen_groups_are_a_change(asked):
    page, dialogs = asked
    page.goto(user_form())
    expect(page.locator("#id_groups_from option").first).to_be_attached()
    page.locator("#id_groups_from").select_option(index=0)
    page.locator(".selector-add").click()
    expect(page.locator("#id_groups_to option")).to_have_count(1)

    leave(page)

    assert dialogs == ["beforeunload"]


def test_candidate_is_warned_of_a_preference_not_saved(new_context):
    page, dialogs = new_context().new_page(), []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.type), dialog.accept()))
    log_in(page.context, UserFactory())
    page.goto(reverse("accounts:preferences"))
    page.get_by_label("Name").press_sequentially("x")

    page.get_by_role("link", name="My attempts").click()

    page.wait_for_url("**/attempts/")
    assert dialogs == ["beforeunload"]


def test_no_page_takes_itself_for_changed_as_it_is_opened(new_context):
    user, addresses = make_pages("instructor")
    page, dialogs = new_context().new_page(), []
    page.on("dialog", lambda dialog: (dialogs.append(page.url), dialog.accept()))
    log_in(page.context, user)

    for address in addresses.values():
        page.goto(address)
        page.locator("body").click(position={"x": 2, "y": 2})  # without it no browser asks

    page.goto(reverse("admin:index"))
    assert dialogs == []


def test_back_after_a_save_shows_what_is_saved(asked):
    page, dialogs = asked
    url = exam_form()
    page.goto(url)
    page.locator("[name=title]").fill("New title")
    page.get_by_role("button", name="Save and continue editing").click()
    expect(page.locator("[name=title]")).to_have_value("New title")
    page.locator("[name=title]").fill("Newer title")
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url("**/exam/")

    page.go_back()

    expect(page.locator("[name=title]")).to_have_value("Newer title")
    expect(page.locator(".back-note")).to_have_count(0)
    assert dialogs == []


def test_back_to_what_was_typed_and_left_says_that_it_is_not_saved(asked):
    page, _ = asked
    page.goto(exam_form())
    page.locator("[name=title]").fill("Typed and left")
    leave(page)

    page.go_back()

    # The browser may give back what was typed; then the page says so, and the saved text is one click away.
    if page.locator("[name=title]").input_value() == "Typed and left":
        page.get_by_role("button", name="Show what is saved").click()
    expect(page.locator("[name=title]")).to_have_value("Old title")


def test_page_that_the_browser_kept_whole_is_loaded_again_once_it_was_sent(asked):
    page, _ = asked
    page.goto(exam_form())
    page.evaluate("window.isOld = true")

    with page.expect_navigation():
        page.evaluate("window.dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")

    assert page.evaluate("window.isOld") is None


def test_page_that_the_browser_kept_whole_with_unsent_text_says_so(asked):
    page, _ = asked
    page.goto(exam_form())
    page.locator("[name=title]").fill("Unsent")

    page.evaluate("window.dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")

    expect(page.locator(".back-note")).to_contain_text("What is saved may be newer.")
    expect(page.locator("[name=title]")).to_have_value("Unsent")
    page.get_by_role("button", name="Show what is saved").click()
    expect(page.locator("[name=title]")).to_have_value("Old title")
