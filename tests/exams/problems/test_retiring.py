"""Retiring a question: what it touches is named before, what runs goes on, and a notice stays until it is mended."""

import pytest
from django.urls import reverse
from django.utils import timezone

from exams.blueprints.models import Exam
from exams.blueprints.queries.fixed_forms import to_mend
from exams.blueprints.services import draw_form, replace_in_form
from exams.statistics.queries.usage import retirement_of
from questions.models import Question
from questions.queries import version_of
from questions.services import bring_back, retire
from tests.exams.helpers import client_of, finish, item_of
from tests.factories import AssignmentFactory, CohortFactory, UserFactory, make_attempt, make_exam

pytestmark = pytest.mark.django_db
LIST = "admin:questions_question_changelist"


@pytest.fixture
def instructor():
    return UserFactory(instructor=True)


@pytest.fixture
def exam():
    return make_exam(form_kind=Exam.FormKind.FIXED, per_domain=6)


@pytest.fixture
def form(exam, instructor):
    form, _ = draw_form(exam=exam, by=instructor, now=timezone.now(), seed=1)
    return form


@pytest.fixture
def question(form):
    return form.questions.get(position=2).question


def step(question, by, **fields):
    return client_of(by).post(
        reverse("admin:questions_question_step", args=[question.pk]),
        {"step": "retire", "seen": version_of(question), **fields},
    )


def in_bulk(question, by, **fields):
    return client_of(by).post(
        reverse(LIST),
        {
            "action": "retire_selected",
            "_selected_action": question.pk,
            "text": "",
            f"seen-{question.pk}": version_of(question),
            **fields,
        },
    )


def status_of(question):
    return Question.objects.values_list("status", flat=True).get(pk=question.pk)


@pytest.mark.parametrize("way", [step, in_bulk])
def test_one_click_asks_and_names_what_the_retirement_touches(form, question, instructor, way):
    own = AssignmentFactory(exam=form.exam, cohort=CohortFactory(name="Monday group", instructor=instructor)).cohort
    foreign = AssignmentFactory(exam=form.exam, cohort=CohortFactory(name="Hidden group")).cohort
    make_attempt(exam=form.exam)

    page = way(question, instructor)

    assert page.status_code == 200
    assert status_of(question) == "published"
    text = " ".join(page.text.split())
    assert f"{form}</a>: question 2 ({question.code}). This form has been taken 1 time" in text
    assert "1 attempt under way</strong> keeps the questions it began with" in text
    assert f"Cohorts that take these exams: {own}." in text
    assert "1 cohort of other instructors takes these exams." in text
    assert foreign.name not in text


@pytest.mark.parametrize("way", [step, in_bulk])
def test_second_click_retires(form, question, instructor, way):
    way(question, instructor, _confirmed="1")

    assert status_of(question) == "retired"


def test_drawn_exams_that_nobody_could_start_any_more_are_named(instructor):
    exam = make_exam(per_domain=2)
    question = exam.certification.domains.first().tasks.get().questions.first()

    touched = retirement_of([question], instructor)

    assert [(short, "2" in reason) for short, reason in touched.short] == [(exam, True)]


def test_question_that_nothing_needs_says_so(instructor):
    exam = make_exam(per_domain=9)
    question = exam.certification.domains.first().tasks.get().questions.first()

    assert retirement_of([question], instructor).is_harmless
    assert "No form, exam or attempt under way needs this question." in step(question, instructor).text


def test_attempt_under_way_goes_on_with_the_question_and_is_scored_by_it(form, question, instructor):
    attempt = make_attempt(exam=form.exam)
    pinned = item_of(attempt, 2).revision_id

    step(question, instructor, _confirmed="1")

    assert client_of(attempt.candidate).get(reverse("exams:attempt", args=[attempt.pk])).status_code == 200
    assert finish(attempt, right=4).correct == 4
    assert item_of(attempt, 2).revision_id == pinned


@pytest.mark.parametrize("mend", ["replace", "bring back", "another form of a form that was taken"])
def test_notice_stays_until_it_is_mended(form, question, instructor, mend):
    exam, now = form.exam, timezone.now()
    if mend.startswith("another"):
        finish(make_attempt(exam=exam))
    client = client_of(instructor)
    pages = [reverse("admin:index"), reverse("admin:exams_exam_changelist")]
    own = reverse("admin:exams_exam_change", args=[exam.pk])

    def notices():
        index, listed = (client.get(page).text for page in pages)
        return [
            "Exams to repair" in index,
            "forms to repair" in listed,
            "Candidates cannot get" in client.get(own).text,
        ]

    before = notices()
    retire(question=question, by=instructor, now=now)
    meanwhile = [notices(), notices()]
    if mend == "replace":
        replace_in_form(form=form, position=2, by=instructor)
    elif mend == "bring back":
        bring_back(question=question, by=instructor, now=now)
    else:
        draw_form(exam=exam, by=instructor, now=now, seed=2)

    assert (before, meanwhile, notices()) == ([False] * 3, [[True] * 3] * 2, [False] * 3)


def test_exam_that_nobody_waits_for_needs_no_mending(form, question, instructor):
    Exam.objects.update(is_offered=False)
    retire(question=question, by=instructor, now=timezone.now())

    assert list(to_mend(Exam.objects.all())) == []


def test_form_that_no_longer_fits_its_exam_is_to_be_mended(form):
    Exam.objects.update(question_count=3)

    assert list(to_mend(Exam.objects.all())) == [form.exam]


def test_candidate_reads_what_is_true(form, question, instructor):
    retire(question=question, by=instructor, now=timezone.now())

    page = client_of(UserFactory()).get(reverse("exams:exam-detail", args=[form.exam.slug]))

    assert "The instructors know about it." in page.text
    assert "Exams to repair" in client_of(instructor).get(reverse("admin:index")).text
