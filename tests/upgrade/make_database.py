"""Make the database of an upgrade test: run by the version whose database it is to be, kept to show what is in it.

    DATABASE_URL=… python -m tests.upgrade.make_database

Fills the empty, migrated database of DATABASE_URL; the same seed gives the same site but for ids and moments. See
README.md beside this file.
"""

import datetime as dt
import os
import random

START = dt.datetime(2026, 9, 1, 8, 0, tzinfo=dt.UTC)
DAY, MINUTE = dt.timedelta(days=1), dt.timedelta(minutes=1)


def fill():
    from allauth.mfa.models import Authenticator
    from django.contrib.sessions.backends.db import SessionStore
    from django.utils import timezone

    from exams.attempts.models import Attempt
    from exams.attempts.services.closing import close_overdue, submit_attempt
    from exams.attempts.services.extending import accommodate, extend_attempt
    from exams.attempts.services.saving import save_answer
    from exams.attempts.services.starting import start_attempt
    from exams.blueprints.models import Exam, ExamQuota
    from exams.blueprints.services import draw_form
    from exams.cohorts.services import Invitee, invite
    from exams.corrections.services import order_rescore, rescore_batch
    from exams.problems.models import ProblemReport
    from exams.problems.services import report_problem, resolve_reports
    from exams.scoring.models import Rescore
    from exams.scoring.services import score_attempt
    from exams.statistics.services import count_scores
    from questions.models import Question
    from questions.services.reviewing import publish, retire, send_to_review
    from questions.services.writing import save_draft
    from tests.exams.helpers import answer_to, items_of, right_answer, wrong_answer
    from tests.factories import (
        AssignmentFactory,
        CertificationFactory,
        CohortFactory,
        DomainFactory,
        ExamFactory,
        QuestionFactory,
        TaskFactory,
        UserFactory,
        make_content,
    )

    choice = random.Random(20261127)
    kinds = ["single", "single", "single", "multiple", "ordering", "matching"]

    # --- People ---------------------------------------------------------------------------------------------------
    UserFactory(email="root@example.com", name="Root", superuser=True)
    teacher = UserFactory(email="teacher@example.com", name="Teacher", instructor=True, time_zone="Europe/Berlin")
    reviewer = UserFactory(email="reviewer@example.com", name="Reviewer", instructor=True)
    people = [
        UserFactory(
            email=f"candidate-{number}@example.com",
            name=f"Candidate {number}" if number % 5 else "",
            time_zone=["UTC", "Asia/Tokyo", "America/New_York"][number % 3],
            extra_time_percent=25 if number % 11 == 0 else 0,
        )
        for number in range(1, 41)
    ]
    Authenticator.objects.create(user=teacher, type=Authenticator.Type.TOTP, data={"secret": "JBSWY3DPEHPK3PXP"})
    codes = {"seed": "3d1c5b7a9e0f2648", "used_mask": 5}
    Authenticator.objects.create(user=teacher, type=Authenticator.Type.RECOVERY_CODES, data=codes)
    session = SessionStore()
    session["_auth_user_id"] = str(people[0].pk)
    session.create()

    # --- A bank of two certifications -----------------------------------------------------------------------------
    exams = {}
    for code, count in (("one", 3), ("two", 2)):
        certification = CertificationFactory(
            code=code, name=f"Certified {code}", question_count=12, unscored_count=2, minutes=24
        )
        for number in range(1, count + 1):
            domain = DomainFactory(
                certification=certification, number=number, name=f"Domain {number} of {code}", weight=100 // count
            )
            for task_number in (1, 2):
                task = TaskFactory(domain=domain, code=f"{number}.{task_number}", name=f"Task {number}.{task_number}")
                for index in range(9):
                    name = f"{code}-{number}-{task_number}-{index}"
                    QuestionFactory(code=name, task=task, content=make_content(name, kinds[index % len(kinds)]))
        fields = {"certification": certification, "question_count": 12, "unscored_count": 2, "minutes": 24}
        exams[code] = [
            ExamFactory(slug=f"{code}-mock", title=f"Mock {code}", **fields),
            ExamFactory(slug=f"{code}-fixed", title=f"Fixed {code}", form_kind=Exam.FormKind.FIXED, **fields),
            ExamFactory(
                slug=f"{code}-late",
                title=f"Late {code}",
                is_offered=False,
                show_key=Exam.Release.AFTER_WINDOW,
                show_explanations=Exam.Release.AFTER_WINDOW,
                **fields,
            ),
        ]
        for number in range(2):
            draw_form(exam=exams[code][1], by=teacher, now=START + number * MINUTE, seed=number + 1)
    quota_exam = ExamFactory(
        slug="quotas",
        title="By quotas",
        certification=exams["one"][0].certification,
        question_count=6,
        unscored_count=0,
        minutes=12,
        cut_score=700,
    )
    for domain in quota_exam.certification.domains.all():
        ExamQuota.objects.create(exam=quota_exam, domain=domain, question_count=2)
    exams["one"].append(quota_exam)

    # --- Cohorts ----------------------------------------------------------------------------------------------------
    cohort = CohortFactory(name="Autumn", instructor=teacher, members=people[:20], created_at=START)
    other = CohortFactory(name="Evening", instructor=reviewer, members=people[15:30], created_at=START)
    assignments = [
        AssignmentFactory(cohort=cohort, exam=exams["one"][2], closes_at=START + 400 * DAY, created_at=START),
        AssignmentFactory(
            cohort=cohort, exam=exams["one"][1], opens_at=START, closes_at=START + 60 * DAY, created_at=START
        ),
        AssignmentFactory(
            cohort=other,
            exam=exams["two"][2],
            opens_at=START,
            closes_at=START + 30 * DAY,
            attempts_allowed=3,
            created_at=START,
        ),
    ]
    invite(
        cohort=cohort,
        invitees=[Invitee("invited@example.com", "Invited"), Invitee("Second@example.com".lower())],
        now=START,
    )
    for person, percent in ((people[2], 50), (people[3], None)):
        accommodate(
            assignment=assignments[0],
            candidate=person,
            extra_time_percent=percent,
            closes_at=START + 500 * DAY,
            attempts_allowed=4,
            by=teacher,
            now=START,
        )

    # --- Attempts -----------------------------------------------------------------------------------------------------
    ability = {person.pk: choice.uniform(0.3, 0.95) for person in people}
    offered = [exams["one"][0], exams["one"][1], quota_exam, exams["two"][0], exams["two"][1]]

    def answer(attempt, *, upto=1.0):
        for item in items_of(attempt):
            if item.position > upto * 12 or choice.random() < 0.05:
                continue
            is_right = choice.random() < ability[attempt.candidate_id]
            fields = right_answer(item) if is_right else wrong_answer(item)
            save_answer(
                candidate=attempt.candidate,
                attempt_id=attempt.pk,
                answer=answer_to(
                    item,
                    is_flagged=choice.random() < 0.1,
                    struck=(3,) if choice.random() < 0.1 else (),
                    seconds_spent=choice.randrange(10, 180),
                    **fields,
                ),
                now=attempt.started_at + MINUTE,
            )

    def start(person, exam, at):
        return start_attempt(candidate=person, exam=exam, now=at, seed=choice.randrange(2**40))

    made = []
    for number in range(190):
        person = people[number % len(people)]
        exam = offered[(number * 7 + number // 40) % len(offered)]
        if number % 6 == 0 and person in people[:20]:
            exam = exams["one"][2]
        elif number % 6 == 1 and person in people[15:30]:
            exam = exams["two"][2]
        at = START + number * dt.timedelta(hours=3)
        attempt = start(person, exam, at)
        answer(attempt, upto=choice.choice([1, 1, 1, 0.7]))
        if number % 17 == 0:
            extend_attempt(attempt_id=attempt.pk, minutes=15, reason="Fire drill", by=teacher, now=at + 2 * MINUTE)
            attempt.refresh_from_db()
        if number % 9 == 0:
            close_overdue(now=attempt.deadline_at + 5 * MINUTE, candidate=person)
        else:
            submit_attempt(candidate=person, attempt_id=attempt.pk, now=at + 20 * MINUTE)
        score_attempt(attempt_id=attempt.pk, now=at + 21 * MINUTE)
        made.append(attempt)

    # --- Corrections, reports, questions on their way ---------------------------------------------------------------
    later = START + 40 * DAY
    taken = Attempt.objects.filter(state="scored").first()
    corrected = [item.question for item in taken.items.filter(revision__kind="single").order_by("position")[:2]]
    for question, rule in zip(corrected, [Rescore.Rule.KEY, Rescore.Rule.CREDIT], strict=True):
        old = question.published_revision
        right, wrong = old.content.options[1:3]
        options = [
            *old.content.options[:1],
            right.model_copy(update={"key": False}),
            wrong.model_copy(update={"key": True}),
            *old.content.options[3:],
        ]
        content = old.content.model_copy(update={"options": tuple(options)})
        save_draft(question=question, content=content, by=teacher, now=later)
        question.refresh_from_db()
        publish(question=question, by=teacher, now=later)
        question.refresh_from_db()
        rescore = order_rescore(old_revision=old, rule=rule, by=teacher, reason="The key was wrong", now=later)
        while rescore_batch(rescore_id=rescore.pk, now=later + MINUTE):
            continue
    for number, attempt in enumerate(made[:30]):
        report = (
            report_problem(
                candidate=attempt.candidate,
                attempt_id=attempt.pk,
                position=1 + number % 6,
                kind=ProblemReport.Kind.UNCLEAR if number % 2 else ProblemReport.Kind.WRONG_KEY,
                text=f"Report {number}: is this still so?",
                now=later + number * MINUTE,
            )
            if attempt.exam.show_key == Exam.Release.AT_ONCE
            else None
        )
        if report and number % 3 == 0:
            resolve_reports(
                question=report.question,
                report_ids=[report.pk],
                outcome=ProblemReport.Outcome.KEPT,
                answer="It is: see the guide.",
                by=teacher,
                now=later + DAY,
            )
    drafts = [QuestionFactory(code=f"draft-{number}", draft=True) for number in range(4)]
    send_to_review(question=drafts[1], reviewer=reviewer, by=teacher, now=later, text="Please look")
    unused = Question.objects.filter(status=Question.Status.PUBLISHED, code__startswith="two").last()
    retire(question=unused, by=teacher, now=later, text="Out of date")
    count_scores(now=later + 2 * DAY)
    while count_scores(now=later + 2 * DAY):
        continue

    # --- What is not finished ---------------------------------------------------------------------------------------
    now = timezone.now()
    for number, person in enumerate(people[30:38]):
        attempt = start(person, exams["two"][0], now - (5 if number < 4 else 300) * MINUTE)
        answer(attempt, upto=0.5)  # the second half are overdue: nobody closed them
    for person in people[38:40]:
        attempt = start(person, exams["one"][0], now - 5 * MINUTE)
        answer(attempt)
        submit_attempt(candidate=person, attempt_id=attempt.pk, now=now - MINUTE)
    Attempt.objects.filter(pk=attempt.pk).update(scoring_tries=5, scoring_error="ValueError: parked")


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.test")
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    # As where a worker is: nothing runs in this process but what is called.
    from config import celery_app

    celery_app.conf.task_always_eager = False
    import unittest.mock

    with unittest.mock.patch("exams.workers.ask_worker", return_value=True):
        fill()
