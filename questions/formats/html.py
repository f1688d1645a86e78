"""HTML of other programs to our Markdown, and our HTML in the form that XML formats carry.

markdownify does the conversion; what is set here is what our Markdown lacks (images, headings, sub- and superscript)
and that no character of a text gets a meaning it did not have.
"""

import re
import xml.etree.ElementTree as ET
from collections.abc import Container
from html import escape as escape_html
from html import unescape
from html.parser import HTMLParser
from typing import Any

from bs4 import BeautifulSoup, Comment, Tag
from bs4.exceptions import ParserRejectedMarkup
from django.utils.translation import gettext
from markdownify import MarkdownConverter

from questions.formats.markup import STYLED, formula_in, name_losses, one_language
from questions.formats.texts import Loss, Unreadable

# One text of a question. More would be a book or an attack; the conversion takes time with the square of some sizes.
MAX_HTML = 100_000
MAX_TAGS = 3_000
MAX_DEPTH = 50
MAX_TAGS_IN_FILE = 40_000  # some seconds

MEDIA = frozenset({"img", "object", "video", "audio", "picture", "svg", "math", "iframe", "embed", "canvas", "map"})
DROPPED = frozenset({"script", "style", "head", "title", "template", "noscript"})
_TRANSPARENT = ("span", "font", "u", "small", "big", "abbr", "cite", "mark", "ins", "bdi", "bdo", "label", "o:p", "wbr")
_VOID = frozenset({"br", "hr", "img"})
_BLOCK = "p|div|ul|ol|li|dl|dt|dd|table|caption|thead|tbody|tfoot|tr|th|td|blockquote|pre|hr|br|h[1-6]|section|article"


class Unconvertible(ValueError):
    """A text is too large or too deep to be converted; the message says what is allowed."""


class HtmlReader:
    """Converts the texts of one file, and counts: what takes too long in one file is refused."""

    def __init__(self) -> None:
        self._tags_left = MAX_TAGS_IN_FILE

    def to_markdown(self, html: str) -> tuple[str, list[str]]:
        """Return our Markdown for an HTML text, and notes of what it held that Markdown cannot say.

        Raises `Unconvertible` for a text, `Unreadable` when those of the file are too much together.
        """
        if len(html) > MAX_HTML:
            raise Unconvertible(
                gettext("%(count)s characters of HTML; the limit is %(max_html)s.")
                % {"count": f"{len(html):,}", "max_html": f"{MAX_HTML:,}"}
            )
        html, said = one_language(html)
        if formula := formula_in(html):
            said.append(Loss(f"formula “{formula}” is shown as its TeX source: formulas are not typeset here."))
        if _PARAGRAPHS.fullmatch(html) and not STYLED.search(html):  # most texts; a hundred times faster
            return "\n\n".join(_paragraphs(html)), said
        self._tags_left -= html.count("<") // 2
        if self._tags_left < 0:
            raise Unreadable(
                gettext("The texts hold more than %(max_tags_in_file)s HTML elements together; split the file.")
                % {"max_tags_in_file": f"{MAX_TAGS_IN_FILE:,}"}
            )
        # Longer runs of blanks say no more, and take markdownify the square of their length.
        html = re.sub(r"[ \t\r\f\v]{200,}", " " * 200, html)
        try:
            # In an element of its own, so that a text which looks like a file name or an address is still text.
            soup = BeautifulSoup(f"<div>{html}</div>", "html.parser")
        except (ParserRejectedMarkup, AssertionError) as error:
            raise Unconvertible(gettext("is not HTML; write the text again.")) from error
        _refuse_monsters(soup)
        notes = [*said, *_prepare(soup)]
        return _Converter(heading_style="ATX", bullets="-", autolinks=False).convert_soup(soup).strip(), notes


# Plain text, in paragraphs or not.
_PARAGRAPHS = re.compile(r"[^<]*(?:<p(?: [^<>]*)?>[^<]*</p>[^<]*)*")


def _paragraphs(html: str) -> list[str]:
    parts = re.split(r"<[^<>]*>", html)
    # Not every blank of Unicode: a hard space stays one.
    lines = (re.sub(r"[ \t\r\f]*\n[ \t\r\n\f]*", "\n", unescape(part)) for part in parts)
    texts = (re.sub(r"[ \t\r\f]+", " ", line).strip(" \n") for line in lines)
    return [escape_markdown(text) for text in texts if text]


