"""What instructors see of the statistics: the list, a question's page, an exam's page, a reported question."""

import pytest
from django.urls import reverse
from django.utils import timezone

from exams.attempts.services.closing import submit_attempt
from exams.blueprints.services import draw_form
from exams.scoring.services import score_attempt
from exams.statistics.models import ExamStatistics, QuestionStatistics
from exams.statistics.queries.statistics import exam_panels, question_panels, shares_right
from exams.statistics.services import count_scores
from questions.models import QuestionTask
from tests.exams.helpers import client_of, fill_task
from tests.exams.problems.test_problem_reports import report_of, scored_attempt
from tests.exams.statistics.test_statistics import mixed_exam
from tests.exams.sums import GOOD, SUSPECT, statistics_of
from tests.factories import QuestionFactory, TaskFactory, UserFactory, make_attempt, make_content, make_exam, takes
from tests.queries import count_queries

pytestmark = pytest.mark.django_db
LIST = "admin:exams_questionstatistics_changelist"


@pytest.fixture
def client():
    return client_of(UserFactory(instructor=True))


def codes(response):
    return [row.revision.question.code for row in response.context["cl"].result_list]


# --- The list -----------------------------------------------------------------------------------------------------


def test_list_is_sorted_by_share_and_by_discrimination_and_narrowed_by_flag(client):
    good, suspect, few = (QuestionFactory(code=code, task=TaskFactory()) for code in ("good", "suspect", "few"))
    statistics_of(good, GOOD)
    statistics_of(suspect, SUSPECT)
    statistics_of(few, {"3/9": [2, 1, 0, 0, 1, 1, 0]})

    # Columns from 0: revision, reached, right, discrimination.
    assert codes(client.get(reverse(LIST), {"o": "2"})) == ["suspect", "few", "good"]
    assert codes(client.get(reverse(LIST), {"o": "3"})) == ["suspect", "good", "few"]
    assert codes(client.get(reverse(LIST), {"flag": "key_suspect"})) == ["suspect"]
    assert codes(client.get(reverse(LIST), {"flag": "too_easy"})) == []
    assert codes(client.get(reverse(LIST), {"q": "goo"})) == ["good"]
    assert len(codes(client.get(reverse(LIST), {"flag": "nonsense"}))) == 3
    certification = good.placements.get().certification_id
    assert codes(client.get(reverse(LIST), {"certification": certification})) == ["good"]


def test_list_asks_the_same_number_of_queries_whatever_it_shows(client):
    numbers = []
    for count in (2, 40):
        for question in fill_task(TaskFactory(), count):
            statistics_of(question, GOOD)
        with count_queries() as counted:
            assert client.get(reverse(LIST)).status_code == 200
        numbers.append(counted.number)

    assert numbers[0] == numbers[1]
    assert numbers[0] <= 10


def test_page_of_a_revision_shows_its_panel_and_nothing_can_be_changed(client):
    row = statistics_of(QuestionFactory(), SUSPECT)
    url = reverse("admin:exams_questionstatistics_change", args=[row.pk])

    page = client.get(url).text

    assert "key suspect" in page
    assert client.post(url, {"reached": 1}).status_code == 403
    assert client.get(reverse("admin:exams_questionstatistics_changelist") + "add/").status_code in (302, 403, 404)


# --- A question ---------------------------------------------------------------------------------------------------


def test_panel_says_what_was_counted(client):
    question = QuestionFactory()
    statistics_of(question, SUSPECT, {"20": 50, "40": 50})

    (panel,) = question_panels(question)

    assert (panel.right.marked, panel.right.reached, panel.right.percent) == (40, 100, 40.0)
    assert [round(end, 1) for end in panel.interval] == [30.9, 49.8]
    assert panel.item.median_seconds == 30
    assert [(option.letter, option.is_key, option.all.marked) for option in panel.options] == [
        ("A", False, 60),
        ("B", True, 40),
        ("C", False, 0),
        ("D", False, 0),
    ]
    assert panel.drawing.letter == "A"
    assert [(share.marked, share.reached) for share in panel.drawing.thirds] == [(10, 30), (15, 30), (35, 40)]
    page = client.get(reverse("admin:questions_question_change", args=[question.pk])).text
    assert "40 of 100" in page
    assert "Of the strongest third, 35 of 40 chose A, which is wrong. 5 chose B, which is right." in " ".join(
        page.split()
    )


def test_few_answers_show_no_ability(client):
    question = QuestionFactory()
    statistics_of(question, {"3/9": [3, 1, 1, 0, 1, 1, 0]})

    page = client.get(reverse("admin:questions_question_change", args=[question.pk])).text

    assert "not enough answers yet (3 of 30)" in page
    assert "third</th>" not in page


def test_revision_that_nobody_reached_any_more_is_shown_without_figures(client):
    question = QuestionFactory()
    statistics_of(question, {}, {})

    page = client.get(reverse("admin:questions_question_change", args=[question.pk]))

    assert page.status_code == 200
    assert "not reached 4" in page.text


