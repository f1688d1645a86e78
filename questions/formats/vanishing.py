"""Signs that were meant as themselves and that Markdown takes for markup: named when a file is looked at."""

import re
from html import unescape

from questions.content import QuestionContent
from questions.rendering import render_markdown

# 5*3*2, __init__, C:\temp\*.csv. Emphasis of words, and a backslash before a sign elsewhere, are meant as such.
_SUSPICIOUS = (
    ("*", re.compile(r"[\w)]\*{1,2}[\w(]")),
    ("_", re.compile(r"(?<![\w*_\\])__[a-z][a-z0-9_]{0,60}__(?!\w)")),
    (
        "\\",
        re.compile(
            r"(?:\b[A-Za-z]:|(?<!\\)\\(?=[A-Za-z0-9]))[\w.\\-]{0,200}\w\\(?=[!-/:-@\[\]^_`{-~])|(?<![^\s])\\\\\w"
        ),
    ),
)
_render_markdown = render_markdown.__wrapped__  # past the cache, which is for what candidates are shown


def vanishing_signs(content: QuestionContent) -> list[str]:
    """Return a note for each text of which a sign would not be seen, with how to write it."""
    texts = {"case": content.case, "stem": content.stem, "explanation": content.explanation}
    for number, option in enumerate(content.options, 1):
        texts |= {f"option {number}": option.text, f"match {number}": option.match}
        texts[f"rationale {number}"] = option.rationale
    return [note for name, text in texts.items() for note in _notes(name, text)]


def _notes(name: str, text: str) -> list[str]:
    signs = [sign for sign, pattern in _SUSPICIOUS if sign in text and pattern.search(text)]
    if not signs:
        return []
    shown = unescape(re.sub(r"<[^<>]*>", "", _render_markdown(text)))
    return [
        f"{name}: “{sign}” is read as Markdown and not shown; where the sign itself is meant, write “\\{sign}”."
        for sign in signs
        if shown.count(sign) < text.count(sign)
    ]
