"""What was typed and will not be seen: signs that Markdown takes for markup, pictures and formulas. Each is named."""

import re
from collections.abc import Iterator
from html import unescape

from django.utils.translation import gettext

from questions.content import QuestionContent
from questions.rendering import render_markdown

# 5*3*2, __init__, C:\temp\*.csv. Emphasis of words, and a backslash before a sign elsewhere, are meant as such.
_SUSPICIOUS = (
    ("*", re.compile(r"[\w)]\*{1,2}[\w(]")),
    ("_", re.compile(r"(?<![\w*_\\])__[A-Za-z][A-Za-z0-9_]{0,60}__(?!\w)")),
    (
        "\\",
        re.compile(
            r"(?:\b[A-Za-z]:|(?<!\\)\\(?=[A-Za-z0-9]))[\w.\\-]{0,200}\w\\(?=[!-/:-@\[\]^_`{-~])|(?<![^\s])\\\\\w"
        ),
    ),
)
# “> 5” as a whole text would be a quotation, “- 5” a list, “# 5” a heading.
_ALONE = re.compile(r"(>|(?:[-+*]|#{1,6})(?= ))[^\n]*")
_ENTITY = re.compile(r"(?<!\\)&(?:#\d{1,7}|[A-Za-z]{2,30});")
_CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
_PICTURE = re.compile(r"(?<!\\)!\[([^\[\]\\]{0,200})\](?=[(\[])|<img\b[^<>]{0,300}>", re.IGNORECASE)
_FORMULA = re.compile(
    r"(?<!\\)\\\([^\n]{1,200}?(?<!\\)\\\)|(?<!\\)\\\[[^\n]{1,200}?(?<!\\)\\\]"
    r"|(?<![\w\\$])(\$\$?)(?:[A-Za-z]|(?=[^$\n]{0,200}[\\^_{])[^\s$][^$\n]{0,200}(?<!\s))\1(?![\w$])"
)
_render_markdown = render_markdown.__wrapped__  # past the cache, which is for what candidates are shown


def vanishing_signs(content: QuestionContent) -> list[str]:
    """Return a note for each text of which a sign would not be seen, with how to write it."""
    return [note for name, text in _texts(content) for note in _notes(name, text)]


def unseen_parts(content: QuestionContent) -> list[str]:
    """Return what of the texts, typed as Markdown, only another program would show: pictures and formulas."""
    return [part for name, text in _texts(content) for part in _unseen(name, text)]


def _texts(content: QuestionContent) -> Iterator[tuple[str, str]]:
    yield from (("case", content.case), ("stem", content.stem), ("explanation", content.explanation))
    for number, option in enumerate(content.options, 1):
        yield f"option {number}", option.text
        yield f"match {number}", option.match
        yield f"rationale {number}", option.rationale


def _unseen(name: str, text: str) -> Iterator[str]:
    bare = _CODE.sub("", text) if "`" in text else text
    if found := _PICTURE.search(bare):
        alternative = " ".join((found[1] or "").split())[:80]
        yield f"{name}: the picture{f' “{alternative}”' if alternative else ''} is not taken over: texts only."
    if ("$" in bare or "\\" in bare) and (found := _FORMULA.search(bare)):
        yield f"{name}: formula “{found[0][:60]}” is shown as its TeX source: formulas are not typeset here."


def _notes(name: str, text: str) -> list[str]:
    signs = [sign for sign, pattern in _SUSPICIOUS if sign in text and pattern.search(text)]
    if found := _ALONE.fullmatch(text):
        signs.insert(0, found[1])
    if "&" in text and (found := _ENTITY.search(_CODE.sub("", text))):
        signs.append("&")
    if not signs:
        return []
    shown = unescape(re.sub(r"<[^<>]*>", "", _render_markdown(text)))
    return [
        gettext(
            "%(name)s: “%(sign)s” is read as Markdown and not shown; "
            "where the sign itself is meant, write “\\%(sign)s”."
        )
        % {"name": name, "sign": sign}
        for sign in dict.fromkeys(signs)
        if sign == "&" or shown.count(sign) < text.count(sign)
    ]
