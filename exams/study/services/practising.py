"""Practice: starting one, saving an answer, checking it, finishing."""

import datetime as dt
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.utils.translation import gettext as _

from accounts.models import User
from exams.attempts import timing
from exams.attempts.models import Attempt, AttemptItem
from exams.attempts.services.saving import MAX_POSITION, Answer, apply_answer
from exams.attempts.services.saving_sql import SAVED_FIELDS
from exams.attempts.services.starting_sql import lock_candidate
from exams.blueprints.assembly import option_order, with_cases_together
from exams.blueprints.rules import RULE, rule_of
from exams.exceptions import AttemptClosed, InvalidResponse, PracticeRefused
from exams.scoring.models import JudgedAnswer
from exams.study.criteria import Criteria
from exams.study.models import Memory, Practice, PracticeItem, PracticeSet, StudyPlan
from exams.study.queries.pool import asked_now, matching, practisable
from exams.study.services.learning import Aim, aim_of, learn
from questions.kinds import kind_of
from questions.models import Certification, Revision
from questions.queries import Drawable, drawable

Reason = PracticeItem.Reason


@dataclass(frozen=True)
class Chosen:
    """A question to practise, by its id, and why."""

    question_id: int
    reason: str = Reason.CHOSEN


# --- Starting -------------------------------------------------------------------------------------------------------


def start_chosen(
    *,
    candidate: User,
    certification: Certification,
    criteria: Criteria,
    title: str,
    now: dt.datetime,
    practice_set: PracticeSet | None = None,
    seed: int | None = None,
) -> Practice:
    """Start a practice of questions drawn by the criteria. Raises `PracticeRefused` when there are none."""
    seed = secrets.randbits(31) if seed is None else seed
    rows = matching(candidate, certification, criteria)
    start = (seed % 1000) / 1000
    keys = rows.order_by("draw_key").values_list("question_id", flat=True)
    drawn = list(keys.filter(draw_key__gte=start)[: criteria.number])
    drawn += list(keys.filter(draw_key__lt=start)[: criteria.number - len(drawn)])
    return start_practice(
        candidate=candidate,
        certification=certification,
        chosen=[Chosen(question_id) for question_id in drawn],
        title=title,
        feedback=criteria.feedback,
        minutes=criteria.minutes,
        practice_set=practice_set,
        seed=seed,
        now=now,
    )


@transaction.atomic
def start_practice(
    *,
    candidate: User,
    certification: Certification,
    chosen: Sequence[Chosen],
    title: str,
    now: dt.datetime,
    feedback: str = Practice.Feedback.EACH,
    minutes: int | None = None,
    practice_set: PracticeSet | None = None,
    seed: int | None = None,
) -> Practice:
    """Start a practice of these questions, in this order but for those of one case, which follow each other.

    What the candidate may not practise now is left out: an exam may have begun since they were chosen. Raises
    `PracticeRefused` when nothing is left.
    """
    seed = secrets.randbits(31) if seed is None else seed
    lock_candidate(candidate.pk)
    ids = [one.question_id for one in chosen]
    rows = drawable(practisable(candidate, certification).filter(question__in=ids))
    found = {row[0]: Drawable(*row[:5]) for row in rows}
    items = [(found[question_id], True) for question_id in dict.fromkeys(ids) if question_id in found]
    if not items:
        raise PracticeRefused(_("There is nothing to practice with these choices. Choose more."))
    practice = Practice.objects.create(
        candidate=candidate,
        certification=certification,
        set=practice_set,
        title=title,
        feedback=feedback,
        started_at=now,
        deadline_at=now + dt.timedelta(minutes=minutes) if minutes else None,
    )
    reasons = {one.question_id: one.reason for one in chosen}
    PracticeItem.objects.bulk_create(_pinned(practice, items, reasons, seed))
    return practice


