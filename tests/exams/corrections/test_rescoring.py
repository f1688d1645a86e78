"""A corrected key: re-scored by order only, once per attempt, with the old score kept (promises 3 and 4)."""

import datetime as dt

import pytest
from celery import current_app
from django.db import IntegrityError, transaction
from kombu.exceptions import OperationalError as BrokerError

from exams.attempts.services.closing import submit_attempt, sweep
from exams.corrections.queries import corrected_scores, corrections_of, open_corrections, rescore_counts
from exams.corrections.services import order_rescore, rescore_batch, resend_rescores
from exams.exceptions import RescoreRefused
from exams.scoring.models import Rescore, Score
from exams.scoring.services import score_attempt
from exams.workers import RESCORE_TASK
from questions.services import publish, save_draft
from tests.exams.helpers import MINUTE, START, make_exam_of, points_of, reviewed, sums_of
from tests.exams.threads import at_once
from tests.factories import KEY_COUNTS, UserFactory, make_attempt, make_content, takes

pytestmark = pytest.mark.django_db

LATER = START + dt.timedelta(hours=2)
KINDS = ["single", "multiple", "ordering", "matching"]


def beat(*, now):
    """Do what the task of the sweep does."""
    sweep(now=now)
    resend_rescores(now=now)


@pytest.fixture
def instructor():
    return UserFactory(instructor=True)


def correct(question, content, now=LATER):
    """Publish another content of the question; return the revision."""
    save_draft(question=question, content=content, by=None, now=now)
    revision = publish(question=question, by=None, now=now)
    question.refresh_from_db()
    return revision


def with_key(content, *keys):
    options = tuple(option.model_copy(update={"key": n in keys}) for n, option in enumerate(content.options))
    return content.model_copy(update={"options": options})


def turned(content):
    """Return the content with its options the other way round; an ordering gets another key by that."""
    return content.model_copy(update={"options": content.options[::-1]})


def asked_about(kind="single", **fields):
    """Return an exam of two questions, and the one of this kind."""
    exam = make_exam_of(make_content("x", kind=kind), make_content("other"), **fields)
    question = exam.certification.placements.get(question__revisions__stem__startswith="Stem x").question
    return exam, question


def answered(exam, question, own, *, hand_in=True, now=START):
    """Return an attempt whose answer to the question is `own`, in the numbering of its revision; all else is blank."""
    attempt = make_attempt(exam=exam, candidate=UserFactory(), now=now)
    attempt.items.filter(question=question).update(response=own)
    if hand_in:
        submit(attempt)
    return attempt


def submit(attempt, now=START + MINUTE):
    submit_attempt(candidate=attempt.candidate, attempt_id=attempt.pk, now=now)
    score_attempt(attempt_id=attempt.pk, now=now)


def order(question, by, *, rule="key", old=None, reason="B is right.", now=LATER, run=True):
    old = old or question.revisions.order_by("number").first()
    rescore = order_rescore(old_revision=old, rule=rule, by=by, reason=reason, now=now)
    if run:
        work(rescore, now)
    return rescore


def work(rescore, now=LATER):
    while rescore_batch(rescore_id=rescore.pk, now=now):
        pass
    rescore.refresh_from_db()


def versions(attempt):
    return list(attempt.scores.order_by("version").values_list("version", "correct", "is_current"))


# --- The score ------------------------------------------------------------------------------------------


def test_corrected_key_changes_no_score_until_it_is_ordered(instructor):
    exam, question = asked_about()
    attempt = answered(exam, question, [2])
    correct(question, with_key(make_content("x"), 2))
    beat(now=LATER + 5 * MINUTE)
    assert versions(attempt) == [(1, 0, True)]

    order(question, instructor)

    assert versions(attempt) == [(1, 0, False), (2, 1, True)]


