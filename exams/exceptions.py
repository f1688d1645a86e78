"""Named refusals. Each says in its message what a person can do about it."""

from django.utils.translation import ngettext

from questions.exceptions import Incomparable as Incomparable
from questions.exceptions import InvalidResponse as InvalidResponse
from questions.exceptions import TooManyChosen as TooManyChosen


class ExamRefused(Exception):
    """An attempt cannot be started."""


class PoolTooSmall(ExamRefused):
    """The bank cannot fill a form."""

    def __init__(self, domain: str, needed: int, available: int) -> None:
        self.domain, self.needed, self.available = domain, needed, available
        message = ngettext(
            "The bank has %(count)d published question in “%(domain)s”; this exam needs %(needed)d.",
            "The bank has %(count)d published questions in “%(domain)s”; this exam needs %(needed)d.",
            available,
        )
        super().__init__(message % {"count": available, "domain": domain, "needed": needed})


class QuotasDoNotFit(ExamRefused):
    """The exam's quotas ask for more or fewer questions than it has."""


class NoUsableForm(ExamRefused):
    """The exam has fixed forms, and none that can be given to a candidate."""


class QuestionsInUse(ExamRefused):
    """The bank could fill the form only with questions that the candidate is being asked elsewhere."""


class ExamNotOpen(ExamRefused):
    """The exam's window has not begun or is over, or the exam is not offered."""


class NoAttemptLeft(ExamRefused):
    """The candidate has begun this exam as often as is allowed."""


class FormRefused(Exception):
    """A fixed form cannot be changed or deleted as was asked."""


class AttemptClosed(Exception):
    """The attempt was handed in or its time is over: nothing is accepted any more."""


class PracticeRefused(Exception):
    """A practice, or a step of it, that is not possible now; the message says why."""


class PlanRefused(Exception):
    """A plan for a day that is none to prepare for; the message says why."""


class StaleNote(Exception):
    """A note was changed since the page was opened that wants to change it."""


class ExtensionRefused(Exception):
    """More time cannot be given: the attempt is over, or the figure makes no sense."""


class MembershipRefused(Exception):
    """A person cannot join, leave or be removed: the invitation, the link, the membership or the cohort is gone."""


class StaleAnswer(Exception):
    """Another tab or device saved a newer answer than the one this page started from."""


class UnscorableAttempt(Exception):
    """The scorer met data it cannot judge; the attempt is parked for the operator with this message."""


class RescoreRefused(Exception):
    """A re-score that cannot be ordered; the message says why and what can."""


class ErasureRefused(Exception):
    """A person who cannot be erased now; the message says why."""


class ReportRefused(Exception):
    """A problem report that is not taken."""


class StaleReports(Exception):
    """The open reports of a question are others than those that the answer was written to."""