def _refuse_monsters(soup: BeautifulSoup) -> None:
    tags, stack = 0, [(child, 1) for child in soup.children if isinstance(child, Tag)]
    while stack:
        tag, depth = stack.pop()
        tags += 1
        if tags > MAX_TAGS or depth > MAX_DEPTH:
            raise Unconvertible(
                gettext("more than %(max_tags)s elements, or %(max_depth)s in each other; simplify the text.")
                % {"max_tags": f"{MAX_TAGS:,}", "max_depth": MAX_DEPTH}
            )
        stack += [(child, depth + 1) for child in tag.children if isinstance(child, Tag)]


def _prepare(soup: BeautifulSoup) -> list[str]:
    notes: list[str] = []
    for comment in soup.find_all(string=lambda text: isinstance(text, Comment)):
        comment.extract()
    for tag in soup.find_all(DROPPED):
        if tag.name == "script" and str(tag.get("type") or "").casefold().startswith("math/"):
            notes.append(Loss(f"formula “{' '.join(tag.get_text().split())[:60]}” is not taken over: texts only."))
        tag.extract()
    for tag in soup.find_all(MEDIA):
        if tag.find_parent(MEDIA) is None:
            alternative = " ".join(str(tag.get("alt") or tag.get("title") or "").split())[:80]
            named = f" (“{alternative}”)" if alternative else ""
            notes.append(Loss(f"<{tag.name}>{named} is not taken over: texts only."))
    for tag in soup.find_all(MEDIA):
        tag.extract()
    notes += name_losses(soup)
    for tag in soup.find_all(_TRANSPARENT):
        tag.unwrap()
    for tag in soup.find_all(True):
        # markdownify makes numbers of these, and as many cells as one says.
        for attribute, longest in (("start", 9), ("colspan", 1)):
            if attribute in tag.attrs and not re.fullmatch(rf"[0-9]{{1,{longest}}}", str(tag[attribute])):
                del tag[attribute]
    soup.smooth()  # neighbouring texts become one: what a character means depends on the next
    return notes


