import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from exams import services
from exams.models import Attempt
from exams.services import Answer
from questions.content import Option
from tests.browser.helpers import choose, expect_saved, log_in, open_exam
from tests.factories import (
    DomainFactory,
    ExamFactory,
    QuestionFactory,
    TaskFactory,
    UserFactory,
    make_attempt,
    make_content,
    make_exam,
)

WIDE_STEM = """A stem with all that can be wide: `a_very_long_identifier_that_no_browser_can_break_anywhere_at_all`.

| column one | column two | column three | column four | column five | column six |
|---|---:|---|---|---|---|
| 1 | 2 | 3 | 4 | 5 | 6 |

```
SELECT a_column, another_column, one_more_column FROM a_table_with_a_long_name WHERE a_column = 'something long';
```
"""


def make_wide_exam(**fields):
    """An exam whose questions hold a table, a code block and a word that does not break."""
    exam = ExamFactory(question_count=4, **fields)
    content = make_content(
        kind="multiple",
        stem=WIDE_STEM,
        options=[Option(text=f"`{'long_' * 20}{n}`", key=n < 2, rationale=f"Because {'so_' * 30}") for n in range(5)],
        service_note="The service has another name today.",
    )
    for number in (1, 2):
        domain = DomainFactory(certification=exam.certification, number=number, weight=50)
        QuestionFactory.create_batch(2, task=TaskFactory(domain=domain), content=content)
    return exam


def scored_attempt(exam, candidate):
    attempt = make_attempt(exam=exam, candidate=candidate)
    now = timezone.now()
    answers = [Answer(position=1, chosen=(0, 1)), Answer(position=2, chosen=(2,), is_flagged=True, struck=(1,))]
    services.submit_attempt(candidate=candidate, attempt_id=attempt.pk, answers=answers, now=now)
    return attempt


def waiting_attempt(exam, candidate):
    attempt, now = make_attempt(exam=exam, candidate=candidate), timezone.now()
    Attempt.objects.filter(pk=attempt.pk).update(state="submitted", submitted_at=now, scoring_requested_at=now)
    return attempt


def make_pages(role):
    """Return the person who sees the pages, and the pages by name: all that this role meets."""
    exam = make_wide_exam()
    domain = exam.certification.domains.first()
    ExamFactory(certification=exam.certification, domain=domain, question_count=2, title="Practice of a domain")
    certification = reverse("exams:certification", args=[exam.certification.code])
    if role == "anonymous":
        return None, {
            "home": reverse("exams:home"),
            "certification": certification,
            "log-in": reverse("account_login"),
            "sign-up": reverse("account_signup"),
            "password reset": reverse("account_reset_password"),
            "404": "/nothing/",
        }
    candidate = UserFactory(extra_time_percent=25)
    scored = [scored_attempt(exam, candidate) for _ in range(2)][1]
    under_way = make_attempt(exam=exam, candidate=candidate)
    if role == "candidate":
        waiting = waiting_attempt(make_exam(), candidate)
        return candidate, {
            "home": reverse("exams:home"),
            "certification": certification,
            "start screen": reverse("exams:exam-detail", args=[make_exam().slug]),
            "start screen, exam under way": reverse("exams:exam-detail", args=[exam.slug]),
            "exam": reverse("exams:attempt", args=[under_way.pk]),
            "summary": reverse("exams:attempt-hand-in", args=[under_way.pk]),
            "waiting": reverse("exams:attempt-result", args=[waiting.pk]),
            "result": reverse("exams:attempt-result", args=[scored.pk]),
            "review": reverse("exams:attempt-review", args=[scored.pk]),
            "history": reverse("exams:history"),
            "preferences": reverse("accounts:preferences"),
            "e-mail": reverse("account_email"),
            "password": reverse("account_change_password"),
            "404": reverse("exams:attempt", args=[make_attempt().pk]),
        }
    question = scored.items.first().question
    return UserFactory(instructor=True), {
        "admin": reverse("admin:index"),
        "questions": reverse("admin:questions_question_changelist"),
        "new question": reverse("admin:questions_question_add"),
        "question": reverse("admin:questions_question_change", args=[question.pk]),
        "preview": reverse("admin:questions_question_preview", args=[question.pk]),
        "revisions": reverse("admin:questions_revision_changelist"),
        "tasks": reverse("admin:questions_task_changelist"),
        "exams": reverse("admin:exams_exam_changelist"),
        "exam": reverse("admin:exams_exam_change", args=[exam.pk]),
        "attempts": reverse("admin:exams_attempt_changelist"),
        "attempt": reverse("admin:exams_attempt_change", args=[scored.pk]),
        "candidate": reverse("admin:accounts_user_change", args=[candidate.pk]),
    }


ROLES = ["anonymous", "candidate", "instructor"]


@pytest.fixture(params=ROLES)
def pages(request, new_context, problems):
    """A function: its call opens every page of a role, one after the other, and yields its name and the tab."""
    problems.allow("status of 404")
    user, addresses = make_pages(request.param)

    def visit(**options):
        context = new_context(**options)
        if user:
            log_in(context, user)
        page = context.new_page()
        for name, address in addresses.items():
            response = page.goto(address)
            assert (name, response.status, page.url.partition("?")[0]) == (
                name,
                404 if name == "404" else 200,
                response.url.partition("?")[0],
            )
            assert page.url.endswith(address)
            yield name, page

    return visit


SCHEMES = ["light", "dark"]


def violations(page, axe):
    found = []
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        page.evaluate("document.getAnimations().forEach((animation) => animation.finish())")  # the admin fades colours
        found += [f"{scheme}: {violation}" for violation in axe(page)]
    return found


def test_no_page_has_a_serious_accessibility_problem(pages, axe):
    found = {name: violations(page, axe) for name, page in pages()}

    assert {name: lines for name, lines in found.items() if lines} == {}
