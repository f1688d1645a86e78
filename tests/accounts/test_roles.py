import pytest
from django.contrib.auth.models import Group, Permission

from accounts.models import User
from accounts.roles import INSTRUCTORS, grant_to_instructors, make_instructor
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

# All that an instructor may do. Whatever is added here, is added on purpose.
PERMISSIONS = {
    "accounts.view_user",
    "questions.add_question",
    "questions.change_question",
    "questions.view_question",
    "questions.add_questiontask",
    "questions.change_questiontask",
    "questions.delete_questiontask",
    "questions.view_questiontask",
    "questions.view_revision",
    "questions.view_certification",
    "questions.view_domain",
    "questions.view_skill",
    "questions.view_task",
    "exams.add_exam",
    "exams.change_exam",
    "exams.view_exam",
    "exams.view_attempt",
    "exams.view_attemptitem",
    "exams.view_score",
    "exams.add_cohort",
    "exams.change_cohort",
    "exams.view_cohort",
    "exams.add_assignment",
    "exams.change_assignment",
    "exams.delete_assignment",
    "exams.view_assignment",
    "exams.add_rescore",
    "exams.view_rescore",
    "exams.change_problemreport",
    "exams.view_problemreport",
    "exams.view_questionstatistics",
}


def test_instructor_has_these_permissions_after_migrating_and_no_others():
    instructor = UserFactory(instructor=True)

    assert instructor.get_all_permissions() == PERMISSIONS


def test_candidate_has_no_permission():
    assert UserFactory().get_all_permissions() == set()


def test_make_instructor_lets_into_the_admin_and_no_further():
    user = UserFactory()

    make_instructor(user)

    user = User.objects.get(pk=user.pk)
    assert (user.is_staff, user.is_superuser) == (True, False)
    assert [group.name for group in user.groups.all()] == [INSTRUCTORS]


def test_make_instructor_twice_is_once():
    user = UserFactory(instructor=True)

    make_instructor(user)

    assert user.groups.count() == 1


def test_make_instructor_changes_nothing_else_of_the_person():
    stale = UserFactory(name="Old name")
    User.objects.filter(pk=stale.pk).update(name="New name")

    make_instructor(stale)

    assert User.objects.get(pk=stale.pk).name == "New name"


def test_make_instructor_makes_the_group_when_it_is_missing():
    Group.objects.all().delete()

    make_instructor(UserFactory())

    assert [group.name for group in Group.objects.all()] == [INSTRUCTORS]


def test_grant_to_instructors_adds_to_what_they_have():
    grant_to_instructors("questions", ["delete_question"])
    grant_to_instructors("questions", ["delete_question"])

    assert UserFactory(instructor=True).get_all_permissions() == PERMISSIONS | {"questions.delete_question"}


def test_grant_to_instructors_grants_nothing_of_another_app():
    grant_to_instructors("questions", ["delete_user", "add_exam", "no_such_permission"])

    assert UserFactory(instructor=True).get_all_permissions() == PERMISSIONS
    assert not Permission.objects.filter(codename="no_such_permission").exists()
