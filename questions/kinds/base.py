"""What every kind of question answers for. Pure: texts and numbers in, texts and numbers out."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from questions.exceptions import Incomparable
from questions.formats.gift_parts import GiftMapping
from questions.formats.moodle_parts import MoodleMapping
from questions.formats.qti.parts import QtiMapping
from questions.kinds.showing import Asked, OnPaper, Shape, Slot, Solved, Told
from questions.parts import Problem, Written

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

# What an attempt keeps as an answer and what a revision keeps as its key: JSON, in the shape that the kind says.
Response = Any


@dataclass(frozen=True)
class Given:
    """An answer as a page sends it, options numbered as shown. Each kind uses one of the fields."""

    chosen: Sequence[int] = ()
    places: Sequence[int | None] = ()
    text: str = ""

    @property
    def is_any(self) -> bool:
        return bool(self.chosen or self.text or any(place is not None for place in self.places))


@dataclass(frozen=True)
class AnswerField:
    """A field of the form in which an answer is written: one `line`, `lines` that make a list, or a `check` mark."""

    name: str
    label: "StrOrPromise"
    help: "StrOrPromise" = ""
    widget: Literal["line", "lines", "check"] = "line"


class Revised(Protocol):
    """What of a revision an answer is judged by, in the shapes of `questions.models.Revision`."""

    @property
    def kind(self) -> str: ...
    @property
    def options(self) -> Any: ...
    @property
    def choices(self) -> Any: ...
    @property
    def key(self) -> Any: ...
    @property
    def prompt(self) -> Any: ...


class Kind(ABC):
    """One kind of question. Instances hold nothing; there is one of each, in `questions.kinds.KINDS`."""

    name: ClassVar[str]
    label: ClassVar["StrOrPromise"]
    # Where its templates lie, in templates/questions/kinds/, and what static/exams/answers.js calls it.
    folder: ClassVar[str]
    # What a mark in the statistics of an option says.
    marked: ClassVar["StrOrPromise"] = _("Chosen")
    # What the form asks for of the `answer`, where the kind has one.
    fields: ClassVar[tuple[AnswerField, ...]] = ()
    # Which of `options`, `key`, `match`, `decoys` and `answer` mean something in a question of this kind.
    parts: ClassVar[frozenset[str]]
    # Options that are written in their right order are shuffled whatever the question says.
    always_shuffles: ClassVar[bool] = False
    # How it is said in the formats of other programs; None: that format has no such questions.
    gift: ClassVar[GiftMapping | None] = None
    moodle: ClassVar[MoodleMapping | None] = None
    qti: ClassVar[QtiMapping | None] = None

    # --- Writing: content to key and back ---------------------------------------------------------------------------

    @abstractmethod
    def key(self, content: Written) -> Response:
        """Return what is right, in the shape of a response."""

    def choices(self, content: Written) -> list[str]:
        """Return what options may be matched with, in an order that tells nothing."""
        return []

    def canonical(self, answer: Mapping[str, Any]) -> dict[str, Any]:
        """Say the same answer in the one way in which it is stored and compared."""
        return dict(answer)

    def prompt(self, content: Written) -> dict[str, Any]:
        """Return what else candidates are shown of the answer, such as its unit: nothing of the key."""
        return {}

    def choose(self, content: Written) -> int | None:
        """Return how many options a candidate is told to choose; None: they are not told."""
        return None

    def only_key(self, content: Written) -> int | None:
        """Return the one right option of a question that asks for one."""
        return None

    @abstractmethod
    def written(self, revision: Revised, rationales: Sequence[str]) -> Mapping[str, Any]:
        """Return the fields of the content (options, decoys, answer) that a revision was made from."""

    # --- Files ------------------------------------------------------------------------------------------------------

    def is_told_by(self, keys: int, *, wants_several: bool = False, has_matches: bool = False) -> bool:
        """Tell whether a question is of this kind by what a file without kinds says: how many options are right,
        whether the stem asks for several, whether options have matches."""
        return False

    def means(self, ours: Mapping[str, Any], read: Mapping[str, Any]) -> bool:
        """Tell whether an answer that a file carries for us alone means what the file says to everybody."""
        return ours == read

    # --- What is wrong with a question ------------------------------------------------------------------------------

    @abstractmethod
    def problems(self, content: Written) -> list[Problem]:
        """Return what forbids even a draft, beside what is too large."""

    @abstractmethod
    def key_problems(self, content: Written) -> list[Problem]:
        """Return what the key lacks before candidates may see the question."""

    def hints(self, content: Written) -> Iterator[Problem]:
        """Yield what makes the question weaker than it could be."""
        return iter(())

    # --- Answering --------------------------------------------------------------------------------------------------

    @abstractmethod
    def clean(self, given: Given, option_count: int, choice_count: int) -> Response | None:
        """Return the response, options numbered as shown; None for a blank.

        An unfinished answer is a response too: see `is_complete`. Raises `InvalidResponse` for what no page can send.
        """

    def check_count(self, response: Response, choose: int | None) -> None:
        """Raise `TooManyChosen` where more is chosen than candidates are told to choose."""
        return

    @abstractmethod
    def in_own_numbering(self, option_order: Sequence[int], shown: Response) -> Response:
        """Return a response whose options are numbered as shown in the revision's numbering, which is its key's."""

    @abstractmethod
    def is_complete(self, response: Response | None, choose: int | None = None) -> bool:
        """Tell an answer from a blank and from an unfinished one, which no key looks like."""

    # --- Judging ----------------------------------------------------------------------------------------------------

    @abstractmethod
    def points(self, key: Response, response: Response | None) -> int:
        """Return 1 for a right response, else 0: all or nothing. Raises `Unjudgeable` for what is no key."""

    def share(self, key: Response, option_count: int, response: Response | None) -> Fraction:
        """Return the share of the point that an answer earns where part marks are given, 0 to 1. Raises `Unjudgeable`.

        Where an answer has no parts it is all or nothing.
        """
        return Fraction(self.points(key, response))

    def marks(self, key: Response, option_count: int, response: Response | None) -> list[int]:
        """Return 1 or 0 per option, for the statistics of the question."""
        return []

    def distractors(self, key: Response, option_count: int) -> list[int]:
        """Return the wrong options; none where no option is wrong by itself."""
        return []

    # --- Showing ----------------------------------------------------------------------------------------------------

    @abstractmethod
    def asked(self, told: Told, order: Sequence[int], response: Response | None, struck: Sequence[int] = ()) -> Asked:
        """Return what candidates see and fill in, options in this order; the response is in the own numbering."""

    @abstractmethod
    def of_shape(self, shape: Shape, slot: Slot) -> Asked:
        """Return an unanswered question of this shape, with a slot for each of its texts: see `Asked.shape`."""

    def preview_order(self, told: Told) -> list[int]:
        """Return an order of the options for a preview: as written, where that does not tell the key."""
        return list(range(len(told.options)))

    @abstractmethod
    def solved(
        self, told: Told, key: Response, rationales: Sequence[str], order: Sequence[int], response: Response | None
    ) -> Solved:
        """Return what the review shows; options have the letters of the order."""

    @abstractmethod
    def on_paper(self, told: Told, solved: Solved) -> OnPaper:
        """Return how the question is put on paper; `solved` has its options in the order of the paper."""

    # --- Another revision -------------------------------------------------------------------------------------------

    @abstractmethod
    def translated(self, old: Revised, new: Revised, answer: Response | None) -> Response | None:
        """Return an answer that was given to the old revision in the numbering of the new one, of the same kind.

        Raises `Incomparable`.
        """

    @abstractmethod
    def keeps_numbering(self, old: Revised, new: Revised) -> bool:
        """Tell whether numbers mean the same in both, where `translated` does not know the edited texts."""


def moved(old: Sequence[str], new: Sequence[str]) -> list[int]:
    """Return where each of the old texts stands among the new ones. Raises `Incomparable`."""
    news = {" ".join(text.split()): index for index, text in enumerate(new)}
    olds = [" ".join(text.split()) for text in old]
    if sorted(olds) != sorted(news):
        raise Incomparable(gettext("the texts of its options or matches have changed"))
    return [news[text] for text in olds]
