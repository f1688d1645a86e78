from collections.abc import Sequence


class QuestionRefused(Exception):
    """A change to the bank that is not allowed; the message says what to do instead."""


class InvalidContent(QuestionRefused):
    """Question content that breaks the rules of the bank."""

    def __init__(self, problems: Sequence[object]) -> None:
        self.problems = problems
        super().__init__("; ".join(str(problem) for problem in problems))


class StaleVersion(QuestionRefused):
    """Somebody changed the question after the page that decides about it was opened."""


class RevisionIsImmutable(QuestionRefused):
    """Published content was about to be overwritten."""