def _pinned(
    practice: Practice, items: list[tuple[Drawable, bool]], reasons: dict[int, str], seed: int
) -> list[PracticeItem]:
    columns = ("question_id", "options", "shuffle_options", "kind", "case_text")
    rows = Revision.objects.filter(pk__in=[item.revision_id for item, _ in items]).order_by().values_list(*columns)
    shapes = {pk: (len(options), shuffles or kind_of(kind).always_shuffles) for pk, options, shuffles, kind, _ in rows}
    cases = {pk: case for pk, _options, _shuffles, _kind, case in rows if case}
    return [
        PracticeItem(
            practice=practice,
            position=position,
            question_id=item.question_id,
            revision_id=item.revision_id,
            task_id=item.task_id,
            reason=reasons[item.question_id],
            option_order=option_order(
                shapes[item.question_id][0], shuffle=shapes[item.question_id][1], seed=seed, position=position
            ),
        )
        for position, (item, _) in enumerate(with_cases_together(items, cases), start=1)
    ]


# --- Answering ------------------------------------------------------------------------------------------------------


@transaction.atomic
def save_practice_answer(*, candidate: User, practice_id: UUID, answer: Answer, now: dt.datetime) -> PracticeItem:
    """Store one answer and return the item with its new sequence number: by the rules of exams.

    Raises `PracticeItem.DoesNotExist`, `AttemptClosed` once it was checked or the practice is over, `InvalidResponse`
    and `StaleAnswer`.
    """
    item = _item(candidate, practice_id, answer.position)
    _require_open(item, now)
    if apply_answer(item, answer):
        item.save(update_fields=SAVED_FIELDS)
    return item


def _item(candidate: User, practice_id: UUID, position: int) -> PracticeItem:
    if not 0 < position <= MAX_POSITION:
        raise PracticeItem.DoesNotExist
    items = PracticeItem.objects.select_related("practice", "revision")
    # Neither the question's texts nor its key.
    items = items.defer(*_UNREAD).select_for_update(of=("self",), no_key=True)
    return items.get(practice=practice_id, practice__candidate=candidate, position=position)


_UNREAD = [
    f"revision__{name}"
    for name in ("case_text", "stem", "options", "key", "rationales", "explanation", "service_note", "references")
]


def _require_open(item: PracticeItem, now: dt.datetime) -> None:
    if item.checked_at:
        raise AttemptClosed(_("This question has been checked. You can no longer change the answer."))
    if is_over(item.practice, now):
        raise AttemptClosed(_("This practice is over. You can no longer change it."))


def is_over(practice: Practice, now: dt.datetime) -> bool:
    has_run_out = practice.deadline_at is not None and not timing.is_accepting(practice.deadline_at, now)
    return practice.finished_at is not None or has_run_out


# --- Checking -------------------------------------------------------------------------------------------------------


@transaction.atomic
def check_answer(*, candidate: User, practice_id: UUID, answer: Answer, now: dt.datetime) -> PracticeItem:
    """Store the answer, lock and judge it; checking twice is checking once. Return the item with all of its revision.

    Raises, beside what `save_practice_answer` does, `PracticeRefused` while an exam under way asks the question, and
    where the feedback comes at the end.
    """
    # No exam begins between the look at what is under way and the key: its start takes the same lock.
    under_way, _past = lock_candidate(candidate.pk)
    item = _item_to_judge(candidate, practice_id, answer.position)
    if item.checked_at:
        return item
    if item.practice.feedback != Practice.Feedback.EACH:
        raise PracticeRefused(_("The answers of this practice are shown at its end."))
    _require_open(item, now)
    apply_answer(item, answer)
    if under_way and item.is_being_asked:  # type: ignore[attr-defined]  # annotated
        raise PracticeRefused(
            _("An exam in progress asks this question, too. You can check it once that exam is submitted.")
        )
    _require_complete(item)
    _judge([item], now, _aim(item, candidate))
    return item


