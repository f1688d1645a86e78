"""Reading what exam pages send. Fields of question 7 are named q7-…; see templates/exams/attempts/_question.jinja.

No Django form: one of seven fields, built anew for every save, was a tenth of a save's CPU (docs/performance.md).
"""

import re

from django.http import QueryDict
from django.utils.translation import gettext as _

from exams.attempts.services.saving import Answer
from exams.exceptions import InvalidResponse
from questions.content import MAX_OPTIONS
from questions.parts import MAX_TYPED

MAX_COUNT = 2**31 - 1
# What else is sent says nothing, as if nothing were said.
SURE = {"1": True, "0": False}
MAX_SECONDS = 7 * 24 * 3600
PAGE_NAME = re.compile(r"[0-9a-zA-Z-]{0,32}")
# ASCII only and no longer than MAX_COUNT: int() would take other scripts' digits, and pages of them.
NUMBER = re.compile(r"[0-9]{1,10}")


def _number(text: str, largest: int, position: int | str, field: str) -> int:
    """Return the whole number from 0 to `largest` that the text is, or raise `InvalidResponse` naming the field."""
    if not NUMBER.fullmatch(text) or int(text) > largest:
        raise InvalidResponse(
            _("Question %(position)s, %(field)s: this is not a whole number from 0 to %(largest)s.")
            % {"position": position, "field": field, "largest": largest}
        )
    return int(text)


def read_answer(data: QueryDict, position: int) -> Answer:
    """Return the answer to one question. Raises `InvalidResponse` naming the field that is wrong."""
    prefix = f"q{position}"

    def number(field: str, largest: int) -> int:
        return _number(data.get(f"{prefix}-{field}", ""), largest, position, field)

    def options(field: str) -> tuple[int, ...]:
        return tuple(_number(text, MAX_OPTIONS - 1, position, field) for text in data.getlist(f"{prefix}-{field}"))

    # Lists to choose from are sent whether anything is chosen in them or not, in the order of the page.
    places = tuple(
        None if text == "" else _number(text, MAX_OPTIONS - 1, position, "place")
        for text in data.getlist(f"{prefix}-place")
    )
    text = data.get(f"{prefix}-text", "")
    if len(text) > MAX_TYPED or not text.isprintable():
        raise InvalidResponse(
            _("Question %(position)s, text: write one line of up to %(most)s characters.")
            % {"position": position, "most": MAX_TYPED}
        )
    page = data.get(f"{prefix}-page", "")
    if not PAGE_NAME.fullmatch(page):
        raise InvalidResponse(
            _("Question %(position)s, page: this is not the name of a page.") % {"position": position}
        )
    return Answer(
        position=position,
        chosen=options("choice"),
        places=places,
        text=text,
        is_flagged=bool(data.get(f"{prefix}-flag")),
        struck=options("struck"),
        is_sure=SURE.get(data.get(f"{prefix}-sure", "")),
        sequence=number("sequence", MAX_COUNT),
        page=page,
        count=number("count", MAX_COUNT),
        seconds_spent=number("seconds", MAX_SECONDS),
    )


def read_answers(data: QueryDict) -> list[Answer]:
    """Return the answers of all questions that the posted form holds."""
    positions = [int(match[1]) for name in data if (match := re.fullmatch(r"q(\d{1,4})-sequence", name))]
    return [read_answer(data, position) for position in sorted(positions)]


def read_seconds(data: QueryDict) -> dict[int, int]:
    """Return the seconds spent per position, also for questions of which the page sends nothing else."""
    return {
        int(match[1]): _number(data.get(name, ""), MAX_SECONDS, match[1], "seconds")
        for name in data
        if (match := re.fullmatch(r"q(\d{1,4})-seconds", name))
    }
