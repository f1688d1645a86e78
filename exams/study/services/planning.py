"""The plan: choosing it, and starting what it says for today."""

import datetime as dt
import secrets
from collections.abc import Collection, Sequence

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from accounts.models import User
from exams.attempts.services.starting_sql import lock_candidate
from exams.exceptions import PlanRefused, PracticeRefused
from exams.study.models import Memory, Practice, PracticeItem, StudyPlan
from exams.study.queries.bank import Offer
from exams.study.queries.mastery import focus_of, known_by_task, mastery
from exams.study.queries.today import (
    aimed,
    drawn_pool,
    due_rows,
    midnight,
    minutes_left,
    places_in,
    plan_of,
    tomorrow,
    week_of,
)
from exams.study.scheduling import Due, Queue, day_of
from exams.study.services.learning import learn_again
from exams.study.services.practising import Chosen, start_practice
from questions.models import Certification

Reason = PracticeItem.Reason
FARTHEST = dt.timedelta(days=5 * 366)


@transaction.atomic
def set_plan(
    *,
    candidate: User,
    certification: Certification,
    exam_date: dt.date | None,
    minutes_a_day: int,
    now: dt.datetime,
) -> StudyPlan:
    """Choose what to prepare for; where the exam's date is another one now, all that was learned is planned again.

    Raises `PlanRefused` for a date that has passed or is years away.
    """
    today = day_of(now, candidate.zone)
    if exam_date is not None and exam_date < today:
        raise PlanRefused(_("This date has passed. Choose a day to come, or leave it empty."))
    if exam_date is not None and exam_date > today + FARTHEST:
        raise PlanRefused(_("This is more than five years from now. Choose an earlier day, or leave it empty."))
    lock_candidate(candidate.pk)
    plan = StudyPlan.objects.filter(candidate=candidate, certification=certification).first()
    had_date = plan.exam_date if plan else None
    plan = plan or StudyPlan(candidate=candidate, certification=certification)
    plan.exam_date, plan.minutes_a_day, plan.chosen_at = exam_date, minutes_a_day, now
    plan.save()
    if exam_date != had_date:
        learn_again(plan=plan)
    return plan


@transaction.atomic
def start_today(*, candidate: User, offer: Offer, now: dt.datetime, seed: int | None = None) -> Practice:
    """Start what there is to practise today: what comes back, siblings of what was missed, new questions.

    Called again it returns today's practice while that is under way. After the minutes of a day are used up it is a
    day's worth once more. Raises `PracticeRefused` when there is nothing.
    """
    seed = secrets.randbits(31) if seed is None else seed
    lock_candidate(candidate.pk)
    if practice := _of_today(candidate, offer.certification, now):
        return practice
    aim = aimed(plan_of(candidate), offer.certification)
    known = known_by_task(candidate, offer.certification, due_before=tomorrow(candidate, now))
    tasks = mastery(offer.tasks, known)
    focus = focus_of(tasks, offer.certification.pass_share)
    minutes = minutes_left(aim, offer, week_of(candidate, now)[-1].practised) or aim.minutes_a_day
    due = due_rows(candidate, offer.certification, now, places_in(minutes, offer))
    pool = drawn_pool(candidate, offer.certification, due, tasks, focus, seed=seed, now=now)
    queue = pool.queue(aim, candidate, minutes=minutes, seconds_per_question=offer.seconds_per_question, now=now)
    if not queue.questions:
        raise PracticeRefused(_("Nothing comes back today, and you have met every question."))
    unsure = Memory.objects.filter(candidate=candidate, question__in=queue.questions, is_sure=False).order_by()
    return start_practice(
        candidate=candidate,
        certification=offer.certification,
        chosen=_chosen(queue, due, set(unsure.values_list("question", flat=True))),
        title=_("Daily practice"),
        seed=seed,
        now=now,
    )


def _of_today(candidate: User, certification: Certification, now: dt.datetime) -> Practice | None:
    """Return a daily practice that began today and is under way: two clicks on the button start one."""
    not_chosen = PracticeItem.objects.filter(practice=OuterRef("pk")).exclude(reason=Reason.CHOSEN)
    return (
        Practice.objects.filter(Exists(not_chosen), candidate=candidate, certification=certification, finished_at=None)
        .filter(started_at__gte=midnight(day_of(now, candidate.zone), candidate.zone))
        .order_by("-started_at")
        .first()
    )


def _chosen(queue: Queue, due: Sequence[Due], unsure: Collection[int]) -> list[Chosen]:
    """Return the questions of the queue, each with why it is there: it holds siblings, repeated ones, new ones."""
    first, last = queue.siblings, queue.siblings + queue.repeated
    missed = {each.question for each in due if not each.was_right}

    def reason(question: int) -> str:
        return Reason.MISSED if question in missed else Reason.UNSURE if question in unsure else Reason.DUE

    return [
        *(Chosen(question, Reason.SIBLING) for question in queue.questions[:first]),
        *(Chosen(question, reason(question)) for question in queue.questions[first:last]),
        *(Chosen(question, Reason.NEW) for question in queue.questions[last:]),
    ]
