"""Rendered question text to the building blocks of a PDF page: from the HTML of `questions.rendering`, no other."""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Literal
from xml.sax.saxutils import escape

from reportlab.lib import colors
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase.pdfmetrics import registerFont, registerFontFamily, stringWidth
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Flowable, HRFlowable, ListFlowable, Paragraph, Spacer, Table, XPreformatted

from exams.blueprints.paper import bidi as paper_bidi

FONTS = Path(__file__).parent / "fonts"
TEXT, BOLD, ITALIC, MONO = "DejaVuSans", "DejaVuSans-Bold", "DejaVuSans-Oblique", "DejaVuSansMono"

SIZE, LEADING = 9.5, 13.5
GREY, SHADE = colors.HexColor("#5f6672"), colors.HexColor("#eef0f3")

LIST_INDENT, NARROWEST, NARROWEST_COLUMN, CODE_LINES = 18, 150, 30, 30
BULLET: dict[str, Any] = {"bulletFontName": TEXT, "bulletFontSize": SIZE}

BLOCKS = {"p", "pre", "ul", "ol", "table", "blockquote", "hr"}
NESTING = {"ul", "ol", "blockquote"}
MARKS = {"strong": "b", "em": "i", "s": "strike"}


@cache
def use_fonts() -> dict[str, TTFont]:
    """Make the fonts known to ReportLab, once a process: they are embedded, so a page looks the same everywhere."""
    fonts = {name: TTFont(name, FONTS / f"{name}.ttf") for name in (TEXT, BOLD, ITALIC, MONO)}
    for font in fonts.values():
        registerFont(font)
    registerFontFamily(TEXT, normal=TEXT, bold=BOLD, italic=ITALIC, boldItalic=BOLD)
    registerFontFamily(MONO, normal=MONO, bold=MONO, italic=MONO, boldItalic=MONO)
    return fonts


# What stands on paper for a character that no font has: it is seen to be missing.
MISSING = "\u25af"
INVISIBLE = {"Cf", "Cc", "Zl", "Zp"}  # marks of direction and the like, which have no picture


def _has(font: str, character: str) -> bool:
    return ord(character) in use_fonts()[font].face.charToGlyph


def unprintable(text: str) -> set[str]:
    """Return the characters that the fonts have no picture of: a printed page shows an empty box for them."""
    return {
        character
        for character in text
        if not (_has(TEXT, character) or character.isspace() or unicodedata.category(character) in INVISIBLE)
    }


def drawable(text: str) -> str:
    """Return the text with a box for each character that the fonts lack, and without what has no picture."""
    missing = unprintable(text)
    return "".join(
        MISSING if character in missing else character
        for character in text
        if _has(TEXT, character) or character in missing or character.isspace()
    )


def plain(text: str, width: float, look: ParagraphStyle | None = None) -> Paragraph:
    """Return a paragraph of plain text, whichever way it runs."""
    return _paragraph([text], width, look or style())


def style(**changes: Any) -> ParagraphStyle:
    return ParagraphStyle(
        "text", **{"fontName": TEXT, "fontSize": SIZE, "leading": LEADING, "spaceAfter": 4, **changes}
    )


# --- Reading ------------------------------------------------------------------------------------------------


@dataclass
class Element:
    tag: str
    attributes: dict[str, str]
    children: list["Element | str"] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(child if isinstance(child, str) else child.text for child in self.children)

    def find_all(self, tag: str) -> Iterator["Element"]:
        for child in self.children:
            if isinstance(child, Element):
                if child.tag == tag:
                    yield child
                else:
                    yield from child.find_all(tag)


class _Tree(HTMLParser):
    """The HTML is well-formed: it comes out of the sanitiser."""

    def __init__(self) -> None:
        super().__init__()
        self.root = Element("", {})
        self._open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self._open[-1].children.append(element)
        if tag not in {"br", "hr"}:
            self._open.append(element)

    def handle_endtag(self, tag: str) -> None:
        if self._open[-1].tag == tag:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        self._open[-1].children.append(data)


def _parse(html: str) -> Element:
    tree = _Tree()
    tree.feed(html)
    tree.close()
    return tree.root


# --- Writing ------------------------------------------------------------------------------------------------


