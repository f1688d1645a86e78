"""Starting an attempt: drawing its form and pinning all that its score depends on."""

import datetime as dt
import secrets

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from exams.attempts import timing
from exams.attempts.models import Attempt
from exams.attempts.queries.meeting import form_for, met_by, open_items, open_questions
from exams.attempts.queries.terms import Terms, terms_of
from exams.attempts.services.closing import close_overdue
from exams.attempts.services.starting_sql import Pinned, insert_items, lock_candidate
from exams.blueprints.assembly import Quota, assemble, option_order, with_cases_together
from exams.blueprints.models import Exam, ExamForm
from exams.blueprints.queries.drawing import bank_of, exam_quotas, form_pool, shortages
from exams.blueprints.queries.fixed_forms import form_items
from exams.cohorts.models import Assignment, Membership
from exams.exceptions import ExamNotOpen, ExamRefused, NoAttemptLeft, NoUsableForm, PoolTooSmall, QuestionsInUse
from questions.kinds import kind_of
from questions.models import Revision
from questions.queries import Drawable


def start_attempt(*, candidate: User, exam: Exam, now: dt.datetime, seed: int | None = None) -> Attempt:
    """Start the exam, or return the attempt that is already under way: starting twice is starting once.

    Raises `ExamNotOpen` outside the window that holds for this candidate, `NoAttemptLeft`, `PoolTooSmall` when the
    bank cannot fill the form, `QuestionsInUse` when it could but for what the candidate is being asked elsewhere, and
    `NoUsableForm` when the exam's fixed forms cannot be given.
    """
    terms = terms_of(candidate, exam, now)
    is_open = terms.is_open(now)
    try:
        return _start(candidate, terms, is_open, now, secrets.randbits(62) if seed is None else seed)
    except (IntegrityError, ExamRefused) as error:
        # A start at the same moment, from another tab, was first: `one_open_attempt_per_exam`, or its questions or the
        # last attempt are gone.
        close_overdue(now=now, candidate=candidate)
        if attempt := candidate.attempts.in_progress().filter(exam=exam).first():
            return attempt
        if isinstance(error, IntegrityError) and exam.has_fixed_forms:
            # An instructor deleted the form between the choice and the commit.
            raise NoUsableForm(_("The form you would have received has just been withdrawn. Start again.")) from None
        raise


@transaction.atomic
def _start(candidate: User, terms: Terms, is_open: bool, now: dt.datetime, seed: int) -> Attempt:
    exam = terms.exam
    under_way, has_past = lock_candidate(candidate.pk)
    for row in under_way:
        if row.exam_id == exam.pk and timing.is_accepting(row.deadline_at, now):
            return Attempt.objects.get(pk=row.attempt_id)
    if not all(timing.is_accepting(row.deadline_at, now) for row in under_way):
        close_overdue(now=now, candidate=candidate)
    if not is_open:
        raise ExamNotOpen(_("This exam is not open now."))
    if terms.attempts_allowed is not None:
        terms = terms_of(candidate, exam, now)
        if terms.attempts_left == 0:
            raise NoAttemptLeft(
                ngettext(
                    "You have used your only attempt at this exam.",
                    "You have used all %(count)d attempts at this exam.",
                    terms.attempts_allowed or 0,
                )
                % {"count": terms.attempts_allowed}
            )
    if terms.assignment and not _is_member(candidate, terms.assignment):
        raise ExamNotOpen(_("You are no longer in the cohort that takes this exam."))
    form, items = _drawn_form(candidate, exam, seed, has_past=has_past)
    return _pinned(candidate, terms, form, items, now, seed)


def _pinned(
    candidate: User,
    terms: Terms,
    form: ExamForm | None,
    items: list[tuple[Drawable, bool]],
    now: dt.datetime,
    seed: int,
) -> Attempt:
    """Make the attempt with these questions, in their revisions of now."""
    exam = terms.exam
    pinned = _pinned_items(items, has_order=form is not None, seed=seed)
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
        scoring_rule=exam.scoring_rule,
    )
    insert_items(attempt.pk, pinned)
    return attempt


def _pinned_items(items: list[tuple[Drawable, bool]], *, has_order: bool, seed: int) -> list[Pinned]:
    """Return the attempt's items, with their options shuffled; questions of one case follow each other."""
    counts, shuffled, cases = {}, set(), {}
    # Of the content only the options, for their number, and the case: not the key.
    rows = Revision.objects.filter(pk__in=[item.revision_id for item, _scored in items]).order_by()
    columns = ("pk", "question_id", "options", "shuffle_options", "kind", "case_text")
    for pk, question_id, options, shuffles, kind, case_text in rows.values_list(*columns):
        counts[pk] = len(options)
        if shuffles or kind_of(kind).always_shuffles:
            shuffled.add(pk)
        if case_text:
            cases[question_id] = case_text
    pinned = []
    for position, (item, is_scored) in enumerate(items if has_order else with_cases_together(items, cases), start=1):
        pk = item.revision_id
        order = option_order(counts[pk], shuffle=pk in shuffled, seed=seed, position=position)
        pinned.append(Pinned(position, item.question_id, pk, item.task_id, is_scored, order))
    return pinned


def _is_member(candidate: User, assignment: Assignment) -> bool:
    """Ask again inside the transaction, with the row locked: a removal at the same moment comes before or after."""
    memberships = Membership.objects.filter(cohort=assignment.cohort_id, candidate=candidate)
    # By its own key: ordered as usual, the cohort and the person would be joined and locked as well.
    return memberships.select_for_update(no_key=True).order_by("pk").first() is not None


def _drawn_form(
    candidate: User, exam: Exam, seed: int, *, has_past: bool
) -> tuple[ExamForm | None, list[tuple[Drawable, bool]]]:
    """Return the questions to ask and, if they come from one, the fixed form, whose order they have already."""
    if exam.has_fixed_forms:
        form = form_for(candidate, exam)
        return form, form_items(form)
    form_quotas = exam_quotas(exam)
    # Who has met nothing yet needs no second window on what is new: half of the SQL, at the peak of beginning together.
    seen = met_by(candidate) if exam.prefers_unseen and has_past else None
    # What is being asked elsewhere is not asked here: the score of one would tell what is right in the other. Fixed
    # forms ask what they ask; there the score waits (`queries.release`).
    never = open_questions(candidate)
    pool = form_pool(form_quotas, bank=bank_of(exam), seen=seen, never=never, seed=seed)
    # The windows on what is new hold more than a form needs, or all there is: what is in none of them comes last.
    last = set() if seen is None else {item.question_id for item in pool if not item.is_new}
    try:
        return None, assemble(pool, form_quotas, seed=seed, seen=last)
    except PoolTooSmall:
        _refuse_for_what_is_under_way(candidate, exam, form_quotas)
        raise


def _refuse_for_what_is_under_way(candidate: User, exam: Exam, form_quotas: list[Quota]) -> None:
    """Raise `QuestionsInUse` if the bank would do without the attempts that are under way."""
    if shortages(exam, form_quotas):
        return
    shared = open_items(candidate).filter(question__in=bank_of(exam).values("question"))
    titles = sorted(set(shared.values_list("attempt__exam__title", flat=True)))
    if titles:
        names = ", ".join(f"“{title}”" for title in titles)
        raise QuestionsInUse(
            _(
                "This exam needs questions from another exam that you have in progress: %(names)s. Submit that "
                "one first, then start this one."
            )
            % {"names": names}
        )
