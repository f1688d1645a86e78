"""What to practise today: what comes back, siblings of what was missed, and new questions.

The home page says how many there will be, the start draws them. Both ask the same schedule with the same rows of what
is due; of new questions the home page knows only how many each task has, which is all that the numbers depend on.
"""

import datetime as dt
import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import count

from django.db.models import Count, Exists, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce, TruncDate

from accounts.models import User
from exams.scoring.models import JudgedAnswer
from exams.study.models import Memory, Practice, PracticeItem, StudyPlan
from exams.study.queries.bank import Offer
from exams.study.queries.mastery import Focus, TaskMastery
from exams.study.queries.pool import practisable
from exams.study.scheduling import Candidate, Due, Queue, Recall, daily_queue, day_of
from questions.models import Certification

DAY = dt.timedelta(days=1)
# So many times what fits into a day is looked at, the longest due first, for what gains most.
CHOICE = 3
MINUTES_A_DAY = StudyPlan._meta.get_field("minutes_a_day").default


def plan_of(candidate: User) -> StudyPlan | None:
    """Return the plan that was chosen last: it is the one on the home page."""
    return StudyPlan.objects.filter(candidate=candidate).select_related("certification").order_by("-chosen_at").first()


def practices_to_resume(candidate: User, now: dt.datetime, limit: int = 3) -> list[Practice]:
    """Return the practices of the last seven days that are under way, latest first, with `checked` and `total`.

    What was left longer ago is on the page of practice: it is not what to do next.
    """
    under_way = Practice.objects.filter(Q(deadline_at=None) | Q(deadline_at__gt=now), finished_at=None)
    rows = under_way.filter(candidate=candidate, started_at__gte=now - 7 * DAY).order_by("-started_at")
    items = PracticeItem.objects.filter(practice=OuterRef("pk")).order_by().values("practice")
    checked = items.filter(checked_at__isnull=False).annotate(number=Count("pk")).values("number")
    total = items.annotate(number=Count("pk")).values("number")
    # Counted one by one: a join would count those of all that are under way.
    return list(rows.annotate(checked=Coalesce(Subquery(checked), 0), total=Coalesce(Subquery(total), 0))[:limit])


def midnight(day: dt.date, zone: dt.tzinfo) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), zone)


# --- The week --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Day:
    """So many questions answered on a day, and how many of them in practice."""

    date: dt.date
    answers: int = 0
    practised: int = 0


def week_of(candidate: User, now: dt.datetime) -> list[Day]:
    """Return the last seven days of the candidate's calendar, today last: one query, whatever went before."""
    today = day_of(now, candidate.zone)
    days = [today - number * DAY for number in reversed(range(7))]
    rows = (
        JudgedAnswer.objects.counted()
        .filter(candidate=candidate, answered_at__gte=midnight(days[0], candidate.zone))
        .filter(given=JudgedAnswer.Given.ANSWER)
        .order_by()
        .values(day=TruncDate("answered_at", tzinfo=candidate.zone))
        .annotate(answers=Count("pk"), practised=Count("pk", filter=Q(score=None)))
    )
    found = {row["day"]: Day(row["day"], row["answers"], row["practised"]) for row in rows}
    return [found.get(day, Day(day)) for day in days]


# --- Today ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Aimed:
    """For what, until when and how long a day one practises: as planned, or else without an end."""

    certification: Certification
    exam_on: dt.date | None
    minutes_a_day: int
    parameters: Sequence[float] | None


def aimed(plan: StudyPlan | None, certification: Certification) -> Aimed:
    """Return what a plan aims at; one of another certification says only how many minutes there are."""
    if plan is None:
        return Aimed(certification, None, MINUTES_A_DAY, None)
    if plan.certification_id != certification.pk:
        return Aimed(certification, None, plan.minutes_a_day, None)
    return Aimed(certification, plan.exam_date, plan.minutes_a_day, plan.parameters)


@dataclass(frozen=True)
class Pool:
    """What today's questions are chosen from: what is due, new ones in the order wanted, and siblings met before."""

    due: list[Due]
    new: list[Candidate]
    met: list[Candidate]

    def queue(self, aim: Aimed, candidate: User, *, minutes: int, seconds_per_question: int, now: dt.datetime) -> Queue:
        return daily_queue(
            self.due,
            self.new,
            today=day_of(now, candidate.zone),
            exam_on=aim.exam_on,
            minutes_a_day=minutes,
            seconds_per_question=seconds_per_question,
            others=self.met,
            parameters=aim.parameters,
            zone=candidate.zone,
        )


