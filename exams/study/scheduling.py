"""When a question comes back, and what is asked today.

The memory is FSRS-6's, by the library `fsrs`: stability (the days after which recall has fallen to 90 %), difficulty
(1 to 10) and the curve of forgetting. Only public functions of the library are used. How the days before an exam are
chosen, with the formulas and what they were measured to do: docs/study.md.

Time counts in the person's calendar days, as in other programs for repetition: an answer at eight in the evening and
one at seven the next evening are a day apart. So all moments are aware, and a zone says where a day begins.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from itertools import pairwise
from math import ceil

from fsrs import Card, Rating, Scheduler, State
from fsrs.scheduler import DEFAULT_PARAMETERS

PLAIN = 0.90  # recall at which a repetition is due without an exam date
EARLY = 0.88  # with one: recall at which it is due while another one follows before the exam
ENOUGH = 0.97  # expected recall on the day of the exam from which nothing is repeated; also what the last one aims at
LAST_DAYS = 4  # before the exam, without new questions
MOCK_EXAMS = (3, 10, 17, 24)  # days before the exam
MOCK_EXAM_MINUTES = (0, 20, 45, 90)  # a day, from which that many mock exams are proposed

Parameters = Sequence[float]


@dataclass(frozen=True)
class Answered:
    """One answer to one question; `is_sure` is None for those who did not say."""

    at: datetime
    is_right: bool
    is_sure: bool | None = None


@dataclass(frozen=True)
class Recall:
    """What is remembered of one question after its last answer.

    `due_at` is the beginning of the day on which to ask again; None: not again before the exam.
    """

    stability: float  # days
    difficulty: float  # 1 to 10
    last_at: datetime
    due_at: datetime | None
    reviews: int  # answers, the first one too
    lapses: int  # wrong ones after the first


@dataclass(frozen=True)
class Candidate:
    """A question that may be asked; `last_at` is None if this person never met it."""

    question: int
    task: int
    last_at: datetime | None = None


@dataclass(frozen=True)
class Due:
    question: int
    task: int
    recall: Recall
    was_right: bool


@dataclass(frozen=True)
class WithSibling:
    question: int
    sibling: Candidate | None  # to be asked before it


@dataclass(frozen=True)
class Queue:
    """What is asked today, in this order, and what the minutes do not allow."""

    questions: tuple[int, ...]
    repeated: int
    siblings: int  # asked because another question of their task was missed; some of them are new
    new: int  # without those that are siblings
    seconds: int
    postponed: int  # due, and not asked today
    unmet_at_exam: int  # questions that will not have been met by then at this pace
    is_mock_exam_day: bool


# --- Memory of one question ----------------------------------------------------------------------------------------


@lru_cache(maxsize=64)
def _scheduler(parameters: tuple[float, ...]) -> Scheduler:
    # No steps of minutes: who studies once a day is asked again on another day. No fuzz: a replay gives the same again.
    return Scheduler(
        parameters=parameters, desired_retention=PLAIN, learning_steps=(), relearning_steps=(), enable_fuzzing=False
    )


def scheduler_of(parameters: Parameters | None = None) -> Scheduler:
    """Return the library's scheduler; ValueError if the parameters are not 21 numbers within its bounds."""
    return _scheduler(tuple(DEFAULT_PARAMETERS if parameters is None else parameters))


def day_of(at: datetime, zone: tzinfo = UTC) -> date:
    if at.utcoffset() is None:
        raise ValueError("A moment needs a time zone.")
    return at.astimezone(zone).date()


def _noted(day: date) -> datetime:
    """A calendar day as the library's clock reads it; the difference of two is a whole number of days."""
    return datetime.combine(day, time(), UTC)


def rating_of(answered: Answered) -> Rating:
    """Again if wrong, Hard if right but unsure, else Good. Nobody is asked for a grade, so none is Easy."""
    if not answered.is_right:
        return Rating.Again
    return Rating.Hard if answered.is_sure is False else Rating.Good


