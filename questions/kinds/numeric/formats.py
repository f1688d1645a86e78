"""A number in the files of other programs: a middle with an absolute tolerance, or two bounds, always with a point."""

from collections.abc import Mapping
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any

from questions.exceptions import Unjudgeable
from questions.kinds.numeric import bounds


def middle(answer: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return the number in the middle of what is right and how far off still is, exactly; None without a key."""
    try:
        low, high = bounds(answer)
    except Unjudgeable:
        return None
    return _text((low + high) / 2), _text((high - low) / 2)


def _text(number: Fraction) -> str:
    with localcontext(prec=500):  # its decimals end: it is made of decimals, a half and a hundredth
        text = format(Decimal(number.numerator) / Decimal(number.denominator), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


class NumericFormats:
    """See `questions.formats.typed.TypedFormats`."""

    moodle_type = "numerical"
    qti_base = "float"

    def gift(self, answer: Mapping[str, Any]) -> str:
        found = middle(answer)
        if found is None:
            return ""
        if answer.get("value") is None:
            return f"#{answer['low']}..{answer['high']}"
        return f"#{found[0]}:{found[1]}" if found[1] != "0" else f"#{found[0]}"

    def kept(self, ours: Mapping[str, Any], read: Mapping[str, Any]) -> bool:
        try:
            return bounds(ours) == bounds(read)
        except Unjudgeable:
            return ours == read

    def moodle(self, answer: Mapping[str, Any]) -> list[tuple[str, dict[str, str]]]:
        found = middle(answer)
        return [(found[0], {"tolerance": found[1]})] if found else []

    def moodle_settings(self, answer: Mapping[str, Any]) -> dict[str, str]:
        return {"unitgradingtype": "0", "unitpenalty": "0", "showunits": "3"}

    def qti_correct(self, answer: Mapping[str, Any]) -> list[str]:
        found = middle(answer)
        return [found[0]] if found else []

    def qti_bounds(self, answer: Mapping[str, Any]) -> tuple[str, str] | None:
        found = middle(answer)
        if found is None:
            return None
        low, high = bounds(answer)
        return _text(low), _text(high)


def from_gift(text: str) -> dict[str, str]:
    """Return the answer of `2.5`, `2.5:0.1` or `2..3`; what is no number in it stays for the kind to refuse."""
    low, dots, high = text.partition("..")
    if dots:
        return {"low": low.strip(), "high": high.strip()}
    value, _, tolerance = text.partition(":")
    stripped = tolerance.strip()
    return {"value": value.strip()} | ({"tolerance": stripped} if stripped.strip("0.") else {})