def test_new_version_says_why_and_by_whose_order_and_the_old_one_stays(instructor):
    exam, question = asked_about()
    attempt = answered(exam, question, [2])
    before = attempt.scores.values().get()
    correct(question, with_key(make_content("x"), 2))

    rescore = order(question, instructor, reason="The guide says so.")

    old, new = attempt.scores.order_by("version")
    position = attempt.items.get(question=question).position
    assert Score.objects.filter(pk=old.pk).values().get() == before | {"is_current": False}
    assert (new.reason, new.rescore) == (f"Question {position}: The guide says so.", rescore)
    assert (new.rule, new.outline, new.created_at) == (old.rule, old.outline, LATER)
    assert (rescore.by, rescore.reason, rescore.ordered_at, rescore.finished_at) == (
        instructor, "The guide says so.", LATER, LATER,
    )  # fmt: skip
    assert points_of(new) == points_of(old) | {position: 1}
    assert (new.scaled, sums_of(new)) == (550, {1: [1, 2]})


def test_answer_that_was_right_by_the_old_key_is_wrong_now(instructor):
    exam, question = asked_about()
    attempt = answered(exam, question, [1])
    correct(question, with_key(make_content("x"), 2))

    order(question, instructor)

    assert versions(attempt) == [(1, 1, False), (2, 0, True)]


def test_blank_stays_wrong_and_pass_mark_follows_the_new_score(instructor):
    exam, question = asked_about(cut_score=550)
    blank, right = answered(exam, question, None), answered(exam, question, [2])
    correct(question, with_key(make_content("x"), 2))

    order(question, instructor)

    assert versions(blank) == [(1, 0, False), (2, 0, True)]
    assert [score.is_passed for score in right.scores.order_by("version")] == [False, True]


def test_options_in_another_order_are_known_by_their_texts(instructor):
    exam, question = asked_about()
    attempts = {own: answered(exam, question, [own]) for own in range(4)}
    correct(question, turned(with_key(make_content("x"), 3)))

    order(question, instructor)

    assert {own: attempt.scores.get(is_current=True).correct for own, attempt in attempts.items()} == {
        0: 0, 1: 0, 2: 0, 3: 1,
    }  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_judged_by_its_new_key(kind, instructor):
    exam, question = asked_about(kind)
    by_the_old_key = answered(exam, question, make_content("x", kind=kind).key)
    content = make_content("x", kind=kind)
    if takes(kind, "match"):
        first, second, *rest = content.options
        swapped = (first.model_copy(update={"match": content.options[3].match}), second, *rest)
        corrected = content.model_copy(update={"options": swapped})
    else:
        corrected = with_key(content, *(2, 3)[: KEY_COUNTS[kind]]) if takes(kind, "key") else turned(content)
    new = correct(question, corrected)
    # What the new key says, in the numbering of the old revision.
    own = new.key if takes(kind, "key") or takes(kind, "match") else list(reversed(new.key))
    by_the_new_key = answered(exam, question, own, hand_in=False, now=START)
    by_the_new_key.items.filter(question=question).update(revision=question.revisions.get(number=1))
    submit(by_the_new_key)

    order(question, instructor)

    assert [score.correct for score in by_the_old_key.scores.order_by("version")] == [1, 0]
    assert [score.correct for score in by_the_new_key.scores.order_by("version")] == [0, 1]


def test_unscored_question_changes_the_count_of_the_unscored_alone(instructor):
    exam, question = asked_about()
    attempt = answered(exam, question, [2], hand_in=False)
    attempt.items.filter(question=question).update(is_scored=False)
    submit(attempt)
    correct(question, with_key(make_content("x"), 2))

    order(question, instructor)

    old, new = attempt.scores.order_by("version")
    assert (old.unscored_correct, new.unscored_correct) == (0, 1)
    assert (old.correct, old.total, old.scaled) == (new.correct, new.total, new.scaled)


