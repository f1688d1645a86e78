"""Keeping the statistics: computed from the judged answers, when so many are new that it is worth it.

Scoring marks a new score as not counted and touches nothing else. A worker takes note of such scores: it says which
revisions and exams have how much that is `waiting`. Then it computes those from all their answers, each in a
transaction of its own. Nothing is added or taken back, so what is lost or repeated is right at the next time.
"""

import datetime as dt
import logging
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from typing import Any

from celery import current_app
from django.db import OperationalError, transaction
from django.db.models import Count, F, Q

from exams.scoring.models import JudgedAnswer, Score
from exams.statistics.item_analysis import FALSE_ALARMS, Flag, analyse_item, level_for
from exams.statistics.models import Computed, ExamStatistics, QuestionStatistics
from exams.statistics.queries.counting import sums_of_exam, sums_of_question
from exams.statistics.queries.statistics import FLAG_FIELDS, due_statistics, parked_statistics
from exams.statistics.tallying import QuestionSums
from questions.models import Revision

logger = logging.getLogger(__name__)

# Scores that are noted at once, and statistics that are computed then: seconds of work.
BATCH = 100

# What says how likely the flag is by chance, of the flags that claim more than what was counted.
CHANCE_FIELDS = {Flag.KEY_SUSPECT: "key_p", Flag.NEGATIVE: "negative_p"}
KEPT = {"id", "revision", "exam", "form", "counted", "waiting", "computed_at", "tried_at", "tries", "error"}


def count_scores(*, now: dt.datetime, limit: int = BATCH) -> int:
    """Note some new scores and compute some statistics; return how many of both. 0 says that nothing is due."""
    return note_scores(limit=limit) + compute_statistics(now=now, limit=limit)


def count_in_process(*, now: dt.datetime, batches: int = 10) -> None:
    """Count what is due where tasks run in this process: no beat runs beside it. Whoever looks at statistics asks."""
    if current_app.conf.task_always_eager:
        for _ in range(batches):
            if not count_scores(now=now):
                return


# --- What is new ----------------------------------------------------------------------------------------------------


@transaction.atomic
def note_scores(*, limit: int = BATCH) -> int:
    """Say what has something new to be computed, from scores that nobody has noted yet; return how many."""
    new = Score.objects.filter(is_current=True, is_counted=False).order_by("pk")
    scores = list(new.select_for_update(of=("self",), skip_locked=True)[:limit])
    if not scores:
        return 0
    answers = JudgedAnswer.objects.filter(score__in=scores).order_by()
    _add_waiting(QuestionStatistics, ("revision_id",), dict(answers.values_list("revision").annotate(Count("pk"))))
    of_scores = Score.objects.filter(pk__in=[score.pk for score in scores]).order_by()
    exams = of_scores.values_list("attempt__exam", "attempt__form").annotate(Count("pk"))
    _add_waiting(ExamStatistics, ("exam_id", "form_id"), {(exam, form): count for exam, form, count in exams})
    of_scores.update(is_counted=True)
    return len(scores)


def _add_waiting(model: type[Any], names: tuple[str, ...], counts: Mapping[Any, int]) -> None:
    """Add to what is waiting, by the values of these columns; rows that lack are made."""
    wanted = {key if isinstance(key, tuple) else (key,): count for key, count in counts.items()}
    rows = model.objects.filter(**{f"{names[0]}__in": {values[0] for values in wanted}}).order_by("pk")
    # In one order, the rows made and the rows locked, so that two workers never wait for each other.
    if missing := sorted(wanted.keys() - set(rows.values_list(*names)), key=str):
        new = [model(**dict(zip(names, values, strict=True))) for values in missing]
        model.objects.bulk_create(new, ignore_conflicts=True)
    by_count = defaultdict(list)
    for pk, *values in rows.select_for_update(of=("self",)).values_list("pk", *names):
        if tuple(values) in wanted:
            by_count[wanted[tuple(values)]].append(pk)
    for count, pks in by_count.items():
        model.objects.filter(pk__in=pks).update(waiting=F("waiting") + count)


# --- Computing it ---------------------------------------------------------------------------------------------------


def compute_statistics(*, now: dt.datetime, limit: int = BATCH) -> int:
    """Compute some statistics that are due; return how many. One that fails keeps its reason, and its old figures."""
    questions = list(due_statistics(QuestionStatistics, now).values_list("pk", flat=True)[:limit])
    exams = list(due_statistics(ExamStatistics, now).values_list("pk", flat=True)[:limit])
    done = sum(_try(QuestionStatistics, pk, compute_question, now) for pk in questions)
    done += sum(_try(ExamStatistics, pk, compute_exam, now) for pk in exams)
    if questions:
        _correct_flags()
    return done


