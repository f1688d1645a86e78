"""Starting an attempt: drawing its form and pinning all that its score depends on."""

import datetime as dt
import secrets

from django.db import IntegrityError, transaction

from accounts.models import User
from exams import scoring, timing
from exams.assembly import assemble, option_order, with_cases_together
from exams.exceptions import ExamNotOpen, NoAttemptLeft, NoUsableForm
from exams.models import Assignment, Attempt, AttemptItem, Exam, ExamForm, Membership
from exams.queries.drawing import bank_of, exam_quotas, form_pool, met_by
from exams.queries.fixed_forms import form_for, form_items
from exams.queries.terms import Terms, terms_of
from exams.services.closing import close_overdue
from questions.models import Revision
from questions.queries import Drawable


def start_attempt(*, candidate: User, exam: Exam, now: dt.datetime, seed: int | None = None) -> Attempt:
    """Start the exam, or return the attempt that is already under way: starting twice is starting once.

    Raises `ExamNotOpen` outside the window that holds for this candidate, `NoAttemptLeft`, `PoolTooSmall` when the
    bank cannot fill the form and `NoUsableForm` when the exam's fixed forms cannot be given.
    """
    if attempt := candidate.attempts.in_progress().filter(exam=exam).first():
        if timing.is_accepting(attempt.deadline_at, now):
            return attempt
        close_overdue(now=now, candidate=candidate)
    terms = terms_of(candidate, exam, now)
    if not terms.is_open(now):
        raise ExamNotOpen("This exam is not open now.")
    try:
        return _start_new_attempt(candidate, terms, now, secrets.randbits(62) if seed is None else seed)
    except (IntegrityError, NoAttemptLeft) as error:
        # A start at the same moment, from another tab, was first: `one_open_attempt_per_exam`.
        if attempt := candidate.attempts.in_progress().filter(exam=exam).first():
            return attempt
        if isinstance(error, IntegrityError) and exam.form_kind == Exam.FormKind.FIXED:
            # An instructor deleted the form between the choice and the commit.
            raise NoUsableForm("The form you would have got has just been withdrawn. Start again.") from None
        raise


@transaction.atomic
def _start_new_attempt(candidate: User, terms: Terms, now: dt.datetime, seed: int) -> Attempt:
    exam = terms.exam
    if terms.attempts_allowed is not None:
        # Where attempts are numbered, starts of one candidate wait for each other: each counts those before it.
        User.objects.select_for_update(no_key=True).get(pk=candidate.pk)
        terms = terms_of(candidate, exam, now)
        if terms.attempts_left == 0:
            raise NoAttemptLeft(f"You have used all {terms.attempts_allowed} attempts at this exam.")
    if terms.assignment and not _is_member(candidate, terms.assignment):
        raise ExamNotOpen("You are no longer in the cohort that takes this exam.")
    form, items = _drawn_form(candidate, exam, seed)
    options, cases = {}, {}
    # Of the content only the options, for their number, and the case: not the key.
    rows = Revision.objects.filter(pk__in=[item.revision_id for item, _ in items]).order_by()
    columns = ("pk", "question_id", "options", "shuffle_options", "kind", "case_text")
    for pk, question_id, texts, shuffle, kind, case_text in rows.values_list(*columns):
        # Those to be put in order were written in their right order, so they are shuffled whatever the question says.
        options[pk] = (len(texts), shuffle or kind == Revision.Kind.ORDERING)
        if case_text:
            cases[question_id] = case_text
    if form is None:
        items = with_cases_together(items, cases)
    attempt = Attempt.objects.create(
        candidate=candidate,
        exam=exam,
        assignment=terms.assignment,
        form=form,
        started_at=now,
        deadline_at=timing.deadline(now, exam.minutes, terms.extra_time_percent),
        minutes=exam.minutes,
        seed=seed,
        extra_time_percent=terms.extra_time_percent,
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
        for position, (item, is_scored) in enumerate(items, start=1)
    )
    return attempt


def _is_member(candidate: User, assignment: Assignment) -> bool:
    """Ask again inside the transaction, with the row locked: a removal at the same moment comes before or after."""
    memberships = Membership.objects.filter(cohort=assignment.cohort_id, candidate=candidate)
    return memberships.select_for_update(no_key=True).first() is not None


def _drawn_form(candidate: User, exam: Exam, seed: int) -> tuple[ExamForm | None, list[tuple[Drawable, bool]]]:
    """Return the questions to ask and, if they come from one, the fixed form, whose order they have already."""
    if exam.form_kind == Exam.FormKind.FIXED:
        form = form_for(candidate, exam)
        return form, form_items(form)
    form_quotas = exam_quotas(exam)
    seen = met_by(candidate) if exam.prefers_unseen else None
    pool = form_pool(form_quotas, bank=bank_of(exam), seen=seen, seed=seed)
    # The windows on what is new hold more than a form needs, or all there is: what is in none of them comes last.
    last = set() if seen is None else {item.question_id for item in pool if not item.is_new}
    return None, assemble(pool, form_quotas, seed=seed, seen=last)
