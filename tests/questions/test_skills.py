"""Skills: one level under a task, from the certification's file to the admin and back into a file."""

import datetime as dt

import pytest
from django.urls import reverse

from questions.bankfiles import read_bank
from questions.formats.base import Defaults
from questions.formats.registry import FORMATS
from questions.models import Question, QuestionTask, Skill
from questions.queries import known_skills, known_tasks, version_of
from questions.services import apply_import, copy_question, export_questions, load_bank, move_to_task, with_content
from tests.exams.helpers import client_of
from tests.factories import QuestionFactory, SkillFactory, TaskFactory, UserFactory
from tests.questions.admin_pages import ADD, LIST, filled
from tests.questions.bank_texts import CERTIFICATION, QUESTIONS, changed, write_files

NOW = dt.datetime(2026, 11, 27, 9, tzinfo=dt.UTC)
SKILLS = (
    '    - {code: "1.1", name: Store data}\n    - {code: "1.2", name: Move data}\n',
    """\
    - code: "1.1"
      name: Store data
      skills:
      - {code: "1.1.1", name: Choose a shelf}
      - {code: "1.1.2", name: Fill a shelf}
    - code: "1.2"
      name: Move data
      skills: [{code: "1.2.1", name: Push a cart}]
""",
)
WITH_SKILLS = changed(CERTIFICATION, SKILLS)
IN_TASK = '  tasks: {cert-a: "1.1"}\n'


def naming(skill, tasks=IN_TASK):
    return changed(QUESTIONS, (IN_TASK, f"{tasks}  skills: {skill}\n"))


@pytest.fixture
def load(tmp_path, db):
    def load(questions, certification=WITH_SKILLS):
        bank = read_bank(write_files(tmp_path, a=certification, b=questions), known_tasks(), known_skills())
        assert [str(problem) for problem in bank.problems] == []
        return load_bank(bank=bank, now=NOW)

    return load


@pytest.mark.parametrize(
    ("skill", "message"),
    [
        (
            '{cert-a: "1.2.1"}',
            "b.yaml:4: first-one.skills: skill “1.2.1” of cert-a belongs to task 1.2, but the question names task 1.1; "
            "the skills of that task are 1.1.1, 1.1.2.",
        ),
        (
            '{cert-a: "7.7.7"}',
            "b.yaml:4: first-one.skills: unknown skill “7.7.7” of cert-a; the known ones of task 1.1 are 1.1.1, 1.1.2.",
        ),
        (
            '{cert-b: "1.1.1"}',
            "b.yaml:4: first-one.skills: names skill “1.1.1” of cert-b but no task of it; add it to `tasks`, or remove "
            "the skill.",
        ),
    ],
)
def test_wrong_skill_is_refused_with_file_question_field_and_what_is_right(tmp_path, skill, message):
    bank = read_bank(write_files(tmp_path, a=WITH_SKILLS, b=naming(skill)))

    assert [str(problem).replace(f"{tmp_path}/", "") for problem in bank.problems] == [message]


def test_skill_of_a_certification_without_skills_is_refused(tmp_path):
    bank = read_bank(write_files(tmp_path, a=CERTIFICATION, b=naming('{cert-a: "1.1.1"}')))

    assert [problem.message for problem in bank.problems] == [
        "cert-a lists no skills, so “1.1.1” cannot be one; remove it."
    ]


def test_skill_code_that_two_tasks_list_is_refused(tmp_path):
    bank = read_bank(write_files(tmp_path, a=changed(WITH_SKILLS, ('"1.2.1"', '"1.1.1"'))))

    assert [problem.message for problem in bank.problems] == [
        "the skill code 1.1.1 appears 2 times; give each skill its own."
    ]


def test_loaded_skills_keep_the_order_of_the_file_and_load_again_unchanged(load):
    load(naming('{cert-a: "1.1.2"}'))
    again = load(naming('{cert-a: "1.1.2"}'))

    assert [str(skill) for skill in Skill.objects.all()] == [
        "CERT-A 1.1.1 Choose a shelf",
        "CERT-A 1.1.2 Fill a shelf",
        "CERT-A 1.2.1 Push a cart",
    ]
    assert Question.objects.get(code="first-one").placements.get().skill.code == "1.1.2"
    assert again.counts["unchanged"] == 2


@pytest.mark.parametrize(
    ("after", "skill"),
    [
        (naming('{cert-a: "1.1.1"}'), "1.1.1"),
        (QUESTIONS, None),
        (naming('{cert-a: "1.2.1"}', '  tasks: {cert-a: "1.2"}\n'), "1.2.1"),
    ],
    ids=["other skill", "none", "other task"],
)
def test_file_changes_the_skill_and_the_draw_key_stays_with_the_task(load, after, skill):
    load(naming('{cert-a: "1.1.2"}'))
    before = QuestionTask.objects.get(question__code="first-one")

    plan = load(after)

    placement = QuestionTask.objects.get(question__code="first-one")
    assert (placement.skill.code if placement.skill else None) == skill
    assert "skills" in next(row.changes for row in plan.rows if row.code == "first-one")
    assert (placement.draw_key == before.draw_key) is (placement.task == before.task)


