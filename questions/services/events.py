"""The record of who did what to a question."""

import datetime as dt

from accounts import audit
from accounts.models import User
from questions.models import Question, QuestionEvent, Revision

# After one of these the text of a revision is another one, by whoever did it.
WRITING = (QuestionEvent.Kind.WRITTEN, QuestionEvent.Kind.IMPORTED, QuestionEvent.Kind.RESTORED)

# These decide what candidates are asked, so the audit log has them, too.
DECISIONS = (QuestionEvent.Kind.APPROVED, QuestionEvent.Kind.PUBLISHED, QuestionEvent.Kind.RETIRED)


def record(
    *,
    question: Question,
    kind: str,
    by: User | None,
    now: dt.datetime,
    revision: Revision | None = None,
    text: str = "",
) -> None:
    """Add an event. Someone who saves the same draft again and again has written it once, lately."""
    did = QuestionEvent.Kind(kind)
    if did is QuestionEvent.Kind.WRITTEN:
        latest = question.events.first()
        if latest and (latest.kind, latest.revision, latest.by) == (kind, revision, by) and not text:
            latest.at = now
            latest.save(update_fields=["at"])
            return
    QuestionEvent.objects.create(question=question, revision=revision, kind=kind, by=by, at=now, text=text)
    if did in DECISIONS:
        after = {"revision": revision.number} if revision else {}
        audit.record(f"question.{kind}", by=by, target=question, after=after)


def authors(revision: Revision) -> set[int]:
    """Return the ids of all who wrote in this revision."""
    wrote = revision.events.filter(kind__in=WRITING).values_list("by_id", flat=True)
    return {pk for pk in (revision.created_by_id, *wrote) if pk is not None}


def approver(revision: Revision) -> User | None:
    """Return who approved the revision as it reads now; None when nobody did, or it was changed or refused since."""
    decisive = [*WRITING, QuestionEvent.Kind.APPROVED, QuestionEvent.Kind.SENT_BACK]
    latest = revision.events.filter(kind__in=decisive).select_related("by").first()
    return latest.by if latest and latest.did is QuestionEvent.Kind.APPROVED else None
