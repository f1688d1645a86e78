"""The way of a revision from draft to candidates: review, approval, publication, retirement.

Each step takes `seen`, the `version_of` the question that its page showed: what changed since is refused, not approved.
Code without a page, such as a command, leaves it out.

`Question.reviewer` is set exactly while its unpublished revision waits for a review. `Question.status` says besides
what candidates get: a published question stays published while its next revision is written and reviewed.
"""

import datetime as dt

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from questions.content import publication_problems
from questions.exceptions import InvalidContent, QuestionRefused
from questions.models import Question, QuestionEvent, Revision
from questions.services.events import approver, authors, record
from questions.services.versions import locked

Kind = QuestionEvent.Kind
Status = Question.Status


@transaction.atomic
def send_to_review(
    *, question: Question, reviewer: User, by: User, now: dt.datetime, text: str = "", seen: str | None = None
) -> None:
    """Ask someone to review the unpublished revision; asking again asks another one instead."""
    question, draft = _locked(question, by, seen), _draft(question)
    if question.status == Status.RETIRED:
        raise QuestionRefused(_("This question is retired. Bring it back before you send it to review."))
    if not (reviewer.is_active and reviewer.is_staff and reviewer.has_perm("questions.change_question")):
        raise QuestionRefused(
            _("%(reviewer)s may not review questions. Choose an instructor.") % {"reviewer": reviewer}
        )
    if not can_approve(draft, reviewer):
        raise QuestionRefused(
            _("%(reviewer)s wrote revision %(number)s. Choose somebody else to review it.")
            % {"reviewer": reviewer, "number": draft.number}
        )
    question.reviewer = reviewer
    _move(question, {Status.DRAFT: Status.IN_REVIEW})
    asked = f"to {reviewer}: {text}" if text else f"to {reviewer}"
    record(question=question, kind=Kind.SENT_TO_REVIEW, by=by, now=now, revision=draft, text=asked)


@transaction.atomic
def comment(*, question: Question, by: User, now: dt.datetime, text: str) -> None:
    question = _locked(question, by)
    _require_text(text, _("Write a comment."))
    revision = question.revisions.order_by("-number").first()
    record(question=question, kind=Kind.COMMENTED, by=by, now=now, revision=revision, text=text)


@transaction.atomic
def send_back(*, question: Question, by: User, now: dt.datetime, text: str, seen: str | None = None) -> None:
    """End the review without approval; the author reads in `text` what is to be mended."""
    question, draft = _locked(question, by, seen), _draft(question)
    _require_review(question)
    _require_text(text, _("Say what needs to be changed."))
    question.reviewer = None
    _move(question, {Status.IN_REVIEW: Status.DRAFT})
    record(question=question, kind=Kind.SENT_BACK, by=by, now=now, revision=draft, text=text)


def can_approve(draft: Revision, by: User) -> bool:
    """Tell whether the two-person rule lets somebody approve a revision: where it holds, none of its authors."""
    return not (settings.TWO_PERSON_RULE and by.pk in authors(draft))


@transaction.atomic
def approve(*, question: Question, by: User, now: dt.datetime, text: str = "", seen: str | None = None) -> None:
    """End the review: from now on anybody may publish the revision, its author too, as long as it is not changed."""
    question, draft = _locked(question, by, seen), _draft(question)
    _require_review(question)
    if not can_approve(draft, by):
        raise QuestionRefused(
            _("You wrote revision %(number)s. Somebody else must approve it.") % {"number": draft.number}
        )
    if problems := publication_problems(draft.content):
        raise InvalidContent(problems)
    question.reviewer = None
    _move(question, {Status.IN_REVIEW: Status.DRAFT})
    record(question=question, kind=Kind.APPROVED, by=by, now=now, revision=draft, text=text)


@transaction.atomic
def approve_and_publish(
    *, question: Question, by: User, now: dt.datetime, text: str = "", seen: str | None = None
) -> None:
    """Both steps or neither."""
    approve(question=question, by=by, now=now, text=text, seen=seen)
    publish(question=question, by=by, now=now)