@pytest.mark.parametrize("name", ["yaml", "csv", "xlsx", "gift", "moodle", "qti21", "qti30"])
def test_export_and_import_keep_the_skill(load, name):
    load(naming('{cert-a: "1.1.2"}'))
    questions = with_content(Question.objects.filter(code="first-one"))

    read = FORMATS[name].read(export_questions(questions, FORMATS[name]).data, Defaults(valid_as_of=NOW.date()))

    assert [question.entry.skills for question in read] == [{"cert-a": "1.1.2"}]


def test_file_that_says_nothing_of_skills_leaves_them_unless_the_task_changes(load):
    load(naming('{cert-a: "1.1.2"}'))
    defaults = Defaults(valid_as_of=NOW.date())

    apply_import(FORMATS["yaml"].read(QUESTIONS.encode(), defaults), by=None, now=NOW, source="f")
    kept = QuestionTask.objects.get(question__code="first-one").skill.code
    moved = changed(QUESTIONS, (IN_TASK, '  tasks: {cert-a: "1.2"}\n'))
    apply_import(FORMATS["yaml"].read(moved.encode(), defaults), by=None, now=NOW, source="f")

    assert (kept, QuestionTask.objects.get(question__code="first-one").skill) == ("1.1.2", None)


# --- In the bank --------------------------------------------------------------------------------------------


@pytest.fixture
def skill(db):
    return SkillFactory(task=TaskFactory(code="1.1"), position=1, name="Choose")


@pytest.fixture
def question(skill):
    question = QuestionFactory(task=skill.task)
    question.placements.update(skill=skill)
    return question


def test_skill_of_another_task_is_no_placement(skill):
    with pytest.raises(ValueError, match="is not a skill of"):
        QuestionTask.objects.create(question=QuestionFactory(), task=TaskFactory(), skill=skill)


def test_copy_takes_the_skill_along(question, skill):
    assert copy_question(question=question, by=UserFactory(), now=NOW).placements.get().skill == skill


def test_move_leaves_the_skill_of_another_task_behind(question, skill):
    move_to_task(question=question, task=skill.task)
    stayed = question.placements.get().skill
    other = TaskFactory(domain=skill.task.domain, code="1.2")
    move_to_task(question=question, task=other)

    assert (stayed, question.placements.get().skill, question.placements.get().task) == (skill, None, other)


def test_another_skill_is_another_version(question, skill):
    before = version_of(question)
    question.placements.update(skill=SkillFactory(task=skill.task))

    assert version_of(question) != before


# --- In the admin -------------------------------------------------------------------------------------------


@pytest.fixture
def client(db):
    return client_of(UserFactory(instructor=True))


@pytest.mark.parametrize("wanted", ["{label}", "{code}"])
def test_skill_is_chosen_by_its_label_or_code_although_another_begins_like_it(client, skill, wanted):
    SkillFactory(task=skill.task, code=f"{skill.code}0")
    label = str(skill)
    value = wanted.format(label=label, code=" ".join(label.split()[:2]).lower())

    client.post(reverse(ADD), filled(client, skill.task, **{"placements-0-skill": value}))

    assert Question.objects.get(code="new-one").placements.get().skill == skill


def test_skill_of_another_task_is_refused_with_those_that_are_right(client, skill):
    other = SkillFactory(task=TaskFactory(domain=skill.task.domain, code="1.2"), code="1.2.1", name="Move")

    response = client.post(reverse(ADD), filled(client, skill.task, **{"placements-0-skill": str(other)}))

    assert f"does not belong to the task {skill.task}, whose skills are {skill.code}." in response.text
    assert not Question.objects.filter(code="new-one").exists()


def test_list_is_filtered_by_skill_and_offers_those_of_the_chosen_certification(client, question, skill):
    QuestionFactory(task=skill.task, code="without")
    certification = skill.task.domain.certification

    page = client.get(reverse(LIST), {"certification": certification.pk})
    of_skill = client.get(reverse(LIST), {"skill": skill.pk})
    without = client.get(reverse(LIST), {"certification": certification.pk, "skill": "none"})

    assert f"skill={skill.pk}" in page.text
    assert "skill=" not in client.get(reverse(LIST)).text
    assert [row.code for row in of_skill.context["cl"].result_list] == [question.code]
    assert [row.code for row in without.context["cl"].result_list] == ["without"]


def test_skills_page_counts_published_questions(client, question, skill):
    draft = QuestionFactory(task=skill.task, draft=True)
    draft.placements.update(skill=skill)

    (row,) = client.get(reverse("admin:questions_skill_changelist")).context["cl"].result_list

    assert (row, row.published) == (skill, 1)


def test_bulk_move_names_task_and_skill(client, question, skill):
    other = SkillFactory(task=TaskFactory(domain=skill.task.domain, code="1.2"), code="1.2.1", name="Move")
    chosen = {"action": "move_selected", "_selected_action": question.pk, "_confirmed": 1}
    seen = {f"seen-{question.pk}": version_of(question)}

    client.post(reverse(LIST), {**chosen, **seen, "task": str(other.task), "skill": str(other)})

    assert question.placements.get().skill == other