def new_card(day: datetime) -> Card:
    # With number and moment of ours: for its own the library reads the clock and waits a millisecond.
    return Card(card_id=0, due=day)


def _card(recall: Recall, zone: tzinfo) -> Card:
    last = _noted(day_of(recall.last_at, zone))
    return Card(0, State.Review, None, recall.stability, recall.difficulty, last, last)


def _days_after(card: Card, days: int) -> datetime:
    return (card.last_review or card.due) + timedelta(days=days)


def _recall_in(scheduler: Scheduler, card: Card, days: int) -> float:
    return scheduler.get_card_retrievability(card, _days_after(card, days))


def _if_answered(scheduler: Scheduler, card: Card, days: int, rating: Rating) -> Card:
    return scheduler.review_card(card, rating, _days_after(card, days))[0]


def _interval(scheduler: Scheduler, card: Card, recall: float) -> int:
    """Days until recall falls to this, at least 1: the inverse of R(t) = (1 + f·t/S)^-d, where f = 0.9^(-1/d) - 1."""
    decay = -scheduler.parameters[20]
    factor: float = 0.9 ** (1 / decay) - 1
    days: float = (card.stability or 0) / factor * (recall ** (1 / decay) - 1)
    return round(min(max(1.0, days), scheduler.maximum_interval))


def _days_to_wait(scheduler: Scheduler, card: Card, *, was_right: bool, days_left: int | None) -> int | None:
    """Days from the last answer to the next, or None; `days_left` from the last answer to the exam."""
    if days_left is None:
        return _interval(scheduler, card, PLAIN)
    if days_left <= 1 or _recall_in(scheduler, card, days_left) >= ENOUGH:
        return None
    eve = days_left - 1
    wait = min(_interval(scheduler, card, EARLY), eve)
    then = _if_answered(scheduler, card, wait, Rating.Good)
    if not was_right or wait + _interval(scheduler, then, EARLY) < days_left:
        return wait
    # The last one before the exam: as late as it can be and still hold, not all of them on the eve.
    then = _if_answered(scheduler, card, eve, Rating.Good)
    return max(wait, days_left - min(_interval(scheduler, then, ENOUGH), eve))


def remembered(
    answers: Sequence[Answered],
    *,
    parameters: Parameters | None = None,
    exam_at: datetime | None,
    zone: tzinfo = UTC,
) -> Recall:
    """Replay all answers to one question, oldest first. The same answers give the same memory.

    With an exam to come, what is due is due before its day, or not at all: if it is expected to be known then (ENOUGH),
    or if the exam is on the day after the last answer or on the same. An exam before the last answer counts as none.
    """
    if not answers:
        raise ValueError("Nothing is remembered of a question without an answer.")
    scheduler = scheduler_of(parameters)
    days = [day_of(answered.at, zone) for answered in answers]
    if any(later.at < earlier.at for earlier, later in pairwise(answers)):
        raise ValueError("The answers are not in order.")
    card = new_card(_noted(days[0]))
    for answered, day in zip(answers, days, strict=True):
        card = scheduler.review_card(card, rating_of(answered), _noted(day))[0]
    last = answers[-1]
    is_ahead = exam_at is not None and last.at < exam_at
    days_left = (day_of(exam_at, zone) - days[-1]).days if exam_at and is_ahead else None
    wait = _days_to_wait(scheduler, card, was_right=last.is_right, days_left=days_left)
    return Recall(
        stability=card.stability or 0,
        difficulty=card.difficulty or 0,
        last_at=last.at,
        due_at=None if wait is None else datetime.combine(days[-1] + timedelta(days=wait), time(), zone),
        reviews=len(answers),
        lapses=sum(not answered.is_right for answered in answers[1:]),
    )


