"""Where things are in the pictures of the report. Pure.

Across in percent of the width and down in pixels: a picture may be as wide as its column, its words keep their size.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

# Less than that between top and bottom would make much of nothing.
MINIMUM_SPAN = 10.0


@dataclass(frozen=True)
class Tick:
    value: float
    y: str


def steps(lowest: float, highest: float, *, at_most: int = 5) -> list[float]:
    """Return round numbers from at or below the lowest to at or above the highest: 1, 2 or 5 times a power of ten
    apart, as narrow as so many of them allow."""
    lowest = min(lowest, max(0.0, highest - MINIMUM_SPAN))
    highest = max(highest, lowest + MINIMUM_SPAN)
    power = 10.0 ** floor(log10((highest - lowest) / at_most))
    for factor in (1, 2, 5, 10, 20):
        step = factor * power
        start, end = floor(lowest / step), ceil(highest / step)
        if end - start + 1 <= at_most:
            break
    return [number * step for number in range(start, end + 1)]


@dataclass(frozen=True)
class Axis:
    """A vertical axis from the first of its ticks to the last, `top` and `bottom` in pixels."""

    values: Sequence[float]
    top: float
    bottom: float

    def y(self, value: float) -> float:
        low, high = self.values[0], self.values[-1]
        return self.bottom - (self.bottom - self.top) * (value - low) / (high - low)

    @property
    def ticks(self) -> list[Tick]:
        return [Tick(value, pixels(self.y(value))) for value in self.values]


def across(number: int, count: int, *, left: float, right: float) -> float:
    """Return where one of so many is, evenly from `left` to `right`; a single one is in the middle."""
    return (left + right) / 2 if count == 1 else left + (right - left) * number / (count - 1)


def pixels(value: float) -> str:
    """Write a length as SVG reads it, in whatever language the page is."""
    return f"{value:.1f}"


# A column so many pixels high has room for its words.
HIGH = 24


@dataclass(frozen=True)
class Bar:
    """One column: where it is and how high; `value_y` is the foot of its words, inside it if it is high enough."""

    x: str
    middle: str
    width: str
    y: str
    height: str
    value_y: str
    is_high: bool


def columns(values: Sequence[float | None], highest: float, *, top: float, bottom: float) -> list[Bar]:
    """Return a column for each value, on one scale from 0 to `highest`."""
    wide = 100 / max(1, len(values))
    bars = []
    for number, value in enumerate(values):
        height = (bottom - top) * (value or 0) / highest if highest else 0.0
        bars.append(
            Bar(
                x=pixels(wide * (number + 0.15)),
                middle=pixels(wide * (number + 0.5)),
                width=pixels(wide * 0.7),
                y=pixels(bottom - height),
                height=pixels(height),
                value_y=pixels(bottom - height + (17 if height >= HIGH else -5)),
                is_high=height >= HIGH,
            )
        )
    return bars
