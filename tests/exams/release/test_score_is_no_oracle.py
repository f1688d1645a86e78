"""With an exam under way, nothing else that its candidate hands in or reads tells what is right in it.

The attack: start an exam, hand in practices that share one question with it, read "n of m right", and know by which
options were chosen. What an open attempt asks is drawn into no other attempt; where a fixed form or an older attempt
asks it too, whatever depends on it waits until the open one has ended.
"""

import datetime as dt
from types import SimpleNamespace

import pytest
from django.db import transaction
from django.urls import reverse

from exams.attempts.models import Attempt, AttemptItem
from exams.attempts.services.closing import submit_attempt
from exams.attempts.services.starting import start_attempt
from exams.blueprints.models import Exam
from exams.corrections.services import rescore_batch
from exams.exceptions import ExamRefused, PoolTooSmall
from exams.people.own_data import all_about
from exams.problems.models import ProblemReport
from exams.release import queries
from exams.release.shown import When
from exams.scoring.models import Rescore
from exams.scoring.services import score_attempt
from questions.models import Certification, Question, Revision
from tests.exams.helpers import MINUTE, START, answer_all, client_of, close, finish, items_of
from tests.exams.pages import masked
from tests.exams.threads import at_once
from tests.factories import ExamFactory, UserFactory, make_attempt, make_exam

pytestmark = pytest.mark.django_db

LATER = START + dt.timedelta(hours=1)
# What only a withheld page says.
WAITS = "Your result will be shown when"


@pytest.fixture
def world(clock):
    """A mock exam of four hours, and a chapter practice that asks questions of the same bank."""
    exam = make_exam(per_domain=6, question_count=4, minutes=240, title="The mock")
    Certification.objects.update(study_material="A book")
    Question.objects.update(source_chapter=1, source_title="One")
    practice = ExamFactory(
        certification=exam.certification, question_count=12, minutes=60, chapter=1, title="The practice"
    )
    return SimpleNamespace(exam=exam, practice=practice, candidate=UserFactory(time_zone="Europe/Berlin"))


def fixed_attempt(world, question_ids, *, started_at=LATER, **fields):
    """Return an attempt under way at a fixed form of these questions."""
    exam = ExamFactory(
        certification=world.exam.certification,
        question_count=len(question_ids),
        minutes=60,
        form_kind=Exam.FormKind.FIXED,
        **fields,
    )
    form = exam.forms.create(number=1, seed=3, created_at=START)
    for position, pk in enumerate(question_ids, start=1):
        task = Question.objects.get(pk=pk).placements.get().task
        form.questions.create(position=position, question_id=pk, task=task, is_scored=True)
    return start_attempt(candidate=world.candidate, exam=exam, now=started_at, seed=5)


def sharing_attempt(world, **fields):
    """Return an attempt under way at a fixed form that asks the first question of the mock and three others."""
    attempt = world.candidate.attempts.get(exam=world.exam)
    asked = [item.question_id for item in items_of(attempt)]
    others = Question.objects.exclude(pk__in=asked).order_by("pk").values_list("pk", flat=True)[:3]
    return fixed_attempt(world, [asked[0], *others], **fields)


def page_of(candidate, name, *args, **query):
    response = client_of(candidate).get(reverse(f"exams:{name}", args=args), query, follow=True)
    assert response.status_code == 200
    return response.text


def pages_about(attempt):
    """Return every page that could tell how this attempt went."""
    candidate, code = attempt.candidate, attempt.exam.certification.code
    return {
        "result": page_of(candidate, "attempt-result", attempt.pk),
        "review": page_of(candidate, "review-all", attempt.pk),
        "question": page_of(candidate, "review-question", attempt.pk, 1),
        "wrong ones": page_of(candidate, "attempt-review", attempt.pk, show="wrong"),
        "home": page_of(candidate, "home"),
        "history": page_of(candidate, "history"),
        "chapter": page_of(candidate, "chapter", code, 1),
        "exam": page_of(candidate, "exam-detail", attempt.exam.slug),
        "problems": page_of(candidate, "problem-reports"),
    }


