"""Keys that were corrected, the attempts that were judged by the old ones, and what became of their scores."""

import datetime as dt
from dataclasses import dataclass, field
from itertools import pairwise

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext as _

from exams.attempts.models import Attempt, AttemptItem
from exams.exceptions import Incomparable
from exams.release.queries import may_know
from exams.scoring.comparing import is_judged_alike, translated
from exams.scoring.models import JudgedAnswer, Rescore, RescoreFailure, Score
from questions.models import Question, Revision

# What failed is tried again after so long.
TRY_AGAIN_AFTER = dt.timedelta(seconds=60)

# --- For instructors ------------------------------------------------------------------------------------


@dataclass
class Correction:
    """An old revision that attempts pinned, beside the published one. `refusal` says why no answer can be judged by
    the new key; "" where it can."""

    old_revision: Revision
    is_alike: bool
    refusal: str
    rescores: list[Rescore]
    scored: int = 0
    under_way: int = 0
    exams: dict[str, int] = field(default_factory=dict)


def corrections_of(question: Question) -> list[Correction]:
    """Return each revision that attempts pinned, the newest first: three queries."""
    published = question.published_revision
    if published is None:
        return []
    rows = (
        AttemptItem.objects.filter(question=question)
        .order_by()
        .values_list("revision", "attempt__state", "attempt__exam__title")
        .annotate(count=Count("pk"))
    )
    counts = list(rows)
    revisions = question.revisions.filter(pk__in={row[0] for row in counts}).order_by("-number")
    rescores = list(question.rescores.select_related("by", "old_revision", "revision"))
    found = {revision.pk: _correction(revision, published, rescores) for revision in revisions}
    for revision_id, state, title, count in counts:
        correction = found[revision_id]
        if state == Attempt.State.SCORED:
            correction.scored += count
        else:
            correction.under_way += count
        correction.exams[title] = correction.exams.get(title, 0) + count
    return list(found.values())


def _correction(old: Revision, published: Revision, rescores: list[Rescore]) -> Correction:
    refusal = _("it is the published revision itself") if old == published else ""
    try:
        translated(old, published, None)
    except Incomparable as error:
        refusal = str(error)
    own = [rescore for rescore in rescores if rescore.old_revision_id == old.pk]
    return Correction(old, is_judged_alike(old, published), refusal, own)


def open_corrections(question: Question) -> list[Correction]:
    """Return the revisions whose attempts are judged otherwise than the published one is, with nothing done about it.

    Nearly every question has but one revision: then it is one query.
    """
    published = question.published_revision
    if published is None or not question.revisions.filter(number__lt=published.number).exists():
        return []
    return [
        correction
        for correction in corrections_of(question)
        if not correction.is_alike and not any(rescore.revision_id == published.pk for rescore in correction.rescores)
    ]


def to_rescore(rescore: Rescore) -> QuerySet[Attempt]:
    """Select the scored attempts that the order means and that have not got its score yet."""
    return pinning(rescore).filter(state=Attempt.State.SCORED).exclude(scores__rescore=rescore)


def due_to_rescore(rescore: Rescore, now: dt.datetime) -> QuerySet[Attempt]:
    """Select of these the attempts to try now: not those that are parked, nor those that failed a moment ago."""
    failures = RescoreFailure.objects.filter(rescore=rescore)
    not_now = failures.filter(Q(tries__gte=RescoreFailure.MAX_TRIES) | Q(tried_at__gt=now - TRY_AGAIN_AFTER))
    return to_rescore(rescore).exclude(pk__in=not_now.values("attempt"))


def parked_rescores() -> QuerySet[RescoreFailure]:
    """Select the attempts that an order has given up; one that a later order covers is not waited for."""
    failures = RescoreFailure.objects.filter(tries__gte=RescoreFailure.MAX_TRIES, rescore__finished_at=None)
    return failures.order_by("tried_at", "pk")


def pinning(rescore: Rescore) -> QuerySet[Attempt]:
    """Select the attempts that the order means, in whatever state."""
    return Attempt.objects.filter(items__revision=rescore.old_revision_id, started_at__lte=rescore.ordered_at)


@dataclass(frozen=True)
class RescoreCounts:
    rescored: int
    changed: int
    parked: int


def rescore_counts(rescore: Rescore) -> RescoreCounts:
    """Return how many attempts an order has reached, and in how many of them its question is worth something else."""
    before = JudgedAnswer.objects.filter(
        item=OuterRef("item"), score__attempt=OuterRef("score__attempt"), score__version=OuterRef("score__version") - 1
    )
    answers = JudgedAnswer.objects.filter(score__rescore=rescore, revision=rescore.old_revision_id)
    answers = answers.annotate(earned_before=Subquery(before.values("earned")))
    changed = Count("pk", filter=~Q(earned=F("earned_before")))
    parked = rescore.failures.filter(tries__gte=RescoreFailure.MAX_TRIES).count()
    return RescoreCounts(**answers.aggregate(rescored=Count("pk"), changed=changed), parked=parked)


# --- For candidates -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class CorrectedScore:
    """`reason` is "" while it might tell a key that may not be shown."""

    before: Score
    after: Score
    position: str
    reason: str
    is_changed: bool


def corrected_scores(attempt: Attempt, *, is_key_shown: bool) -> list[CorrectedScore]:
    """Return what each re-score of an attempt made of its score, the latest first: three queries."""
    known = set(may_know(attempt.items.all(), attempt.candidate_id).values_list("question", flat=True))
    earned = {
        (score_id, question_id): parts
        for score_id, question_id, parts in JudgedAnswer.objects.filter(score__attempt=attempt)
        .order_by()
        .values_list("score", "question", "earned")
    }
    corrected = []
    for before, after in pairwise(attempt.scores.select_related("rescore").order_by("version")):
        if after.rescore:
            position, _colon, reason = after.reason.partition(": ")
            is_shown = is_key_shown and after.rescore.question_id in known
            question = after.rescore.question_id
            is_changed = earned[before.pk, question] != earned[after.pk, question]
            corrected.append(CorrectedScore(before, after, position, reason if is_shown else "", is_changed))
    return corrected[::-1]


def applied_rescores(attempt: Attempt) -> dict[int, Rescore]:
    """Return the order in force for each re-scored question of an attempt, by the question's id."""
    scores = attempt.scores.filter(rescore__isnull=False).order_by("version")
    scores = scores.select_related("rescore__revision", "rescore__old_revision")
    return {score.rescore.question_id: score.rescore for score in scores if score.rescore}
