"""Questions whose options are chosen: one right answer, or several.

Key and response: the sorted indexes of the right, or chosen, options.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any, ClassVar

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from questions.exceptions import InvalidResponse, TooManyChosen, Unjudgeable
from questions.kinds.base import Given, Response, Revised, moved
from questions.kinds.choice.formats import (
    MultipleGift,
    MultipleMoodle,
    MultipleQti,
    SingleGift,
    SingleMoodle,
    SingleQti,
)
from questions.kinds.choice.showing import ChoiceAsked, ChoiceOption, choice_asked, choice_solved
from questions.kinds.options import OptionsKind
from questions.kinds.showing import Asked, OnPaper, Shape, Slot, Solved, Told
from questions.parts import CHOOSE_ALL, Problem, Written

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

# A key is conspicuous when it is so many times, and so many characters, longer than the longest distractor.
CONSPICUOUS, CONSPICUOUS_BY = 1.3, 15
NUMBER_WORDS = {"two": 2, "three": 3, "four": 4, "five": 5, "2": 2, "3": 3, "4": 4, "5": 5}
CHOOSE = re.compile(rf"\b(?:choose|select|pick)\s+(?:the\s+)?(?:best\s+)?({'|'.join(NUMBER_WORDS)})\b", re.IGNORECASE)
ABSOLUTE = re.compile(
    r"\b(?:always|never|impossible|completely|absolutely|guarantee[sd]?|under no circumstances)\b", re.I
)


class Choice(OptionsKind):
    folder = "choice"
    parts = frozenset({"options", "key"})
    field: ClassVar[str]
    direction: ClassVar["StrOrPromise"]
    box: ClassVar[str]
    # How many options a page lets a candidate choose; None: any number.
    most: ClassVar[int | None] = None

    def key(self, content: Written) -> list[int]:
        return [index for index, option in enumerate(content.options) if option.key]

    def written(self, revision: Revised, rationales: Sequence[str]) -> Mapping[str, Any]:
        return {
            "options": [
                {"text": text, "key": index in revision.key, "rationale": rationale}
                for index, (text, rationale) in enumerate(zip(revision.options, rationales, strict=True))
            ]
        }

    # --- What is wrong with a question ------------------------------------------------------------------------------

    def key_problems(self, content: Written) -> list[Problem]:
        count = len(self.key(content))
        if count == 0:
            return [Problem("key", gettext("no key; mark the right option (`key: true`)."))]
        problem = self._count_problem(count)
        problems = [problem] if problem else []
        if count == len(content.options):
            problems.append(Problem("key", gettext("every option is a key; add a distractor.")))
        return problems

    def _count_problem(self, count: int) -> Problem | None:
        return None

    def hints(self, content: Written) -> Iterator[Problem]:
        yield from self._count_hints(content)
        keys = [len(option.text) for option in content.options if option.key]
        others = [len(option.text) for option in content.options if not option.key]
        if keys and others and min(keys) > max(CONSPICUOUS * max(others), CONSPICUOUS_BY + max(others)):
            message = ngettext(
                "the right answer is by far the longest and easy to guess; shorten it, or expand the others.",
                "the right answers are by far the longest and easy to guess; shorten them, or expand the others.",
                len(keys),
            )
            yield Problem("options", message)
        for index, option in enumerate(content.options):
            if not option.key and (found := ABSOLUTE.search(option.text)):
                yield Problem(
                    f"options.{index}.text",
                    gettext("“%(word)s” gives away that the option is wrong; make it wrong in substance instead.")
                    % {"word": found[0]},
                )

    def _count_hints(self, content: Written) -> Iterator[Problem]:
        keys, asked = len(self.key(content)), CHOOSE.search(content.stem)
        if asked and keys and NUMBER_WORDS[asked[1].lower()] != keys:
            message = ngettext(
                "the stem says “%(words)s”, but %(count)d option is marked as key; make them agree.",
                "the stem says “%(words)s”, but %(count)d options are marked as keys; make them agree.",
                keys,
            )
            yield Problem("stem", message % {"words": asked[0], "count": keys})

    # --- Answering --------------------------------------------------------------------------------------------------

    def clean(self, given: Given, option_count: int, choice_count: int) -> list[int] | None:
        if given.places:
            raise InvalidResponse(gettext("This question takes no places: candidates choose its options."))
        response = sorted(set(given.chosen))
        if not response:
            return None
        if response[0] < 0 or response[-1] >= option_count:
            raise InvalidResponse(
                gettext("There is no such option; this question has %(count)d.") % {"count": option_count}
            )
        if self.most is not None and len(response) > self.most:
            raise InvalidResponse(gettext("This question takes one answer."))
        return response

    def check_count(self, response: Response, choose: int | None) -> None:
        if choose is not None and len(response) > choose:
            raise TooManyChosen(
                gettext("Choose %(choose)s; %(count)s are chosen here.") % {"choose": choose, "count": len(response)}
            )

    def in_own_numbering(self, option_order: Sequence[int], shown: Response) -> list[int]:
        return sorted(option_order[number] for number in shown if number is not None)

    def is_complete(self, response: Response | None, choose: int | None = None) -> bool:
        return bool(response) and (choose is None or len(response or ()) == choose)

    # --- Judging ----------------------------------------------------------------------------------------------------

    def points(self, key: Response, response: Response | None) -> int:
        if not key:
            raise Unjudgeable
        return int(response is not None and set(response) == set(key))

    def share(self, key: Response, option_count: int, response: Response | None) -> Fraction:
        """Each right option adds its share of the right ones; each wrong one takes its share of the wrong ones.

        Never below 0. So choosing all earns nothing, and blind guessing nothing on average.
        """
        whole, right, chosen = self.points(key, response), set(key), set(response or [])
        earned = Fraction(len(chosen & right), len(right))
        if others := option_count - len(right):
            earned -= Fraction(len(chosen - right), others)
        return Fraction(whole) or max(Fraction(0), earned)

    def marks(self, key: Response, option_count: int, response: Response | None) -> list[int]:
        """Whether each option was chosen."""
        return [int(option in (response or [])) for option in range(option_count)]

    def distractors(self, key: Response, option_count: int) -> list[int]:
        return [option for option in range(option_count) if option not in key]

    # --- Showing ----------------------------------------------------------------------------------------------------

    def asked(self, told: Told, order: Sequence[int], response: Response | None, struck: Sequence[int] = ()) -> Asked:
        return choice_asked(self, self.field, told, order, response, struck)

    def of_shape(self, shape: Shape, slot: Slot) -> Asked:
        told, count = shape
        options = [ChoiceOption(number, slot(f"option{number}"), False, False) for number in range(count or 0)]
        return ChoiceAsked(self, self.field, told, options)

    def solved(
        self, told: Told, key: Response, rationales: Sequence[str], order: Sequence[int], response: Response | None
    ) -> Solved:
        return choice_solved(self, told, key, rationales, order, response)

    def on_paper(self, told: Told, solved: Solved) -> OnPaper:
        sentences = [str(self.direction), gettext("Choose %(count)d.") % {"count": told.choose} if told.choose else ""]
        answer = ", ".join(option.letter for option in solved.options if option.is_right)
        return OnPaper(" ".join(filter(None, sentences)), answer, self.box, 11)

    # --- Another revision -------------------------------------------------------------------------------------------

    def translated(self, old: Revised, new: Revised, answer: Response | None) -> list[int] | None:
        option_of = moved(old.options, new.options)
        moved(old.choices, new.choices)
        return None if answer is None else sorted(option_of[own] for own in answer if own is not None)


class Single(Choice):
    name = "single"
    label = _("one right answer")
    field = "radio"
    direction = ""
    box = "○"
    most = 1
    gift = SingleGift()
    moodle = SingleMoodle()
    qti = SingleQti()

    def is_told_by(self, keys: int, *, wants_several: bool = False, has_matches: bool = False) -> bool:
        return keys < 2 and not (wants_several or has_matches)

    def only_key(self, content: Written) -> int | None:
        key = self.key(content)
        return key[0] if len(key) == 1 else None

    def _count_problem(self, count: int) -> Problem | None:
        if count > 1:
            return Problem(
                "key",
                gettext("a `single` question has %(count)s keys; mark one, or make it `multiple`.") % {"count": count},
            )
        return None


class Multiple(Choice):
    name = "multiple"
    label = _("several right answers, all or nothing")
    field = "checkbox"
    direction = _("More than one answer is right. Mark all right answers.")
    box = "☐"
    gift = MultipleGift()
    moodle = MultipleMoodle()
    qti = MultipleQti()

    def is_told_by(self, keys: int, *, wants_several: bool = False, has_matches: bool = False) -> bool:
        return (keys > 1 or wants_several) and not has_matches

    def choose(self, content: Written) -> int | None:
        """As many as are right, except where the stem asks for all that apply: there the number would help."""
        return None if CHOOSE_ALL.search(content.stem) else len(self.key(content)) or None

    def _count_problem(self, count: int) -> Problem | None:
        if count == 1:
            return Problem("key", gettext("a `multiple` question has only one key; mark another, or make it `single`."))
        return None

    def _count_hints(self, content: Written) -> Iterator[Problem]:
        yield from super()._count_hints(content)
        if not CHOOSE.search(content.stem) and not CHOOSE_ALL.search(content.stem):
            count = len(self.key(content))
            word = next((word for word, number in NUMBER_WORDS.items() if number == count), "two")
            yield Problem(
                "stem",
                gettext("the stem does not say how many answers are right; end with “(Choose %(word)s.)”.")
                % {"word": word},
            )
