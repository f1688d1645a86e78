"""Forms that know which version of a row they were opened on, so that nobody's work is overwritten unseen (promise 8).

A form carries, signed, what its fields said when it was opened. If the row says something else by the time it comes
back, it is refused: `conflicts` names each difference with both versions, and the form keeps what was typed. It then
knows the newer version, so sending it again is a decision: field by field (`take-<field>` says "mine" or "theirs"), or
as it stands.
"""

import datetime as dt
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core import signing
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Model, QuerySet
from django.utils import timezone
from django.utils.formats import localize
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.moments import zone_name

OPENED = "opened"
STALE = _(
    "Somebody else saved this while your page was open. Your version was not saved, but "
    "everything you typed is still here."
)
MINE, THEIRS = "mine", "theirs"


@dataclass(frozen=True)
class Conflict:
    """One field whose stored value is not the one the form was opened on. The texts are as a person reads them."""

    name: str
    label: str
    opened: str
    theirs: str
    mine: str
    take: str
    # Theirs and mine in pieces with what differs marked, where somebody has compared them.
    pieces: tuple[Any, Any] = ((), ())


class VersionedForm(forms.ModelForm):
    """The first base of a model form. In a transaction the row is locked from the check on."""

    opened = forms.CharField(label="", required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.conflicts: list[Conflict] = []
        if self.instance.pk is not None and not self.instance._state.adding:
            self.initial[OPENED] = self._signed(self._snapshot())

    # --- What the form says, as plain values ---------------------------------------------------------------------

    def _snapshot(self) -> dict[str, Any]:
        return {name: _plain_of(field, self.get_initial_for_field(field, name)) for name, field in self._own_fields()}

    def _own_fields(self) -> Iterable[tuple[str, forms.Field]]:
        internal = {OPENED, self._meta.model._meta.pk.name, "DELETE", "ORDER"}
        return [
            (name, field)
            for name, field in self.fields.items()
            if not (name in internal or field.disabled or isinstance(field, forms.models.InlineForeignKeyField))
        ]

    def _signed(self, snapshot: dict[str, Any]) -> str:
        return signing.dumps(snapshot, salt=self._salt(), compress=True)

    def _salt(self) -> str:
        return f"{self._meta.model._meta.label}-{self.instance.pk}"

    def _opened_on(self) -> dict[str, Any] | None:
        """Return what the form was opened on; None if it does not say, as of a page from before this rule."""
        try:
            found: dict[str, Any] = signing.loads(self.data.get(self.add_prefix(OPENED), ""), salt=self._salt())
        except signing.BadSignature:
            return None
        return found

    # --- The check ------------------------------------------------------------------------------------------------

    def has_changed(self) -> bool:
        """Tell whether this form has something to save, ignoring what others changed meanwhile."""
        return any(name != OPENED for name in self.changed_data)

    def clean(self) -> dict[str, Any] | None:
        if self.initial.get(OPENED):
            self._compare()
        return super().clean()

    def _compare(self) -> None:
        now = self._stored_now()
        if now is None:
            self.add_error(
                None, ValidationError(gettext("Somebody else deleted this while your page was open."), "stale")
            )
            return
        # The row's own form has what an inline form has not: the row that it belongs to.
        own = {name for name, _field in self._own_fields()}
        opened, current = self._opened_on(), {name: v for name, v in now._snapshot().items() if name in own}
        mine = {name: self._mine(name, field, current) for name, field in self._own_fields()}
        if opened is None:
            opened = {name: value if mine[name] == value else None for name, value in current.items()}
        if self.data.get("take-all") != MINE:
            for name, field in self._own_fields():
                if self.data.get(f"take-{self.add_prefix(name)}") == THEIRS:
                    self._take(name, field, now)
        changed = [name for name in current if name in opened and opened[name] != current[name]]
        if not changed:
            return
        self.conflicts = [
            Conflict(
                name=self.add_prefix(name),
                label=str(self[name].label),
                opened=self._shown(name, opened[name]),
                theirs=self._shown(name, current[name]),
                mine=self._shown(name, mine[name]),
                take=MINE if mine[name] != opened[name] else THEIRS,
            )
            for name, _field in self._own_fields()
            if mine[name] != current[name] and (name in changed or mine[name] != opened.get(name))
        ]
        if not self.conflicts:
            return  # both typed the same
        self.add_error(None, ValidationError(STALE, "stale"))
        # A row of a formset that was to be deleted: not unseen either.
        self.cleaned_data.pop("DELETE", None)
        self._renew(current)

    def _stored_now(self) -> "VersionedForm | None":
        """Return an unbound form of the row as it is stored now, its row locked."""
        rows = self._meta.model._base_manager.all()
        if transaction.get_connection().in_atomic_block:
            rows = rows.select_for_update(of=("self",))
        stored = rows.filter(pk=self.instance.pk).first()
        return None if stored is None else type(self)(instance=stored, prefix=self.prefix)

    def _mine(self, name: str, field: forms.Field, current: dict[str, Any]) -> Any:
        """Return what was sent for a field as it would be stored; what it refuses as it was typed."""
        if name in self.cleaned_data:
            return _plain_of(field, _as_initial(self, name))
        return plain(self[name].value())

    def _take(self, name: str, field: forms.Field, now: "VersionedForm") -> None:
        """Put the stored value in the place of what was sent."""
        self.errors.pop(name, None)
        value = now.get_initial_for_field(now.fields[name], name)
        widget = field.widget
        if isinstance(widget, forms.MultiWidget):
            value = widget.decompress(value)
        elif isinstance(value, list | QuerySet) and isinstance(field, forms.ModelMultipleChoiceField):
            value = [getattr(row, "pk", row) for row in value]
        self.cleaned_data[name] = field.clean(field.prepare_value(value))
        if clean := getattr(self, f"clean_{name}", None):
            self.cleaned_data[name] = clean()

    def _renew(self, current: dict[str, Any]) -> None:
        """Let the form that is shown again know the version it was just compared with."""
        data: Any = self.data.copy() if hasattr(self.data, "copy") else dict(self.data)
        data[self.add_prefix(OPENED)] = self._signed(current)
        self.data = data

    def _shown(self, name: str, value: Any) -> str:
        field = self.fields[name]
        if value in (None, "", []):
            return gettext("empty")
        if isinstance(value, bool):
            return gettext("yes") if value else gettext("no")
        choices = getattr(field, "choices", None)
        if choices is not None:
            values = {str(each) for each in (value if isinstance(value, list) else [value])}
            if labels := [str(label) for choice, label in _flat(choices) if str(choice) in values]:
                return ", ".join(labels)
        if isinstance(field, forms.DateTimeField | forms.SplitDateTimeField):
            try:
                moment = timezone.localtime(dt.datetime.fromisoformat(str(value)))
            except (ValueError, OverflowError):  # none, naive, or of a year that has no such moment here
                return str(value)
            return f"{localize(moment)} ({zone_name()})"
        return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _as_initial(form: VersionedForm, name: str) -> Any:
    """Return a cleaned value in the shape that the form's initial values have: the same text, or the same row."""
    cleaned, initial = form.cleaned_data[name], form.get_initial_for_field(form.fields[name], name)
    if isinstance(initial, str) and not isinstance(cleaned, str):
        return form[name].value()  # the form reads a text into something else
    return cleaned


def _flat(choices: Any) -> Iterable[tuple[Any, Any]]:
    for value, label in choices:
        if isinstance(label, list | tuple):
            yield from label
        else:
            yield value, label


def _plain_of(field: forms.Field, value: Any) -> Any:
    """Return a field's value as `plain` does; a box that was never ticked is an empty one."""
    return bool(value) if isinstance(field, forms.BooleanField) else plain(value)


def plain(value: Any) -> Any:
    """Return a value as JSON keeps it, the same for what means the same: rows by their ids, moments in UTC."""
    if value is None or value == "":
        return ""
    if isinstance(value, Model):
        return value.pk
    if isinstance(value, QuerySet | list | tuple | set):
        return sorted((plain(each) for each in value), key=str)
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat()
    if isinstance(value, str):
        return value.replace("\r\n", "\n").strip()
    if isinstance(value, bool | int | float):
        return value
    return json.loads(json.dumps(value, default=str))


def versioned(form: type[forms.ModelForm]) -> type[forms.ModelForm]:
    """Return a form class that also knows its version."""
    if issubclass(form, VersionedForm):
        return form
    return type(form.__name__, (VersionedForm, form), {"__module__": form.__module__})
