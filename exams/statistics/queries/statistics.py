"""How questions and exams did, from the sums that the workers keep: no page looks at single answers."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from django.db.models import F, Max, Q, QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from exams.blueprints.models import Exam, ExamForm
from exams.scoring.estimates import shown_percent
from exams.statistics.item_analysis import (
    EASY_SHARE,
    HARD_SHARE,
    ExamAnalysis,
    Flag,
    ItemAnalysis,
    analyse_exam,
    analyse_item,
)
from exams.statistics.models import ExamStatistics, QuestionStatistics
from exams.statistics.tallying import ExamSums, QuestionSums
from questions.kinds import kind_of
from questions.models import Question, Revision
from questions.rendering import render_plain

FLAG_WORDS = {
    Flag.KEY_SUSPECT: _("key suspect"),
    Flag.NEGATIVE: _("negative discrimination"),
    Flag.TOO_EASY: _("too easy"),
    Flag.TOO_HARD: _("too hard"),
    Flag.DEAD_DISTRACTOR: _("dead distractor"),
}

# The columns of `QuestionStatistics` that say which are raised.
FLAG_FIELDS = {
    Flag.KEY_SUSPECT: "is_key_suspect",
    Flag.NEGATIVE: "is_negative",
    Flag.TOO_EASY: "is_too_easy",
    Flag.TOO_HARD: "is_too_hard",
    Flag.DEAD_DISTRACTOR: "has_dead_distractor",
}


# Statistics of few answers are computed at each new one; of many, when a fiftieth is new, or after so long.
FRACTION, AT_LATEST = 50, dt.timedelta(hours=1)
TRY_AGAIN_AFTER = dt.timedelta(seconds=60)


def counted_at() -> dt.datetime | None:
    """Return when statistics were last computed; None if never."""
    latest: dt.datetime | None = QuestionStatistics.objects.aggregate(latest=Max("computed_at"))["latest"]
    return latest


def due_statistics(model: type[Any], now: dt.datetime) -> QuerySet[Any]:
    """Select what is to be computed now, the longest waiting first; parked ones are not among them."""
    is_worth_it = Q(waiting__gte=F("counted") / FRACTION) | Q(computed_at=None) | Q(computed_at__lte=now - AT_LATEST)
    is_time = Q(tries=0) | Q(tries__lt=model.MAX_TRIES, tried_at__lte=now - TRY_AGAIN_AFTER)
    rows: QuerySet[Any] = model.objects.filter(is_worth_it, is_time, waiting__gt=0)
    return rows.order_by(F("computed_at").asc(nulls_first=True), "pk")


def parked_statistics(model: type[Any]) -> QuerySet[Any]:
    """Select what failed so often that it was given up."""
    rows: QuerySet[Any] = model.objects.filter(tries__gte=model.MAX_TRIES)
    return rows


# --- Questions ----------------------------------------------------------------------------------------------------

BAR_WIDTH, BAR_HEIGHT = 14, 28


@dataclass(frozen=True)
class Share:
    """How many of how many, and its bar in the picture of an option, `number` from the left; y downwards."""

    marked: int
    reached: int
    number: int = 0

    @property
    def percent(self) -> float:
        return 100 * self.marked / self.reached if self.reached else 0.0

    @property
    def shown(self) -> str:
        """In percent, on the side of the flags' bounds that it is on."""
        return shown_percent(Fraction(100 * self.marked, self.reached or 1), 100 * HARD_SHARE, 100 * EASY_SHARE)

    @property
    def x(self) -> int:
        return self.number * (BAR_WIDTH + 4)

    @property
    def height(self) -> float:
        return BAR_HEIGHT * self.percent / 100

    @property
    def y(self) -> float:
        return BAR_HEIGHT - self.height


@dataclass(frozen=True)
class OptionRow:
    """An option as it was written, with how many marked it, all and by third, the lowest first."""

    letter: str
    text: str
    is_key: bool
    all: Share
    thirds: list[Share]


