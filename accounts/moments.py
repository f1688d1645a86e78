"""Moments in forms: each names its time zone, and says so where the clocks skip or repeat an hour."""

import datetime as dt
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from accounts.models.users import time_zones

# What stands between a time that happens twice and which of the two is meant: 0 or 1, as `fold` in Python.
WHICH = "#"


def zone_name() -> str:
    """Return the zone that moments are shown in now, as people read it."""
    return timezone.get_current_timezone_name().replace("_", " ")


def _both(naive: dt.datetime) -> list[dt.datetime]:
    """Return the moments that a time on the wall may mean here: none in a gap, two in an overlap."""
    zone = timezone.get_current_timezone()
    readings = [naive.replace(tzinfo=zone, fold=fold) for fold in (0, 1)]
    if readings[0].utcoffset() == readings[1].utcoffset():
        return readings[:1]
    return [moment for moment in readings if _again(moment) == naive]


def _again(moment: dt.datetime) -> dt.datetime:
    """Return what the clock on the wall shows at a moment."""
    return moment.astimezone(dt.UTC).astimezone(moment.tzinfo).replace(tzinfo=None, fold=0)


class MomentInput(forms.DateTimeInput):
    """One field, as the admin's pair of fields has no label that a screen reader could tell; with its time zone, and
    with a choice where the time happens twice."""

    def __init__(self) -> None:
        super().__init__(attrs={"type": "datetime-local"})

    def format_value(self, value: Any) -> Any:
        if isinstance(value, dt.datetime):
            return value.isoformat(timespec="seconds" if value.second else "minutes")
        return str(value).partition(WHICH)[0] if value else value

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(name, value, attrs)
        attributes = context["widget"]["attrs"]
        if element_id := attributes.get("id"):
            described_by = attributes.get("aria-describedby", "")
            attributes["aria-describedby"] = f"{described_by} {element_id}_zone".strip()
        if len(str(context["widget"]["value"])) > len("2027-10-31T02:30"):
            attributes["step"] = 1  # else the browser would refuse the seconds that are stored
        return context

    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> SafeString:
        element_id = (attrs or {}).get("id", name)
        return format_html(
            '{}{} <span class="zone" id="{}_zone">{}</span>',
            super().render(name, value, attrs, renderer),
            _choice(name, value, element_id),
            element_id,
            _("Times are in %(zone)s.") % {"zone": zone_name()},
        )

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        value, which = super().value_from_datadict(data, files, name), data.get(f"{name}-which")
        return f"{value}{WHICH}{which}" if value and which in {"0", "1"} else value


def _choice(name: str, value: Any, element_id: str) -> str | SafeString:
    """Return a list of the two moments that the value may mean, if it may mean two."""
    if isinstance(value, dt.datetime):
        naive, chosen = value.replace(tzinfo=None, fold=0), value.fold
    else:
        text, _mark, which = str(value or "").partition(WHICH)
        try:
            parsed = parse_datetime(text)
        except ValueError:
            parsed = None
        if parsed is None or timezone.is_aware(parsed):
            return ""
        naive, chosen = parsed, int(which) if which in {"0", "1"} else -1
    moments = _both(naive)
    if len(moments) < 2:
        return ""
    options = [format_html('<option value="">{}</option>', _("which of the two?"))] if chosen < 0 else []
    options += [
        format_html(
            '<option value="{}"{}>{}</option>',
            number,
            SafeString(" selected") if number == chosen else "",
            (_("the first %(time)s"), _("the second %(time)s"))[number] % {"time": f"{moment:%H:%M, %Z}"},
        )
        for number, moment in enumerate(moments)
    ]
    return format_html(
        ' <select name="{}-which" id="{}_which" aria-label="{}">{}</select>',
        name,
        element_id,
        _("Which of the two"),
        SafeString("".join(options)),
    )


class MomentField(forms.DateTimeField):
    """A moment in the person's zone, returned in UTC. A time that does not exist, or happens twice, is not guessed."""

    widget = MomentInput

    def to_python(self, value: Any) -> dt.datetime | None:
        if value in self.empty_values:
            return None
        text, _mark, which = (
            (str(value), "", str(value.fold)) if isinstance(value, dt.datetime) else value.partition(WHICH)
        )
        try:
            # The browser's own format first, then the others that Django knows.
            moment: Any = parse_datetime(text.strip()) or super(forms.DateTimeField, self).to_python(text)
        except ValueError as error:
            raise ValidationError(self.error_messages["invalid"], code="invalid") from error
        try:
            return (moment if timezone.is_aware(moment) else _meant(moment, which)).astimezone(dt.UTC)
        except OverflowError as error:
            raise ValidationError(_("Choose a year that every time zone knows."), code="invalid") from error


def _meant(naive: dt.datetime, which: str) -> dt.datetime:
    moments = _both(naive)
    if len(moments) == 1:
        return moments[0]
    day, time = f"{naive.day} {naive:%b %Y}", f"{naive:%H:%M}"
    if not moments:
        later = _again(naive.replace(tzinfo=timezone.get_current_timezone()))
        raise ValidationError(
            _("%(time)s does not exist on %(day)s in %(zone)s: the clocks go forward. Did you mean %(later)s?")
            % {"time": time, "day": day, "zone": zone_name(), "later": f"{later:%H:%M}"},
            code="gap",
        )
    if which not in {"0", "1"}:
        raise ValidationError(
            _("%(time)s happens twice on %(day)s in %(zone)s: the clocks go back. Choose which of the two you mean.")
            % {"time": time, "day": day, "zone": zone_name()},
            code="overlap",
        )
    return moments[int(which)]


class ZoneForm(forms.Form):
    """What a script tells of the browser's zone as somebody signs up. Without it, or with nonsense, the default holds.

    allauth makes its sign-up form from this one and calls `signup` for the new person.
    """

    time_zone = forms.CharField(required=False, widget=forms.HiddenInput(attrs={"data-browser-zone": ""}))

    def signup(self, request: Any, user: Any) -> None:
        zone = self.cleaned_data.get("time_zone", "")
        if zone in time_zones():
            user.time_zone = zone
            user.save(update_fields=["time_zone"])
