"""One drawing for every share and every estimate: the interval is a band, the value a dot, the pass mark a line."""

from fractions import Fraction
from typing import Any

from django import template
from django.utils.translation import gettext as _

from exams.scoring.estimates import shown_number

register = template.Library()

Number = Fraction | float | int


@register.inclusion_tag("exams/study/_share_band.html")
def share_band(
    share: Number | None,
    low: Number | None,
    high: Number | None,
    mark: Number,
    *,
    verdict: str = "open",
    minimum: Number = 0,
    maximum: Number = 100,
    unit: str = "%",
    label: str | None = None,
) -> dict[str, Any]:
    """Draw a value with its interval and the mark on a scale, by default in percent; without a value, the mark alone.

    `verdict` is what `exams.scoring.estimates.verdict` says: weak, open, strong, few. The picture has its words as its
    name; `label` says others, and an empty one hides it where the page says the same beside it. For scores give
    `minimum` and `maximum` of the scale, and an empty `unit`.
    """
    if share is None or low is None or high is None:
        label = _("no answers yet") if label is None else label
        return {"mark": _place(mark, minimum, maximum), "verdict": "few", "label": label}
    if label is None:
        label = _words(share, low, high, mark, ends=(minimum, maximum), unit=unit)
    left, right = _place(low, minimum, maximum), _place(high, minimum, maximum)
    return {
        "dot": _place(share, minimum, maximum),
        "left": left,
        "width": f"{float(right) - float(left):.1f}",
        "mark": _place(mark, minimum, maximum),
        "verdict": verdict,
        "label": label,
    }


def _words(share: Number, low: Number, high: Number, mark: Number, *, ends: tuple[Number, Number], unit: str) -> str:
    values = {
        "share": shown_number(share, *ends, mark),
        "low": shown_number(low, *ends, mark),
        "high": shown_number(high, *ends, mark),
        "mark": shown_number(mark),
    }
    if unit == "%":
        return _("%(share)s %%, likely %(low)s to %(high)s %%, pass mark %(mark)s %%") % values
    return _("%(share)s, likely %(low)s to %(high)s, pass mark %(mark)s") % values


def _place(value: Number, minimum: Number, maximum: Number) -> str:
    """Return where a value is on its scale, in percent of the picture's width: never outside, and with a point."""
    percent = 100 * float(value - minimum) / float(maximum - minimum)
    return f"{min(100.0, max(0.0, percent)):.1f}"