# --- The attack -------------------------------------------------------------------------------------


def guess_by_practising(world, attempt):
    """Learn what is right in the attempt from the results of practices alone; return what was learnt, by position."""
    learnt = {}
    for item in items_of(attempt):
        for own in range(4):
            try:
                practice = start_attempt(candidate=world.candidate, exam=world.practice, now=LATER)
            except ExamRefused:
                return learnt
            practice.items.filter(question=item.question_id).update(response=[own])
            submit_attempt(candidate=world.candidate, attempt_id=practice.pk, now=LATER)
            score_attempt(attempt_id=practice.pk, now=LATER)
            page = page_of(world.candidate, "attempt-result", practice.pk)
            if '<p class="score-number">1 ' in page:
                learnt[item.position] = own
    return learnt


def test_practices_do_not_tell_what_is_right_in_the_exam_under_way(world, clock):
    attempt = make_attempt(exam=world.exam, candidate=world.candidate, now=START)
    clock.move_to(LATER)

    assert guess_by_practising(world, attempt) == {}


def with_other_key(question_id):
    Revision.objects.filter(question=question_id).update(key=[2], explanation="Elsewhere.")


@pytest.mark.parametrize("show_key", [Exam.Release.AT_ONCE, Exam.Release.NEVER])
def test_every_page_would_be_the_same_if_another_option_of_the_shared_question_were_right(world, clock, show_key):
    make_attempt(exam=world.exam, candidate=world.candidate, now=START)
    clock.move_to(LATER + 30 * MINUTE)
    pages = []
    for change in (lambda attempt: None, lambda attempt: with_other_key(items_of(attempt)[0].question_id)):
        with transaction.atomic():
            attempt = sharing_attempt(world, slug="sharing", show_key=show_key, show_explanations=show_key)
            answer_all(attempt, right=3)
            change(attempt)
            close(attempt)
            score_attempt(attempt_id=attempt.pk, now=LATER)
            pages.append({name: masked(page[page.index("<main") :]) for name, page in pages_about(attempt).items()})
            transaction.set_rollback(True)

    assert pages[0] == pages[1]
    assert WAITS in pages[0]["result"]


# --- What is drawn ----------------------------------------------------------------------------------


def questions_of(attempt):
    return set(attempt.items.values_list("question_id", flat=True))


@pytest.mark.parametrize("prefers_unseen", [True, False])
def test_what_is_being_asked_is_drawn_into_no_other_attempt(world, prefers_unseen):
    attempt = make_attempt(exam=world.exam, candidate=world.candidate, now=START)
    other = ExamFactory(certification=world.exam.certification, question_count=8, prefers_unseen=prefers_unseen)

    drawn = start_attempt(candidate=world.candidate, exam=other, now=START)

    assert len(questions_of(drawn)) == 8
    assert questions_of(drawn) & questions_of(attempt) == set()


def test_what_is_being_asked_may_be_drawn_for_somebody_else_and_again_when_it_is_over(world):
    attempt = make_attempt(exam=world.exam, candidate=world.candidate, now=START)
    somebody = make_attempt(exam=world.practice, now=START)
    close(attempt)

    again = make_attempt(exam=world.practice, candidate=world.candidate, now=LATER)

    assert questions_of(somebody) == questions_of(again) >= questions_of(attempt)


def test_a_bank_that_lacks_only_what_is_being_asked_names_the_exam_to_finish_first(world, clock):
    make_attempt(exam=world.exam, candidate=world.candidate, now=START)
    url = reverse("exams:exam-start", args=[world.practice.slug])

    page = client_of(world.candidate).post(url, follow=True)

    assert "This exam needs questions from another exam that you have in progress: “The mock”" in page.text
    assert list(world.candidate.attempts.values_list("exam", flat=True)) == [world.exam.pk]


def test_a_bank_that_is_too_small_by_itself_says_so(world):
    make_attempt(exam=world.exam, candidate=world.candidate, now=START)
    Question.objects.filter(pk__in=Question.objects.values("pk")[:9]).update(status=Question.Status.RETIRED)
    short = ExamFactory(certification=world.exam.certification, question_count=10)

    with pytest.raises(PoolTooSmall):
        start_attempt(candidate=world.candidate, exam=short, now=START)