def retrievability(recall: Recall, at: datetime, *, parameters: Parameters | None = None, zone: tzinfo = UTC) -> float:
    """The probability that a question is answered right at a moment: 1 on the day of its last answer, then falling."""
    card = _card(recall, zone)
    return scheduler_of(parameters).get_card_retrievability(card, _noted(day_of(at, zone)))


def gain(
    recall: Recall, *, today: date, exam_on: date, parameters: Parameters | None = None, zone: tzinfo = UTC
) -> float:
    """By how much asking today raises the expected recall on the day of the exam: a difference of probabilities."""
    scheduler = scheduler_of(parameters)
    card = _card(recall, zone)
    last = day_of(recall.last_at, zone)
    since, until, left = (today - last).days, (exam_on - last).days, (exam_on - today).days
    now = _recall_in(scheduler, card, since)
    right, wrong = (
        _recall_in(scheduler, _if_answered(scheduler, card, since, rating), left)
        for rating in (Rating.Good, Rating.Again)
    )
    return now * right + (1 - now) * wrong - _recall_in(scheduler, card, until)


# --- A day -----------------------------------------------------------------------------------------------------------


def mock_exam_days(today: date, exam_on: date | None, minutes_a_day: int) -> tuple[date, ...]:
    """Days from today on for whole mock exams: three days before the exam and weekly before; more with more minutes.

    They follow from the exam's date, so that a day passing does not move them.
    """
    if exam_on is None:
        return ()
    number = sum(minutes_a_day >= least for least in MOCK_EXAM_MINUTES)
    days = (exam_on - timedelta(days=before) for before in MOCK_EXAMS[:number])
    return tuple(sorted(day for day in days if day >= today))


def with_siblings(misses: Sequence[Due], candidates: Sequence[Candidate]) -> tuple[WithSibling, ...]:
    """Give each missed question another one of its task to be asked before it, each at most once.

    Never met comes first, in the order given, then the one met longest ago; never one of the missed ones. So it is not
    the wording that is learned.
    """
    missed = {miss.question for miss in misses}
    met_at = {c.question: c.last_at for c in candidates if c.last_at is not None}
    ranked = [c for c in candidates if c.last_at is None]
    ranked += sorted((c for c in candidates if c.last_at is not None), key=lambda c: met_at[c.question])
    free: dict[int, list[Candidate]] = {}
    for candidate in reversed(ranked):
        if candidate.question not in missed:
            free.setdefault(candidate.task, []).append(candidate)
    return tuple(WithSibling(miss.question, free[miss.task].pop() if free.get(miss.task) else None) for miss in misses)


def _ranked(
    due: Sequence[Due], *, today: date, exam_on: date | None, parameters: Parameters | None, zone: tzinfo
) -> list[Due]:
    """What gains most by the exam comes first; without an exam, what is most likely forgotten."""
    if exam_on is None:
        noon = datetime.combine(today, time(12), zone)
        worth = {d.question: -retrievability(d.recall, noon, parameters=parameters, zone=zone) for d in due}
    else:
        worth = {
            d.question: gain(d.recall, today=today, exam_on=exam_on, parameters=parameters, zone=zone) for d in due
        }
    return sorted(due, key=lambda d: (-worth[d.question], d.question))


def _days_for_new(today: date, exam_on: date, minutes_a_day: int) -> int:
    first_of_last = exam_on - timedelta(days=LAST_DAYS)
    busy = sum(day < first_of_last for day in mock_exam_days(today, exam_on, minutes_a_day))
    return max(1, (first_of_last - today).days - busy)


