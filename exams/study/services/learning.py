"""What a candidate knows of each question, made from all judged answers to it.

Nothing is added up: each time, all answers to the question are replayed. So what is lost, repeated or re-scored is
right at the next time, and the order in which scores arrive does not matter.
"""

import datetime as dt
import logging
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.db import OperationalError, transaction
from django.db.models import Q

from accounts.models import User
from exams.attempts import timing
from exams.attempts.services.starting_sql import lock_candidate
from exams.blueprints.rules import FULL
from exams.release.queries import shown_of
from exams.release.shown import When
from exams.scoring.models import JudgedAnswer, Score
from exams.study.models import Memory, StudyPlan
from exams.study.scheduling import Answered, remembered

logger = logging.getLogger(__name__)

BATCH = 50
# A window is looked at again so much later, at least: somebody may still be sitting the exam.
WAIT = dt.timedelta(minutes=10)
# What is kept as the reason where nothing is to be learned, ever.
WITHHELD = "withheld"
_MAY_BE_KNOWN = Q(score=None) | Q(score__learn_at=None, score__learning_error="")
DERIVED = [
    *("was_right_first", "is_right", "is_sure", "answers", "misses"),
    *("last_at", "stability", "difficulty", "due_at"),
]


@dataclass(frozen=True)
class Aim:
    """What repetition is planned for: the end of the exam's eve, and the memory model's parameters; None: unknown.

    `zone` is the candidate's: what was missed in the evening comes back the next day, not the same night.
    """

    exam_at: dt.datetime | None = None
    parameters: Sequence[float] | None = None
    zone: dt.tzinfo = dt.UTC


def aim_of(plan: StudyPlan | None, candidate: User) -> Aim:
    """Return the aim of a candidate's plan: what is to be repeated is repeated before the exam's day begins."""
    if plan is None:
        return Aim(zone=candidate.zone)
    exam_at = dt.datetime.combine(plan.exam_date, dt.time(), tzinfo=candidate.zone) if plan.exam_date else None
    return Aim(exam_at, plan.parameters, candidate.zone)


def learn(*, candidate_id: int, questions: Collection[int], aim: Aim) -> dict[int, Memory]:
    """Make the memories of these questions again from all that counts; return them by question. Two queries."""
    rows = (
        JudgedAnswer.objects.counted()
        .filter(_MAY_BE_KNOWN, candidate=candidate_id, question__in=questions)
        .order_by("answered_at", "pk")
        .values_list("question", "answered_at", "earned", "is_sure")
    )
    answers: dict[int, list[Answered]] = defaultdict(list)
    for question_id, at, earned, is_sure in rows:
        answers[question_id].append(Answered(at, earned == FULL, is_sure))
    memories = [_memory(candidate_id, question_id, given, aim) for question_id, given in answers.items()]
    Memory.objects.bulk_create(
        memories, update_conflicts=True, unique_fields=["candidate", "question"], update_fields=DERIVED
    )
    return {memory.question_id: memory for memory in memories}


def _memory(candidate_id: int, question_id: int, answers: Sequence[Answered], aim: Aim) -> Memory:
    recall = remembered(answers, parameters=aim.parameters, exam_at=aim.exam_at, zone=aim.zone)
    last = answers[-1]
    return Memory(
        candidate_id=candidate_id,
        question_id=question_id,
        was_right_first=answers[0].is_right,
        is_right=last.is_right,
        is_sure=last.is_sure,
        answers=len(answers),
        misses=sum(not answer.is_right for answer in answers),
        last_at=last.at,
        stability=recall.stability,
        difficulty=recall.difficulty,
        due_at=recall.due_at,
    )


# --- From scores ----------------------------------------------------------------------------------------------------


def learn_due(*, now: dt.datetime, candidate_id: int | None = None, limit: int = BATCH) -> int:
    """Learn from scores that are due; return how many. One that fails is parked with its reason.

    With `candidate_id` from all of theirs, also those that are waiting: whatever they waited for may be over.
    """
    due = Score.objects.filter(learn_at__isnull=False)
    due = due.filter(learn_at__lte=now) if candidate_id is None else due.filter(attempt__candidate=candidate_id)
    learned = 0
    for score_id in list(due.order_by("learn_at", "pk").values_list("pk", flat=True)[:limit]):
        learned += _learn_or_park(score_id, now)
    return learned


def learn_seen(*, score: Score, now: dt.datetime) -> None:
    """Learn from a score that its candidate looks at before a worker came to it: the report shows what is known.

    Where the database is busy the report does without; the worker will come.
    """
    if score.learn_at is None or score.learn_at > now:
        return
    try:
        _learn_or_park(score.pk, now)
    except OperationalError:
        logger.warning("score %s is learned from later", score.pk, exc_info=True)


def _learn_or_park(score_id: int, now: dt.datetime) -> bool:
    try:
        return learn_from(score_id=score_id, now=now)
    except OperationalError:
        raise  # says nothing about the score
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"[:1000]
        Score.objects.filter(pk=score_id).update(learn_at=None, learning_error=reason)
        logger.exception("nothing could be learned from score %s", score_id)
        return False


@transaction.atomic
def learn_from(*, score_id: int, now: dt.datetime) -> bool:
    """Learn what a score says; False when that has to wait, or was done.

    What is known is shown (shares, what comes back), so nothing is learned of an attempt whose score or key is not
    shown, and nothing at all while an exam is under way: it would tell of what that exam asks.
    """
    score = Score.objects.select_related("attempt__exam", "attempt__candidate").get(pk=score_id)
    attempt = score.attempt
    # Two answers to a question are not learned at once, and no exam begins meanwhile.
    under_way, _ = lock_candidate(attempt.candidate_id)
    if not score.is_current or attempt.candidate.erased_at:
        Score.objects.filter(pk=score_id).update(learn_at=None)
        return False
    shown = shown_of(attempt, now)
    ends = [row.deadline_at + timing.GRACE for row in under_way]
    if When.LATER in (shown.score, shown.key) and shown.closes_at:
        ends.append(shown.closes_at)
    if ends:
        Score.objects.filter(pk=score_id).update(learn_at=max(*ends, now + WAIT))
        return False
    is_withheld = When.NEVER in (shown.score, shown.key)
    waiting = Score.objects.filter(pk=score_id, learn_at__isnull=False)
    if not waiting.update(learn_at=None, learning_error=WITHHELD if is_withheld else "") or is_withheld:
        return False
    plan = StudyPlan.objects.filter(candidate=attempt.candidate_id, certification=attempt.exam.certification_id)
    questions = set(JudgedAnswer.objects.filter(score=score_id).order_by().values_list("question", flat=True))
    learn(candidate_id=attempt.candidate_id, questions=questions, aim=aim_of(plan.first(), attempt.candidate))
    return True


@transaction.atomic
def learn_again(*, plan: StudyPlan) -> None:
    """Make all memories of a certification again: its exam date has moved, or the parameters have changed."""
    lock_candidate(plan.candidate_id)
    known = Memory.objects.filter(
        candidate=plan.candidate_id, question__placements__certification=plan.certification_id
    )
    questions = set(known.order_by().values_list("question", flat=True))
    learn(candidate_id=plan.candidate_id, questions=questions, aim=aim_of(plan, plan.candidate))