@dataclass(frozen=True)
class Today:
    """What is asked today. `missed`: how many of the repeated ones were wrong the last time; `topic`: the task, or else
    the domain, that at least half of the questions are about, "" without one; `is_whole`: all of them are."""

    queue: Queue
    missed: int
    topic: str
    is_whole: bool

    @property
    def questions(self) -> int:
        return len(self.queue.questions)

    @property
    def minutes(self) -> int:
        return -(-self.queue.seconds // 60)

    @property
    def repeated_right(self) -> int:
        return self.queue.repeated - self.missed


def tomorrow(candidate: User, now: dt.datetime) -> dt.datetime:
    """Return when the candidate's day ends: what comes back before it is asked today."""
    return midnight(day_of(now, candidate.zone) + DAY, candidate.zone)


def due_rows(candidate: User, certification: Certification, now: dt.datetime, places: int) -> list[Due]:
    """Return what comes back today, longest due first, as many as there are to choose from: one query."""
    rows = (
        Memory.objects.filter(candidate=candidate, due_at__lt=tomorrow(candidate, now))
        .filter(question__placements__in=practisable(candidate, certification))
        .order_by("due_at", "pk")
        .values_list(
            *("question", "question__placements__task", "is_right"),
            *("stability", "difficulty", "last_at", "due_at", "answers", "misses"),
        )[: CHOICE * places]
    )
    return [
        Due(question, task, Recall(stability, difficulty, last_at, due_at, answers, misses), is_right)
        for question, task, is_right, stability, difficulty, last_at, due_at, answers, misses in rows
    ]


def by_need(tasks: Iterable[TaskMastery], focus: Focus | None) -> list[TaskMastery]:
    """Return tasks in the order in which their new questions are asked: the one to work on, then the least known."""
    first = focus.task.place.task_id if focus and focus.why != "strong" else None

    def rank(task: TaskMastery) -> tuple[bool, float, str]:
        return task.place.task_id != first, -task.unmet / max(1, task.place.questions), task.place.code

    return sorted(tasks, key=rank)


def numbered_pool(due: list[Due], tasks: Sequence[TaskMastery], focus: Focus | None, now: dt.datetime) -> Pool:
    """Return a pool whose questions have no names: as many of each task as there are."""
    ids = count(-1, -1)
    new = [Candidate(next(ids), task.place.task_id) for task in by_need(tasks, focus) for _ in range(task.unmet)]
    missed_in = {each.task for each in due if not each.was_right}
    met = [
        Candidate(next(ids), task.place.task_id, now)
        for task in tasks
        if task.place.task_id in missed_in
        for _ in range(max(0, task.known.met - task.known.due))
    ]
    return Pool(due, new, met)


def drawn_pool(
    candidate: User,
    certification: Certification,
    due: list[Due],
    tasks: Sequence[TaskMastery],
    focus: Focus | None,
    *,
    seed: int,
    now: dt.datetime,
) -> Pool:
    """Return the questions that the candidate may practise now, new ones of a task in random order: two queries."""
    memories = Memory.objects.filter(candidate=candidate, question=OuterRef("question_id"))
    may = practisable(candidate, certification)
    unmet = list(may.exclude(Exists(memories)).order_by("pk").values_list("question_id", "task_id"))
    random.Random(seed).shuffle(unmet)  # noqa: S311  # variety, not secrecy
    places = {task.place.task_id: place for place, task in enumerate(by_need(tasks, focus))}
    unmet.sort(key=lambda row: places.get(row[1], len(places)))
    met = (
        Memory.objects.filter(Q(due_at=None) | Q(due_at__gte=tomorrow(candidate, now)), candidate=candidate)
        .filter(question__placements__in=may.filter(task__in={each.task for each in due if not each.was_right}))
        .order_by("last_at", "pk")
        .values_list("question", "question__placements__task", "last_at")
    )
    return Pool(due, [Candidate(*row) for row in unmet], [Candidate(*row) for row in met])


def minutes_left(aim: Aimed, offer: Offer, practised: int) -> int:
    """Return what is left of today's minutes after so many questions."""
    return max(0, aim.minutes_a_day - practised * offer.seconds_per_question // 60)


def places_in(minutes: int, offer: Offer) -> int:
    return minutes * 60 // offer.seconds_per_question


def todays(
    candidate: User,
    offer: Offer,
    aim: Aimed,
    tasks: Sequence[TaskMastery],
    focus: Focus | None,
    *,
    practised: int,
    now: dt.datetime,
) -> Today:
    """Say how many questions there are today, after so many that were practised today already: one query."""
    minutes = minutes_left(aim, offer, practised)
    due = due_rows(candidate, aim.certification, now, places_in(minutes, offer))
    pool = numbered_pool(due, tasks, focus, now)
    queue = pool.queue(aim, candidate, minutes=minutes, seconds_per_question=offer.seconds_per_question, now=now)
    asked = set(queue.questions)
    task_of = {each.question: each.task for each in due} | {each.question: each.task for each in pool.new + pool.met}
    of_tasks = Counter(task_of[question] for question in queue.questions)
    missed = sum(not each.was_right for each in due if each.question in asked)
    topic, is_whole = topic_of(of_tasks, tasks)
    return Today(queue, missed, topic, is_whole)


def topic_of(numbers: Counter[int], tasks: Iterable[TaskMastery]) -> tuple[str, bool]:
    """Return the name of the task, or else of the domain, that has at least half of the questions, and whether it has
    them all; "" without one."""
    named: Counter[str] = Counter()
    domains: Counter[str] = Counter()
    for task in tasks:
        named[task.place.name] += numbers[task.place.task_id]
        domains[task.place.domain_name] += numbers[task.place.task_id]
    total = numbers.total()
    for names in (named, domains):
        name, most = max(names.items(), key=lambda pair: pair[1], default=("", 0))
        if total and 2 * most >= total:
            return name, most == total
    return "", False
