"""What pages and papers show of a question, kind by kind. Pure.

`Asked` has no field that could tell the key: it is what candidates see before hand-in. `Solved` has the key.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.utils.safestring import SafeString

if TYPE_CHECKING:
    from questions.kinds.base import Given, Kind, Response


# In what two questions of a kind look different on the exam page, beside their texts: numbers alone, so that what is
# rendered once for a shape holds no word of any question.
Shape = tuple[int | None, ...]
Slot = Callable[[str], Any]


@dataclass(frozen=True)
class Told:
    """All that candidates are told of how to answer a question. `prompt` is what else its kind says."""

    options: Sequence[str]
    choices: Sequence[str] = ()
    choose: int | None = None
    prompt: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class AnswerLine:
    """One line of an answer in words: the option it names, if it names one, and what that was given."""

    letter: str
    html: SafeString | str
    label: str

    def __str__(self) -> str:
        return f"{self.letter} {self.label}".strip()


@dataclass(frozen=True)
class Asked(ABC):
    """How a question is answered, with the answer as far as it is given; options are in the order they are shown."""

    kind: "Kind"

    @property
    @abstractmethod
    def given(self) -> "Given":
        """The answer as a page would send it."""

    @property
    @abstractmethod
    def response(self) -> "Response | None":
        """The answer in the shape of a response, options numbered as shown."""

    @property
    @abstractmethod
    def is_begun(self) -> bool: ...

    @property
    @abstractmethod
    def shape(self) -> Shape:
        """What `Kind.of_shape` makes the same page of, but for the answer and the texts."""

    @property
    @abstractmethod
    def texts(self) -> dict[str, str]:
        """The texts, by the names that `Kind.of_shape` gives their slots; all but `SafeString` is escaped."""

    @property
    @abstractmethod
    def note(self) -> str:
        """What is said of an answer that is not complete. The page's script says the same as it changes."""

    @property
    @abstractmethod
    def lines(self) -> list[AnswerLine]:
        """The answer in words; nothing for a blank."""

    @abstractmethod
    def with_answer(self, given: "Given", struck: Sequence[int]) -> "Asked":
        """Return the same with another answer, of which nobody has said that it fits: what does not is left out."""

    @property
    def choose(self) -> int | None:
        """How many options are to be chosen, if candidates are told."""
        return None

    @property
    def struck(self) -> list[tuple[int, str]]:
        """The options that are ruled out, by number and letter."""
        return []

    @property
    def is_answered(self) -> bool:
        return self.kind.is_complete(self.response, self.choose)

    @property
    def is_incomplete(self) -> bool:
        return self.is_begun and not self.is_answered

    @property
    def asked_template(self) -> str:
        return f"questions/kinds/{self.kind.folder}/asked.jinja"

    @property
    def answered_template(self) -> str:
        return f"questions/kinds/{self.kind.folder}/answered.html"


@dataclass(frozen=True)
class Place:
    """A place or a match that an option may be given: `html` as it was written, `label` as a list can show it."""

    number: int
    label: str
    html: SafeString


@dataclass(frozen=True)
class SolvedOption:
    """`right` and `given` are places or matches, for the kinds that have them; `share`: how many of a hundred people
    marked it, "" where that is not said."""

    number: int
    letter: str
    html: SafeString
    rationale: SafeString
    is_right: bool
    is_wrong: bool
    is_chosen: bool
    right: Place | None = None
    given: Place | None = None
    share: str = ""

    @property
    def box(self) -> str:
        """What belongs in the option's box on a paper's key."""
        if self.right is not None:
            return str(self.right.number + 1)
        return "✓" if self.is_right else ""


@dataclass(frozen=True)
class Solved:
    """How a question is right, with the answer that was given to it, if any. `options` are in the order of the review,
    `places` what each may be given, `answers` and `given` are of a question without options."""

    kind: "Kind"
    options: list[SolvedOption] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    given: str = ""
    is_right: bool = False

    @property
    def template(self) -> str:
        return f"questions/kinds/{self.kind.folder}/solved.html"


@dataclass(frozen=True)
class OnPaper:
    """How a question is put on paper. `box` is what options are marked in, `line` what is written on where there are
    none, `matches` what options may go with; `answer` is the right one in one line."""

    direction: str
    answer: str
    box: str = ""
    indent: int = 0  # of the options, in millimetres
    line: str = ""
    matches: Sequence[SafeString] = ()

    @property
    def texts(self) -> list[str]:
        """What of it was written by people, so that it may need a character that no font has."""
        return [self.line, self.answer]
