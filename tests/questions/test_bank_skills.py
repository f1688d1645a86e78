"""MLA-C02: the skills and forms as its exam guide numbers them, and its questions."""

from collections import Counter
from statistics import median

import pytest
from django.conf import settings

from questions.bankfiles import find_files, read_bank

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


# --- Its questions --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def questions():
    return read_bank(find_files([settings.BASE_DIR / "fixtures" / "mla-c02"])).questions


def test_each_skill_has_three_questions_of_its_task(certification, questions):
    found = Counter((question.tasks["mla-c02"], question.skills["mla-c02"]) for question in questions)

    assert set(found) == {(task.code, skill.code) for task in certification.tasks for skill in task.skills}
    assert min(found.values()) >= 3


def test_only_the_kinds_of_the_exam_and_about_a_fifth_with_several_keys(questions):
    kinds = Counter(question.kind for question in questions)

    assert set(kinds) == {"single", "multiple"}
    assert 0.15 < kinds["multiple"] / len(questions) < 0.25


def test_stems_are_short(questions):
    lengths = [len(question.stem.split()) for question in questions]

    assert median(lengths) < 70
    assert max(lengths) <= 95


def test_keys_stand_in_each_place_alike(questions):
    places = Counter(question.key[0] for question in questions if len(question.key) == 1)

    assert set(places) == {0, 1, 2, 3}
    assert all(0.22 <= count / places.total() <= 0.28 for count in places.values())
