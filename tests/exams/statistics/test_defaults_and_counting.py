"""What an exam has of its certification, and statistics where no beat runs."""

from types import SimpleNamespace

import pytest
from django.urls import reverse

from exams.blueprints.models import Exam
from exams.statistics import services as counting
from exams.statistics.models import QuestionStatistics
from tests.exams.helpers import START, client_of, fill_task, finish
from tests.factories import CertificationFactory, DomainFactory, TaskFactory, UserFactory, make_attempt, make_exam

pytestmark = pytest.mark.django_db


@pytest.fixture
def certification():
    certification = CertificationFactory(
        code="mla-c01", minutes=130, cut_score=720, scale_min=100, scale_max=1000, question_count=65
    )
    fill_task(TaskFactory(domain=DomainFactory(certification=certification, number=1)), 5)
    return certification


def figures(exam):
    return exam.minutes, exam.cut_score, exam.scale_min, exam.scale_max


def added(of, **fields):
    """Send the form of a new exam as it comes, with a title and a number of questions; return the page that comes."""
    client = client_of(UserFactory(instructor=True))
    form = client.get(reverse("admin:exams_exam_add")).context["adminform"].form
    data = {name: form[name].value() for name in form.fields if form[name].value() not in (None, False, [])}
    data |= {"title": "New", "slug": "new", "certification": of.pk, "question_count": 5, "unscored_count": 0}
    data |= {"quotas-TOTAL_FORMS": 0, "quotas-INITIAL_FORMS": 0}
    return client.post(reverse("admin:exams_exam_add"), data | fields, follow=True)


def test_a_new_exam_in_the_admin_has_the_figures_of_its_certification(certification):
    added(certification)

    assert figures(Exam.objects.get(slug="new")) == (130, 720, 100, 1000)


def test_what_the_form_says_goes_before_the_certification(certification):
    added(certification, minutes=20, cut_score=0, scale_min=0, scale_max=10)

    assert figures(Exam.objects.get(slug="new")) == (20, 0, 0, 10)


def test_a_mark_that_does_not_lie_on_the_certifications_scale_is_refused_with_what_was_typed(certification):
    page = added(certification, cut_score=70)

    assert "The pass mark must lie on the scale." in page.text
    assert page.context["adminform"].form["cut_score"].value() == "70"
    assert not Exam.objects.exists()


def test_a_form_without_a_certification_is_refused_by_name(certification):
    page = added(certification, certification="")

    assert page.context["adminform"].form.errors["certification"] == ["This field is required."]


def test_code_that_makes_an_exam_gets_the_figures_of_the_certification(certification):
    exam = Exam.objects.create(certification=certification, slug="made", title="Made", question_count=5)

    exam.refresh_from_db()
    assert figures(exam) == (130, 720, 100, 1000)


def test_an_exam_keeps_its_figures_when_the_certification_changes_them(certification):
    exam = Exam.objects.create(certification=certification, slug="made", title="Made", question_count=5)
    certification.cut_score = 700
    certification.save()

    Exam.objects.get(pk=exam.pk).save()

    assert Exam.objects.get(pk=exam.pk).cut_score == 720


# --- Statistics in `make serve` -------------------------------------------------------------------------


def looked_at(page, exam):
    client = client_of(UserFactory(superuser=True))
    question = exam.certification.placements.first().question
    address = {
        "list": reverse("admin:exams_questionstatistics_changelist"),
        "question": reverse("admin:questions_question_change", args=[question.pk]),
        "exam": reverse("admin:exams_exam_change", args=[exam.pk]),
    }[page]
    return client.get(address)


@pytest.mark.parametrize("page", ["list", "question", "exam"])
def test_statistics_are_counted_when_somebody_looks_where_tasks_run_in_process(page):
    exam = make_exam()
    finish(make_attempt(exam=exam, now=START))

    text = looked_at(page, exam).text

    assert QuestionStatistics.objects.count() == 4
    assert "No attempts have been counted yet" not in text


@pytest.mark.parametrize("page", ["list", "exam"])
def test_looking_counts_nothing_where_workers_do(page, monkeypatch):
    elsewhere = SimpleNamespace(conf=SimpleNamespace(task_always_eager=False))
    monkeypatch.setattr(counting, "current_app", elsewhere)
    exam = make_exam()
    finish(make_attempt(exam=exam, now=START))

    looked_at(page, exam)

    assert QuestionStatistics.objects.count() == 0
