"""Text that runs from right to left, for a page that is drawn from left to right. Pure.

ReportLab draws characters in the order it is given, and breaks lines before that order is known. So lines are broken
here, in the order of reading, and each is then put into the order of sight: joined by arabic-reshaper, turned by
python-bidi, whose Python implementation also mirrors brackets.
"""

import re
import unicodedata
from collections.abc import Callable
from functools import cache

from arabic_reshaper import ArabicReshaper
from bidi.algorithm import get_display

RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
STRONG = {"L": "L", "R": "R", "AL": "R"}


@cache
def _reshaper() -> ArabicReshaper:
    return ArabicReshaper({"delete_harakat": False})


def is_right_to_left(text: str) -> bool:
    """Tell whether anything in the text has to be turned."""
    return bool(RIGHT_TO_LEFT.search(text))


def direction_of(text: str) -> str:
    """Return "R" or "L" as the first letter says that has a direction."""
    directions = (STRONG.get(unicodedata.bidirectional(character)) for character in text)
    return next(filter(None, directions), "L")


def in_order_of_sight(text: str, direction: str = "") -> str:
    """Return one line as it is drawn from left to right."""
    if not is_right_to_left(text):
        return text
    return str(get_display(_reshaper().reshape(text), base_dir=direction or direction_of(text)))


def lines_of_sight(text: str, width: float, measure: Callable[[str], float]) -> list[str]:
    """Break a text into lines no wider than `width`, each as it is drawn. A word that is wider gets broken."""
    lines = []
    for paragraph in text.split("\n"):
        direction = direction_of(paragraph)
        for line in _broken(_reshaper().reshape(paragraph), width, measure):
            lines.append(str(get_display(line, base_dir=direction)))
    return lines


def _broken(text: str, width: float, measure: Callable[[str], float]) -> list[str]:
    lines, line = [], ""
    for word in text.split():
        if not line or measure(f"{line} {word}") <= width:
            line = f"{line} {word}".strip()
        else:
            lines.append(line)
            line = word
        while measure(line) > width and len(line) > 1:
            fits = next(
                length for length in range(len(line) - 1, 0, -1) if length == 1 or measure(line[:length]) <= width
            )
            lines.append(line[:fits])
            line = line[fits:]
    return [*lines, line]
