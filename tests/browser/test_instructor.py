import datetime as dt

from django.urls import reverse
from playwright.sync_api import expect

from exams.attempts.models import Attempt
from exams.blueprints.models import Exam
from questions.models import Question, Task
from tests.browser.helpers import all_stored, fill_log_in, go_to, log_in
from tests.factories import DomainFactory, QuestionFactory, TaskFactory, UserFactory, make_exam


def fill_option(page, number, text, *, rationale="", is_key=False):
    page.locator(f"#id_option_{number}_text").fill(text)
    page.locator(f"#id_option_{number}_rationale").fill(rationale)
    page.locator(f"#id_option_{number}_key").set_checked(is_key)


def choose_task(page, row, task):
    page.locator(f"#placements-{row}").get_by_label("Task").fill(str(task))


def messages(page):
    return page.locator(".messagelist")


def open_admin(context, name, *args):
    log_in(context, UserFactory(instructor=True))
    page = context.new_page()
    page.goto(reverse(f"admin:{name}", args=args))
    return page


def test_instructor_adds_a_question_and_the_next_exam_draws_it(new_context):
    exam = make_exam(per_domain=1, weights=(100,), question_count=2)
    task = exam.certification.domains.get().tasks.get()
    instructor, candidate = UserFactory(instructor=True), UserFactory()
    theirs = new_context()
    log_in(theirs, candidate)
    exam_page = theirs.new_page()
    exam_page.goto(reverse("exams:exam-detail", args=[exam.slug]))
    expect(exam_page.get_by_text("1 published question in “1 Domain 1”; this exam needs 2.")).to_be_visible()
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
    expect(page.locator(".errorlist").first).to_have_text(
        "options: the question has 1 option; give 2 to 8, usually four."
    )
    expect(page.locator("#id_option_1_text")).to_have_value("The right store")
    assert Question.objects.filter(code="new-question").count() == 0

    # Publication needs more.
    fill_option(page, 2, "The wrong store")
    page.get_by_role("button", name="Save and publish").click()
    refusal = messages(page).locator(".error")
    expect(refusal).to_contain_text("was saved but not published.")
    expect(refusal).to_contain_text("“The right store” has no rationale; say why it is right or wrong.")
    expect(refusal).to_contain_text("the explanation is missing; say in a few sentences what the question teaches.")
    expect(refusal).to_contain_text("a reference is missing; name a document and its section.")
    question = Question.objects.get(code="new-question")
    assert (question.status, question.published_revision) == ("draft", None)

    fill_option(page, 1, "The right store", rationale="It keeps vectors.", is_key=True)
    fill_option(page, 2, "The wrong store", rationale="It keeps files.")
    page.get_by_label("Explanation:").fill("Vectors need a vector store.")
    page.get_by_label("References:").fill("Developer Guide")
    page.get_by_role("button", name="Save and preview").click()
    expect(page.locator(".field-references .errorlist")).to_have_text(
        "Line 1 lacks a title or a section. Write: document title | section"
    )
    page.get_by_label("References:").fill("Developer Guide | Vector stores")
    page.get_by_role("button", name="Save and preview").click()

    expect(page.get_by_role("heading", name="Preview of new-question")).to_be_visible()
    as_exam, as_review = (
        page.get_by_role("region", name="In the exam"),
        page.get_by_role("region", name="In the review"),
    )
    expect(as_exam).to_contain_text("Which store keeps vectors?")
    expect(as_exam.get_by_role("strong")).to_have_text("vectors")
    expect(as_exam).not_to_contain_text("correct answer")
    right = as_review.get_by_role("listitem").filter(has_text="✓ correct answer")
    expect(right).to_contain_text("It keeps vectors.")

    page.get_by_role("link", name="Edit").click()
    page.get_by_role("button", name="Save and publish").click()
    expect(messages(page).locator(".success").filter(has_text="is published")).to_be_visible()
    question.refresh_from_db()
    assert (question.status, question.published_revision.number) == ("published", 1)

    exam_page.reload()
    exam_page.get_by_role("button", name="Start exam").click()
    expect(exam_page.locator("#exam-foot")).to_be_visible()
    attempt = Attempt.objects.get(candidate=candidate)
    position = attempt.items.get(question=question).position
    go_to(exam_page, position)
    expect(exam_page.locator(f"#q{position}")).to_contain_text("Which store keeps vectors?")
    assert all_stored(attempt) == ["", ""]


def test_widgets_of_the_question_form_work_under_the_strict_policy(new_context, problems):
    here, elsewhere = (
        TaskFactory(domain=DomainFactory(name=f"Domain {word}"), name=f"Task {word}") for word in ("here", "elsewhere")
    )
    question = QuestionFactory(task=here)
    page = open_admin(new_context(), "questions_question_change", question.pk)

    page.get_by_role("button", name="Add another Task").click()
    choose_task(page, 1, elsewhere)
    page.get_by_label("Checked on:").fill("2026-01-31")
    page.get_by_role("button", name="Add an option").click()
    fill_option(page, 5, "A fifth option", rationale="One more.")
    page.get_by_role("button", name="Save and continue editing").click()

    expect(messages(page)).to_contain_text("was changed successfully")
    expect(page.get_by_text("the text below is the draft of revision 2")).to_be_visible()
    draft = question.revisions.get(number=2)
    assert set(Task.objects.filter(placements__question=question)) == {here, elsewhere}
    assert (draft.valid_as_of, draft.options[4]) == (dt.date(2026, 1, 31), "A fifth option")
    assert problems.unexpected == []


def test_widgets_of_the_exam_form_work_under_the_strict_policy(new_context, problems):
    exam = make_exam()
    domain = exam.certification.domains.first()
    page = open_admin(new_context(), "exams_exam_add")

    page.get_by_label("Title:").press_sequentially("My Exam")
    expect(page.get_by_label("Slug:")).to_have_value("my-exam")
    page.get_by_label("Certification:").select_option(str(exam.certification_id))
    page.get_by_label("Domain:").select_option(str(domain))
    page.get_by_label("Questions:").fill("2")
    page.get_by_label("Minutes:").fill("5")
    page.get_by_label("Opens at:").fill("2026-11-21T09:00")
    page.get_by_label("Closes at:").fill("2026-11-28T12:30")
    page.get_by_role("button", name="Save", exact=True).click()

    expect(messages(page)).to_contain_text("was added successfully")
    made = Exam.objects.get(slug="my-exam")
    assert (made.domain, str(made.opens_at), str(made.closes_at)) == (
        domain,
        "2026-11-21 09:00:00+00:00",
        "2026-11-28 12:30:00+00:00",
    )
    assert problems.unexpected == []
