"""Every write that changes an attempt. The rules of saving, handing in, closing and scoring are here and only here.

An attempt moves `in_progress → submitted → scored`, each step by one conditional UPDATE. Saving and handing in lock
the attempt's row first, so an answer is either stored before the hand-in, and scored, or refused.
"""

import datetime as dt
import logging
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from celery import current_app
from django.db import IntegrityError, OperationalError, transaction
from django.db.models import F, Q
from kombu.exceptions import OperationalError as BrokerError

from accounts.models import User
from exams import scoring, timing
from exams.assembly import assemble, option_order
from exams.exceptions import AttemptClosed, ExamNotOpen, InvalidResponse, StaleAnswer, UnscorableAttempt
from exams.models import Attempt, AttemptItem, Exam, Score
from exams.queries import exam_quotas, form_pool, seen_among, short_domains
from questions.models import Certification, Revision
from questions.queries import chapters_of

logger = logging.getLogger(__name__)

SCORE_TASK = "exams.score_attempt"
# A request for scoring that brought no score for so long is taken as lost and sent again.
RESEND_AFTER = dt.timedelta(seconds=60)

# --- Starting ---------------------------------------------------------------------------------------


def start_attempt(*, candidate: User, exam: Exam, now: dt.datetime, seed: int | None = None) -> Attempt:
    """Start the exam, or return the attempt that is already under way: starting twice is starting once.

    Raises `ExamNotOpen` outside the exam's window and `PoolTooSmall` when the bank cannot fill the form.
    """
    if attempt := candidate.attempts.in_progress().filter(exam=exam).first():
        return attempt
    if not exam.is_open(now):
        raise ExamNotOpen("This exam is not open now.")
    try:
        return _start_new_attempt(candidate, exam, now, secrets.randbits(62) if seed is None else seed)
    except IntegrityError:
        # A start at the same moment, from another tab, was first: `one_open_attempt_per_exam`.
        if attempt := candidate.attempts.in_progress().filter(exam=exam).first():
            return attempt
        raise


@transaction.atomic
def _start_new_attempt(candidate: User, exam: Exam, now: dt.datetime, seed: int) -> Attempt:
    domain_quotas = exam_quotas(exam)
    seen_by = candidate if exam.prefers_unseen else None
    pool = form_pool(domain_quotas, chapter=exam.chapter, seen_by=seen_by, seed=seed)
    seen = seen_among(candidate, pool) if exam.prefers_unseen else set()
    form = assemble(pool, domain_quotas, seed=seed, seen=seen)
    # The option lists alone, not the key: their lengths are all that is needed.
    options = {
        pk: (len(texts), shuffle)
        for pk, texts, shuffle in Revision.objects.filter(pk__in=[item.revision_id for item, _ in form]).values_list(
            "pk", "options", "shuffle_options"
        )
    }
    attempt = Attempt.objects.create(
        candidate=candidate,
        exam=exam,
        started_at=now,
        deadline_at=timing.deadline(now, exam.minutes, candidate.extra_time_percent),
        seed=seed,
        extra_time_percent=candidate.extra_time_percent,
        cut_score=exam.cut_score,
        scale_min=exam.scale_min,
        scale_max=exam.scale_max,
        scoring_rule=scoring.RULE,
    )
    AttemptItem.objects.bulk_create(
        AttemptItem(
            attempt=attempt,
            position=position,
            question_id=item.question_id,
            revision_id=item.revision_id,
            task_id=item.task_id,
            is_scored=is_scored,
            option_order=option_order(
                options[item.revision_id][0], shuffle=options[item.revision_id][1], seed=seed, position=position
            ),
        )
        for position, (item, is_scored) in enumerate(form, start=1)
    )
    return attempt


# --- Saving -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Answer:
    """The state of one question as a page sends it; options are numbered as shown.

    `sequence` is the last one the page was told, `page` names the page's load and `count` goes up with each change
    made on it: together they tell a retry and a quick second change from a stale tab.
    """

    position: int
    chosen: tuple[int, ...] = ()
    is_flagged: bool = False
    struck: tuple[int, ...] = ()
    seconds_spent: int = 0
    sequence: int = 0
    page: str = ""
    count: int = 0