@dataclass(frozen=True)
class QuestionPanel:
    """One revision. `drawing` is the wrong option that most of the strongest third chose, if any did."""

    revision: Revision
    item: ItemAnalysis
    options: list[OptionRow]
    drawing: OptionRow | None
    flags: list[str]

    @property
    def marked(self) -> str:
        return str(kind_of(self.revision.kind).marked)

    @property
    def right(self) -> Share:
        return Share(self.item.right, self.item.reached)

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of the share right, in percent."""
        low, high = self.item.interval or (0.0, 1.0)
        return 100 * low, 100 * high


def question_panels(question: Question) -> list[QuestionPanel]:
    """Return a panel of each revision of which an answer is counted, the newest first: one query."""
    rows = QuestionStatistics.objects.filter(revision__question=question).select_related("revision")
    return [question_panel(row) for row in rows.order_by("-revision__number")]


def question_panel(row: QuestionStatistics) -> QuestionPanel:
    revision = row.revision
    key, count = revision.key, len(revision.options)
    item = analyse_item(
        QuestionSums(row.cells, row.seconds, row.not_reached), kind=revision.kind, key=key, option_count=count
    )
    wrong = kind_of(revision.kind).distractors(key, count)
    options = [
        OptionRow(
            letter=chr(ord("A") + number),
            text=render_plain(text),
            is_key=bool(wrong) and number not in wrong,
            all=Share(item.marks[number], item.reached),
            thirds=[Share(third.marks[number], third.reached, place) for place, third in enumerate(item.thirds)],
        )
        for number, text in enumerate(revision.options)
    ]
    drawing = max((options[number] for number in wrong if item.thirds), key=_drawn_at_the_top, default=None)
    flags = [str(FLAG_WORDS[flag]) for flag, name in FLAG_FIELDS.items() if getattr(row, name)]
    return QuestionPanel(revision, item, options, drawing if drawing and _drawn_at_the_top(drawing) else None, flags)


def _drawn_at_the_top(option: OptionRow) -> int:
    return option.thirds[-1].marked


def shares_right(questions: Iterable[Question]) -> dict[int, Share]:
    """Return, by question, the share right of its newest revision that anybody reached: one query."""
    rows = QuestionStatistics.objects.filter(
        revision__question__in=[question.pk for question in questions], reached__gt=0
    )
    newest = rows.order_by("revision__number").values_list("revision__question", "right", "reached")
    return {question: Share(right, reached) for question, right, reached in newest}


# --- Exams --------------------------------------------------------------------------------------------------------

PICTURE_WIDTH, PICTURE_HEIGHT = 600, 160
TOP, BOTTOM = 24, 24


@dataclass(frozen=True)
class Column:
    """Attempts with a share from `low` % to below `high` %, as a column of the histogram in its picture's units."""

    low: int
    count: int
    x: float
    y: float
    width: float
    height: float

    @property
    def high(self) -> int:
        return self.low + 10

    @property
    def middle(self) -> float:
        return self.x + self.width / 2

    @property
    def count_y(self) -> float:
        return self.y - 6


@dataclass(frozen=True)
class ExamPanel:
    """A fixed form, the drawn attempts at an exam, or all of these together, for which there is no reliability.

    Shares and errors in percent of the scored questions.
    """

    title: str
    is_drawn: bool
    is_together: bool
    exam: ExamAnalysis
    columns: list[Column]

    @property
    def mean(self) -> float:
        return 100 * (self.exam.mean or 0)

    @property
    def deviation(self) -> float:
        return 100 * (self.exam.deviation or 0)

    @property
    def error(self) -> float:
        return 100 * self.exam.reliability.error if self.exam.reliability else 0


def exam_panels(exam: Exam) -> list[ExamPanel]:
    """Return a panel for each form that was taken and one for the drawn attempts, first of all these together if there
    are several: one query."""
    rows = list(ExamStatistics.objects.filter(exam=exam).select_related("form").order_by("form__number"))
    panels = [_exam_panel(ExamSums(row.scores, row.right, row.squares, row.empty), row.form) for row in rows]
    if len(rows) > 1:
        scores = sum((Counter(row.scores) for row in rows), Counter())
        together = ExamSums(dict(scores), empty=sum(row.empty for row in rows))
        panels.insert(0, _exam_panel(together, None, is_together=True))
    return panels


def _exam_panel(sums: ExamSums, form: ExamForm | None, *, is_together: bool = False) -> ExamPanel:
    analysis = analyse_exam(sums, is_fixed=form is not None)
    if form:
        title = gettext("Form %(number)d") % {"number": form.number}
    else:
        title = gettext("All forms together") if is_together else gettext("Forms drawn for each attempt")
    return ExamPanel(title, form is None, is_together, analysis, _columns(analysis.histogram))


def _columns(histogram: list[int]) -> list[Column]:
    step, most = PICTURE_WIDTH / 10, max(histogram, default=1)
    heights = [(PICTURE_HEIGHT - TOP - BOTTOM) * count / most for count in histogram]
    return [
        Column(
            low=10 * number,
            count=count,
            x=number * step + 3,
            y=PICTURE_HEIGHT - BOTTOM - height,
            width=step - 6,
            height=height,
        )
        for number, (count, height) in enumerate(zip(histogram, heights, strict=True))
    ]
