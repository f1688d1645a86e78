from django.urls import reverse
from playwright.sync_api import expect

from exams.models import Attempt
from questions.models import Question
from tests.browser.helpers import all_stored, fill_log_in, go_to, log_in
from tests.factories import QuestionFactory, UserFactory, make_exam


def fill_option(page, number, text, *, rationale="", is_key=False):
    page.locator(f"#id_option_{number}_text").fill(text)
    page.locator(f"#id_option_{number}_rationale").fill(rationale)
    page.locator(f"#id_option_{number}_key").set_checked(is_key)


def choose_task(page, row, task):
    page.locator(f"#placements-{row} .select2-selection").click()
    page.locator(".select2-search__field").fill(task.name)
    page.get_by_role("option", name=str(task)).click()


def messages(page):
    return page.locator(".messagelist")


def test_instructor_adds_a_question_and_the_next_exam_draws_it(new_context):
    exam = make_exam(per_domain=1, weights=(100,), question_count=2)
    task = exam.certification.domains.get().tasks.get()
    instructor, candidate = UserFactory(instructor=True), UserFactory()
    page = new_context().new_page()
    page.goto(reverse("admin:index"))
    fill_log_in(page, instructor)
    page.get_by_role("row", name="Questions").get_by_role("link", name="Add").click()

    # A draft needs little, and the page says what.
    page.get_by_label("Code:").fill("new-question")
    page.get_by_label("Stem:").fill("Which store keeps **vectors**?")
    choose_task(page, 0, task)
    fill_option(page, 1, "The right store", is_key=True)
    page.get_by_role("button", name="Save and publish").click()
    expect(page.locator(".errorlist").first).to_have_text("options: 1 options; give 2 to 8, usually four.")
    expect(page.locator("#id_option_1_text")).to_have_value("The right store")
    assert Question.objects.filter(code="new-question").count() == 0

    # Publication needs more.
    fill_option(page, 2, "The wrong store")
    page.get_by_role("button", name="Save and publish").click()
    refusal = messages(page).locator(".error")
    expect(refusal).to_contain_text("new-question: saved, but not published.")
    expect(refusal).to_contain_text("no rationale for “The right store”; say why it is right or wrong.")
    expect(refusal).to_contain_text("no explanation; say in a few sentences what the question teaches.")
    expect(refusal).to_contain_text("no reference; name a document and its section.")
    question = Question.objects.get(code="new-question")
    assert (question.status, question.published_revision) == ("draft", None)

    fill_option(page, 1, "The right store", rationale="It keeps vectors.", is_key=True)
    fill_option(page, 2, "The wrong store", rationale="It keeps files.")
    page.get_by_label("Explanation:").fill("Vectors need a vector store.")
    page.get_by_label("References:").fill("Developer Guide")
    page.get_by_role("button", name="Save and preview").click()
    expect(page.locator(".field-references .errorlist")).to_have_text(
        "Line 1 has no title or no section; write: document title | section"
    )
    page.get_by_label("References:").fill("Developer Guide | Vector stores")
    page.get_by_role("button", name="Save and preview").click()

    expect(page.get_by_role("heading", name="Preview of new-question")).to_be_visible()
    as_exam, as_review = page.get_by_role("region", name="In the exam"), page.get_by_role("region", name="In the review")
    expect(as_exam).to_contain_text("Which store keeps vectors?")
    expect(as_exam.get_by_role("strong")).to_have_text("vectors")
    expect(as_exam).not_to_contain_text("right answer")
    right = as_review.get_by_role("listitem").filter(has_text="✓ right answer")
    expect(right).to_contain_text("It keeps vectors.")

    page.get_by_role("link", name="Edit").click()
    page.get_by_role("button", name="Save and publish").click()
    expect(messages(page).locator(".success").filter(has_text="is published")).to_be_visible()
    question.refresh_from_db()
    assert (question.status, question.published_revision.number) == ("published", 1)

    # The exam could not be filled before.
    theirs = new_context()
    log_in(theirs, candidate)
    exam_page = theirs.new_page()
    exam_page.goto(reverse("exams:exam-detail", args=[exam.slug]))
    exam_page.get_by_role("button", name="Start the exam").click()
    expect(exam_page.locator("#exam-foot")).to_be_visible()
    attempt = Attempt.objects.get(candidate=candidate)
    position = attempt.items.get(question=question).position
    go_to(exam_page, position)
    expect(exam_page.locator(f"#q{position}")).to_contain_text("Which store keeps vectors?")
    assert all_stored(attempt) == ["", ""]