def _item_to_judge(candidate: User, practice_id: UUID, position: int) -> PracticeItem:
    if not 0 < position <= MAX_POSITION:
        raise PracticeItem.DoesNotExist
    return _to_judge(candidate, PracticeItem.objects.filter(practice=practice_id, position=position)).get()


def _to_judge(candidate: User, items: QuerySet[PracticeItem]) -> QuerySet[PracticeItem]:
    """Read items with all that judging them asks for, in one query."""
    handed_in = AttemptItem.objects.filter(question=OuterRef("question"), attempt__candidate=candidate).exclude(
        attempt__state=Attempt.State.IN_PROGRESS
    )
    plan = StudyPlan.objects.filter(candidate=candidate, certification=OuterRef("practice__certification"))
    return (
        items.filter(practice__candidate=candidate)
        .select_related("practice", "revision__question", "task")
        .annotate(
            is_being_asked=asked_now(candidate),
            was_met=Exists(handed_in)
            | Exists(JudgedAnswer.objects.filter(candidate=candidate, question=OuterRef("question"), score=None)),
            exam_date=Subquery(plan.values("exam_date")[:1]),
            parameters=Subquery(plan.values("parameters")[:1]),
        )
        .select_for_update(of=("self",), no_key=True)
    )


def _aim(item: PracticeItem, candidate: User) -> Aim:
    return aim_of(StudyPlan(exam_date=item.exam_date, parameters=item.parameters), candidate)  # type: ignore[attr-defined]


def _require_complete(item: PracticeItem) -> None:
    revision = item.revision
    if item.response is not None and not kind_of(revision.kind).is_complete(item.response, revision.choose):
        raise InvalidResponse(_("Your answer is incomplete. Complete it, then check it."))


def _judge(items: Sequence[PracticeItem], now: dt.datetime, aim: Aim) -> dict[int, Memory]:
    """Lock these items, store what their answers were worth, and learn from it. Three statements, and two for each."""
    rule = rule_of(RULE)
    answers = []
    for item in items:
        item.checked_at = now
        revision = item.revision
        answers.append(
            JudgedAnswer(
                candidate_id=item.practice.candidate_id,
                practice_item=item,
                question_id=item.question_id,
                revision_id=item.revision_id,
                task_id=item.task_id,
                earned=rule.earned(revision.kind, revision.key, len(revision.options), item.response),
                is_scored=False,
                is_first=not item.was_met,  # type: ignore[attr-defined]  # annotated
                is_sure=item.is_sure,
                given=JudgedAnswer.Given.ANSWER if item.response else JudgedAnswer.Given.BLANK,
                seconds=item.seconds_spent,
                answered_at=now,
            )
        )
    PracticeItem.objects.bulk_update(items, [*SAVED_FIELDS, "checked_at"])
    JudgedAnswer.objects.bulk_create(answers)
    candidate_id = items[0].practice.candidate_id
    memories = learn(candidate_id=candidate_id, questions=[item.question_id for item in items], aim=aim)
    for item, answer in zip(items, answers, strict=True):
        item.outcome, item.memory = answer, memories[item.question_id]  # type: ignore[attr-defined]
    return memories


# --- Finishing ------------------------------------------------------------------------------------------------------


@transaction.atomic
def finish_practice(*, candidate: User, practice_id: UUID, now: dt.datetime) -> Practice:
    """End a practice; ending it twice is ending it once. With feedback at the end its answers are judged now.

    What an exam under way asks is not judged, and its answer not shown.
    """
    lock_candidate(candidate.pk)
    practice = Practice.objects.select_for_update(no_key=True).get(pk=practice_id, candidate=candidate)
    if practice.finished_at:
        return practice
    practice.finished_at = now
    practice.save(update_fields=["finished_at"])
    if practice.feedback == Practice.Feedback.END:
        items = [item for item in _to_judge(candidate, practice.items.all()) if not item.is_being_asked]  # type: ignore[attr-defined]
        if items:
            _judge(items, min(now, practice.deadline_at or now), _aim(items[0], candidate))
    return practice
