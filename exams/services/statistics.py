"""Keeping the statistics: each attempt's current score is in the sums once, whatever happens to the workers.

`Score.is_counted` says whether a score is in the sums, and changes in the transaction that changes them. A re-score is
due like any other score; the one it replaces is taken back with it.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable

from celery import current_app
from django.db import transaction
from django.db.models import QuerySet

from exams.item_analysis import FALSE_ALARMS, Flag, analyse_item, level_for
from exams.models import Attempt, AttemptItem, Counting, ExamStatistics, JudgedAnswer, QuestionStatistics, Score
from exams.queries.statistics import FLAG_FIELDS
from exams.scoring import FULL
from exams.tallying import ExamSums, JudgedItem, QuestionSums, tally
from questions.kinds import kind_of
from questions.models import Revision

COUNT_TASK = "exams.count_scores"
# A quarter of a second for attempts of 65 questions.
BATCH = 100

# What says how likely the flag is by chance, of the flags that claim more than what was counted.
CHANCE_FIELDS = {Flag.KEY_SUSPECT: "key_p", Flag.NEGATIVE: "negative_p"}


def count_scores(*, now: dt.datetime, limit: int = BATCH) -> int:
    """Count some of the scores that are due, all or none of them; return how many. 0 says that none is due."""
    return _count(now, limit) if _due().exists() else 0


def count_in_process(*, now: dt.datetime, batches: int = 10) -> None:
    """Count what is due where tasks run in this process: no beat runs beside it. Whoever looks at statistics asks."""
    if current_app.conf.task_always_eager:
        for _ in range(batches):
            if not count_scores(now=now):
                return


@transaction.atomic
def recount_scores(*, now: dt.datetime) -> None:
    """Forget all statistics, so that every score is due. Until they are counted, pages show what is counted by then."""
    _take_turn(now)
    QuestionStatistics.objects.all().delete()
    ExamStatistics.objects.all().delete()
    Score.objects.filter(is_counted=True).update(is_counted=False)


def _due() -> QuerySet[Score]:
    return Score.objects.filter(is_current=True, is_counted=False)


def _take_turn(now: dt.datetime) -> None:
    """Wait until nobody else is counting. A transaction that begins to read afterwards sees all that they counted."""
    Counting.objects.bulk_create([Counting(counted_at=now)], ignore_conflicts=True)
    Counting.objects.update(counted_at=now)


@transaction.atomic
def _count(now: dt.datetime, limit: int) -> int:
    _take_turn(now)
    scores = list(_due().select_related("attempt").order_by("pk")[:limit])
    replaced = Score.objects.filter(attempt__in=[score.attempt_id for score in scores], is_counted=True)
    _change([(score, -1) for score in replaced.select_related("attempt")] + [(score, 1) for score in scores])
    _correct_flags()
    replaced.update(is_counted=False)
    Score.objects.filter(pk__in=[score.pk for score in scores]).update(is_counted=True)
    return len(scores)


def _correct_flags() -> None:
    """Raise and lower the flags that depend on how many questions were looked at."""
    for flag, field in CHANCE_FIELDS.items():
        rows, name = QuestionStatistics.objects.order_by(), FLAG_FIELDS[flag]
        asked = rows.filter(**{f"{field}__isnull": False}).count()
        chances = rows.filter(**{f"{field}__lte": FALSE_ALARMS}).values_list(field, flat=True)
        level = level_for(list(chances), asked)
        raised = rows.filter(**{f"{field}__lte": level})
        rows.filter(**{name: True}).exclude(pk__in=raised.values("pk")).update(**{name: False})
        raised.filter(**{name: False}).update(**{name: True})


def _change(scores: list[tuple[Score, int]]) -> None:
    """Add scores to the sums or take them back, by their sign."""
    rows = defaultdict(list)
    items = AttemptItem.objects.filter(attempt__in={score.attempt_id for score, _ in scores})
    for row in items.only(
        "attempt", "position", "question", "revision", "is_scored", "response", "seconds_spent"
    ).order_by("position"):
        rows[row.attempt_id].append(row)
    judged = JudgedAnswer.objects.filter(score__in=[score.pk for score, _ in scores]).order_by()
    earned = {(row[0], row[1]): row[2] for row in judged.values_list("score", "item", "earned")}
    wanted = {row.revision_id for of_attempt in rows.values() for row in of_attempt}
    revisions = Revision.objects.only("kind", "key", "options").in_bulk(wanted)
    questions = _question_sums(revisions)
    exams = _exam_statistics({score.attempt.exam_id for score, _ in scores})
    for score, sign in scores:
        attempt = score.attempt
        kept = exams.setdefault(
            (attempt.exam_id, attempt.form_id), ExamStatistics(exam_id=attempt.exam_id, form_id=attempt.form_id)
        )
        sums = ExamSums(kept.scores, kept.right, kept.empty)
        tally(
            [_judged(row, revisions[row.revision_id], score, earned) for row in rows[attempt.pk]],
            has_run_out=attempt.closed_by == Attempt.ClosedBy.DEADLINE,
            is_fixed=attempt.form_id is not None,
            sign=sign,
            questions=questions,
            exam=sums,
        )
        kept.empty = sums.empty
    _store(revisions.values(), questions)
    for kept in exams.values():
        kept.save()


def _judged(row: AttemptItem, revision: Revision, score: Score, earned: dict[tuple[int, int], int]) -> JudgedItem:
    return JudgedItem(
        position=row.position,
        question_id=row.question_id,
        revision_id=row.revision_id,
        is_scored=row.is_scored,
        points=earned[score.pk, row.pk] // FULL,
        is_blank=not row.response,
        marks=kind_of(revision.kind).marks(revision.key, len(revision.options), row.response),
        seconds=row.seconds_spent,
    )


def _question_sums(revision_ids: Iterable[int]) -> dict[int, QuestionSums]:
    kept = QuestionStatistics.objects.in_bulk(revision_ids, field_name="revision_id")
    return {
        pk: QuestionSums(kept[pk].cells, kept[pk].seconds, kept[pk].not_reached) if pk in kept else QuestionSums()
        for pk in revision_ids
    }


def _exam_statistics(exam_ids: Iterable[int]) -> dict[tuple[int, int | None], ExamStatistics]:
    return {(kept.exam_id, kept.form_id): kept for kept in ExamStatistics.objects.filter(exam__in=exam_ids)}


def _store(revisions: Iterable[Revision], questions: dict[int, QuestionSums]) -> None:
    rows = [statistics_row(revision, questions[revision.pk]) for revision in revisions]
    fields = [field.name for field in QuestionStatistics._meta.fields if field.name not in ("id", "revision")]
    QuestionStatistics.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["revision"], update_fields=fields
    )


def statistics_row(revision: Revision, sums: QuestionSums) -> QuestionStatistics:
    """Return the row of a revision, with what follows from its sums."""
    item = analyse_item(sums, kind=revision.kind, key=revision.key, option_count=len(revision.options))
    return QuestionStatistics(
        revision=revision,
        cells=sums.cells,
        seconds=sums.seconds,
        not_reached=sums.not_reached,
        reached=item.reached,
        right=item.right,
        share_right=item.share,
        discrimination=item.discrimination,
        median_seconds=item.median_seconds,
        key_p=item.key_p,
        negative_p=item.negative_p,
        **{name: flag in item.flags for flag, name in FLAG_FIELDS.items()},
    )