def test_counted_as_right_for_everyone(instructor):
    exam, question = asked_about()
    attempts = [answered(exam, question, own) for own in ([0], [1], None)]

    rescore = order(question, instructor, rule="credit", reason="Two readings.")

    assert [attempt.scores.get(is_current=True).correct for attempt in attempts] == [1, 1, 1]
    assert (rescore_counts(rescore).rescored, rescore_counts(rescore).changed) == (3, 2)


def test_second_correction_stands_over_the_first(instructor):
    exam, question = asked_about()
    attempt = answered(exam, question, [2])
    correct(question, with_key(make_content("x"), 2))
    order(question, instructor)
    correct(question, with_key(make_content("x"), 3))

    order(question, instructor, now=LATER + MINUTE)

    assert versions(attempt) == [(1, 0, False), (2, 1, False), (3, 0, True)]


def test_correction_of_another_question_keeps_the_first(instructor):
    exam, question = asked_about()
    other = exam.certification.placements.exclude(question=question).get().question
    attempt = answered(exam, question, [2])
    correct(question, with_key(make_content("x"), 2))
    order(question, instructor)

    order(other, instructor, rule="credit")

    assert versions(attempt)[-1] == (3, 2, True)


# --- Once, and all --------------------------------------------------------------------------------------


def test_work_done_again_changes_nothing(instructor):
    exam, question = asked_about()
    attempt = answered(exam, question, [2])
    correct(question, with_key(make_content("x"), 2))
    rescore = order(question, instructor)

    assert order(question, instructor) == rescore
    Rescore.objects.update(finished_at=None)
    work(rescore)

    assert len(versions(attempt)) == 2
    assert Rescore.objects.count() == 1


def test_database_forbids_a_second_score_of_the_same_order(instructor):
    exam, question = asked_about()
    attempt = answered(exam, question, [2])
    correct(question, with_key(make_content("x"), 2))
    order(question, instructor)
    score = attempt.scores.get(is_current=True)
    score.pk, score.version, score.is_current = None, 3, False

    with pytest.raises(IntegrityError), transaction.atomic():
        score.save(force_insert=True)


def test_many_attempts_are_done_in_parts(instructor):
    exam, question = asked_about()
    attempts = [answered(exam, question, [2]) for _ in range(5)]
    correct(question, with_key(make_content("x"), 2))
    rescore = order(question, instructor, run=False)

    more = [rescore_batch(rescore_id=rescore.pk, now=LATER, limit=2) for _ in range(4)]

    assert more == [True, True, False, False]
    assert {len(versions(attempt)) for attempt in attempts} == {2}
    rescore.refresh_from_db()
    assert rescore.finished_at == LATER


def test_one_that_fails_holds_up_no_other_and_is_tried_again(instructor, caplog):
    exam, question = asked_about()
    broken, sound = answered(exam, question, [2]), answered(exam, question, [2])
    broken.items.filter(question=question).update(response=["?"])
    correct(question, with_key(make_content("x"), 2))
    rescore = order(question, instructor)
    assert (len(versions(broken)), len(versions(sound)), rescore.finished_at) == (1, 2, None)
    assert f"attempt {broken.pk} could not be re-scored" in caplog.text

    broken.items.filter(question=question).update(response=[2])
    work(rescore, LATER + 2 * MINUTE)

    assert (len(versions(broken)), len(versions(sound)), rescore.finished_at) == (2, 2, LATER + 2 * MINUTE)


def test_attempt_under_way_gets_it_after_its_score(instructor):
    exam, question = asked_about()
    attempt = answered(exam, question, [2], hand_in=False)
    correct(question, with_key(make_content("x"), 2), now=START + MINUTE)
    rescore = order(question, instructor, now=START + MINUTE)
    assert rescore.finished_at is None

    submit(attempt, now=START + 2 * MINUTE)
    beat(now=START + 3 * MINUTE)

    assert versions(attempt) == [(1, 0, False), (2, 1, True)]
    rescore.refresh_from_db()
    assert rescore.finished_at is not None


