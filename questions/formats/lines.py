"""What the formats of plain lines share."""

import re

from questions.rendering import render_markdown

LETTERS = "ABCDEFGH"


def on_one_line(text: str) -> str | None:
    """Return a Markdown text with its wrapped lines joined, None if that would change what it shows."""
    joined = " ".join(text.split())
    if joined == text:
        return text
    return joined if _shown(joined) == _shown(text) else None


def _shown(text: str) -> str:
    # A code block keeps its white space on the page; everything else is one space.
    html = render_markdown(text)
    return html if "<pre" in html else re.sub(r"\s+", " ", html)
