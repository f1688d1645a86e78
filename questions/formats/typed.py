"""Questions whose answer is typed, in the formats that have such questions: what each kind says of itself in them."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from questions.bankfiles import QuestionEntry
from questions.kinds.numeric import Numeric
from questions.kinds.numeric.formats import NumericFormats, from_gift
from questions.kinds.short_text import ShortText
from questions.kinds.short_text.formats import ShortTextFormats, accepted

Answer = Mapping[str, Any]


class TypedFormats(Protocol):
    """A kind in other programs' files. `moodle` are its answers, each with what else Moodle wants to know of it; all
    are empty where no right answer is written yet. `qti_bounds`: what a QTI response is compared with, if not texts."""

    moodle_type: str
    qti_base: str

    def gift(self, answer: Answer) -> str: ...
    def moodle(self, answer: Answer) -> list[tuple[str, dict[str, str]]]: ...
    def moodle_settings(self, answer: Answer) -> dict[str, str]: ...
    def qti_correct(self, answer: Answer) -> list[str]: ...
    def qti_bounds(self, answer: Answer) -> tuple[str, str] | None: ...
    def kept(self, ours: Answer, read: Answer) -> bool:
        """Tell whether an answer that a file carries for us alone means what the file says to everybody."""
        ...


FORMATS: dict[str, TypedFormats] = {Numeric.name: NumericFormats(), ShortText.name: ShortTextFormats()}


def has_key(entry: QuestionEntry) -> bool:
    """Tell whether a question without options has a right answer that can be written."""
    return entry.kind in FORMATS and bool(FORMATS[entry.kind].moodle(entry.answer))


def kept_answer(kind: str, ours: object, read: Answer) -> dict[str, Any]:
    if kind in FORMATS and isinstance(ours, Mapping) and FORMATS[kind].kept(ours, read):
        return dict(ours)
    return dict(read)


def read_number_answers(answers: Sequence[tuple[str, float]], notes: list[str]) -> dict[str, Any]:
    """Return the fields of a numeric question. Raises `ValueError` where not exactly one answer is right."""
    right = _whole([(text, percent) for text, percent in answers if text.partition(":")[0] != "*"], notes)
    if len(right) != 1:
        raise ValueError(f"{len(right)} numbers are right; a question has one here, or a range. Write one.")
    return {"kind": Numeric.name, "options": (), "answer": from_gift(right[0])}


def read_text_answers(
    answers: Sequence[tuple[str, float]], notes: list[str], *, ignore_case: bool = True
) -> dict[str, Any]:
    """Return the fields of a short text question. Raises `ValueError` where no answer is right."""
    right = accepted(_whole([(text, percent) for text, percent in answers if text != "*" or percent >= 100], notes))
    if not right:
        raise ValueError("no answer is right; give one all the points.")
    answer = {"accepted": right} | ({"ignore_case": True} if ignore_case else {})
    return {"kind": ShortText.name, "options": (), "answer": answer}


def _whole(answers: Sequence[tuple[str, float]], notes: list[str]) -> list[str]:
    """Return the answers that earn all points; a note says what else the file gives points for."""
    notes += [
        f"“{text[:40]}” gave {percent:g} % of the points; a wrong answer gives none here."
        for text, percent in answers
        if 0 < percent < 100
    ]
    return [text for text, percent in answers if percent >= 100]
