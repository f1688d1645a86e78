"""The sums of questions and exams, each from the judged answers of the current scores."""

from django.db.models import BigIntegerField, Count, Exists, F, OuterRef, Q, Sum
from django.db.models.functions import Cast

from exams.attempts.models import Attempt
from exams.scoring.models import JudgedAnswer, Score
from exams.statistics.models import ExamStatistics
from exams.statistics.tallying import AlikeAnswers, ExamSums, QuestionSums, exam_sums, question_sums
from questions.kinds import kind_of
from questions.models import Revision

Given = JudgedAnswer.Given


def sums_of_question(revision: Revision) -> QuestionSums:
    """Return the sums of a revision: two queries, however many answered it. Raises what its kind raises."""
    kind, options = kind_of(revision.kind), len(revision.options)
    answers = JudgedAnswer.objects.filter(revision=revision, score__is_current=True).exclude(given=Given.NOTHING)
    columns = ("earned", "is_scored", "given", "score__earned", "score__total", "item__response", "is_first")
    rows = answers.order_by().values_list(*columns).annotate(Count("pk"))
    alike = [
        AlikeAnswers(
            count=count,
            earned=earned,
            is_scored=is_scored,
            is_blank=given != Given.ANSWER,
            is_reached=given != Given.NOT_REACHED,
            score_earned=score_earned or 0,
            score_total=total,
            marks=kind.marks(revision.key, options, response),
            is_first=is_first,
        )
        for earned, is_scored, given, score_earned, total, response, is_first, count in rows
    ]
    times = answers.filter(given=Given.ANSWER).order_by().values_list("seconds").annotate(Count("pk"))
    return question_sums(alike, dict(times))


def sums_of_exam(row: ExamStatistics) -> ExamSums:
    """Return the sums of a fixed form, or of the drawn attempts at an exam: three queries at most."""
    scores = Score.objects.filter(is_current=True, attempt__exam=row.exam_id, attempt__form=row.form_id).order_by()
    nothing = JudgedAnswer.objects.filter(score=OuterRef("pk"), given=Given.NOTHING)
    # Only these can be without any answer, and there are few of them.
    empty = scores.filter(Q(earned=0) | Q(rescore__isnull=False), Exists(nothing))
    left_out = set(empty.values_list("pk", flat=True))
    rows = scores.exclude(pk__in=left_out).values_list("earned", "total").annotate(Count("pk"))
    counts = [(earned or 0, total, count) for earned, total, count in rows]
    if row.form_id is None:
        return exam_sums(counts, empty=len(left_out))
    attempts = Attempt.objects.filter(form=row.form_id)
    answers = JudgedAnswer.objects.filter(score__attempt__in=attempts, score__is_current=True, is_scored=True)
    by_question = (
        answers.exclude(given=Given.NOTHING)
        .order_by()
        .values_list("question")
        .annotate(Sum("earned"), squares=Sum(Cast("earned", BigIntegerField()) * F("earned")))
    )
    return exam_sums(counts, by_question, empty=len(left_out))
