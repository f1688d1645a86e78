"""What the kinds share whose answer is typed. They have no options.

Response: the text as it was typed.
"""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from django.utils.translation import gettext as _
from pydantic import ValidationError

from questions.exceptions import Incomparable, InvalidResponse
from questions.kinds.base import Given, Kind, Response, Revised
from questions.kinds.entry.showing import EntryAsked
from questions.kinds.options import misplaced
from questions.kinds.showing import Asked, OnPaper, Shape, Slot, Solved, Told
from questions.parts import Content, Problem, Written

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class Entry(Kind):
    folder = "entry"
    parts = frozenset({"answer"})
    # What the answer of a question says; its fields are those of `fields`.
    model: ClassVar[type[Content]]
    # Which of these candidates are shown beside the field.
    told: ClassVar[frozenset[str]] = frozenset()
    # What a browser takes for a whole answer, said once: the page's script asks the field itself. Empty: any text.
    pattern: ClassVar[str] = ""
    mismatch: ClassVar["StrOrPromise"] = ""
    keyboard: ClassVar[str] = "text"
    direction: ClassVar["StrOrPromise"]

    # --- Writing ----------------------------------------------------------------------------------------------------

    def canonical(self, answer: Mapping[str, Any]) -> dict[str, Any]:
        """Say the same in the one way it is stored and compared; what cannot be read stays for `problems` to name."""
        try:
            return self.model.model_validate(answer).model_dump(mode="json", exclude_defaults=True)
        except ValidationError:
            return dict(answer)

    def key(self, content: Written) -> dict[str, Any]:
        return {name: value for name, value in content.answer.items() if name not in self.told}

    def prompt(self, content: Written) -> dict[str, Any]:
        return {name: value for name, value in content.answer.items() if name in self.told}

    def written(self, revision: Revised, rationales: Sequence[str]) -> Mapping[str, Any]:
        return {"answer": {**revision.key, **revision.prompt}}

    # --- What is wrong with a question ------------------------------------------------------------------------------

    def problems(self, content: Written) -> list[Problem]:
        problems = misplaced(self, content)
        if content.options:
            problems.append(
                Problem("options", _("a %(kind)s question has no options; remove them.") % {"kind": self.name})
            )
        try:
            answer = self.model.model_validate(content.answer)
        except ValidationError as error:
            return problems + [
                Problem(".".join(["answer", *map(str, detail["loc"])]), f"{detail['msg']}.")
                for detail in error.errors(include_url=False)
            ]
        return problems + self.answer_problems(answer)

    def answer_problems(self, answer: Any) -> list[Problem]:
        """Return what forbids even a draft of what the model takes."""
        return []

    # --- Answering --------------------------------------------------------------------------------------------------

    def clean(self, given: Given, option_count: int, choice_count: int) -> str | None:
        if given.chosen or given.places:
            raise InvalidResponse(_("This question takes a text and has no options."))
        return given.text if given.text.strip() else None

    def in_own_numbering(self, option_order: Sequence[int], shown: Response) -> Response:
        return shown

    # --- Showing ----------------------------------------------------------------------------------------------------

    def asked(self, told: Told, order: Sequence[int], response: Response | None, struck: Sequence[int] = ()) -> Asked:
        return EntryAsked(self, response or "", str(told.prompt.get("unit", "")), self.pattern, str(self.mismatch))

    def of_shape(self, shape: Shape, slot: Slot) -> Asked:
        (has_unit,) = shape
        return EntryAsked(self, "", slot("unit") if has_unit else "", self.pattern, str(self.mismatch))

    @abstractmethod
    def answers(self, told: Told, key: Response) -> list[str]:
        """Return what is right, in words; nothing while it is not written yet."""

    def solved(
        self, told: Told, key: Response, rationales: Sequence[str], order: Sequence[int], response: Response | None
    ) -> Solved:
        answers = self.answers(told, key)
        is_right = bool(answers) and response is not None and bool(self.points(key, response))
        return Solved(self, answers=answers, given=response or "", is_right=is_right)

    def on_paper(self, told: Told, solved: Solved) -> OnPaper:
        line = f"{'_' * 24} {told.prompt.get('unit', '')}".rstrip()
        return OnPaper(str(self.direction), " / ".join(solved.answers), line=line)

    # --- Another revision -------------------------------------------------------------------------------------------

    def translated(self, old: Revised, new: Revised, answer: Response | None) -> Response | None:
        """What was typed means the same, unless it was asked for in another unit."""
        if old.prompt != new.prompt:
            raise Incomparable(_("its unit has changed"))
        return answer

    def keeps_numbering(self, old: Revised, new: Revised) -> bool:
        return bool(old.prompt == new.prompt)
