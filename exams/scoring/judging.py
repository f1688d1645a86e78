"""Judging an attempt: the one place where answers become judged answers and a score, at first and in a re-score."""

import datetime as dt
from collections.abc import Sequence

from exams.attempts.models import Attempt, AttemptItem
from exams.blueprints import rules
from exams.blueprints.rules import Rule, rule_of
from exams.scoring import estimates as scoring
from exams.scoring import outline
from exams.scoring.comparing import translated
from exams.scoring.models import JudgedAnswer, Rescore, Score
from exams.scoring.queries import met_before

Given = JudgedAnswer.Given


def judge(attempt: Attempt, now: dt.datetime, *, before: Score | None = None, rescore: Rescore | None = None) -> Score:
    """Store the next version of an attempt's score with its judged answers, by the rule that the attempt pins.

    The first version judges what the attempt's items hold. A re-score takes over the answers of the version `before`
    and judges again only the question that the order names. The attempt's row is locked by the caller.
    Raises `UnscorableAttempt`.
    """
    rule = rule_of(attempt.scoring_rule)
    score = Score(attempt=attempt, version=1, rule=rule.name, created_at=now, learn_at=now)
    if before is None or rescore is None:
        answers = _first_answers(attempt, rule, score)
    else:
        answers = _corrected_answers(before, rescore, rule, score)
        score.version, score.outline, score.rescore = before.version + 1, before.outline, rescore
        Score.objects.filter(pk=before.pk).update(is_current=False)
    _fill(score, attempt, answers)
    score.save()
    JudgedAnswer.objects.bulk_create(answers)
    return score


def _fill(score: Score, attempt: Attempt, answers: Sequence[JudgedAnswer]) -> None:
    """Put into the score what follows from its answers."""
    result = scoring.score([scoring.ScoredItem(answer.is_scored, answer.earned) for answer in answers])
    score.correct, score.total, score.earned = result.correct, result.total, result.earned
    score.unscored_correct, score.unscored_total = result.unscored_correct, result.unscored_total
    score.scaled, score.is_passed = scoring.outcome(
        result.earned,
        result.total * rules.FULL,
        cut_score=attempt.cut_score,
        scale_min=attempt.scale_min,
        scale_max=attempt.scale_max,
        rule=score.rule,
    )


def _first_answers(attempt: Attempt, rule: Rule, score: Score) -> list[JudgedAnswer]:
    items = list(attempt.items.order_by("position").select_related("task__domain", "revision"))
    score.outline = outline.written({item.task_id: _place(item) for item in items})
    met = met_before(attempt)
    answered_at = attempt.submitted_at or score.created_at  # never None: attempt_is_submitted_at_a_moment
    last = max((item.position for item in items if item.response), default=0)
    has_run_out = attempt.closed_by == Attempt.ClosedBy.DEADLINE
    return [
        JudgedAnswer(
            candidate_id=attempt.candidate_id,
            item=item,
            score=score,
            question_id=item.question_id,
            revision_id=item.revision_id,
            task_id=item.task_id,
            earned=_earned(item, rule),
            is_scored=item.is_scored,
            is_first=item.question_id not in met,
            is_sure=item.is_sure,
            given=_given(item, last, has_run_out),
            seconds=item.seconds_spent,
            answered_at=answered_at,
        )
        for item in items
    ]


def _place(item: AttemptItem) -> outline.Place:
    domain = item.task.domain
    return outline.Place(domain.number, domain.name, item.task.code, item.task.name)


def _earned(item: AttemptItem, rule: Rule) -> int:
    revision = item.revision
    return rule.earned(revision.kind, revision.key, len(revision.options), item.response)


def _given(item: AttemptItem, last: int, has_run_out: bool) -> JudgedAnswer.Given:
    """Tell a blank from a question that was not reached: where time ran out, those after the last answered one."""
    if item.response:
        return Given.ANSWER
    if not last:
        return Given.NOTHING
    return Given.NOT_REACHED if has_run_out and item.position > last else Given.BLANK


def _corrected_answers(before: Score, rescore: Rescore, rule: Rule, score: Score) -> list[JudgedAnswer]:
    """Return the answers of the version before for the new one; sets the reason, which names the question."""
    answers = list(before.answers.select_related("item").order_by("item__position"))
    for answer in answers:
        answer.pk, answer.score = None, score
        if answer.revision_id == rescore.old_revision_id:
            answer.earned = _corrected(answer.exam_item, rescore, rule)
            score.reason = f"Question {answer.exam_item.position}: {rescore.reason}"
    return answers


def _corrected(item: AttemptItem, rescore: Rescore, rule: Rule) -> int:
    if rescore.rule == Rescore.Rule.CREDIT:
        return rules.FULL
    revision = rescore.revision
    response = translated(rescore.old_revision, revision, item.response)
    return rule.earned(revision.kind, revision.key, len(revision.options), response)
