"""Starting an attempt: drawing its form and pinning all that its score depends on."""

import datetime as dt
import secrets

from django.db import IntegrityError, transaction

from accounts.models import User
from exams import scoring, timing
from exams.assembly import assemble, option_order
from exams.exceptions import ExamNotOpen
from exams.models import Attempt, AttemptItem, Exam
from exams.queries.drawing import exam_quotas, form_pool, seen_among
from questions.models import Revision


def start_attempt(*, candidate: User, exam: Exam, now: dt.datetime, seed: int | None = None) -> Attempt:
    """Start the exam, or return the attempt that is already under way: starting twice is starting once.

    Raises `ExamNotOpen` outside the exam's window and `PoolTooSmall` when the bank cannot fill the form.
    """
    if attempt := candidate.attempts.in_progress().filter(exam=exam).first():
        return attempt
    if not exam.is_open(now):
        raise ExamNotOpen("This exam is not open now.")
    try:
        return _start_new_attempt(candidate, exam, now, secrets.randbits(62) if seed is None else seed)
    except IntegrityError:
        # A start at the same moment, from another tab, was first: `one_open_attempt_per_exam`.
        if attempt := candidate.attempts.in_progress().filter(exam=exam).first():
            return attempt
        raise


@transaction.atomic
def _start_new_attempt(candidate: User, exam: Exam, now: dt.datetime, seed: int) -> Attempt:
    domain_quotas = exam_quotas(exam)
    seen_by = candidate if exam.prefers_unseen else None
    pool = form_pool(domain_quotas, chapter=exam.chapter, seen_by=seen_by, seed=seed)
    seen = seen_among(candidate, pool) if exam.prefers_unseen else set()
    form = assemble(pool, domain_quotas, seed=seed, seen=seen)
    # The option lists alone, not the key: their lengths are all that is needed.
    options = {
        pk: (len(texts), shuffle)
        for pk, texts, shuffle in Revision.objects.filter(pk__in=[item.revision_id for item, _ in form]).values_list(
            "pk", "options", "shuffle_options"
        )
    }
    attempt = Attempt.objects.create(
        candidate=candidate,
        exam=exam,
        started_at=now,
        deadline_at=timing.deadline(now, exam.minutes, candidate.extra_time_percent),
        seed=seed,
        extra_time_percent=candidate.extra_time_percent,
        cut_score=exam.cut_score,
        scale_min=exam.scale_min,
        scale_max=exam.scale_max,
        scoring_rule=scoring.RULE,
    )
    AttemptItem.objects.bulk_create(
        AttemptItem(
            attempt=attempt,
            position=position,
            question_id=item.question_id,
            revision_id=item.revision_id,
            task_id=item.task_id,
            is_scored=is_scored,
            option_order=option_order(
                options[item.revision_id][0], shuffle=options[item.revision_id][1], seed=seed, position=position
            ),
        )
        for position, (item, is_scored) in enumerate(form, start=1)
    )
    return attempt
