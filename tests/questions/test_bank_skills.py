"""The skills and forms of MLA-C02 as its exam guide numbers them."""

from collections import Counter

import pytest
from django.conf import settings

from questions.bankfiles import read_bank

GUIDE = {
    **{"1.1": 9, "1.2": 9, "1.3": 7, "2.1": 8, "2.2": 9, "2.3": 10},
    **{"3.1": 8, "3.2": 11, "3.3": 11, "4.1": 6, "4.2": 10, "4.3": 9},
}


@pytest.fixture(scope="module")
def certification():
    (entry,) = read_bank([settings.BASE_DIR / "fixtures" / "certifications" / "mla-c02.yaml"]).certifications
    return entry


def test_mla_c02_has_the_107_skills_of_its_guide(certification):
    assert {task.code: [skill.code for skill in task.skills] for task in certification.tasks} == {
        task: [f"{task}.{number}" for number in range(1, count + 1)] for task, count in GUIDE.items()
    }
    assert len(certification.skills) == 107


def test_no_two_skills_have_one_name(certification):
    names = Counter(skill.name for task in certification.tasks for skill in task.skills)

    assert [name for name, count in names.items() if count > 1] == []


def test_beta_is_a_form_of_its_own_and_labeled(certification):
    (form,) = certification.other_forms

    assert (form.code, form.question_count, form.unscored_count, form.minutes) == ("beta", 85, 0, 170)
    assert "beta" in form.name