def blocks(html: str, width: float, look: ParagraphStyle | None = None) -> list[Flowable]:
    """Return the paragraphs, lists, tables and code of a rendered text, to be set `width` points wide."""
    use_fonts()
    return _blocks(_parse(html).children, width, look or style())


def _blocks(nodes: Sequence[Element | str], width: float, look: ParagraphStyle) -> list[Flowable]:
    flowables: list[Flowable] = []
    inline: list[Element | str] = []

    def flush() -> None:
        if _markup(inline).strip():
            flowables.append(_paragraph(inline, width, look))
        inline.clear()

    for node in nodes:
        if isinstance(node, Element) and node.tag in BLOCKS:
            flush()
            flowables += _block(node, width, look)
        else:
            inline.append(node)
    flush()
    return flowables


def _block(node: Element, width: float, look: ParagraphStyle) -> list[Flowable]:
    if node.tag == "p":
        return _blocks(node.children, width, look)
    if node.tag == "pre":
        return _code(node.text.rstrip("\n"), width)
    if node.tag in NESTING and width < NARROWEST:
        return [_paragraph([node], width, look)]  # as running text: there is no room for one more level
    if node.tag in {"ul", "ol"}:
        return [_list(node, width, look), Spacer(0, 4)]
    if node.tag == "table":
        return [Spacer(0, 2), _table(node, width, look), Spacer(0, 6)]
    if node.tag == "blockquote":
        quoted = _blocks(node.children, width - LIST_INDENT, look)
        return [Spacer(0, 2), labelled("", quoted, indent=LIST_INDENT), Spacer(0, 4)]
    return [HRFlowable(width="100%", color=GREY, spaceBefore=4, spaceAfter=6)]


def _paragraph(nodes: Sequence[Element | str], width: float, look: ParagraphStyle) -> Paragraph:
    """Return inline nodes as a paragraph. One that runs from right to left, or in part, comes without bold and italics:
    its lines are broken and turned here."""
    text = _plain_text(nodes).strip()
    if not paper_bidi.is_right_to_left(text):
        return Paragraph(_markup(nodes).strip(), look)
    font = look.fontName if all(_has(look.fontName, character) for character in text) else TEXT
    # A point to spare, so that ReportLab does not break these lines again.
    lines = paper_bidi.lines_of_sight(
        drawable(text),
        width - look.leftIndent - look.rightIndent - 1,
        lambda line: stringWidth(line, font, look.fontSize),
    )
    is_right = paper_bidi.direction_of(text) == "R"
    own = ParagraphStyle("turned", parent=look, fontName=font, alignment=2 if is_right else look.alignment)
    return Paragraph("<br/>".join(escape(line) for line in lines), own)


def _plain_text(nodes: Sequence[Element | str]) -> str:
    parts = []
    for node in nodes:
        if isinstance(node, str):
            parts.append(" ".join(node.split("\n")))
        elif node.tag == "br":
            parts.append("\n")
        else:
            parts.append(_plain_text(node.children))
            address = node.attributes.get("href", "")
            if address and address != node.text:
                parts.append(f" ({address})")
    return "".join(parts)


def _markup(nodes: Sequence[Element | str]) -> str:
    """Return inline nodes in ReportLab's own small markup; every text in it is escaped."""
    parts = []
    for node in nodes:
        if isinstance(node, str):
            parts.append(escape(drawable(node)))
        elif node.tag == "br":
            parts.append("<br/>")
        elif node.tag == "code":
            parts.append(
                f'<font face="{_code_font(node.text)}" size="{SIZE - 0.8}">{escape(drawable(node.text))}</font>'
            )
        elif node.tag in MARKS:
            parts.append(f"<{MARKS[node.tag]}>{_markup(node.children)}</{MARKS[node.tag]}>")
        else:
            parts.append(_markup(node.children))
            address = node.attributes.get("href", "")
            if address and address != node.text:
                parts.append(escape(f" ({address})"))  # paper has nothing to click
    return "".join(parts)


def _code_font(text: str) -> str:
    return MONO if all(_has(MONO, character) or character.isspace() for character in text) else TEXT


