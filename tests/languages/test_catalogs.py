"""Each catalog is whole and fit to run: the .mo holds what the .po says, and no message lacks its translation."""

import ast
import re

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from django.conf import settings
from django.utils.translation.template import templatize

PATHS = sorted((settings.BASE_DIR / "locale").glob("*/LC_MESSAGES/django.po"))
LANGUAGES = [path.parts[-3] for path in PATHS]
# %(name)s, %d, %%, {name}, an element with its attributes, and what looks like Markdown to type.
PLACEHOLDER = re.compile(r"%\(\w+\)[sd0-9]*|%[sd%]|\{\w*\}|</?[a-z]+[^>]*>")


def read(path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file)


def texts(message: Message) -> list[tuple[str, str]]:
    """Return each text of a message with its translation; the plural forms are all of the plural."""
    if isinstance(message.id, str):
        return [(message.id, str(message.string))]
    singular, plural = message.id
    first, *others = list(message.string or [""])
    return [(singular, first), *((plural, form) for form in others)]


def messages(catalog: Catalog) -> list[Message]:
    return [message for message in catalog if message.id]


def said(catalog: Catalog) -> dict[object, list[str]]:
    """Return what a catalog says of each message, whose plural does not count for its identity."""
    return {
        (message.context, texts(message)[0][0]): [translation for _, translation in texts(message)]
        for message in messages(catalog)
    }


def test_every_language_of_the_site_has_a_catalog():
    assert sorted(code for code, _ in settings.LANGUAGES if code != settings.LANGUAGE_CODE) == LANGUAGES


@pytest.mark.parametrize("path", PATHS, ids=LANGUAGES)
def test_no_message_lacks_its_translation(path):
    catalog = read(path)

    assert [message.id for message in messages(catalog) if not all(said.strip() for _, said in texts(message))] == []
    assert [message.id for message in messages(catalog) if message.fuzzy] == []
    assert [*catalog.obsolete] == []


@pytest.mark.parametrize("path", PATHS, ids=LANGUAGES)
def test_plural_forms_are_complete(path):
    catalog = read(path)

    plurals = [message for message in messages(catalog) if message.pluralizable]
    assert {len(message.string) for message in plurals} == {catalog.num_plurals}


@pytest.mark.parametrize("path", PATHS, ids=LANGUAGES)
def test_translation_has_the_placeholders_and_elements_of_its_message(path):
    pairs = [pair for message in messages(read(path)) for pair in texts(message)]

    wrong = [pair for pair in pairs if sorted(PLACEHOLDER.findall(pair[0])) != sorted(PLACEHOLDER.findall(pair[1]))]
    assert wrong == []


@pytest.mark.parametrize("path", PATHS, ids=LANGUAGES)
def test_translation_begins_and_ends_as_its_message_does(path):
    ends = re.compile(r"^\s*|[\s:.…]*$")
    pairs = [pair for message in messages(read(path)) for pair in texts(message)]

    assert [pair for pair in pairs if ends.findall(pair[0]) != ends.findall(pair[1])] == []


@pytest.mark.parametrize("path", PATHS, ids=LANGUAGES)
def test_compiled_catalog_is_that_of_the_sources(path):
    with path.with_suffix(".mo").open("rb") as file:
        compiled = read_mo(file)

    assert said(compiled) == said(read(path))


@pytest.mark.parametrize("path", PATHS, ids=LANGUAGES)
def test_catalog_names_files_without_lines_and_no_date_of_a_run(path):
    source = path.read_text()

    assert re.findall(r"^#: .*:\d+", source, re.MULTILINE) == []
    assert "POT-Creation-Date" not in source


# --- What the sources say ---------------------------------------------------------------------------------------------

SOURCES = [
    path
    for name in ("accounts", "config", "exams", "questions", "templates")
    for path in sorted((settings.BASE_DIR / name).rglob("*"))
    if path.suffix in {".py", ".html", ".txt", ".jinja"}
]
CALLS = {"gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy", "_"}
# What `templatize` makes of a template: calls of gettext among what it blanks out.
TEMPLATE_CALL = re.compile(r"""\b(?:gettext|ngettext|_)\(\s*u?("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')""")


def asked_for(path) -> set[str]:
    """Return the texts that a source hands to gettext, the singular where there is a plural."""
    source = path.read_text()
    if path.suffix != ".py":
        return {ast.literal_eval(text) for text in TEMPLATE_CALL.findall(templatize(source))}
    return {
        call.args[0].value
        for call in ast.walk(ast.parse(source))
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id in CALLS
        and call.args
        and isinstance(call.args[0], ast.Constant)
        and isinstance(call.args[0].value, str)
    }


@pytest.mark.parametrize("path", PATHS, ids=LANGUAGES)
def test_catalog_holds_what_the_sources_say(path):
    """Quick, without gettext; that it holds nothing else, and what gettext itself finds: tests/ops/test_messages.py."""
    known = {text for _, text in said(read(path))}
    missing = {str(source): left for source in SOURCES if (left := asked_for(source) - known)}

    assert missing == {}, "run: make messages"


def test_no_stylesheet_says_anything():
    """Nobody translates what a style writes into a page."""
    sheets = (settings.BASE_DIR / "static").rglob("*.css")

    said_by = {str(sheet): re.findall(r'content: "([^"]*[A-Za-z]{2}[^"]*)"', sheet.read_text()) for sheet in sheets}
    assert {sheet: texts for sheet, texts in said_by.items() if texts} == {}