@transaction.atomic
def save_answer(*, candidate: User, attempt_id: UUID, answer: Answer, now: dt.datetime) -> AttemptItem:
    """Store one answer and return the item with its new sequence number.

    Raises `AttemptItem.DoesNotExist`, `AttemptClosed`, `InvalidResponse`, or `StaleAnswer` when another page saved a
    different answer in between. The same answer sent again is no conflict: the repeat changes nothing.
    """
    items = (
        AttemptItem.objects.select_related("attempt", "revision")
        .filter(attempt=attempt_id, attempt__candidate=candidate, position=answer.position)
        # Without the question's texts and key, which a save has no use for.
        .only("option_order", *_SAVED_FIELDS, "attempt__state", "attempt__deadline_at", "revision__kind")
    )
    item = items.select_for_update(of=("attempt",), no_key=True).get()
    _require_open(item.attempt, now)
    if _store(item, answer):
        return item
    # Another save of this question held the lock: what was read with it is older than the lock. Read again; nobody
    # can change it now.
    item = items.get()
    _store(item, answer)
    return item


def _require_open(attempt: Attempt, now: dt.datetime) -> None:
    if not attempt.is_in_progress:
        raise AttemptClosed("This exam was handed in; nothing can be changed any more.")
    if not timing.is_accepting(attempt.deadline_at, now):
        raise AttemptClosed("The time of this exam is over; nothing can be changed any more.")


def _store(item: AttemptItem, answer: Answer) -> bool:
    """Write the answer if the item is still as it was read; tell whether it was. Raises `StaleAnswer`."""
    read_sequence = item.sequence
    if not _apply(item, answer):
        return True
    return bool(
        AttemptItem.objects.filter(pk=item.pk, sequence=read_sequence).update(
            **{name: getattr(item, name) for name in _SAVED_FIELDS}
        )
    )


_SAVED_FIELDS = ["response", "is_flagged", "struck", "seconds_spent", "sequence", "saved_by_page", "page_count"]


def _apply(item: AttemptItem, answer: Answer) -> bool:
    """Put the answer into the item and tell whether anything is to be written. Raises `StaleAnswer`."""
    count = len(item.option_order)
    shown = scoring.clean_response(item.revision.kind, count, answer.chosen)
    struck = sorted(set(answer.struck))
    if struck and not 0 <= struck[0] <= struck[-1] < count:
        raise InvalidResponse(f"There is no such option; this question has {count}.")
    response = None if shown is None else sorted(item.option_order[number] for number in shown)
    is_from_last_page = bool(answer.page) and item.saved_by_page == answer.page
    if is_from_last_page and answer.count != item.page_count:
        is_current = answer.count > item.page_count
    else:
        is_current = item.sequence == answer.sequence
    is_longer = answer.seconds_spent > item.seconds_spent
    item.seconds_spent = max(item.seconds_spent, answer.seconds_spent)
    if (item.response, item.is_flagged, item.struck) == (response, answer.is_flagged, struck):
        # Nothing to store but, where the page did change and change back, that this came later than what may still be
        # on its way.
        is_change = is_current and answer.count > 0
        if is_change:
            item.saved_by_page, item.page_count = answer.page, answer.count
            item.sequence += 1
        return is_change or is_longer
    if not is_current:
        raise StaleAnswer
    item.response, item.is_flagged, item.struck = response, answer.is_flagged, struck
    item.saved_by_page, item.page_count = answer.page, answer.count
    item.sequence += 1
    return True


NO_SECONDS: Mapping[int, int] = {}


@dataclass(frozen=True)
class FormSaved:
    """What became of a whole form: the attempt as it is now, and the answers refused as stale."""

    attempt: Attempt
    conflicts: list[Answer]


@transaction.atomic
def save_form(
    *,
    candidate: User,
    attempt_id: UUID,
    now: dt.datetime,
    answers: Sequence[Answer],
    seconds: Mapping[int, int] = NO_SECONDS,
) -> FormSaved:
    """Store all answers of a page at once; those that are stale are returned, the others are stored."""
    attempt = _locked_attempt(candidate, attempt_id)
    _require_open(attempt, now)
    return FormSaved(attempt, _store_all(attempt, answers, seconds))


def _locked_attempt(candidate: User, attempt_id: UUID) -> Attempt:
    return Attempt.objects.select_for_update(no_key=True).get(pk=attempt_id, candidate=candidate)


def _store_all(attempt: Attempt, answers: Sequence[Answer], seconds: Mapping[int, int]) -> list[Answer]:
    positions = {answer.position for answer in answers} | seconds.keys()
    items = {item.position: item for item in attempt.items.filter(position__in=positions).select_related("revision")}
    conflicts: list[Answer] = []
    changed: set[AttemptItem] = set()
    for position, item in items.items():
        if seconds.get(position, 0) > item.seconds_spent:
            item.seconds_spent = seconds[position]
            changed.add(item)
    for answer in answers:
        if answer.position not in items:
            raise InvalidResponse(f"This exam has no question {answer.position}.")
        item = items[answer.position]
        try:
            if _apply(item, answer):
                changed.add(item)
        except StaleAnswer:
            conflicts.append(answer)
    AttemptItem.objects.bulk_update(changed, _SAVED_FIELDS)
    return conflicts


