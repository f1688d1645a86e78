from collections.abc import Sequence
from dataclasses import dataclass, replace

from questions.kinds.base import Given
from questions.kinds.showing import AnswerLine, Asked, Shape


@dataclass(frozen=True)
class EntryAsked(Asked):
    """`unit` stands behind the field; `pattern` is what the browser takes for a whole answer, `mismatch` what is said
    of any other."""

    text: str
    unit: str
    pattern: str
    mismatch: str

    @property
    def given(self) -> Given:
        return Given(text=self.text)

    @property
    def response(self) -> str | None:
        return self.text if self.is_begun else None

    @property
    def is_begun(self) -> bool:
        return bool(self.text.strip())

    @property
    def shape(self) -> Shape:
        return (int(bool(self.unit)),)

    @property
    def texts(self) -> dict[str, str]:
        return {"unit": self.unit}

    @property
    def note(self) -> str:
        return self.mismatch if self.is_incomplete else ""

    @property
    def lines(self) -> list[AnswerLine]:
        return [AnswerLine("", "", f"{self.text} {self.unit}".rstrip())] if self.is_begun else []

    def with_answer(self, given: Given, struck: Sequence[int]) -> "EntryAsked":
        return replace(self, text=given.text)