@transaction.atomic
def publish(
    *, question: Question, by: User | None, now: dt.datetime, text: str = "", seen: str | None = None
) -> Revision:
    """Make the unpublished revision the one that is drawn from now on; attempts keep what they pinned.

    Without an unpublished revision it brings a retired question back as it was; repeating it changes nothing. `by` is
    None for the command line, which needs no second person. Raises `InvalidContent` when a rule of publication is
    broken, `QuestionRefused` when the question has no task or when the two-person rule wants somebody else.
    """
    question = _locked(question, by, seen)
    revision = question.revisions.filter(published_at=None).first() or question.published_revision
    if revision is None:
        raise QuestionRefused(_("There is nothing to publish. Write the question first."))
    if problems := publication_problems(revision.content):
        raise InvalidContent(problems)
    if not question.placements.exists():
        raise QuestionRefused(_("Choose the question's task before you publish it."))
    if revision.published_at is None:
        _require_second_person(revision, by)
        revision.published_at = now
        revision.save()
    elif question.status == Status.PUBLISHED:
        return revision
    question.published_revision, question.status, question.reviewer = revision, Status.PUBLISHED, None
    question.save(update_fields=["published_revision", "status", "reviewer", "updated_at"])
    record(question=question, kind=Kind.PUBLISHED, by=by, now=now, revision=revision, text=text)
    return revision


@transaction.atomic
def retire(*, question: Question, by: User | None, now: dt.datetime, text: str = "", seen: str | None = None) -> None:
    """No new exam draws it from now on; old results keep it."""
    question = _locked(question, by, seen)
    if question.status == Status.RETIRED:
        raise QuestionRefused(_("This question is already retired."))
    question.status, question.reviewer = Status.RETIRED, None
    question.save(update_fields=["status", "reviewer", "updated_at"])
    record(question=question, kind=Kind.RETIRED, by=by, now=now, text=text)


@transaction.atomic
def bring_back(*, question: Question, by: User, now: dt.datetime, text: str = "", seen: str | None = None) -> None:
    """Undo a retirement: what was published is drawn again, what never was is a draft again."""
    question = _locked(question, by, seen)
    if question.status != Status.RETIRED:
        raise QuestionRefused(
            _("The status of this question is “%(status)s”. Only a retired question can be brought back.")
            % {"status": question.get_status_display()}
        )
    published = question.published_revision
    question.status = Status.PUBLISHED if published else Status.DRAFT
    question.save(update_fields=["status", "updated_at"])
    kind = Kind.PUBLISHED if published else Kind.COMMENTED
    text = f"brought back: {text}" if text else "brought back"
    record(question=question, kind=kind, by=by, now=now, revision=published, text=text)


# --- What the steps above have in common ----------------------------------------------------------------


def _locked(question: Question, by: User | None, seen: str | None = None) -> Question:
    """Return the question as it is stored, its row locked. Raises `QuestionRefused` for who may not change it, and
    `StaleVersion` if it is not the one that was seen."""
    if by is not None and not by.has_perm("questions.change_question"):
        raise QuestionRefused(_("You do not have permission to change questions."))
    return locked(question, seen)


def _draft(question: Question) -> Revision:
    draft = question.revisions.filter(published_at=None).first()
    if draft is None:
        raise QuestionRefused(_("There is no unpublished revision to review. Change the question first."))
    return draft


def _move(question: Question, moves: dict[Question.Status, Question.Status]) -> None:
    question.status = moves.get(Status(question.status), Status(question.status))
    question.save(update_fields=["status", "reviewer", "updated_at"])


def _require_review(question: Question) -> None:
    if question.reviewer_id is None:
        raise QuestionRefused(_("This question is not in review. Send it to review first."))


def _require_text(text: str, message: str) -> None:
    if not text.strip():
        raise QuestionRefused(message)


def _require_second_person(revision: Revision, by: User | None) -> None:
    """Raise `QuestionRefused` where the two-person rule is on and only its authors stand behind the revision."""
    if not settings.TWO_PERSON_RULE or by is None:
        return
    wrote, approved_by = authors(revision), approver(revision)
    if by.pk in wrote and (approved_by is None or approved_by.pk in wrote):
        raise QuestionRefused(
            _("You wrote revision %(number)s. Somebody else must approve or publish it: send it to review.")
            % {"number": revision.number}
        )