def test_what_an_overdue_attempt_asks_may_be_drawn_though_no_sweep_has_closed_it(world):
    attempt = make_attempt(exam=world.exam, candidate=world.candidate, now=START)

    practice = start_attempt(candidate=world.candidate, exam=world.practice, now=attempt.deadline_at + MINUTE)

    assert questions_of(practice) >= questions_of(attempt)


def test_a_fixed_form_is_given_though_it_asks_what_is_being_asked(world):
    attempt = make_attempt(exam=world.exam, candidate=world.candidate, now=START)

    fixed = sharing_attempt(world)

    assert len(questions_of(fixed) & questions_of(attempt)) == 1


@pytest.mark.django_db(transaction=True)
def test_exams_started_at_the_same_moment_share_no_question(threaded_db):
    exam = make_exam(per_domain=8, question_count=8, prefers_unseen=False)
    other = ExamFactory(certification=exam.certification, question_count=8, prefers_unseen=False)
    for _ in range(6):
        candidate = UserFactory()

        outcomes = at_once(
            *(
                lambda exam=exam, candidate=candidate: start_attempt(candidate=candidate, exam=exam, now=START)
                for exam in (exam, other)
            )
        )

        assert [type(outcome) for outcome in outcomes] == [Attempt, Attempt]
        assert questions_of(outcomes[0]) & questions_of(outcomes[1]) == set()


@pytest.mark.django_db(transaction=True)
def test_starting_twice_at_once_is_starting_once_though_the_bank_holds_one_form_only(threaded_db):
    exam = make_exam(per_domain=2, question_count=4)
    for _ in range(6):
        candidate = UserFactory()

        first, second = at_once(
            *(lambda candidate=candidate: start_attempt(candidate=candidate, exam=exam, now=START) for _ in "12")
        )

        assert first == second == candidate.attempts.get()


# --- What waits -------------------------------------------------------------------------------------


def test_the_result_says_what_it_waits_for_in_the_candidates_own_time(world, clock):
    make_attempt(exam=world.exam, candidate=world.candidate, now=START)
    attempt = sharing_attempt(world)
    clock.move_to(LATER + 20 * MINUTE)
    finish(attempt, right=2)

    page = " ".join(page_of(world.candidate, "attempt-result", attempt.pk).split())

    assert "Your result will be shown when “The mock” has ended, because the two exams share questions." in page
    assert "Its time ends 21 Nov 2026, 14:00 CET" in page  # 13:00 UTC
    assert "of 4" not in page


def test_a_score_on_its_way_waits_as_one_that_exists(world, clock):
    make_attempt(exam=world.exam, candidate=world.candidate, now=START)
    attempt = close(sharing_attempt(world))

    assert attempt.state == Attempt.State.SUBMITTED
    assert WAITS in page_of(world.candidate, "attempt-result", attempt.pk)


def test_the_result_is_shown_when_the_other_exam_has_ended(world, clock):
    mock = make_attempt(exam=world.exam, candidate=world.candidate, now=START)
    attempt = sharing_attempt(world)
    finish(attempt, right=2)
    clock.move_to(mock.deadline_at)
    assert WAITS in page_of(world.candidate, "attempt-result", attempt.pk)

    clock.move_to(mock.deadline_at + MINUTE)

    assert "<strong>2 of 4</strong>" in page_of(world.candidate, "attempt-result", attempt.pk)


def shown_score(attempt, now=LATER + 50 * MINUTE):
    return queries.shown_of(Attempt.objects.select_related("exam").get(pk=attempt.pk), now).score


def test_of_several_the_score_waits_for_the_one_that_ends_last(world):
    make_attempt(exam=world.exam, candidate=world.candidate, now=START)
    attempt = sharing_attempt(world)
    finish(attempt)
    longest = fixed_attempt(world, questions_of(attempt), title="The longest")
    Attempt.objects.filter(pk=longest.pk).update(deadline_at=LATER + dt.timedelta(days=14))

    said = queries.shown_of(attempt, LATER + 20 * MINUTE)

    assert (said.score, said.under_way.exam) == (When.LATER, "The longest")


