"""What must be the same before and after an upgrade: every attempt with its scores and report, every statistic, every
cohort's progress, every report of a problem. Read by the code of the version it runs with; plain data comes out.

    DATABASE_URL=… python -m tests.upgrade.facts > expected.json
"""

import datetime as dt
import json
import os
import sys

# Late enough that no window of the database is open, so that what is withheld then is withheld for good.
NOW = dt.datetime(2026, 11, 27, 12, 0, tzinfo=dt.UTC)


def facts() -> dict[str, object]:
    """Return everything that an upgrade must not change, by names that outlive the code that reads it."""
    from exams.attempts.models import Attempt
    from exams.problems.models import ProblemReport
    from exams.statistics.models import ExamStatistics, QuestionStatistics

    attempts = Attempt.objects.select_related("exam__certification", "candidate", "form").order_by("pk")
    return {
        "attempts": {str(attempt.pk): attempt_facts(attempt) for attempt in attempts},
        "questions": {
            f"{row.revision.question.code} {row.revision.number}": question_facts(row)
            for row in QuestionStatistics.objects.select_related("revision__question")
        },
        "exams": {
            f"{row.exam.slug} {row.form.number if row.form else 'drawn'}": [row.scores, row.right, row.empty]
            for row in ExamStatistics.objects.select_related("exam", "form")
        },
        "progress": progress_facts(),
        "reports": sorted(
            [report.text, report.candidate.email, report.item.position, report.outcome, report.answer]
            for report in ProblemReport.objects.select_related("candidate", "item")
        ),
    }


def attempt_facts(attempt):
    from exams.results.queries.answering import answers_of
    from exams.results.queries.pooled import pooled_of
    from exams.results.queries.reporting import headline, report

    items = attempt.items.select_related("question", "revision", "task").order_by("position")
    found = {
        "candidate": attempt.candidate.email,
        "exam": attempt.exam.slug,
        "form": attempt.form.number if attempt.form else None,
        "state": attempt.state,
        "deadline_at": attempt.deadline_at.isoformat(),
        "extensions": list(attempt.extensions.order_by("pk").values_list("minutes", "reason")),
        "items": [
            [item.question.code, item.revision.number, item.task.code, item.is_scored, item.option_order, item.response]
            for item in items
        ],
        "scores": [score_facts(score) for score in attempt.scores.order_by("version")],
    }
    if current := attempt.scores.filter(is_current=True).first():
        top = headline(attempt, current)
        found["headline"] = [round(top.low, 6), round(top.high, 6), top.scaled_low, top.scaled_high]
        answers = answers_of(attempt, current, is_key_shown=True)
        pooled = pooled_of(attempt.candidate_id, attempt.exam.certification_id, attempt.pass_share, NOW)
        rows = report(attempt, current, answers, pooled)
        found["report"] = [[*report_facts(row), [report_facts(task) for task in row.tasks]] for row in rows]
    return found


def report_facts(row):
    return [row.code, row.name, int(row.correct), row.total, round(row.low, 6), round(row.high, 6), row.verdict]


def score_facts(score):
    return {
        "version": score.version,
        "is_current": score.is_current,
        "reason": score.reason,
        "right": [score.correct, score.total, score.unscored_correct, score.unscored_total],
        "scaled": score.scaled,
        "is_passed": score.is_passed,
        "points": {
            str(position): earned // 840
            for position, earned in score.answers.order_by("item__position").values_list("item__position", "earned")
        },
    }


def question_facts(row):
    def rounded(value):
        return None if value is None else round(value, 9)

    return {
        "counts": [row.reached, row.right, row.not_reached],
        "share_right": rounded(row.share_right),
        "discrimination": rounded(row.discrimination),
        "median_seconds": rounded(row.median_seconds),
        "flags": [row.is_negative, row.is_too_easy, row.is_too_hard, row.has_dead_distractor],
    }


def progress_facts():
    from exams.cohorts.models import Cohort
    from exams.results.queries.cohorts import progress

    found = {}
    for cohort in Cohort.objects.all():
        for member in progress(cohort, NOW):
            for cell in member.cells:
                right = [cell.score.correct, cell.score.total, cell.score.scaled] if cell.score else None
                key = f"{cohort.name}, {member.candidate.email}, {cell.assignment.exam.slug}"
                found[key] = [cell.state, cell.begun, right]
    return found


def visits():
    """Return the pages of every third candidate and of an instructor that answer neither 200 nor 302."""
    from django.test import Client
    from django.urls import reverse

    from accounts.models import User
    from exams.attempts.models import Attempt
    from exams.cohorts.models import Cohort

    failed = {}

    def visit(client, name, *args):
        status = client.get(reverse(name, args=args)).status_code
        if status not in {200, 302}:
            failed[f"{name} {args}"] = status

    for person in User.objects.filter(attempts__isnull=False).order_by("pk").distinct()[::3]:
        client = Client()
        client.force_login(person)
        for name in ("exams:home", "exams:history", "exams:problem-reports", "accounts:preferences"):
            visit(client, name)
        for attempt in Attempt.objects.filter(candidate=person):
            for name in ("exams:attempt", "exams:attempt-result", "exams:attempt-review", "exams:review-all"):
                visit(client, name, attempt.pk)
    teacher = Client()
    teacher.force_login(User.objects.get(email="teacher@example.com"))
    for name in ("cohort", "exam", "rescore", "problemreport"):
        visit(teacher, f"admin:exams_{name}_changelist")
    for cohort in Cohort.objects.filter(instructors__email="teacher@example.com"):
        visit(teacher, "admin:exams_cohort_change", cohort.pk)
    return failed


def erased():
    """Forget the first person with attempts, and return what of their address and name is left in any row."""
    from django.apps import apps
    from django.utils import timezone

    from accounts.models import User
    from exams.people.erasing import erase_person

    people = User.objects.filter(attempts__isnull=False, is_superuser=False)
    person = people.exclude(attempts__state="in_progress").order_by("pk").first()
    assert person
    address = person.email
    erase_person(person=person, by=None, now=timezone.now())
    return sorted(
        f"{model.__name__} {row.pk}"
        for model in apps.get_models()
        for row in model._default_manager.all()
        if any(address in str(value) for value in vars(row).values())
    )


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.test")
    import django

    django.setup()
    found = facts()
    if "--visit" in sys.argv:  # closes what is overdue, so after the facts
        found["visits"] = visits()
    if "--erase" in sys.argv:
        found["left of an erased person"] = erased()
    json.dump(found, sys.stdout, sort_keys=True, separators=(",", ":"))
