"""What the pages of a practice show: its questions, with the key where each was checked and nowhere else."""

import datetime as dt
from dataclasses import dataclass
from fractions import Fraction
from uuid import UUID

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext as _

from accounts.models import User
from exams.attempts.queries.meeting import met_by
from exams.attempts.queries.taking import ShownItem, shown
from exams.blueprints.rules import FULL
from exams.cohorts.access import own_cohorts
from exams.scoring.estimates import shown_points
from exams.study.models import Memory, Note, Practice, PracticeItem, PracticeSet
from exams.study.queries.pool import asked_now
from questions.queries import Previewed, previewed
from questions.rendering import render_plain


@dataclass(frozen=True)
class Place:
    """A question in the list of all. `points` is what its answer earned: None while nobody may know.

    `is_held`: an exam under way asks it, so that nothing is said of it, whenever it was checked.
    """

    position: int
    is_answered: bool
    is_flagged: bool
    is_checked: bool
    is_held: bool
    points: Fraction | None

    @property
    def state(self) -> str:
        if self.points is not None:
            return "right" if self.points == 1 else "wrong"
        return "answered" if self.is_answered else "open"

    @property
    def state_label(self) -> str:
        return {"right": _("correct"), "wrong": _("wrong"), "answered": _("answered"), "open": _("open")}[self.state]

    @property
    def is_explained(self) -> bool:
        return self.is_checked and not self.is_held

    @property
    def is_missed(self) -> bool:
        return self.points is not None and self.points < 1


def places_of(practice: Practice) -> list[Place]:
    """Return the questions of a practice in their order: one query, which reads no text of any."""
    rows = practice.items.order_by("position").annotate(is_held=asked_now(practice.candidate_id))
    columns = ("position", "response", "is_flagged", "checked_at", "is_held", "judged__earned")
    return [
        Place(
            position=position,
            is_answered=response is not None,
            is_flagged=is_flagged,
            is_checked=checked_at is not None,
            is_held=is_held,
            points=None if is_held or earned is None else Fraction(earned, FULL),
        )
        for position, response, is_flagged, checked_at, is_held, earned in rows.values_list(*columns)
    ]


@dataclass(frozen=True)
class Asked:
    """A question before it is checked, and why it is here: `last_at` is when it was answered before."""

    item: ShownItem
    question_id: int
    reason: str
    last_at: dt.datetime | None

    @property
    def is_back(self) -> bool:
        return self.reason not in (PracticeItem.Reason.CHOSEN, PracticeItem.Reason.NEW)


def asked_item(practice: Practice, position: int) -> Asked:
    """Return a question without its key: two queries."""
    rows = practice.items.filter(position=position)
    memory = Memory.objects.filter(candidate=practice.candidate_id, question=OuterRef("question"))
    (item,) = shown(rows)
    facts = rows.annotate(last_at=Subquery(memory.values("last_at")[:1]))
    question_id, reason, last_at = facts.values_list("question", "reason", "last_at").get()
    return Asked(item, question_id, reason, last_at)


@dataclass(frozen=True)
class Explained:
    """A checked question with key, rationales and what the answer was. `due_at`: when it comes back."""

    position: int
    question_id: int
    question: Previewed
    task: str
    points: Fraction
    is_answered: bool
    is_sure: bool | None
    is_flagged: bool
    due_at: dt.datetime | None

    @property
    def is_right(self) -> bool:
        return self.points == 1

    @property
    def right_answer(self) -> str:
        """The right answer in a few words, where there are few: the letters of options, or what is to be typed."""
        solved = self.question.solved
        is_chosen = all(option.right is None for option in solved.options)
        letters = [option.letter for option in solved.options if option.is_right] if is_chosen else []
        return ", ".join(letters) or _(" or ").join(solved.answers)

    @property
    def said(self) -> str:
        """What is read out when the answer has been checked."""
        if self.is_right:
            return _("Correct.")
        if self.shown_points:
            outcome = _("Partly correct: %(points)s of 1 point.") % {"points": self.shown_points}
        else:
            outcome = _("Wrong.") if self.is_answered else _("No answer.")
        answer = _("Correct answer: %(answer)s.") % {"answer": self.right_answer} if self.right_answer else ""
        return f"{outcome} {answer}".strip()

    @property
    def shown_points(self) -> str:
        """What a partly right answer earned of its point; "" for one that is right or wrong."""
        return shown_points(self.points) if 0 < self.points < 1 else ""


