"""Extra time is a share of the minutes an attempt was started with, whatever the exam says later."""

from importlib import import_module

import pytest
from django.apps import apps

from exams.attempts.models import Attempt, Extension
from exams.attempts.services.extending import accommodate, extend_attempt
from tests.exams.helpers import MINUTE, START
from tests.factories import AssignmentFactory, CohortFactory, UserFactory, make_attempt, make_exam

pytestmark = pytest.mark.django_db

migration = import_module("exams.migrations.0007_pinned_minutes")


@pytest.fixture
def assigned():
    candidate = UserFactory()
    assignment = AssignmentFactory(cohort=CohortFactory(members=[candidate]), exam=make_exam(minutes=60))
    return assignment, make_attempt(exam=assignment.exam, candidate=candidate, now=START)


def accommodate_with(assignment, attempt, percent):
    fields = {"extra_time_percent": percent, "closes_at": None, "attempts_allowed": None}
    return accommodate(
        assignment=assignment, candidate=attempt.candidate, by=UserFactory(), now=START + MINUTE, **fields
    )


def test_extra_time_is_computed_from_the_minutes_at_the_start(assigned):
    assignment, attempt = assigned
    assignment.exam.minutes = 600
    assignment.exam.save()

    extension = accommodate_with(assignment, attempt, 50)

    attempt.refresh_from_db()
    assert (extension.minutes, attempt.minutes, attempt.deadline_at) == (30, 60, START + 90 * MINUTE)


def test_attempt_that_the_old_code_started_during_an_upgrade_uses_the_exams_minutes(assigned):
    assignment, attempt = assigned
    Attempt.objects.update(minutes=None)

    assert accommodate_with(assignment, attempt, 50).minutes == 30


@pytest.mark.parametrize("percent", [0, 25, 33, 300])
@pytest.mark.parametrize("minutes", [1, 7, 180])
def test_migration_finds_the_minutes_of_every_attempt(percent, minutes):
    exam = make_exam(minutes=minutes)
    attempt = make_attempt(exam=exam, candidate=UserFactory(extra_time_percent=percent), now=START)
    extend_attempt(attempt_id=attempt.pk, minutes=5, reason="Fire drill.", by=UserFactory(), now=START)
    Attempt.objects.update(minutes=None)
    exam.minutes = 90
    exam.save()

    migration.fill(apps, None)

    attempt.refresh_from_db()
    assert attempt.minutes == minutes


@pytest.mark.parametrize("steps", [[50], [10, 35, 70]])
def test_migration_takes_raised_percentages_for_what_they_are(assigned, steps):
    assignment, attempt = assigned
    assignment.exam.minutes = 60
    for percent in steps:
        accommodate_with(assignment, attempt, percent)
    Attempt.objects.update(minutes=None)

    migration.fill(apps, None)

    attempt.refresh_from_db()
    assert (Extension.objects.count(), attempt.minutes) == (len(steps), 60)
