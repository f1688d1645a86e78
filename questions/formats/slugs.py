"""Names of other programs as ids and tags of ours."""

import re
import unicodedata
from collections.abc import Iterable

from django.utils.translation import gettext

from questions.formats.texts import Loss
from questions.parts import MAX_TAGS

# What a letter without its accent would not say, and the signs by which C, C++ and C# differ.
_SPELLED = dict(zip("äöüßæøåœłđðþı&", "ae oe ue ss ae o a oe l d d th i -and-".split(), strict=True))  # noqa: SIM905
_CYRILLIC = dict(
    zip(
        "абвгдежзийклмнопрстуфхцчшщыэюяіїєґ",
        "a b v g d e zh z i y k l m n o p r s t u f kh ts ch sh shch y e yu ya i yi ye g".split(),  # noqa: SIM905
        strict=True,
    )
)
_LETTERS = str.maketrans(_SPELLED | _CYRILLIC)


def slug(text: str) -> str:
    """Return a text as an id or tag: lower case, digits and hyphens; empty when nothing is left."""
    text = (
        unicodedata.normalize("NFC", text[:1000].casefold().strip()).replace("++", "-plus-plus").replace("#", "-sharp")
    )
    text = unicodedata.normalize("NFKD", text.translate(_LETTERS))
    text = "".join(character for character in text if not unicodedata.combining(character))
    return re.sub(r"[^a-z0-9]+", "-", text)[:50].strip("-")


def tags_of(texts: Iterable[str], notes: list[str]) -> list[str]:
    """Return texts as tags; `notes` gets what had to be changed for that."""
    tags: dict[str, str] = {}
    for text in texts:
        if len(tags) > MAX_TAGS:
            break  # refused for it: nobody needs to know all of them
        tag = slug(text)
        if not tag:
            message = f"tag “{text[:60]}” is not taken over: a tag is made of letters a–z, digits and hyphens."
            notes.append(Loss(message))
        elif tag not in tags:
            tags[tag] = text
            if tag != text:
                notes.append(gettext("tag “%(text)s” became “%(tag)s”.") % {"text": text[:60], "tag": tag})
        elif tags[tag] != text:
            notes.append(Loss(f"tag “{text[:60]}” is the same here as “{tags[tag][:60]}”: both became “{tag}”."))
    return list(tags)
