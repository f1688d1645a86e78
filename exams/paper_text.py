"""Rendered question text to the building blocks of a PDF page: from the HTML of `questions.rendering`, no other."""

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


def unprintable(text: str) -> set[str]:
    """Return the characters that the fonts have no picture of: a printed page shows an empty box for them."""
    known = use_fonts()[TEXT].face.charToGlyph
    return {character for character in text if ord(character) not in known and not character.isspace()}


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
        markup = _markup(inline).strip()
        if markup:
            flowables.append(Paragraph(markup, look))
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
        return [Paragraph(_markup([node]).strip(), look)]  # as running text: there is no room for one more level
    if node.tag in {"ul", "ol"}:
        return [_list(node, width, look), Spacer(0, 4)]
    if node.tag == "table":
        return [Spacer(0, 2), _table(node, width, look), Spacer(0, 6)]
    if node.tag == "blockquote":
        quoted = _blocks(node.children, width - LIST_INDENT, look)
        return [Spacer(0, 2), labelled("", quoted, indent=LIST_INDENT), Spacer(0, 4)]
    return [HRFlowable(width="100%", color=GREY, spaceBefore=4, spaceAfter=6)]


def _markup(nodes: Sequence[Element | str]) -> str:
    """Return inline nodes in ReportLab's own small markup; every text in it is escaped."""
    parts = []
    for node in nodes:
        if isinstance(node, str):
            parts.append(escape(node))
        elif node.tag == "br":
            parts.append("<br/>")
        elif node.tag == "code":
            parts.append(f'<font face="{MONO}" size="{SIZE - 0.8}">{escape(node.text)}</font>')
        elif node.tag in MARKS:
            parts.append(f"<{MARKS[node.tag]}>{_markup(node.children)}</{MARKS[node.tag]}>")
        else:
            parts.append(_markup(node.children))
            address = node.attributes.get("href", "")
            if address and address != node.text:
                parts.append(escape(f" ({address})"))  # paper has nothing to click
    return "".join(parts)


def _code(text: str, width: float) -> list[Flowable]:
    """Lines that are too long go on in the next one: paper does not scroll. In pieces, each of which fits a page."""
    size = SIZE - 1
    look = style(
        fontName=MONO, fontSize=size, leading=LEADING - 1.5, backColor=SHADE, borderPadding=4, leftIndent=4,
        rightIndent=4, spaceAfter=0,
    )  # fmt: skip
    columns = max(1, int((width - 12) / stringWidth("m", MONO, size)))
    lines = [
        line[start : start + columns]
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
        return Paragraph("<br/>".join(" · ".join(map(_cell_markup, row)) for row in rows), look)
    columns = [[row[number].text for row in rows] for number in range(len(rows[0]))]
    cells = [[Paragraph(_cell_markup(cell), _aligned(cell, look)) for cell in row] for row in rows]
    table = Table(cells, colWidths=_column_widths(columns, width), repeatRows=1, hAlign="LEFT", splitInRow=1)
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


def _cell_markup(cell: Element) -> str:
    markup = _markup(cell.children)
    return f"<b>{markup}</b>" if cell.tag == "th" else markup


ALIGNMENTS: dict[str, Literal[1, 2]] = {"align-center": 1, "align-right": 2}


def _aligned(cell: Element, look: ParagraphStyle) -> ParagraphStyle:
    alignment: Literal[0, 1, 2] = ALIGNMENTS.get(cell.attributes.get("class", ""), 0)
    return ParagraphStyle("cell", parent=look, alignment=alignment, spaceAfter=0)


def labelled(label: str, content: Sequence[Flowable], *, indent: float) -> Flowable:
    """Set a label in the margin of some blocks, as a bullet stands beside its item; they may run over a page's end."""
    use_fonts()
    look = {**BULLET, "bulletFontName": BOLD}
    return ListFlowable([list(content)], bulletType="bullet", start=label, leftIndent=indent, **look)