def test_a_score_that_was_shown_before_the_exam_began_stays_and_its_review_hides_what_is_asked(world, clock):
    before = make_attempt(exam=world.practice, candidate=world.candidate, now=START - 40 * MINUTE)
    finish(before, right=7)
    make_attempt(exam=world.exam, candidate=world.candidate, now=START)

    assert shown_score(before) is When.NOW
    assert '<p class="score-number">7 ' in page_of(world.candidate, "attempt-result", before.pk)
    assert "4 questions are hidden for now" in page_of(world.candidate, "review-all", before.pk)


def test_a_score_given_or_corrected_after_the_exam_began_waits(world):
    before = make_attempt(exam=world.practice, candidate=world.candidate, now=START - 20 * MINUTE)
    answer_all(before, right=7)
    close(before)
    mock = make_attempt(exam=world.exam, candidate=world.candidate, now=START)
    score = score_attempt(attempt_id=before.pk, now=START + MINUTE)
    assert shown_score(before) is When.LATER
    score.created_at = START - MINUTE
    score.save()
    assert shown_score(before) is When.NOW

    before.scores.update(is_current=False)
    score.pk, score.version, score.created_at = None, 2, START + MINUTE
    score.save()

    assert shown_score(before) is When.LATER
    close(mock)
    assert shown_score(before) is When.NOW


def test_a_window_that_ends_during_the_exam_opens_no_score_that_shares_a_question(world):
    withheld = {"show_score": "after_window", "closes_at": START + MINUTE}
    Exam.objects.filter(pk=world.practice.pk).update(**withheld)
    before = make_attempt(
        exam=Exam.objects.get(pk=world.practice.pk), candidate=world.candidate, now=START - 40 * MINUTE
    )
    finish(before)
    mock = make_attempt(exam=world.exam, candidate=world.candidate, now=START)

    assert shown_score(before) is When.LATER
    close(mock)
    assert shown_score(before) is When.NOW


def test_a_score_that_shares_nothing_with_the_exam_under_way_is_shown(world):
    attempt = make_attempt(exam=world.exam, candidate=world.candidate, now=START)
    others = list(Question.objects.exclude(pk__in=questions_of(attempt)).values_list("pk", flat=True)[:4])
    apart = fixed_attempt(world, others)
    finish(apart)

    assert shown_score(apart) is When.NOW


def test_a_score_does_not_wait_for_what_somebody_else_is_asked(world):
    finished = make_attempt(exam=world.practice, candidate=world.candidate, now=START)
    finish(finished)
    make_attempt(exam=world.practice, now=START)

    assert shown_score(finished) is When.NOW


def test_a_score_that_is_never_shown_promises_nothing(world):
    make_attempt(exam=world.exam, candidate=world.candidate, now=START)
    attempt = sharing_attempt(world, show_score=Exam.Release.NEVER)
    finish(attempt)

    said = queries.shown_of(attempt, LATER)

    assert (said.score, said.under_way) == (When.NEVER, None)


# --- What is said of single questions ---------------------------------------------------------------


def reported(attempt, item, **fields):
    return ProblemReport.objects.create(
        question_id=item.question_id,
        revision_id=item.revision_id,
        item=item,
        candidate=attempt.candidate,
        kind="wrong_key",
        text="Look again.",
        created_at=START,
        outcome="corrected",
        answer="Quokka is right.",
        resolved_at=START,
        **fields,
    )


@pytest.mark.parametrize("position", [1, 2])
def test_the_answer_to_a_report_waits_while_the_question_is_being_asked(world, clock, position):
    before = make_attempt(exam=world.practice, candidate=world.candidate, now=START - 40 * MINUTE)
    finish(before)
    mock = make_attempt(exam=world.exam, candidate=world.candidate, now=START)
    asked = questions_of(mock)
    items = [item for item in items_of(before) if (item.question_id in asked) == (position == 1)]
    reported(before, items[0])

    during = page_of(world.candidate, "problem-reports")
    close(mock)
    after = page_of(world.candidate, "problem-reports")

    assert ("Quokka" in during, "Quokka" in after) == (position == 2, True)
    assert ("corrected" in during, "corrected" in after) == (position == 2, True)


