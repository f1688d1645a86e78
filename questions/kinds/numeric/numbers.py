"""Numbers as people type them, and what is right of them, exactly."""

import re
from decimal import Decimal
from fractions import Fraction

from questions.exceptions import Unjudgeable
from questions.kinds.base import Response

# What candidates may type. “1,000” may be a thousand or one, so it is neither; the same in Python and in the browser.
NUMBER = (
    r"\s*[+\-−]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+|(?![1-9][0-9]{0,2},[0-9]{3}(?![0-9]))[0-9]*,[0-9]+)"
    r"(?:[eE][+\-]?[0-9]{1,2})?\s*"
)


def read_number(text: str) -> Decimal | None:
    """Return the number that a person has typed, None if it is none."""
    if not re.fullmatch(NUMBER, text):
        return None
    return Decimal(text.strip().replace("−", "-").replace(",", "."))


def _exact(text: str) -> Fraction:
    """Return the number of a key. Only what people may write: a fraction of 1e999999999 would fill the memory."""
    number = read_number(text)
    if number is None:
        raise ValueError(text)
    return Fraction(number)


def bounds(key: Response) -> tuple[Fraction, Fraction]:
    """Return the lowest and the highest number that are right, exactly. Raises `Unjudgeable`."""
    try:
        if key.get("value") is None:
            return _exact(key["low"]), _exact(key["high"])
        value, said = _exact(key["value"]), key.get("tolerance") or "0"
        number = _exact(said.removesuffix("%"))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise Unjudgeable from error
    off = abs(value) * number / 100 if said.endswith("%") else number
    return value - off, value + off
