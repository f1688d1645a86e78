"""Hebrew and Arabic texts run as their own language does, wherever they are shown or typed."""

import pytest
from django.urls import reverse
from django.utils import timezone

from exams.attempts.services.closing import submit_attempt
from exams.attempts.services.saving import Answer
from exams.blueprints.services import draw_form
from exams.problems.services import report_problem
from questions.content import Option, Reference
from tests.browser.helpers import log_in, open_exam
from tests.factories import (
    KEY_COUNTS,
    AssignmentFactory,
    CohortFactory,
    DomainFactory,
    ExamFactory,
    QuestionFactory,
    TaskFactory,
    UserFactory,
    make_attempt,
    make_content,
    takes,
)

HEBREW, ARABIC = "איזה מהם נכון", "أي منها صحيح"

# Texts that stand in no element of a direction of their own: mirrored beside English, the mark at the wrong end.
ASTRAY = """() => {
  const isRightToLeft = (text) => /[\\u0590-\\u08ff]/.test(text);
  const isOwn = (element) => Boolean(element.closest("[dir=auto]"))
    || getComputedStyle(element).unicodeBidi === "plaintext" || element.matches("bdi");
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (element.matches("script, style, title, textarea") || !isRightToLeft(walker.currentNode.data)) continue;
    if (!isOwn(element) && !isOwn(element.parentElement)) found.push(element.outerHTML.slice(0, 160));
  }
  for (const field of document.querySelectorAll("input[type=text], textarea, select")) {
    const text = field.matches("select") ? field.textContent : field.value;
    if (isRightToLeft(text) && !isOwn(field)) found.push(field.outerHTML.slice(0, 160));
  }
  return found;
}"""


def right_to_left_content(kind):
    return make_content(
        kind=kind,
        case=f"{ARABIC} מקרה",
        stem=f"{HEBREW} (S3)?",
        options=[
            Option(
                text=f"{ARABIC} {number}!",
                key=number < KEY_COUNTS.get(kind, 0),
                match=f"{HEBREW} {number}" if takes(kind, "match") else "",
                rationale=f"{HEBREW}, {number}.",
            )
            for number in range(4)
        ],
        explanation=f"{ARABIC}.",
        service_note=f"{HEBREW}: ECS.",
        references=[Reference(title=HEBREW, section=ARABIC)],
    )


@pytest.fixture
def world():
    exam = ExamFactory(question_count=4, title=f"{HEBREW}: EC2", description=ARABIC)
    exam.certification.name = f"{ARABIC} MLA"
    exam.certification.save()
    domain = DomainFactory(certification=exam.certification, number=1, name=f"{HEBREW} (1)")
    task = TaskFactory(domain=domain, name=ARABIC)
    for name in ("single", "multiple", "ordering", "matching"):
        QuestionFactory(task=task, content=right_to_left_content(name))
    candidate = UserFactory(name=f"{HEBREW} Cohen")
    instructor = UserFactory(instructor=True, name=ARABIC)
    cohort = CohortFactory(instructor=instructor, members=[candidate], name=f"{ARABIC} 2026")
    AssignmentFactory(cohort=cohort, exam=exam)
    attempt, now = make_attempt(exam=exam, candidate=candidate), timezone.now()
    answers = [
        Answer(position=item.position, chosen=(0,))
        for item in attempt.items.filter(revision__kind__in=["single", "multiple"])
    ]
    submit_attempt(candidate=candidate, attempt_id=attempt.pk, answers=answers, now=now)
    report_problem(candidate=candidate, attempt_id=attempt.pk, position=1, kind="typo", text=f"{HEBREW}!", now=now)
    draw_form(exam=exam, by=instructor, now=now, seed=1)
    return {"exam": exam, "cohort": cohort, "candidate": candidate, "instructor": instructor, "attempt": attempt}


def test_every_page_of_a_candidate_gives_each_text_its_direction(new_context, world):
    page = new_context().new_page()
    log_in(page.context, world["candidate"])
    attempt, exam = world["attempt"], world["exam"]

    found = {}
    for name, arguments in (
        ("exams:home", []),
        ("exams:certification", [exam.certification.code]),
        ("exams:exam-detail", [exam.slug]),
        ("exams:attempt-result", [attempt.pk]),
        ("exams:review-all", [attempt.pk]),
        ("exams:history", []),
        ("exams:problem-reports", []),
        ("accounts:preferences", []),
    ):
        assert page.goto(reverse(name, args=arguments)).status == 200
        page.evaluate("document.querySelectorAll('details').forEach((details) => { details.open = true })")
        found[name] = page.evaluate(ASTRAY)

    assert {name: lines for name, lines in found.items() if lines} == {}


def test_exam_page_and_its_dialogs_give_each_text_its_direction(new_context, world):
    under_way = make_attempt(exam=world["exam"], candidate=world["candidate"])
    page = open_exam(new_context(), under_way)

    assert page.evaluate(ASTRAY) == []
    right = page.evaluate(
        "[...document.querySelectorAll('.stem p, .option .prose')].map((text) => getComputedStyle(text).textAlign)"
    )
    assert set(right) == {"start"}
    page.goto(reverse("exams:attempt-hand-in", args=[under_way.pk]))
    assert page.evaluate(ASTRAY) == []


def test_every_page_of_an_instructor_gives_each_text_its_direction(new_context, world):
    page = new_context().new_page()
    log_in(page.context, world["instructor"])
    exam, cohort = world["exam"], world["cohort"]
    question = world["attempt"].items.get(position=1).question

    found = {}
    for name, arguments in (
        ("questions_question_changelist", []),
        ("questions_question_change", [question.pk]),
        ("questions_question_preview", [question.pk]),
        ("questions_question_revisions", [question.pk]),
        ("questions_task_changelist", []),
        ("exams_exam_changelist", []),
        ("exams_exam_change", [exam.pk]),
        ("exams_exam_form", [exam.pk, 1]),
        ("exams_cohort_changelist", []),
        ("exams_cohort_change", [cohort.pk]),
        ("exams_cohort_people", [cohort.pk]),
        ("exams_cohort_progress", [cohort.pk]),
        ("exams_cohort_member", [cohort.pk, world["candidate"].pk]),
        ("exams_problemreport_queue", []),
        ("exams_problemreport_question", [question.pk]),
        ("exams_attempt_changelist", []),
        ("exams_attempt_change", [world["attempt"].pk]),
    ):
        assert page.goto(reverse(f"admin:{name}", args=arguments)).status == 200
        found[name] = page.evaluate(ASTRAY)

    assert {name: lines for name, lines in found.items() if lines} == {}
