"""Each catalog is whole and fit to run: the .mo holds what the .po says, and no message lacks its translation."""

import re

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from django.conf import settings

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
    return [(singular, message.string[0]), *((plural, form) for form in message.string[1:])]


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
