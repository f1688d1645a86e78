"""Values at the edge of what a field, a column or a computation holds, and how to send them."""

import os
from urllib.parse import quote

from bs4 import BeautifulSoup

SURROGATE = "\ud800"
MOMENTS = [
    "0001-01-01T00:00", "1999-12-31T12:00", "2000-01-01T14:00", "2099-12-31T09:00", "2100-01-02T00:00",
    "9999-12-31T23:59", "10000-01-01T00:00", "2026-02-30T00:00", "2026-03-29T02:30", "\0",
]  # fmt: skip
NUMBERS = [
    "-1", "32767", "32768", "2147483647", "9223372036854775807", "9223372036854775808", "9" * 400, "nan", "²", "0",
]  # fmt: skip
TEXTS = [
    "", "\0", SURROGATE, "a" * 300, "𝒶" * 150, "\u202e\x1b[31m", "'\"`--;%s%n{}{{x}}", "../../x", '{"a": [1',
    "９" * 40,
]  # fmt: skip
# Half of them at each run; `make faults` tries all.
ROUNDS = range(len(TEXTS)) if os.environ.get("FAULTS") == "full" else range(1, len(TEXTS), 2)
# What stands in a query is read as a number, a moment, a name or a list.
IN_A_QUERY = ["", "0", "-1", "x", "²", SURROGATE, "\0", "9" * 30, "9999-12-31", "1,2"]


def encoded(pairs):
    """Return a query or a body of names and values, lone surrogates included, which no URL library encodes."""
    return "&".join(
        f"{quote(name, errors='surrogatepass')}={quote(str(value), errors='surrogatepass')}" for name, value in pairs
    )


def value_for(name, given, turn):
    """Return the value to try in this round in a form's field, by its name and what the form gives it."""
    if name.endswith(("_at", "valid_as_of")):
        return MOMENTS[turn]
    if given.isdigit() or name.endswith(("percent", "count", "minutes", "number", "chapter", "allowed", "place", "pk")):
        return NUMBERS[turn]
    return TEXTS[turn]


def forms_of(html):
    """Return address and fields of every form of a page that changes something: names with lists of values.

    Files and buttons are left out, so that a form does its first and plainest act.
    """
    soup = BeautifulSoup(html, "html.parser")
    found = []
    for form in soup.find_all("form"):
        if str(form.get("method", "")).lower() != "post":
            continue
        own = form.find_all(["input", "textarea", "select"])
        elsewhere = soup.find_all(["input", "textarea", "select"], form=form["id"]) if form.get("id") else []
        fields = {}
        for control in dict.fromkeys([*own, *elsewhere]):
            if "name" in control.attrs and "disabled" not in control.attrs:
                values = _values(control)
                fields.setdefault(control["name"], []).extend(values)
        # Of two forms in one place (a chosen box and its button) each is complete.
        found.append((form.get("action") or "", {name: values or [""] for name, values in fields.items()}))
    return found


def _values(control):
    if control.name == "textarea":
        return [control.get_text().removeprefix("\n")]
    if control.name == "select":
        options = control.find_all("option")
        chosen = [option for option in options if "selected" in option.attrs]
        if "multiple" in control.attrs:
            return [option.get("value", "") for option in chosen]
        return [option.get("value", "") for option in (chosen or options)[:1]]
    type_ = control.get("type", "text")
    if type_ in {"submit", "button", "file", "image", "reset"}:
        return []
    if type_ in {"checkbox", "radio"} and "checked" not in control.attrs:
        return []
    return [control.get("value", "on" if type_ in {"checkbox", "radio"} else "")]
