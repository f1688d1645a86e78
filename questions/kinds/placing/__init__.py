"""What the kinds share whose options are each given something: a place, or a match.

Response: per option the number that it was given, None for none.
"""

from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, ClassVar

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from questions.exceptions import InvalidResponse, Unjudgeable
from questions.kinds.base import Given, Response
from questions.kinds.options import OptionsKind
from questions.kinds.placing.showing import PlacedOption, PlacingAsked, placing_asked, placing_solved
from questions.kinds.showing import Asked, OnPaper, Place, Shape, Slot, Solved, Told

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class Placing(OptionsKind):
    folder = "placing"
    marked = _("Placed right")
    noun: ClassVar[str]
    direction: ClassVar["StrOrPromise"]
    # Matches are texts, listed above the options; places are numbers, each for one option.
    lists_places: ClassVar[bool] = False
    once: ClassVar[bool] = False

    def places(self, told: Told) -> list[Place]:
        """Return what each option may be given. Tells no key."""
        raise NotImplementedError

    def place_count(self, option_count: int, choice_count: int) -> int:
        """Return how many places or matches each option may be given."""
        raise NotImplementedError

    def clean(self, given: Given, option_count: int, choice_count: int) -> list[int | None] | None:
        if given.chosen:
            raise InvalidResponse(
                gettext("This question takes no choice: candidates give each option a place or a match.")
            )
        places, count = given.places, self.place_count(option_count, choice_count)
        if places and len(places) != option_count:
            raise InvalidResponse(
                gettext("This question has %(count)d options, but the answer places %(placed)d.")
                % {"count": option_count, "placed": len(places)}
            )
        numbers = [place for place in places if place is not None]
        if not numbers:
            return None
        if min(numbers) < 0 or max(numbers) >= count:
            raise InvalidResponse(
                gettext("There is no such place or match; this question has %(count)d.") % {"count": count}
            )
        return list(places)

    def in_own_numbering(self, option_order: Sequence[int], shown: Response) -> list[int | None]:
        places = dict(zip(option_order, shown, strict=True))
        return [places[own] for own in sorted(places)]

    def is_complete(self, response: Response | None, choose: int | None = None) -> bool:
        """Every option has something."""
        return bool(response) and None not in (response or ())

    def points(self, key: Response, response: Response | None) -> int:
        if not self.is_complete(key):
            raise Unjudgeable
        return int(response == key)

    def share(self, key: Response, option_count: int, response: Response | None) -> Fraction:
        """Each option that was placed as keyed adds its share; a misplaced one takes nothing."""
        self.points(key, response)  # refuses what is no key
        return Fraction(sum(self.marks(key, option_count, response)), len(key))

    def marks(self, key: Response, option_count: int, response: Response | None) -> list[int]:
        """Whether each option was placed as keyed."""
        placed = [int(given == right) for given, right in zip(response or [], key, strict=False)]
        return placed + [0] * (option_count - len(placed))

    # --- Showing ----------------------------------------------------------------------------------------------------

    def asked(self, told: Told, order: Sequence[int], response: Response | None, struck: Sequence[int] = ()) -> Asked:
        places = self.places(told)
        return placing_asked(
            self, told, order, response, noun=self.noun, places=places, is_listed=self.lists_places, once=self.once
        )

    def of_shape(self, shape: Shape, slot: Slot) -> Asked:
        options, places = (range(count or 0) for count in shape)
        return PlacingAsked(
            self,
            self.noun,
            self.lists_places,
            self.once,
            [PlacedOption(number, slot(f"option{number}"), None) for number in options],
            [Place(number, slot(f"label{number}"), slot(f"place{number}")) for number in places],
        )

    def solved(
        self, told: Told, key: Response, rationales: Sequence[str], order: Sequence[int], response: Response | None
    ) -> Solved:
        return placing_solved(self, told, key, rationales, order, response, places=self.places(told))

    def on_paper(self, told: Told, solved: Solved) -> OnPaper:
        answer = ", ".join(f"{option.letter}{option.box}" for option in solved.options)
        matches = [place.html for place in solved.places] if self.lists_places else []
        return OnPaper(str(self.direction), answer, "____", 16, matches=matches)
