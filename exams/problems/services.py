"""Reports of problems with questions: made by who reviewed them, answered by an instructor."""

import datetime as dt
from collections.abc import Collection, Sequence
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import User
from exams.attempts.models import Attempt, AttemptItem
from exams.exceptions import ReportRefused, StaleReports
from exams.problems.models import ProblemReport
from exams.problems.queries import open_reports
from exams.release.queries import is_reviewed
from questions.models import Question

DAILY_REPORTS = 30


def report_problem(
    *, candidate: User, attempt_id: UUID, position: int, kind: str, text: str, now: dt.datetime
) -> ProblemReport:
    """Store what a candidate says is wrong with a question of their attempt, as it was shown to them.

    Raises `AttemptItem.DoesNotExist` unless the review shows them this question now, and `ReportRefused` while their
    last report of it is open and after `DAILY_REPORTS` in a day.
    """
    item = AttemptItem.objects.select_related("attempt").get(
        attempt=attempt_id, attempt__candidate=candidate, attempt__state=Attempt.State.SCORED, position=position
    )
    if not is_reviewed(item.attempt, position, now):
        raise AttemptItem.DoesNotExist
    if candidate.problem_reports.filter(created_at__gt=now - dt.timedelta(days=1)).count() >= DAILY_REPORTS:
        raise ReportRefused(
            _("You have sent %(count)s reports within a day. You can continue tomorrow.") % {"count": DAILY_REPORTS}
        )
    try:
        with transaction.atomic():
            return ProblemReport.objects.create(
                question_id=item.question_id,
                revision_id=item.revision_id,
                item=item,
                candidate=candidate,
                kind=kind,
                text=text,
                created_at=now,
            )
    except IntegrityError:  # one_open_report_per_item
        raise ReportRefused(_("You have already reported this question. The answer will appear here.")) from None


@transaction.atomic
def resolve_reports(
    *,
    question: Question,
    report_ids: Sequence[int],
    outcome: str,
    answer: str,
    by: User,
    now: dt.datetime,
    seen: Collection[str] | None = None,
) -> int:
    """Answer these open reports of a question; return how many. What was answered meanwhile keeps its answer.

    Raises `StaleReports` if other reports are open than those the page showed: `seen` has their ids, as the page sent
    them, and is None where there is no page.
    """
    now_open = open_reports(question).select_for_update(of=("self",)).values_list("pk", flat=True)
    if seen is not None and {str(pk) for pk in now_open} != set(seen):
        raise StaleReports
    answered = ProblemReport.objects.filter(question=question, pk__in=report_ids, resolved_at=None).update(
        outcome=outcome, answer=answer, resolved_by=by, resolved_at=now
    )
    if answered:
        audit.record("problem.answered", by=by, target=question, after={"reports": answered, "outcome": outcome})
    return answered
