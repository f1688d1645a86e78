"""Names of other programs as ids and tags of ours."""

import re
from collections.abc import Iterable

from questions.content import MAX_TAGS


def slug(text: str) -> str:
    """Return a text as an id or tag: lower case, digits and hyphens; empty when nothing is left."""
    return re.sub(r"[^a-z0-9]+", "-", text[:1000].casefold().strip())[:50].strip("-")


def tags_of(texts: Iterable[str], notes: list[str]) -> list[str]:
    """Return texts as tags; `notes` gets what had to be changed for that."""
    tags: list[str] = []
    for text in texts:
        if len(tags) > MAX_TAGS:
            break  # refused for it: nobody needs to know all of them
        tag = slug(text)
        if not tag:
            notes.append(f"tag “{text[:60]}” is not taken over: a tag is made of letters a–z, digits and hyphens.")
        elif tag not in tags:
            tags.append(tag)
            if tag != text:
                notes.append(f"tag “{text[:60]}” became “{tag}”.")
    return tags