_SUPERSCRIPT = str.maketrans("0123456789+-=()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿ")
_SUBSCRIPT = str.maketrans("0123456789+-=()", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎")


class _Converter(MarkdownConverter):
    def escape(self, text: str, parent_tags: set[str]) -> str:
        return escape_markdown(text)

    def convert_hN(self, n: int, el: Tag, text: str, parent_tags: set[str]) -> str:
        text = " ".join(text.split())
        return f"\n\n**{text}**\n\n" if text and "_inline" not in parent_tags else text

    def convert_sup(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        return _raised(el, text, _SUPERSCRIPT, "^")

    def convert_sub(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        return _raised(el, text, _SUBSCRIPT, "\\_")

    def convert_pre(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        longest = max((len(run) for run in re.findall("`+", text)), default=0)
        fence = "`" * max(3, longest + 1)
        if not isinstance(next(el.children, None), Tag):
            text = text.removeprefix("\n")  # a line end after <pre> is not shown
        text = text.rstrip("\n") if text.strip() else ""
        return "\n".join(["\n", fence, *([text] if text else []), fence, "\n"])

    def convert_code(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        code = str(super().convert_code(el, text, parent_tags))  # type: ignore[misc]
        # A bar ends a table's cell even in code.
        return code.replace("|", "\\|") if parent_tags & {"td", "th"} else code

    convert_kbd = convert_samp = convert_tt = convert_code

    def convert_tr(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        row = str(super().convert_tr(el, text, parent_tags))  # type: ignore[misc]
        marks = [_alignment(cell) for cell in el.find_all(["td", "th"])]
        return row.replace(_rule(["---"] * len(marks)), _rule(marks), 1)

    def convert_a(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        href = str(el.get("href") or "").strip()
        if not re.match(r"https?://", href, re.IGNORECASE):
            return text
        el["href"] = re.sub(r"([()\\])", r"\\\1", re.sub(r"[\s<>]", lambda found: f"%{ord(found[0]):02X}", href))
        del el["title"]
        return str(super().convert_a(el, text, parent_tags))  # type: ignore[misc]


def _rule(marks: list[str]) -> str:
    return f"| {' | '.join(marks)} |\n"


def _alignment(cell: Tag) -> str:
    said = f"{cell.get_attribute_list('class')} align-{cell.get('align')} {cell.get('style')}"
    found = re.search(r"align[-:] ?(right|center)", said)
    return {"right": "---:", "center": ":---:"}[found[1]] if found else "---"


def _raised(el: Tag, text: str, digits: dict[int, int], sign: str) -> str:
    plain = el.get_text().strip()
    if plain and all(ord(character) in digits for character in plain):
        return plain.translate(digits)
    return f"{sign}({text.strip()})" if text.strip() else ""


# A character that could begin or end markup, wherever it stands.
_MARKUP = re.compile(
    r"""[*`|]                        # emphasis, code, table
      | \\(?=[!-/:-@\[-`{-~\n]|$)    # an escape
      | <(?=[A-Za-z/!?])             # an address
      | \](?=[(:\[])                 # a link
      | &(?=\#?\w+;)                 # a character by its name
      | ~(?=~)|(?<=~)~               # strike-through
      | (?<![^\W_])_|_(?![^\W_])     # emphasis, but not in snake_case
    """,
    re.VERBOSE,
)
# What makes a list, a heading, a quotation or a line, at the beginning of a line only.
_LINE_START = re.compile(r"^( *(?:[0-9]{1,9}(?=[.)](?:\s|$))|(?=\#{1,6}(?:\s|$)|>|[-+](?:\s|$)|--|=)))", re.MULTILINE)


def escape_markdown(text: str) -> str:
    """Return Markdown that shows this text as it stands, with no more backslashes than that needs."""
    return _LINE_START.sub(r"\1\\", _MARKUP.sub(r"\\\g<0>", text))


def plain_to_markdown(text: str) -> str:
    """Return Markdown for a plain text: its lines and paragraphs stay what they are."""
    paragraphs = re.split(r"\n\s*\n", text.replace("\r\n", "\n").strip())
    lines = ([line.strip() for line in paragraph.split("\n")] for paragraph in paragraphs)
    return "\n\n".join("  \n".join(escape_markdown(line) for line in paragraph) for paragraph in lines)


class _Elements(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.builder = ET.TreeBuilder()
        self.builder.start("div", {})

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.builder.start(tag, {name: value or "" for name, value in attrs})
        if tag in _VOID:
            self.builder.end(tag)

    def handle_endtag(self, tag: str) -> None:
        self.builder.end(tag)

    def handle_data(self, data: str) -> None:
        self.builder.data(data)


def to_elements(html: str) -> ET.Element:
    """Return HTML that our renderer wrote, which is well-formed, as the content of a `div` element."""
    parser = _Elements()
    parser.feed(html)
    parser.close()
    parser.builder.end("div")
    return parser.builder.close()


def local_name(element: ET.Element) -> str:
    """Return an element's name without its namespace."""
    return str(element.tag).rpartition("}")[2]


def inner_html(element: ET.Element, leave_out: Container[ET.Element] = ()) -> str:
    """Return what stands in an XML element as HTML, in one form for the same meaning: compared, it tells an edit."""
    return tidy(_inner(element, leave_out))


def _inner(element: ET.Element, leave_out: Container[ET.Element]) -> str:
    parts = [escape_html(element.text or "", quote=False)]
    for child in element:
        if child not in leave_out:
            parts.append(_outer(child, leave_out))
        parts.append(escape_html(child.tail or "", quote=False))
    return "".join(parts)


def _outer(element: ET.Element, leave_out: Container[ET.Element]) -> str:
    name = local_name(element)
    if name in {"qti-catalog-info", "catalogInfo"}:  # the same text for other readers
        return ""
    if name.startswith("qti-"):  # a wrapper of version 3
        return _inner(element, leave_out)
    classes = element.get("class", "").split()
    if name == "span":
        # QTI has no strike-through; of other spans only those say something that are underlined or colored.
        inner, style = _inner(element, leave_out), element.get("style", "")
        if STYLED.search(style.casefold()):
            inner = f'<span style="{escape_html(style)}">{inner}</span>'
        return f"<s>{inner}</s>" if "line-through" in classes else inner
    kept: dict[str, Any] = {"a": ("href",), "img": ("alt",)}
    if name == "ol" and element.get("type"):  # letters or Roman numbers, which become text; our lists have digits
        kept["ol"] = ("type", "start")
    kept |= dict.fromkeys(("th", "td"), ("colspan", "rowspan"))
    attributes = "".join(
        f' {attribute}="{escape_html(element.get(attribute, ""))}"'
        for attribute in kept.get(name, ())
        if element.get(attribute)
    )
    if name in {"th", "td"} and (aligned := [c for c in classes if c in {"align-right", "align-center"}]):
        attributes += f' class="{aligned[0]}"'
    return f"<{name}{attributes}>" + ("" if name in _VOID else f"{_inner(element, leave_out)}</{name}>")


def tidy(html: str) -> str:
    """Return HTML with the white space that is shown, and no other."""
    pre = r"(<pre\b.*?</pre>)"
    html = re.sub(rf"{pre}|[ \t\r\n\f]+", lambda found: found[1] or " ", html, flags=re.DOTALL)
    blocks = rf"{pre}| ?(</?(?:{_BLOCK})\b[^<>]*>) ?"
    html = re.sub(blocks, lambda found: found[1] or found[2], html, flags=re.DOTALL)
    return re.sub(r"\n+((?:</code>)?</pre>)", r"\1", html).strip()