def new_today(unmet: int, due: int, *, today: date, exam_on: date | None, minutes_a_day: int, places: int) -> int:
    """How many of the questions never met to ask today, of so many places, when so many are due.

    With an exam to come, so many that all are met before its last days, none on the day of a mock exam; for their sake
    at most half of the places are kept from what is due. Without one, what is due comes first and they fill the rest.
    """
    rest = max(0, places - due)
    if exam_on is None or exam_on <= today:
        return min(unmet, rest)
    if today in mock_exam_days(today, exam_on, minutes_a_day):
        return 0
    return min(ceil(unmet / _days_for_new(today, exam_on, minutes_a_day)), max(rest, places // 2))


def _unmet_at_exam(unmet: int, due: int, today: date, exam_on: date | None, minutes_a_day: int, places: int) -> int:
    """How many stay unmet if each day is like today."""
    if exam_on is None:
        return 0
    return max(0, unmet - _days_for_new(today, exam_on, minutes_a_day) * max(places - due, places // 2))


@dataclass
class _Places:
    """Places of today's queue, those kept for new questions apart, and who has them."""

    repeats: int
    new: int

    def take(self, pair: WithSibling, *, is_first: bool) -> WithSibling | None:
        """Give a question and its sibling places; both, or none, but for a day with one place at all."""
        sibling = pair.sibling
        if self.repeats < 1:
            return None
        if sibling is not None and sibling.last_at is None and self.new:
            self.new -= 1
        elif sibling is not None and self.repeats > 1:
            self.repeats -= 1
        elif sibling is not None and not is_first:
            return None
        else:
            sibling = None
        self.repeats -= 1
        return WithSibling(pair.question, sibling)


def _repeated(ranked: Sequence[Due], candidates: Sequence[Candidate], room: _Places) -> list[WithSibling]:
    """Of what is due, what finds a place, with the siblings of what was missed."""
    due = {d.question for d in ranked}
    free = [candidate for candidate in candidates if candidate.question not in due]
    siblings = with_siblings([d for d in ranked if not d.was_right], free)
    paired = {pair.question: pair for pair in siblings}
    taken: list[WithSibling] = []
    for d in ranked:
        pair = room.take(paired.get(d.question, WithSibling(d.question, None)), is_first=not taken)
        taken += [pair] if pair else []
    return taken


def daily_queue(
    due: Sequence[Due],
    new: Sequence[Candidate],
    *,
    today: date,
    exam_on: date | None,
    minutes_a_day: int,
    seconds_per_question: int,
    others: Sequence[Candidate] = (),
    parameters: Parameters | None = None,
    zone: tzinfo = UTC,
) -> Queue:
    """Say what to ask today, within the minutes.

    `due` is what is due today, `new` the questions never met, in the order wanted; `others` were met and are not due,
    and serve as siblings. A miss finds a place only with its sibling, if it has one.
    """
    if seconds_per_question <= 0:
        raise ValueError("A question takes more than no time.")
    exam_on = exam_on if exam_on is not None and exam_on > today else None
    places = max(0, minutes_a_day) * 60 // seconds_per_question
    for_new = new_today(len(new), len(due), today=today, exam_on=exam_on, minutes_a_day=minutes_a_day, places=places)
    room = _Places(repeats=places - for_new, new=for_new)
    ranked = _ranked(due, today=today, exam_on=exam_on, parameters=parameters, zone=zone)
    taken = _repeated(ranked, [*new, *others], room)
    siblings = [pair.sibling.question for pair in taken if pair.sibling]
    fresh = [c.question for c in new if c.question not in siblings][: room.new]
    # The missed ones after others, so that what explained the sibling is not simply repeated.
    right = {d.question for d in due if d.was_right}
    repeats = sorted((pair.question for pair in taken), key=lambda question: question not in right)
    return Queue(
        questions=(*siblings, *repeats, *fresh),
        repeated=len(taken),
        siblings=len(siblings),
        new=len(fresh),
        seconds=(len(siblings) + len(repeats) + len(fresh)) * seconds_per_question,
        postponed=len(due) - len(taken),
        unmet_at_exam=_unmet_at_exam(len(new), len(due), today, exam_on, minutes_a_day, places),
        is_mock_exam_day=today in mock_exam_days(today, exam_on, minutes_a_day),
    )
