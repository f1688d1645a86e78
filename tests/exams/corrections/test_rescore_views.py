"""The pages around a corrected key: the instructor's order, the candidate's result and review."""

import pytest
from django.urls import reverse
from django.utils import timezone

from exams.corrections.services import order_rescore
from exams.scoring.models import Rescore
from exams.study.services.learning import learn_due
from questions.models import Question
from questions.services import publish, save_draft
from tests.exams.helpers import client_of, finish, make_exam_of
from tests.factories import QuestionFactory, UserFactory, make_attempt, make_content
from tests.queries import count_queries

pytestmark = pytest.mark.django_db


@pytest.fixture
def instructor():
    return UserFactory(instructor=True)


@pytest.fixture
def question():
    """A question that two candidates answered wrongly, because its key was; the right one is published by now."""
    exam = make_exam_of(make_content("x"), make_content("other"), cut_score=550)
    for _ in range(2):
        attempt = make_attempt(exam=exam, candidate=UserFactory())
        item = attempt.items.get(question__revisions__stem__startswith="Stem x")
        finish(attempt)
        attempt.items.filter(pk=item.pk).update(response=[2])
    options = [
        option.model_copy(update={"key": number == 2}) for number, option in enumerate(make_content("x").options)
    ]
    now = timezone.now()
    save_draft(question=item.question, content=make_content("x", options=tuple(options)), by=None, now=now)
    publish(question=item.question, by=None, now=now)
    item.question.refresh_from_db()
    return item.question


def attempts_of(question):
    return [item.attempt for item in question.attempt_items.select_related("attempt__candidate")]


def offer(question):
    return reverse("admin:exams_rescore_offer", args=[question.pk])


def order(client, question, django_capture_on_commit_callbacks, **fields):
    old = question.revisions.get(number=1)
    published = Question.objects.get(pk=question.pk).published_revision_id
    data = {"old_revision": old.pk, "rule": "key", "reason": "The guide says so.", "published": published, **fields}
    with django_capture_on_commit_callbacks(execute=True):
        return client.post(offer(question), data, follow=True)


# --- The order ------------------------------------------------------------------------------------------


def test_question_s_page_tells_that_scores_go_by_the_old_key(instructor, question):
    page = client_of(instructor).get(reverse("admin:questions_question_change", args=[question.pk]))

    assert "2 scored attempts still use the key of revision 1." in page.text
    assert offer(question) in page.text


def test_page_of_a_question_with_one_revision_tells_nothing_of_the_kind(instructor, question):
    other = attempts_of(question)[0].items.exclude(question=question).get().question

    page = client_of(instructor).get(reverse("admin:questions_question_change", args=[other.pk]))

    assert "judged otherwise" not in page.text


def test_offer_lists_the_attempts_and_an_order_rescores_them(instructor, question, django_capture_on_commit_callbacks):
    client = client_of(instructor)
    page = client.get(offer(question))
    assert "Asked in 2 scored attempts" in page.text
    assert attempts_of(question)[0].exam.title + " (2)" in page.text
    assert "Judge by the corrected key" in page.text

    done = order(client, question, django_capture_on_commit_callbacks)

    assert "The scores will be updated in the background" in done.text
    assert [attempt.scores.get(is_current=True).correct for attempt in attempts_of(question)] == [1, 1]
    rescore = Rescore.objects.get()
    assert (rescore.by, rescore.rule, rescore.reason) == (instructor, "key", "The guide says so.")
    audit = client.get(reverse("admin:exams_rescore_change", args=[rescore.pk]))
    assert "2 re-scored; 2 with a different score" in audit.text


def test_list_of_orders_takes_the_same_queries_for_one_and_for_many(instructor):
    counts = []
    for number in (1, 5):
        for _ in range(number):
            question = QuestionFactory()
            order_rescore(
                old_revision=question.published_revision, rule="credit", by=instructor, reason="x", now=timezone.now()
            )
        with count_queries() as counted:
            client_of(instructor).get(reverse("admin:exams_rescore_changelist"))
        counts.append(counted.number)

    assert counts[0] == counts[1]


@pytest.mark.parametrize(
    "fields",
    [
        {"reason": ""},
        {"reason": "x" * 201},
        {"rule": "none"},
        {"old_revision": 987_654},
        {"old_revision": "x"},
        {"old_revision": 10**30},
        {"old_revision": "published"},
    ],
)
def test_bad_order_is_refused_with_a_message(instructor, question, django_capture_on_commit_callbacks, fields):
    if fields.get("old_revision") == "published":
        fields = {"old_revision": question.published_revision_id}

    page = order(client_of(instructor), question, django_capture_on_commit_callbacks, **fields)

    assert "Nothing was changed." in page.text
    assert Rescore.objects.count() == 0


def test_staff_without_the_right_neither_sees_nor_orders(question, django_capture_on_commit_callbacks):
    client = client_of(UserFactory(is_staff=True))

    assert client.get(offer(question)).status_code == 403
    assert order(client, question, django_capture_on_commit_callbacks).status_code == 403
    assert Rescore.objects.count() == 0


def test_offer_for_a_question_that_is_not_there_is_404(instructor, question):
    assert client_of(instructor).get(reverse("admin:exams_rescore_offer", args=[987_654])).status_code == 404


# --- The candidate --------------------------------------------------------------------------------------


def page_of(attempt, name):
    return client_of(attempt.candidate).get(reverse(f"exams:attempt-{name}", args=[attempt.pk]))


def test_candidate_reads_before_and_after_and_why(instructor, question, django_capture_on_commit_callbacks):
    attempt = attempts_of(question)[0]
    assert "Your score was corrected" not in page_of(attempt, "result").text

    order(client_of(instructor), question, django_capture_on_commit_callbacks, reason="The <guide> says so.")

    text = page_of(attempt, "result").text
    assert "Your score was corrected" in text
    assert "The &lt;guide&gt; says so." in text
    assert (
        "Before: 100 (0 of 2), below the pass mark · Now: <strong>550</strong> (1 of 2), at the pass mark"
        in " ".join(text.split())
    )
    assert "Re-scored.</strong> It counts by the corrected key: The &lt;guide&gt;" in (
        " ".join(client_of(attempt.candidate).get(reverse("exams:review-all", args=[attempt.pk])).text.split())
    )


def test_reason_waits_while_the_question_is_asked_again(instructor, question, django_capture_on_commit_callbacks):
    attempt = attempts_of(question)[0]
    order(client_of(instructor), question, django_capture_on_commit_callbacks, reason="Option 2 is right.")
    make_attempt(exam=attempt.exam, candidate=attempt.candidate)

    pages = [page_of(attempt, "result").text, page_of(attempt, "review").text]

    assert "Your score was corrected" in pages[0]
    assert not any("Option 2 is right." in page for page in pages)


def test_corrections_cost_the_review_one_query_and_the_result_four(
    instructor, question, django_capture_on_commit_callbacks
):
    attempt = attempts_of(question)[0]
    counts = {}
    for moment in ("before", "after"):
        learn_due(now=timezone.now(), candidate_id=attempt.candidate_id)
        for name in ("result", "review"):
            client = client_of(attempt.candidate)
            with count_queries() as counted:
                client.get(reverse(f"exams:attempt-{name}", args=[attempt.pk]))
            counts[moment, name] = counted.number
        order(client_of(instructor), question, django_capture_on_commit_callbacks)

    assert counts["after", "result"] - counts["before", "result"] == 4
    assert counts["after", "review"] - counts["before", "review"] == 1
