"""A language in which every text of gettext is in ⟦brackets⟧: what a page says outside of them is not translated."""

import json
import re
from collections.abc import Iterator
from gettext import GNUTranslations
from html.parser import HTMLParser

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from django.apps import apps
from django.utils import translation
from django.utils.translation import trans_real

OPEN, CLOSE = "⟦", "⟧"
NAME = "xx"


def wrap(message: str) -> str:
    """Wrap a message; the context before a control character does not belong to it."""
    text = message.rpartition("\x04")[2]
    return f"{OPEN}{text}{CLOSE}" if text.strip() else text


def add_language(monkeypatch, settings, folder):
    """Make the language known. The catalogs of all packages wrap in it whatever they are asked."""
    path = folder / NAME / "LC_MESSAGES" / "django.mo"
    path.parent.mkdir(parents=True)
    with path.open("wb") as file:
        write_mo(file, Catalog())
    settings.LOCALE_PATHS = [*settings.LOCALE_PATHS, folder]
    settings.LANGUAGES = [*settings.LANGUAGES, (NAME, "Pseudo")]
    catalog = trans_real.DjangoTranslation
    one, many = GNUTranslations.gettext, catalog.ngettext

    def gettext(self, message):
        return wrap(message) if translation.get_language() == NAME else one(self, message)

    def ngettext(self, singular, plural, number):
        if translation.get_language() == NAME:
            return wrap(singular if number == 1 else plural)
        return many(self, singular, plural, number)

    monkeypatch.setattr(catalog, "gettext", gettext)
    monkeypatch.setattr(catalog, "ngettext", ngettext)


# --- What a page says -------------------------------------------------------------------------------------------------

# What people read or hear of an element besides its text, and what a script puts into the page.
READ_ALOUD = {"title", "alt", "label", "placeholder", "aria-label", "aria-description", "aria-roledescription"}
SAID_LATER = re.compile(
    r"data-(state-unsaved|note|full|missing|doubled|incomplete|mismatch|label|up|down|show|more|stale|as-typed|as-left|confirm)$"
)
SILENT = {"script", "style"}


class Texts(HTMLParser):
    """Collects what a page says: its text as one string, and each attribute that is read."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.attributes: list[str] = []
        self.silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.silent += tag in SILENT
        given = dict(attrs)
        is_button = tag == "input" and given.get("type") in {"submit", "button", "reset"}
        for name, value in attrs:
            if value and (name in READ_ALOUD or SAID_LATER.match(name) or (name == "value" and is_button)):
                self.attributes.append(value)

    def handle_endtag(self, tag: str) -> None:
        self.silent -= tag in SILENT

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.texts.append(data)


def outside_of_brackets(texts: list[str]) -> Iterator[str]:
    """Yield what these texts, one after the other, say outside of brackets: a message may hold elements."""
    depth = 0
    for text in texts:
        for piece in re.split(f"([{OPEN}{CLOSE}])", text):
            depth += {OPEN: 1, CLOSE: -1}.get(piece, 0)
            if depth == 0 and piece != CLOSE and piece.strip():
                yield " ".join(piece.split())


WORD = re.compile(r"[^\W\d_]{2,}")
# Addresses, hidden hashes of passwords, ids that are made of a question, and suffixes of files.
UNSPOKEN = re.compile(r"https?://\S+|\w+\*{6,}|imp-\w+|(?<!\w)\.[a-z]+\b")


def in_words(text: str) -> str:
    """Return a text without signs: where it is cut, its Markdown is gone."""
    return " ".join(re.findall(r"\w+", text))


def untranslated(page: str, data: set[str]) -> list[str]:
    """Return what a page says that is neither translated nor data."""
    parser = Texts()
    parser.feed(page)
    said = [*outside_of_brackets(parser.texts)]
    for attribute in parser.attributes:
        said += outside_of_brackets([attribute])
    long = [in_words(text) for text in data if len(text) > 40]
    known = re.compile("|".join(rf"(?<!\w){re.escape(text)}(?!\w)" for text in sorted(data, key=len, reverse=True)))
    return [
        text
        for text in said
        if WORD.search(known.sub("", UNSPOKEN.sub("", text))) and not any(in_words(text) in whole for whole in long)
    ]


# --- What is data -----------------------------------------------------------------------------------------------------


def strings_in(value: object) -> Iterator[str]:
    """Yield the strings in a value, also of JSON, as one line each."""
    if isinstance(value, bytes | memoryview):  # a file that was uploaded
        yield from bytes(value).decode().replace("\n", ",").split(",")
    elif isinstance(value, str):
        yield " ".join(value.split())
    elif isinstance(value, dict):
        yield from strings_in([*value, *value.values(), json.dumps(value)])
    elif isinstance(value, list | tuple):
        for each in value:
            yield from strings_in(each)


def stored_texts() -> set[str]:
    """Return every text in the database that people wrote, thus none that is one of a field's choices."""
    found: set[str] = set()
    for model in apps.get_models():
        names = [field.name for field in model._meta.concrete_fields if not field.choices and not field.is_relation]
        for row in model._default_manager.values_list(*names):
            found.update(text for text in strings_in([*row]) if WORD.search(text))
    return found