def explained_item(practice: Practice, position: int) -> Explained:
    """Return a question that was checked, and that no exam under way asks: one query.

    Whether both are so is for the caller to know, from `places_of`.
    """
    memory = Memory.objects.filter(candidate=practice.candidate_id, question=OuterRef("question"))
    item = (
        practice.items.select_related("revision__question", "task", "judged")
        .annotate(due_at=Subquery(memory.values("due_at")[:1]))
        .get(position=position)
    )
    return Explained(
        position=position,
        question_id=item.question_id,
        question=previewed(item.revision, item.option_order, item.response),
        task=item.task.label,
        points=Fraction(item.judged.earned, FULL),
        is_answered=item.response is not None,
        is_sure=item.is_sure,
        is_flagged=item.is_flagged,
        due_at=item.due_at,
    )


# --- Afterwards -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Row:
    """A question in the result."""

    place: Place
    stem: str
    is_sure: bool | None
    seconds: int

    @property
    def time_spent(self) -> str:
        return in_words(self.seconds)


def in_words(seconds: int) -> str:
    minutes, rest = divmod(seconds, 60)
    if minutes:
        return _("%(minutes)d min %(seconds)d s") % {"minutes": minutes, "seconds": rest}
    return _("%(seconds)d s") % {"seconds": rest}


STEM_LENGTH = 120


def result_rows(practice: Practice) -> list[Row]:
    """Return what came of each question: two queries."""
    items = practice.items.order_by("position").values("revision__stem", "is_sure", "seconds_spent")
    return [
        Row(place, _cut(render_plain(item["revision__stem"])), item["is_sure"], item["seconds_spent"])
        for place, item in zip(places_of(practice), items, strict=True)
    ]


def _cut(text: str) -> str:
    return text if len(text) <= STEM_LENGTH else f"{text[:STEM_LENGTH].rstrip()}…"


def missed_questions(practice: Practice) -> list[int]:
    """Return the ids of the questions whose answers were not right, as far as their candidate may know."""
    rows = practice.items.filter(judged__earned__lt=FULL).exclude(asked_now(practice.candidate_id))
    return list(rows.order_by("position").values_list("question", flat=True))


# --- Lists ------------------------------------------------------------------------------------------------------------

UNDER_WAY, FINISHED, SETS = 20, 5, 50


def _counted(candidate: User) -> QuerySet[Practice]:
    return (
        Practice.objects.filter(candidate=candidate)
        .select_related("certification")
        .annotate(total=Count("items"), checked=Count("items", filter=Q(items__checked_at__isnull=False)))
        .order_by("-started_at", "title")
    )


def practices_under_way(candidate: User, now: dt.datetime) -> list[Practice]:
    """Return those that can be gone on with, the latest first."""
    rows = _counted(candidate).filter(finished_at=None)
    return list(rows.filter(Q(deadline_at=None) | Q(deadline_at__gt=now))[:UNDER_WAY])


def practices_finished(candidate: User) -> list[Practice]:
    return list(_counted(candidate).exclude(finished_at=None)[:FINISHED])


def visible_sets(user: User) -> QuerySet[PracticeSet]:
    """Select the sets this person made, those given to a cohort they are in, and those given to one they teach."""
    own = Q(owner=user)
    as_member = Q(pk__in=PracticeSet.objects.filter(cohorts__memberships__candidate=user).values("pk"))
    as_instructor = Q(pk__in=PracticeSet.objects.filter(cohorts__in=own_cohorts(user)).values("pk"))
    return PracticeSet.objects.filter(own | as_member | as_instructor)


def sets_of(user: User) -> list[PracticeSet]:
    """Return the sets to practise, the latest first: own ones, and those given to a cohort of this person."""
    given = PracticeSet.objects.filter(cohorts__memberships__candidate=user).values("pk")
    rows = PracticeSet.objects.filter(Q(owner=user) | Q(pk__in=given)).select_related("certification")
    return list(rows.order_by("-created_at", "title")[:SETS])


def note_of(candidate: User, question_id: int) -> Note:
    """Return what the candidate keeps of a question; one with version 0 where there is nothing yet."""
    note = Note.objects.filter(candidate=candidate, question=question_id).first()
    return note or Note(candidate=candidate, question_id=question_id, version=0)


def has_met(candidate: User, question_id: int) -> bool:
    """Tell whether the candidate was ever asked this question: of others they do not even learn that they exist."""
    in_practice = PracticeItem.objects.filter(practice__candidate=candidate, question=question_id)
    return in_practice.exists() or met_by(candidate).filter(question_id=question_id).exists()


def practice_of(candidate: User, practice_id: UUID) -> QuerySet[Practice]:
    return Practice.objects.filter(pk=practice_id, candidate=candidate).select_related("certification")