def _try(model: type[Any], pk: int, compute: Callable[[Any], dict[str, Any]], now: dt.datetime) -> bool:
    """Compute one row anew, unless another worker is at it; tell whether it was done."""
    try:
        with transaction.atomic():
            row = model.objects.select_for_update(of=("self",), skip_locked=True).filter(pk=pk).first()
            if row is None:
                return False
            figures = compute(row)
            waiting = F("waiting") - row.waiting
            model.objects.filter(pk=pk).update(
                **figures, waiting=waiting, computed_at=now, tried_at=now, tries=0, error=""
            )
    except OperationalError:
        raise  # says nothing about the row
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"[:1000]
        model.objects.filter(pk=pk).update(tries=F("tries") + 1, tried_at=now, error=reason)
        logger.exception("the statistics of %s %s could not be computed", model._meta.verbose_name, pk)
        return False
    return True


def compute_question(row: QuestionStatistics) -> dict[str, Any]:
    """Return the columns of a question, from its answers; flags that depend on other questions are decided later."""
    computed = statistics_row(row.revision, sums_of_question(row.revision))
    later = {FLAG_FIELDS[flag] for flag in CHANCE_FIELDS}
    return _columns(computed, without=later) | {"counted": computed.reached + computed.not_reached}


def compute_exam(row: ExamStatistics) -> dict[str, Any]:
    sums = sums_of_exam(row)
    counted = sum(sums.scores.values()) + sums.empty
    return {
        "scores": sums.scores, "right": sums.right, "squares": sums.squares, "empty": sums.empty, "counted": counted,
    }  # fmt: skip


def _columns(row: Computed, *, without: set[str]) -> dict[str, Any]:
    names = {field.name for field in row._meta.concrete_fields} - KEPT - without
    return {name: getattr(row, name) for name in names}


def _correct_flags() -> None:
    """Raise and lower the flags that depend on how many questions were looked at."""
    for flag, field in CHANCE_FIELDS.items():
        rows, name = QuestionStatistics.objects.order_by("pk"), FLAG_FIELDS[flag]
        asked = rows.filter(**{f"{field}__isnull": False}).count()
        chances = rows.filter(**{f"{field}__lte": FALSE_ALARMS}).values_list(field, flat=True)
        level = level_for(list(chances), asked)
        is_low = Q(**{f"{field}__lte": level})
        with transaction.atomic():
            is_high = ~is_low | Q(**{f"{field}__isnull": True})
            wrong = rows.filter(is_low & Q(**{name: False}) | is_high & Q(**{name: True}))
            for pk, is_raised in list(wrong.select_for_update(of=("self",)).values_list("pk", name)):
                QuestionStatistics.objects.filter(pk=pk).update(**{name: not is_raised})


def statistics_row(revision: Revision, sums: QuestionSums) -> QuestionStatistics:
    """Return the row of a revision, with what follows from its sums."""
    item = analyse_item(sums, kind=revision.kind, key=revision.key, option_count=len(revision.options))
    return QuestionStatistics(
        revision=revision,
        cells=sums.cells,
        seconds=sums.seconds,
        not_reached=sums.not_reached,
        first=sums.first,
        reached=item.reached,
        right=item.right,
        share_right=item.share,
        discrimination=item.discrimination,
        median_seconds=item.median_seconds,
        key_p=item.key_p,
        negative_p=item.negative_p,
        **{name: flag in item.flags for flag, name in FLAG_FIELDS.items()},
    )


# --- For operators --------------------------------------------------------------------------------------------------


@transaction.atomic
def recount_scores() -> int:
    """Make all statistics due, whatever they say; return how many. Until then pages show what they have."""
    revisions = dict(JudgedAnswer.objects.order_by().values_list("revision").annotate(Count("pk")))
    exams = Score.objects.filter(is_current=True).order_by()
    rows = exams.values_list("attempt__exam", "attempt__form").annotate(Count("pk"))
    pairs = {(exam, form): count for exam, form, count in rows}
    _add_waiting(QuestionStatistics, ("revision_id",), revisions)
    _add_waiting(ExamStatistics, ("exam_id", "form_id"), pairs)
    # Those of attempts that are gone are among them: they are computed from what there is, nothing.
    for model in (QuestionStatistics, ExamStatistics):
        model.objects.update(waiting=F("waiting") + 1, computed_at=None, tries=0, tried_at=None)
    return len(revisions) + len(pairs)


@transaction.atomic
def requeue_statistics(*, only: Mapping[type[Any], Collection[int]] | None = None) -> dict[type[Any], list[int]]:
    """Give parked statistics all their tries again; return the ids of each model. With `only`, these of them."""
    done = {}
    for model in (QuestionStatistics, ExamStatistics):
        rows = parked_statistics(model) if only is None else parked_statistics(model).filter(pk__in=only.get(model, ()))
        done[model] = list(rows.order_by("pk").values_list("pk", flat=True))
        model.objects.filter(pk__in=done[model]).update(tries=0, tried_at=None)
    return done
