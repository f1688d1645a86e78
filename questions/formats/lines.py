"""What the formats of plain lines share."""

import re
from html import unescape

from questions.formats.html import plain_to_markdown
from questions.rendering import render_markdown

LETTERS = "ABCDEFGH"


def on_one_line(text: str) -> str | None:
    """Return a Markdown text with its wrapped lines joined, None if that would change what it shows."""
    joined = " ".join(text.split())
    if joined == text:
        return text
    return joined if _shown(joined) == _shown(text) else None


# A paragraph, and what stands inside a line; anything else is a block that plain text cannot say.
_INLINE = re.compile(r"</?(?:p|strong|em|code|a|del|s|br)\b[^<>]*>")


def plain_line(text: str) -> str:
    """Return what a Markdown text shows as one line without formatting, empty if it is more than that or nothing."""
    html = render_markdown(" ".join(text.split()))
    bare = _INLINE.sub("", html)
    line = "" if re.search(r"<[a-z/!]", bare) else " ".join(unescape(bare).split())
    again = unescape(_INLINE.sub("", render_markdown(plain_to_markdown(line))))
    return line if " ".join(again.split()) == line else ""


def _shown(text: str) -> str:
    # A code block keeps its white space on the page; everything else is one space.
    html = render_markdown(text)
    return html if "<pre" in html else re.sub(r"\s+", " ", html)
