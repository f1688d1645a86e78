import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from exams.cohorts.models import Assignment, Cohort
from tests.factories import CohortFactory, make_exam

pytestmark = pytest.mark.django_db


@pytest.fixture
def demo(settings):
    settings.DEMO = True


def test_demo_cohort_joins_the_demo_people_with_an_assigned_exam(demo):
    exam = make_exam(slug="mls-c01-full")
    call_command("create_demo_users")

    call_command("create_demo_cohort")
    call_command("create_demo_cohort")

    assignment = Assignment.objects.get()
    assert assignment.exam == exam
    assert [user.email for user in assignment.cohort.instructors.all()] == ["instructor@example.com"]
    assert [user.email for user in assignment.cohort.candidates.all()] == ["candidate@example.com"]


def test_demo_cohort_is_not_made_where_there_is_a_cohort(demo):
    cohort = CohortFactory()
    call_command("create_demo_users")

    call_command("create_demo_cohort")

    assert Cohort.objects.get() == cohort


def test_demo_cohort_is_left_out_without_its_exam(demo, capsys):
    call_command("create_demo_users")

    call_command("create_demo_cohort")

    assert "it needs both demo people and the exam mls-c01-full" in capsys.readouterr().out
    assert not Cohort.objects.exists()


def test_demo_cohort_is_refused_outside_the_demo_settings():
    with pytest.raises(CommandError, match="in the demo settings only"):
        call_command("create_demo_cohort")

    assert not Cohort.objects.exists()