def test_attempts_that_began_after_the_order_are_not_meant(instructor):
    exam, question = asked_about()
    order(question, instructor, rule="credit", now=START)

    attempt = answered(exam, question, [2], now=START + MINUTE)
    beat(now=LATER)

    assert versions(attempt) == [(1, 0, True)]


def test_later_order_ends_the_earlier_one_that_waits(instructor):
    exam, question = asked_about()
    attempt = answered(exam, question, [3], hand_in=False)
    correct(question, with_key(make_content("x"), 2), now=START)
    first = order(question, instructor, now=START)
    correct(question, with_key(make_content("x"), 3), now=START + MINUTE)
    second = order(question, instructor, now=START + MINUTE)

    submit(attempt, now=START + 2 * MINUTE)
    for rescore in (second, first):
        work(rescore, now=START + 5 * MINUTE)

    assert versions(attempt) == [(1, 0, False), (2, 1, True)]


def test_broker_that_is_down_costs_time_and_nothing_else(instructor, monkeypatch, django_capture_on_commit_callbacks):
    def fail(*args, **kwargs):
        raise BrokerError("no broker")

    exam, question = asked_about()
    attempt = answered(exam, question, [2])
    correct(question, with_key(make_content("x"), 2))
    with monkeypatch.context() as patch:
        patch.setattr(current_app.tasks[RESCORE_TASK], "apply_async", fail)
        with django_capture_on_commit_callbacks(execute=True):
            order(question, instructor, run=False)
        beat(now=LATER + 2 * MINUTE)
    assert len(versions(attempt)) == 1

    beat(now=LATER + 2 * MINUTE + dt.timedelta(seconds=59))
    assert len(versions(attempt)) == 1
    beat(now=LATER + 4 * MINUTE)

    assert len(versions(attempt)) == 2


def test_order_is_carried_out_by_the_task(instructor, django_capture_on_commit_callbacks):
    exam, question = asked_about()
    attempt = answered(exam, question, [2])
    correct(question, with_key(make_content("x"), 2))

    with django_capture_on_commit_callbacks(execute=True):
        order(question, instructor, run=False)

    assert len(versions(attempt)) == 2


@pytest.mark.usefixtures("threaded_db")
def test_workers_at_the_same_moment_make_one_score_each():
    instructor = UserFactory(instructor=True)
    exam, question = asked_about()
    attempts = [answered(exam, question, [2]) for _ in range(4)]
    correct(question, with_key(make_content("x"), 2))
    rescore = order(question, instructor, run=False)

    outcomes = at_once(*[lambda: rescore_batch(rescore_id=rescore.pk, now=LATER)] * 3)

    assert [outcome for outcome in outcomes if isinstance(outcome, Exception)] == []
    assert [versions(attempt) for attempt in attempts] == [[(1, 0, False), (2, 1, True)]] * 4


def test_order_that_is_gone_is_no_work():
    assert rescore_batch(rescore_id=987_654, now=LATER) is False


# --- Refusals -------------------------------------------------------------------------------------------


def test_other_texts_cannot_be_judged_but_counted_as_right(instructor):
    exam, question = asked_about()
    attempt = answered(exam, question, [2])
    new = with_key(make_content("x"), 2)
    edited = new.options[0].model_copy(update={"text": "Another text"})
    correct(question, new.model_copy(update={"options": (edited, *new.options[1:])}))

    with pytest.raises(
        RescoreRefused,
        match=r"the texts of its options or matches have changed\. You can count it as right for everyone",
    ):
        order(question, instructor)
    order(question, instructor, rule="credit")

    assert versions(attempt) == [(1, 0, False), (2, 1, True)]


@pytest.mark.parametrize(
    ("fields", "message"),
    [({"reason": " "}, "Give the reason"), ({}, "This is the published revision")],
)
def test_order_that_makes_no_sense_is_refused(fields, message, instructor):
    _, question = asked_about()

    with pytest.raises(RescoreRefused, match=message):
        order(question, instructor, **fields)


