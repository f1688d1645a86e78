"""A plan of an import does not depend on the language in which it is shown."""

import pytest

from questions.content import Problem
from questions.formats.base import ReadQuestion
from questions.services.planning import ImportPlan, plan_import

pytestmark = pytest.mark.django_db


def plan(*, field="options", message="appears twice") -> ImportPlan:
    return plan_import([ReadQuestion("line 1", "Which?", problems=(Problem(field, message),))])


def test_plan_in_other_words_is_the_same_plan():
    assert plan(message="aparece dos veces").fingerprint == plan().fingerprint


def test_plan_with_another_problem_is_another_plan():
    assert plan(field="stem").fingerprint != plan().fingerprint