@pytest.mark.parametrize("kind", ["single", "multiple", "ordering", "matching"])
def test_page_of_every_kind_shows_its_panel(client, kind):
    question = QuestionFactory(content=make_content(kind=kind))
    statistics_of(question, GOOD)

    page = client.get(reverse("admin:questions_question_change", args=[question.pk])).text

    assert ("Placed right" in page) != takes(kind, "key")
    assert ('class="tag">key<' in page) == takes(kind, "key")


def test_text_of_an_option_is_text(client):
    content = make_content()
    hostile = content.options[0].model_copy(update={"text": "a<script>x()</script>&amp;<b>b</b> `<i>`"})
    question = QuestionFactory(content=content.model_copy(update={"options": (hostile, *content.options[1:])}))
    row = statistics_of(question, GOOD)

    page = client.get(reverse("admin:exams_questionstatistics_change", args=[row.pk])).text

    assert "<script>x()" not in page
    assert "<b>b" not in page
    assert "&lt;i&gt;" in page


def test_question_without_statistics_says_so(client):
    question = QuestionFactory()

    with count_queries() as counted:
        assert question_panels(question) == []

    assert counted.number == 1
    assert (
        "No answers have been counted yet"
        in client.get(reverse("admin:questions_question_change", args=[question.pk])).text
    )


# --- A reported question ------------------------------------------------------------------------------------------


def test_reported_question_shows_share_right_and_what_strong_candidates_chose(client):
    report = report_of(scored_attempt())
    statistics_of(report.question, SUSPECT)

    queue = client.get(reverse("admin:exams_problemreport_queue")).text
    page = client.get(reverse("admin:exams_problemreport_question", args=[report.question_id])).text

    assert "40 % of 100" in queue
    assert "Of the strongest third, 35 of 40 chose A" in page


def test_share_in_the_queue_is_that_of_the_newest_revision_that_was_reached():
    question = QuestionFactory()
    old = statistics_of(question, GOOD)
    new = question.revisions.create(
        number=2, kind="single", stem="x", options=list("abcd"), key=[1], rationales=[""] * 4, valid_as_of="2026-01-01",
        published_at=timezone.now(),
    )  # fmt: skip
    QuestionStatistics.objects.create(revision=new)
    assert shares_right([question])[question.pk].percent == 100 * old.share_right

    QuestionStatistics.objects.filter(revision=new).update(reached=4, right=1)

    assert shares_right([question])[question.pk].percent == 25


# --- An exam ------------------------------------------------------------------------------------------------------


def test_exam_page_shows_distribution_and_reliability(client):
    exam = make_exam()
    ExamStatistics.objects.create(exam=exam, scores={"1/4": 10, "2/4": 20, "4/4": 10}, empty=2)

    page = client.get(reverse("admin:exams_exam_change", args=[exam.pk])).text
    page = " ".join(page.split())

    assert "2 attempts without any answer are left out" in page
    assert "mean <strong>56.3 %</strong>" in page
    assert 'aria-label="Attempts by share right: 0 to 10 %: 0; 10 to 20 %: 0; 20 to 30 %: 10;' in page
    assert "Reliability (KR-21)" in page


def test_few_attempts_show_no_distribution_which_would_tell_single_scores(client):
    exam = make_exam()
    ExamStatistics.objects.create(exam=exam, scores={"1/4": 9})

    page = client.get(reverse("admin:exams_exam_change", args=[exam.pk])).text

    assert "The distribution needs at least 10 attempts, reliability 30" in page
    assert "histogram" not in page


def test_forms_are_shown_one_by_one_and_together(client):
    instructor = UserFactory(instructor=True)
    exam = mixed_exam(form_kind="fixed")
    forms = [draw_form(exam=exam, by=instructor, now=timezone.now(), seed=seed)[0] for seed in (1, 2)]
    for form, right in zip(forms, (3, 4), strict=True):
        ExamStatistics.objects.create(exam=exam, form=form, scores={f"{right}/6": 20, "5/6": 20}, right={"1": 20})

    panels = exam_panels(exam)

    assert [(panel.title, panel.exam.attempts) for panel in panels] == [
        ("All forms together", 80),
        ("Form 1", 40),
        ("Form 2", 40),
    ]
    assert [panel.exam.reliability.method for panel in panels[1:]] == ["KR-20", "KR-20"]
    page = client.get(reverse("admin:exams_exam_change", args=[exam.pk])).text
    assert "Reliability: see each form." in page


def test_pages_say_when_scores_were_last_counted(client):
    exam = mixed_exam()
    attempt = make_attempt(exam=exam, candidate=UserFactory())
    attempt.items.update(response=[0])
    now = timezone.now()
    submit_attempt(candidate=attempt.candidate, attempt_id=attempt.pk, now=now)
    score_attempt(attempt_id=attempt.pk, now=now)
    count_scores(now=now)
    question = QuestionTask.objects.filter(certification=exam.certification).first().question

    for name, pk in (("questions_question", question.pk), ("exams_exam", exam.pk)):
        page = client.get(reverse(f"admin:{name}_change", args=[pk])).text
        assert "Scores were last counted on" in page