def test_the_answer_to_a_report_waits_while_the_exam_shows_no_key(world, clock):
    attempt = make_attempt(exam=world.practice, candidate=world.candidate, now=START)
    finish(attempt)
    reported(attempt, items_of(attempt)[0])
    Exam.objects.filter(pk=world.practice.pk).update(show_key="never", show_explanations="never")

    assert "Quokka" not in page_of(world.candidate, "problem-reports")


def test_questions_of_the_same_case_as_one_under_way_are_not_reviewed(world, clock):
    """Their explanations speak of the case."""
    before = make_attempt(exam=world.practice, candidate=world.candidate, now=START - 40 * MINUTE)
    finish(before)
    mock = make_attempt(exam=world.exam, candidate=world.candidate, now=START)
    asked = questions_of(mock)
    sibling = next(item for item in items_of(before) if item.question_id not in asked)
    of_case = [sibling.revision_id, items_of(mock)[0].revision_id]
    Revision.objects.filter(pk__in=of_case).update(case_text="A bank moves.")

    review = page_of(world.candidate, "review-all", before.pk)
    chapter = page_of(world.candidate, "chapter", world.exam.certification.code, 1)

    explanation = sibling.revision.explanation
    assert (explanation in review, explanation in chapter) == (False, False)
    assert "5 questions are hidden for now" in review


def test_the_reason_of_a_correction_waits_with_its_question(world):
    before = make_attempt(exam=world.practice, candidate=world.candidate, now=START - 40 * MINUTE)
    finish(before)
    mock = make_attempt(exam=world.exam, candidate=world.candidate, now=START)
    item = next(item for item in items_of(before) if item.question_id in questions_of(mock))
    rescore = Rescore.objects.create(
        question_id=item.question_id,
        old_revision=item.revision,
        revision=item.revision,
        rule="credit",
        reason="B is right",
        ordered_at=START,
    )
    rescore_batch(rescore_id=rescore.pk, now=START + MINUTE)

    page = page_of(world.candidate, "attempt-result", before.pk)

    assert WAITS in page
    assert ("corrected" in page, "B is right" in page) == (False, False)


def test_the_download_tells_no_reason_of_a_correction_while_its_question_is_asked(world):
    before = make_attempt(exam=world.practice, candidate=world.candidate, now=START - 90 * MINUTE)
    finish(before)
    reasons = {}
    for item in items_of(before)[:12]:
        order = Rescore.objects.create(
            question_id=item.question_id,
            old_revision=item.revision,
            revision=item.revision,
            rule="credit",
            reason=f"Reason {item.position}.",
            ordered_at=START - 60 * MINUTE,
        )
        rescore_batch(rescore_id=order.pk, now=START - 60 * MINUTE)
        reasons[item.question_id] = f"Question {item.position}: Reason {item.position}."
    mock = make_attempt(exam=world.exam, candidate=world.candidate, now=START)

    (told, _) = all_about(world.candidate, START + MINUTE)["attempts"]

    asked = questions_of(mock)
    known = {reason for question, reason in reasons.items() if question not in asked}
    assert {score["reason"] for score in told["scores"] if "Reason" in score["reason"]} == known
    assert len(known) == 8


def test_an_item_may_be_known_by_its_candidate_only_while_none_of_its_questions_are_asked(world):
    before = make_attempt(exam=world.practice, candidate=world.candidate, now=START - 40 * MINUTE)
    finish(before)
    mock = make_attempt(exam=world.exam, candidate=world.candidate, now=START)

    known = queries.may_know(AttemptItem.objects.filter(attempt=before), world.candidate)

    assert set(known.values_list("question_id", flat=True)) == questions_of(before) - questions_of(mock)