# --- Handing in -------------------------------------------------------------------------------------


@transaction.atomic
def submit_attempt(
    *,
    candidate: User,
    attempt_id: UUID,
    now: dt.datetime,
    answers: Sequence[Answer] = (),
    seconds: Mapping[int, int] = NO_SECONDS,
) -> FormSaved:
    """Hand in, with what the page had not saved yet. Handing in again changes nothing and gets the same result.

    While there is time, an answer refused as stale stops the hand-in so that the candidate can choose; at the deadline
    the newer answer stands. After deadline + grace the answers sent along are not accepted.
    """
    attempt = _locked_attempt(candidate, attempt_id)
    if not attempt.is_in_progress:
        return FormSaved(attempt, [])
    conflicts = _store_all(attempt, answers, seconds) if timing.is_accepting(attempt.deadline_at, now) else []
    if conflicts and now < attempt.deadline_at:
        return FormSaved(attempt, conflicts)
    closed_by = Attempt.ClosedBy.CANDIDATE if now < attempt.deadline_at else Attempt.ClosedBy.DEADLINE
    _close(attempt.pk, now, closed_by)
    attempt.refresh_from_db()
    return FormSaved(attempt, [])


def _close(attempt_id: UUID, now: dt.datetime, closed_by: str) -> bool:
    """Move to `submitted`, and ask for the score once that is committed. False: it had been closed already."""
    closed = (
        Attempt.objects.in_progress()
        .filter(pk=attempt_id)
        .update(state=Attempt.State.SUBMITTED, submitted_at=now, closed_by=closed_by, scoring_requested_at=now)
    )
    if closed:
        transaction.on_commit(partial(request_scoring, attempt_id))
    return bool(closed)


def close_overdue(*, now: dt.datetime, candidate: User | None = None, limit: int = 500) -> int:
    """Close attempts whose time is over and that nobody handed in; return how many.

    Each in a transaction of its own: one that fails does not hold up the others. With `candidate`, theirs only: the
    visit of a page does for its visitor what the sweep does for all.
    """
    overdue = Attempt.objects.overdue(now)
    if candidate is not None:
        overdue = overdue.filter(candidate=candidate)
    closed = 0
    for attempt_id in overdue.order_by("deadline_at").values_list("pk", flat=True)[:limit]:
        try:
            with transaction.atomic():
                closed += _close(attempt_id, now, Attempt.ClosedBy.DEADLINE)
        except Exception:
            logger.exception("attempt %s could not be closed; the next sweep tries again", attempt_id)
    return closed


# --- Scoring ----------------------------------------------------------------------------------------


def request_scoring(attempt_id: UUID) -> None:
    """Ask a worker for the score. The database already says that it is due: a dead broker costs time, no score."""
    try:
        current_app.tasks[SCORE_TASK].apply_async((str(attempt_id),), retry=False)
    except BrokerError as error:
        logger.warning("broker unreachable, attempt %s will be sent again by the sweep: %s", attempt_id, error)


def resend_due(*, now: dt.datetime, candidate: User | None = None, limit: int = 500) -> int:
    """Ask again for scores that were due for too long; return how many."""
    due = Attempt.objects.due_for_scoring().filter(
        Q(scoring_requested_at=None) | Q(scoring_requested_at__lt=now - RESEND_AFTER)
    )
    if candidate is not None:
        due = due.filter(candidate=candidate)
    attempt_ids = list(due.order_by("submitted_at").values_list("pk", flat=True)[:limit])
    # Marked before sending: a task that runs in this process finds the mark in place.
    Attempt.objects.filter(pk__in=attempt_ids).update(scoring_requested_at=now)
    for attempt_id in attempt_ids:
        request_scoring(attempt_id)
    return len(attempt_ids)


def score_attempt(*, attempt_id: UUID, now: dt.datetime) -> Score | None:
    """Score a submitted attempt, once: called again it returns the score that exists.

    None when there is nothing to score (yet): the attempt is open, gone or parked. A failure is counted and kept with
    its reason; data that no rule can judge parks the attempt at once. A database out of reach, a deadlock or a
    serialization failure says nothing about the attempt: it is raised to be tried again and not counted.
    """
    try:
        return _score_attempt(attempt_id, now)
    except OperationalError:
        raise
    except UnscorableAttempt as error:
        _record_failure(attempt_id, error, tries=Attempt.MAX_SCORING_TRIES)
        logger.exception("attempt %s cannot be scored and is parked", attempt_id)
        return None
    except Exception as error:
        _record_failure(attempt_id, error, tries=F("scoring_tries") + 1)
        raise


