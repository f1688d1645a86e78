"""Recall on the day of an exam: plain FSRS at 90 % against our days before an exam, by simulation.

A learner's true memory is the library's own model; whether an answer is right is drawn from its recall. Half of the
learners have the default parameters, the others forget faster or more slowly than either schedule believes. Both
schedules get the same minutes a day and the same luck: the nth answer to a question draws the same number in both.
Usage: python -m benchmarks.recall (needs no service and no database; under two minutes)
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from math import exp
from random import Random

from benchmarks.harness import table
from exams.study.fitting import fitted
from exams.study.scheduling import (
    Answered,
    Candidate,
    Due,
    Recall,
    daily_queue,
    new_today,
    remembered,
    retrievability,
    scheduler_of,
)

TODAY = date(2026, 1, 1)
QUESTIONS = 300
LEARNERS = 40  # for each row
SECONDS = 75  # per question
SCENES = [(20, 30), (20, 60), (40, 30), (40, 60), (60, 30)]  # days, minutes a day
TASKS = 15
KNOWN = 0.55  # of questions are answered right when first met, and of those never met in the exam
UNSURE_FIRST, UNSURE_LATER = 0.35, 0.15  # of the right answers


@dataclass
class Learner:
    number: int
    parameters: tuple[float, ...] | None = None
    histories: dict[int, list[Answered]] = field(default_factory=dict)
    luck: dict[int, Random] = field(default_factory=dict)

    def answer(self, question: int, at: datetime) -> Answered:
        luck = self.luck.setdefault(question, Random(f"{self.number} {question}"))
        draw, doubt = luck.random(), luck.random()
        history = self.histories.setdefault(question, [])
        is_right = draw < (self.recall(question, at) if history else KNOWN)
        is_sure = doubt >= (UNSURE_LATER if history else UNSURE_FIRST)
        history.append(Answered(at, is_right, is_sure))
        return history[-1]

    def recall(self, question: int, at: datetime) -> float:
        return self.expected(question, at, self.parameters) if question in self.histories else KNOWN

    def expected(self, question: int, at: datetime, parameters: tuple[float, ...] | None) -> float:
        """What these parameters make of this learner's answers."""
        memory = remembered(self.histories[question], parameters=parameters, exam_at=None)
        return retrievability(memory, at, parameters=parameters)


@dataclass(frozen=True)
class Outcome:
    recall: float  # mean over all questions, on the day of the exam
    answers: int
    late: int  # questions that are left due after the exam
    error: float  # mean distance of the recall that the schedule expects then from the true one


def learner(number: int) -> Learner:
    """Every second one has the default parameters; the others differ as the fit expects, and in their decay."""
    if number % 2 == 0:
        return Learner(number)
    draw = Random(f"learner {number}")
    initial, growth, decay = draw.gauss(0, 0.5), draw.gauss(0, 0.5), draw.uniform(0.12, 0.25)
    default = scheduler_of().parameters
    first = [w * exp(initial) for w in default[:4]]
    return Learner(number, (*first, *default[4:8], default[8] + growth, *default[9:20], decay))


def plain_day(due: Sequence[Due], new: Sequence[int], *, today: date, exam_on: date, minutes: int) -> list[int]:
    """The most forgotten first, and new ones at the same pace as ours."""
    noon = datetime.combine(today, time(12), UTC)
    ranked = sorted(due, key=lambda d: retrievability(d.recall, noon))
    places = minutes * 60 // SECONDS
    for_new = new_today(len(new), len(due), today=today, exam_on=exam_on, minutes_a_day=minutes, places=places)
    return [*(d.question for d in ranked[: places - for_new]), *new[:for_new]]


def play(
    who: Learner, *, days: int, minutes: int, is_ours: bool, questions: int, fit_after: int | None = None
) -> Outcome:
    exam_on = TODAY + timedelta(days=days)
    exam_at = datetime.combine(exam_on, time(8), UTC)
    memories: dict[int, Recall] = {}
    parameters: tuple[float, ...] | None = None
    answers = 0
    for number in range(days):
        today = TODAY + timedelta(days=number)
        if number == fit_after:
            parameters = fitted(list(who.histories.values()))
        at = datetime.combine(today, time(18), UTC)
        due = [
            Due(q, q % TASKS, memory, was_right=who.histories[q][-1].is_right)
            for q, memory in memories.items()
            if memory.due_at is not None and memory.due_at <= at
        ]
        new = [q for q in range(questions) if q not in memories]
        if is_ours:
            candidates = [Candidate(q, q % TASKS) for q in new]
            queue = daily_queue(
                due, candidates, today=today, exam_on=exam_on, minutes_a_day=minutes, seconds_per_question=SECONDS,
                parameters=parameters,
            ).questions  # fmt: skip
        else:
            queue = tuple(plain_day(due, new, today=today, exam_on=exam_on, minutes=minutes))
        for q in queue:
            who.answer(q, at)
            memories[q] = remembered(who.histories[q], parameters=parameters, exam_at=exam_at if is_ours else None)
        answers += len(queue)
    return Outcome(
        recall=sum(who.recall(q, exam_at) for q in range(questions)) / questions,
        answers=answers,
        late=sum(m.due_at is not None and m.due_at >= exam_at for m in memories.values()),
        error=sum(abs(who.expected(q, exam_at, parameters) - who.recall(q, exam_at)) for q in memories) / len(memories),
    )


def mean(outcomes: Sequence[Outcome]) -> Outcome:
    count = len(outcomes)
    return Outcome(
        recall=sum(o.recall for o in outcomes) / count,
        answers=round(sum(o.answers for o in outcomes) / count),
        late=round(sum(o.late for o in outcomes) / count),
        error=sum(o.error for o in outcomes) / count,
    )


def compare(*, days: int, minutes: int, learners: range, questions: int = QUESTIONS) -> tuple[Outcome, Outcome]:
    """Return the mean outcome of plain FSRS, and ours."""
    plain, ours = (
        mean([play(learner(n), days=days, minutes=minutes, is_ours=is_ours, questions=questions) for n in learners])
        for is_ours in (False, True)
    )
    return plain, ours


def measure_days() -> None:
    rows = []
    for scene, (days, minutes) in enumerate(SCENES):
        numbers = range(scene * LEARNERS, (scene + 1) * LEARNERS)
        plain, ours = compare(days=days, minutes=minutes, learners=numbers)
        cells = [f"{100 * o.recall:.1f} %, {o.answers:,} answers" for o in (plain, ours)]
        rows.append([f"{days} days, {minutes} minutes a day", *cells, f"{plain.late} → {ours.late}"])
    title = f"{LEARNERS} learners a row, {QUESTIONS} questions"
    table([title, "plain FSRS, 90 %", "ours", "left due after the exam"], rows)


def measure_fit() -> None:
    """The same days with a person's own parameters from half of them on, for learners unlike the default."""
    learners = range(1, 2 * LEARNERS // 3, 2)
    cells = []
    for fit_after in (None, 20):
        outcomes = [
            play(learner(n), days=40, minutes=60, is_ours=True, questions=QUESTIONS, fit_after=fit_after)
            for n in learners
        ]
        o = mean(outcomes)
        cells.append(f"{100 * o.recall:.1f} %, {o.answers:,} answers, {100 * o.error:.1f}")
    title = f"{len(learners)} learners unlike the default, 40 days, 60 minutes a day"
    table([title, "default parameters", "fitted after 20 days"], [["recall, answers, points of error", *cells]])


def main() -> None:
    measure_days()
    measure_fit()


if __name__ == "__main__":
    main()
