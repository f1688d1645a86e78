"""A number to be typed, with a unit that the question says.

Key: `value` with a `tolerance`, absolute (“0.5”) or relative (“2 %”), or the bounds `low` and `high`. Numbers are
texts, so that 0.1 is a tenth.
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from pydantic import BeforeValidator, PlainSerializer, StringConstraints

from questions.exceptions import Unjudgeable
from questions.kinds.base import AnswerField, Response
from questions.kinds.entry import Entry
from questions.kinds.numeric.formats import NumericGift, NumericMoodle, NumericQti
from questions.kinds.numeric.numbers import NUMBER, bounds, read_number
from questions.kinds.showing import Told
from questions.parts import AnyText, Content, Problem, Written

TOLERANCE = re.compile(rf"({NUMBER})(%?)\s*")


def _number(value: object) -> object:
    if value is None or value == "" or isinstance(value, bool):
        return None if value == "" else value
    if not isinstance(value, str):
        return value if isinstance(value, Decimal) else str(value)
    number = read_number(value)
    if number is None:
        raise ValueError(gettext("is not a number; write it like 3.5, without spaces or thousands separators"))
    return number


def _plain(number: Decimal | None) -> str | None:
    """Write 3.50 and 3.5 alike, and a thousand as 1000."""
    if number is None:
        return None
    text = format(number, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in {"-0", ""} else text


Number = Annotated[Decimal | None, BeforeValidator(_number), PlainSerializer(_plain)]


def _tolerance(value: object) -> str:
    text = "" if value is None else str(value)
    if not text.strip():
        return ""
    found = TOLERANCE.fullmatch(text)
    number = read_number(found[1]) if found else None
    if found is None or number is None or number < 0:
        raise ValueError(gettext("is not a tolerance; write a number like 0.5, or a share of the value like 2 %"))
    return f"{_plain(number)} %" if found[2] else str(_plain(number))


class NumericAnswer(Content):
    value: Number = None
    tolerance: Annotated[str, BeforeValidator(_tolerance)] = ""
    low: Number = None
    high: Number = None
    unit: Annotated[AnyText, StringConstraints(max_length=40)] = ""


class Numeric(Entry):
    name = "numeric"
    label = _("a number")
    gift = NumericGift()
    moodle = NumericMoodle()
    qti = NumericQti()
    model = NumericAnswer
    told = frozenset({"unit"})
    pattern = NUMBER
    keyboard = "decimal"
    mismatch = _(
        "Incomplete: this is not a number. Write it like 3.5 or 3,5 and a thousand like 1000, "
        "without spaces, thousands separators, or a unit."
    )
    direction = _("Write the number on the line.")
    fields = (
        AnswerField("value", _("Right number"), _("For example 3.5")),
        AnswerField(
            "tolerance", _("Tolerance"), _("How far off still counts: 0.5, or a share of the number such as 2 %")
        ),
        AnswerField("low", _("or from"), _("Instead of number and tolerance: the lowest right number")),
        AnswerField("high", _("to"), _("and the highest")),
        AnswerField("unit", _("Unit"), _("Shown after the field, for example ms")),
    )

    def answer_problems(self, answer: Any) -> list[Problem]:
        problems = []
        has_bounds = answer.low is not None or answer.high is not None
        if answer.value is not None and has_bounds:
            problems.append(
                Problem(
                    "answer.value", gettext("is given together with bounds; give a value with a tolerance, or bounds.")
                )
            )
        if answer.tolerance and answer.value is None:
            problems.append(
                Problem("answer.tolerance", gettext("needs the value that it applies to; write that, too."))
            )
        if answer.low is not None and answer.high is not None and answer.low > answer.high:
            problems.append(Problem("answer.low", gettext("is above the upper bound; swap them.")))
        return problems

    def key_problems(self, content: Written) -> list[Problem]:
        key = content.answer
        if "value" in key or ("low" in key and "high" in key):
            return []
        if "low" in key or "high" in key:
            return [
                Problem("answer", gettext("one bound is missing; write both the lowest and the highest right number."))
            ]
        return [
            Problem(
                "answer",
                gettext("the right number is missing; write the value, or the lowest and the highest right number."),
            )
        ]

    def means(self, ours: Mapping[str, Any], read: Mapping[str, Any]) -> bool:
        try:
            return bounds(ours) == bounds(read)
        except Unjudgeable:
            return ours == read

    # --- Judging ----------------------------------------------------------------------------------------------------

    def is_complete(self, response: Response | None, choose: int | None = None) -> bool:
        return isinstance(response, str) and read_number(response) is not None

    def points(self, key: Response, response: Response | None) -> int:
        low, high = bounds(key)
        number = read_number(response) if isinstance(response, str) else None
        return int(number is not None and low <= Fraction(number) <= high)

    def answers(self, told: Told, key: Response) -> list[str]:
        unit = f" {told.prompt['unit']}" if told.prompt.get("unit") else ""
        if key.get("value") is not None:
            tolerance = f" ± {key['tolerance']}" if key.get("tolerance") else ""
            return [f"{key['value']}{tolerance}{unit}"]
        if key.get("low") is not None and key.get("high") is not None:
            return [gettext("%(low)s to %(high)s") % {"low": key["low"], "high": f"{key['high']}{unit}"}]
        return []
