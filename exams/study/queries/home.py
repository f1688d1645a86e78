"""How far a candidate is, and what to do next: what the home page shows of one certification."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from accounts.models import User
from exams.study.models import StudyPlan
from exams.study.queries.bank import Offer
from exams.study.queries.mastery import (
    DomainMastery,
    Focus,
    TaskMastery,
    by_domain,
    focus_of,
    known_by_task,
    mastery,
)
from exams.study.queries.today import Aimed, Day, Today, aimed, todays, tomorrow, week_of
from exams.study.scheduling import day_of, mock_exam_days


@dataclass(frozen=True)
class Progress:
    """`plan` is that of this certification, if there is one."""

    offer: Offer
    plan: StudyPlan | None
    aim: Aimed
    today_is: dt.date
    today: Today
    week: list[Day]
    tasks: list[TaskMastery]
    focus: Focus | None

    @property
    def domains(self) -> list[DomainMastery]:
        return by_domain(self.tasks)

    @property
    def days_left(self) -> int | None:
        """Days until the exam, 0 today; None without a date, and after it."""
        days = self._days_to_exam
        return days if days is not None and days >= 0 else None

    @property
    def is_exam_over(self) -> bool:
        return self._days_to_exam is not None and self._days_to_exam < 0

    @property
    def _days_to_exam(self) -> int | None:
        return (self.aim.exam_on - self.today_is).days if self.aim.exam_on else None

    @property
    def met(self) -> int:
        return sum(task.known.met for task in self.tasks)

    @property
    def answers(self) -> int:
        """First answers of all, on which the shares rest."""
        return sum(task.share.total for task in self.tasks)

    @property
    def answers_of_the_week(self) -> int:
        return sum(day.answers for day in self.week)

    @property
    def is_done(self) -> bool:
        return not self.today.questions

    @property
    def mock_exam_on(self) -> dt.date | None:
        """The day of the next whole mock exam by the plan; None without an exam to come."""
        days = mock_exam_days(self.today_is, self.aim.exam_on, self.aim.minutes_a_day)
        if self.has_sat_today:
            days = tuple(day for day in days if day > self.today_is)
        return days[0] if days else None

    @property
    def has_sat_today(self) -> bool:
        return self.week[-1].answers > self.week[-1].practised

    @property
    def is_mock_exam_today(self) -> bool:
        return bool(self.offer.mock_exam) and self.mock_exam_on == self.today_is


def progress_of(candidate: User, offer: Offer, plan: StudyPlan | None, now: dt.datetime) -> Progress:
    """Return it in three queries, whatever the candidate has answered."""
    aim = aimed(plan, offer.certification)
    known = known_by_task(candidate, offer.certification, due_before=tomorrow(candidate, now))
    tasks: Sequence[TaskMastery] = mastery(offer.tasks, known)
    focus = focus_of(tasks, offer.certification.pass_share)
    week = week_of(candidate, now)
    today = todays(candidate, offer, aim, tasks, focus, practised=week[-1].practised, now=now)
    is_of_this = plan is not None and plan.certification_id == offer.certification.pk
    return Progress(
        offer=offer,
        plan=plan if is_of_this else None,
        aim=aim,
        today_is=day_of(now, candidate.zone),
        today=today,
        week=week,
        tasks=list(tasks),
        focus=focus,
    )