@transaction.atomic
def _score_attempt(attempt_id: UUID, now: dt.datetime) -> Score | None:
    attempt = Attempt.objects.select_for_update(no_key=True).filter(pk=attempt_id).first()
    if attempt is None or attempt.is_in_progress:
        return None
    if attempt.state == Attempt.State.SCORED:
        return attempt.scores.get(is_current=True)
    if attempt.scoring_tries >= Attempt.MAX_SCORING_TRIES:
        return None
    score = _judge(attempt, now)
    score.save()
    Attempt.objects.filter(pk=attempt_id, state=Attempt.State.SUBMITTED).update(
        state=Attempt.State.SCORED, scoring_error=""
    )
    return score


def _judge(attempt: Attempt, now: dt.datetime) -> Score:
    """Compute the score from what the attempt pins."""
    rows = list(attempt.items.order_by("position").select_related("task__domain", "revision"))
    items = [
        scoring.ScoredItem(
            item.position,
            str(item.task.domain.number),
            item.task.code,
            item.is_scored,
            scoring.points(item.revision.kind, item.revision.key, item.response),
        )
        for item in rows
    ]
    outline: dict[str, Any] = {}
    for item in rows:
        domain = outline.setdefault(str(item.task.domain.number), {"name": item.task.domain.name, "tasks": {}})
        domain["tasks"][item.task.code] = item.task.name
    result = scoring.score(items, scale_min=attempt.scale_min, scale_max=attempt.scale_max)
    return Score(
        attempt=attempt,
        version=1,
        rule=attempt.scoring_rule,
        correct=result.correct,
        total=result.total,
        unscored_correct=result.unscored_correct,
        unscored_total=result.unscored_total,
        scaled=result.scaled,
        is_passed=result.scaled >= attempt.cut_score,
        domains={tally.code: [tally.correct, tally.total] for tally in result.domains},
        tasks={tally.code: [tally.correct, tally.total] for tally in result.tasks},
        outline=outline,
        points={str(item.position): item.points for item in items},
        created_at=now,
    )


def _record_failure(attempt_id: UUID, error: Exception, tries: Any) -> None:
    Attempt.objects.filter(pk=attempt_id, state=Attempt.State.SUBMITTED).update(
        scoring_tries=tries, scoring_error=f"{type(error).__name__}: {error}"[:1000]
    )


def sweep(*, now: dt.datetime, candidate: User | None = None) -> None:
    """Finish what people and processes left open: close overdue attempts and ask again for scores that are due."""
    close_overdue(now=now, candidate=candidate)
    resend_due(now=now, candidate=candidate)


# --- Blueprints -------------------------------------------------------------------------------------


@transaction.atomic
def create_standard_exams(certification: Certification) -> list[Exam]:
    """Create the exams every certification begins with, where its bank can fill them; return the new ones.

    A full mock, a sprint of 20 questions in half an hour, and practice per domain and per chapter at the pace of the
    real exam. One that exists, even if it was edited, is left as it is.
    """

    def minutes_for(questions: int) -> int:
        return -(-questions * certification.minutes // certification.question_count)

    common = {
        "certification": certification,
        "cut_score": certification.cut_score,
        "scale_min": certification.scale_min,
        "scale_max": certification.scale_max,
    }
    exams = [
        Exam(
            slug=f"{certification.code}-full",
            title=f"{certification.code.upper()} full mock exam",
            description="The length, the time and the mix of the real exam.",
            question_count=certification.question_count,
            unscored_count=certification.unscored_count,
            minutes=certification.minutes,
            **common,
        ),
        Exam(
            slug=f"{certification.code}-sprint",
            title=f"{certification.code.upper()} sprint",
            description="Twenty questions from all domains in half an hour.",
            question_count=20,
            minutes=30,
            **common,
        ),
    ]
    exams += [
        Exam(
            slug=f"{certification.code}-domain-{domain.number}",
            title=f"{certification.code.upper()} practice: {domain.name}",
            description=f"Ten questions from domain {domain.number}.",
            domain=domain,
            question_count=10,
            minutes=minutes_for(10),
            **common,
        )
        for domain in certification.domains.all()
    ]
    exams += [
        Exam(
            slug=f"{certification.code}-chapter-{chapter.number}",
            title=f"{certification.code.upper()} chapter {chapter.number}: {chapter.title}",
            description=f"The {chapter.questions} questions of chapter {chapter.number} of the study material.",
            chapter=chapter.number,
            question_count=chapter.questions,
            minutes=minutes_for(chapter.questions),
            **common,
        )
        for chapter in chapters_of(certification)
    ]
    existing = set(Exam.objects.filter(slug__in=[exam.slug for exam in exams]).values_list("slug", flat=True))
    created = [exam for exam in exams if exam.slug not in existing and not short_domains(exam)]
    for exam in created:
        exam.save()
    return created