def _code(text: str, width: float) -> list[Flowable]:
    """Lines that are too long go on in the next one: paper does not scroll. In pieces, each of which fits a page."""
    size = SIZE - 1
    look = style(
        fontName=_code_font(text), fontSize=size, leading=LEADING - 1.5, backColor=SHADE, borderPadding=4, leftIndent=4,
        rightIndent=4, spaceAfter=0,
    )  # fmt: skip
    columns = max(1, int((width - 12) / stringWidth("m", MONO, size)))
    lines = [
        paper_bidi.in_order_of_sight(drawable(line[start : start + columns]), "L")
        for line in text.expandtabs(4).split("\n")
        for start in range(0, max(1, len(line)), columns)
    ]
    pieces = [lines[start : start + CODE_LINES] for start in range(0, len(lines), CODE_LINES)]
    return [Spacer(0, 6), *(XPreformatted(escape("\n".join(piece)), look) for piece in pieces), Spacer(0, 10)]


def _list(node: Element, width: float, look: ParagraphStyle) -> Flowable:
    items = [_blocks(item.children, width - LIST_INDENT, look) for item in node.children if isinstance(item, Element)]
    if node.tag == "ul":
        return ListFlowable(items, bulletType="bullet", start="•", leftIndent=LIST_INDENT, **BULLET)
    first = int(node.attributes.get("start") or 1)
    return ListFlowable(items, bulletType="1", start=first, bulletFormat="%s.", leftIndent=LIST_INDENT, **BULLET)


def _table(node: Element, width: float, look: ParagraphStyle) -> Flowable:
    rows = [[cell for cell in row.children if isinstance(cell, Element)] for row in node.find_all("tr")]
    if width / len(rows[0]) < NARROWEST_COLUMN:
        return _paragraph([part for row in rows for part in (*_in_a_row(row), Element("br", {}))], width, look)
    columns = [[row[number].text for row in rows] for number in range(len(rows[0]))]
    widths = _column_widths(columns, width)
    cells = [
        [_cell(cell, room - 12, _aligned(cell, look)) for cell, room in zip(row, widths, strict=False)] for row in rows
    ]
    table = Table(cells, colWidths=widths, repeatRows=1, hAlign="LEFT", splitInRow=1)
    table.setStyle(
        [
            ("GRID", (0, 0), (-1, -1), 0.4, GREY),
            ("BACKGROUND", (0, 0), (-1, 0), SHADE),
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("TOPPADDING", (0, 0), (-1, -1), 2),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 4),
        ]
    )
    return table


def _column_widths(columns: Sequence[Sequence[str]], width: float) -> list[float]:
    """Give each column its longest word, but no more than an even share, and share out the rest by the longest text."""
    padding, even = 14, width / len(columns)

    def points(text: str) -> float:
        return stringWidth(text, BOLD, SIZE)

    wished = [max(padding + points(text) for text in column) for column in columns]
    if sum(wished) <= width:
        return wished
    words = [max((points(word) for text in column for word in text.split()), default=0) for column in columns]
    least = [min(padding + longest, even) for longest in words]
    wishes = sum(wished) - sum(least)
    return [part + (width - sum(least)) * (wish - part) / wishes for part, wish in zip(least, wished, strict=True)]


def _in_a_row(row: Sequence[Element]) -> list[Element | str]:
    """Return cells as running text: there is no room for a table."""
    cells = [
        Element("strong", {}, cell.children) if cell.tag == "th" else Element("", {}, cell.children) for cell in row
    ]
    parts: list[Element | str] = []
    for cell in cells:
        parts += [" · ", cell] if parts else [cell]
    return parts


def _cell(cell: Element, width: float, look: ParagraphStyle) -> Paragraph:
    nodes = [Element("strong", {}, cell.children)] if cell.tag == "th" else cell.children
    return _paragraph(nodes, width, look)


ALIGNMENTS: dict[str, Literal[1, 2]] = {"align-center": 1, "align-right": 2}


def _aligned(cell: Element, look: ParagraphStyle) -> ParagraphStyle:
    alignment: Literal[0, 1, 2] = ALIGNMENTS.get(cell.attributes.get("class", ""), 0)
    return ParagraphStyle("cell", parent=look, alignment=alignment, spaceAfter=0)


def labelled(label: str, content: Sequence[Flowable], *, indent: float) -> Flowable:
    """Set a label in the margin of some blocks, as a bullet stands beside its item; they may run over a page's end."""
    use_fonts()
    look = {**BULLET, "bulletFontName": BOLD}
    return ListFlowable([list(content)], bulletType="bullet", start=label, leftIndent=indent, **look)