def test_who_may_not_order_is_refused():
    _, question = asked_about()

    with pytest.raises(RescoreRefused, match="do not have permission"):
        order(question, UserFactory(), rule="credit")


# --- What instructors see -------------------------------------------------------------------------------


def test_correction_names_the_attempts_it_touches(instructor):
    exam, question = asked_about()
    for own in ([1], [2]):
        answered(exam, question, own)
    answered(exam, question, [2], hand_in=False)
    assert open_corrections(question) == []
    correct(question, with_key(make_content("x"), 2))

    (correction,) = open_corrections(question)
    assert (correction.old_revision.number, correction.scored, correction.under_way) == (1, 2, 1)
    assert correction.exams == {exam.title: 3}
    assert correction.refusal == ""

    order(question, instructor)

    assert open_corrections(question) == []
    assert [len(correction.rescores) for correction in corrections_of(question)] == [1]


def test_edit_that_judges_alike_offers_nothing():
    exam, question = asked_about()
    answered(exam, question, [1])

    correct(question, make_content("x", explanation="Clearer."))

    assert open_corrections(question) == []
    assert [correction.is_alike for correction in corrections_of(question)] == [True]


# --- What candidates see --------------------------------------------------------------------------------


def rescored(instructor, own=(2,), **fields):
    exam, question = asked_about()
    attempt = answered(exam, question, list(own))
    correct(question, with_key(make_content("x", explanation="The point now."), 2))
    order(question, instructor, **fields)
    return attempt, question


def test_candidate_sees_before_and_after_with_the_reason(instructor):
    attempt, question = rescored(instructor, reason="The guide says so.")

    (corrected,) = corrected_scores(attempt, is_key_shown=True)

    position = attempt.items.get(question=question).position
    assert (corrected.position, corrected.reason) == (f"Question {position}", "The guide says so.")
    assert (corrected.before.correct, corrected.after.correct, corrected.is_changed) == (0, 1, True)


def test_reason_is_not_told_while_it_might_tell_a_key(instructor):
    attempt, _ = rescored(instructor)
    assert corrected_scores(attempt, is_key_shown=False)[0].reason == ""

    make_attempt(exam=attempt.exam, candidate=attempt.candidate, now=LATER)

    assert corrected_scores(attempt, is_key_shown=True)[0].reason == ""


def review_of(attempt, question):
    position = attempt.items.get(question=question).position
    return next(item for item in reviewed(attempt) if item.position == position)


@pytest.mark.parametrize("is_turned", [False, True])
def test_review_shows_the_corrected_key_beside_the_options_as_they_were_shown(instructor, is_turned):
    exam, question = asked_about()
    attempt = answered(exam, question, [2])
    letters_before = [(option.letter, option.html) for option in review_of(attempt, question).question.solved.options]
    content = with_key(make_content("x", explanation="The point now."), 2)
    correct(question, turned(content) if is_turned else content)
    order(question, instructor, reason="The guide says so.")

    item = review_of(attempt, question)

    assert [(option.letter, option.html) for option in item.question.solved.options] == letters_before
    (right,) = [option for option in item.question.solved.options if option.is_right]
    assert (right.html, right.is_chosen) == ("Option 2 of x", True)
    assert (item.is_right, item.correction) == (True, "by the corrected key: The guide says so.")
    assert "The point now." in item.question.explanation


def test_review_of_a_credited_question_shows_it_as_it_was(instructor):
    exam, question = asked_about()
    attempt = answered(exam, question, [2])
    order(question, instructor, rule="credit", reason="Two readings.")

    item = review_of(attempt, question)

    (right,) = [option for option in item.question.solved.options if option.is_right]
    assert (right.html, item.is_right) == ("Option 1 of x", True)
    assert item.correction == "as right for everyone: Two readings."
