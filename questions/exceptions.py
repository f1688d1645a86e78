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


class UnknownKind(LookupError):
    """No kind of question has this name."""


class InvalidResponse(Exception):
    """The response is none that a page of this question can send."""


class TooManyChosen(InvalidResponse):
    """More options are chosen than the question asks for."""


class Unjudgeable(Exception):
    """A key that no rule of its kind can judge by."""


class Incomparable(Exception):
    """Answers to one revision of a question cannot be judged by another; the message says what differs."""
