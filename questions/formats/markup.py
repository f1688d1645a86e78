"""What HTML of other programs says and our Markdown cannot: each is given another form, or named as lost."""

import re
from collections.abc import Callable, Iterator

from bs4 import BeautifulSoup, Tag

from questions.formats.texts import Loss

# Formatting that tells a reader something: “the underlined word”, “the word in red”.
_DECORATED = {"u": "underline", "ins": "underline", "mark": "highlight"}
_STYLES = (
    (re.compile(r"text-decoration[^;]*underline"), "underline"),
    (re.compile(r"(?:^|;)\s*background(?:-color)?\s*:\s*(?!transparent|inherit|none|white|#fff)"), "highlight"),
    (re.compile(r"(?:^|;)\s*color\s*:\s*(?!inherit|black|#000|windowtext|rgb\(0,\s*0,\s*0\))"), "color"),
)
STYLED = re.compile(r"color|underline|background|multilang|\{mlang")
_MLANG = re.compile(r"\{mlang(?:\s+([\w,-]{1,60}))?\s*\}")
_LIST_STYLES = {"lower-roman": "i", "upper-roman": "I", "lower-alpha": "a", "upper-alpha": "A"} | {
    "lower-latin": "a",
    "upper-latin": "A",
}
_ROMAN = ((10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))


def one_language(html: str) -> tuple[str, list[str]]:
    """Return the text of one language of {mlang} marks, English if it is there, and what is left out."""
    if "{mlang" not in html:
        return html, []
    parts = _MLANG.split(html)
    languages = list(dict.fromkeys(language for language in parts[1::2] if language))
    kept = _kept(languages)
    texts = zip([None, *parts[1::2]], parts[::2], strict=True)
    return "".join(text for language, text in texts if language in {None, kept, "other"}), _left(languages, kept)


def _kept(languages: list[str]) -> str:
    return next((language for language in languages if re.match("en\\b", language, re.IGNORECASE)), *languages[:1])


def _left(languages: list[str], kept: str) -> list[str]:
    others = [language for language in languages if language not in {kept, "other"}]
    return [Loss(f"the language{'s' * (len(others) > 1)} {', '.join(others)[:80]} is left out; {kept[:20]} is taken.")
            ] if others else []  # fmt: skip


def name_losses(soup: BeautifulSoup) -> list[str]:
    """Change what Markdown has no word for, and return notes of what is lost."""
    notes = [*_choose_language(soup), *_decorations(soup), *_tables(soup), *_links_and_fields(soup)]
    for table in soup.find_all("table"):
        if not table.get_text(strip=True):
            table.extract()  # it laid out a picture, or nothing
    for ordered in soup.find_all("ol"):
        _write_letters(soup, ordered)
    return notes


def _choose_language(soup: BeautifulSoup) -> list[str]:
    spans = [span for span in soup.find_all("span", class_="multilang") if span.get("lang")]
    languages = list(dict.fromkeys(str(span["lang"]) for span in spans))
    if not languages:
        return []
    kept = _kept(languages)
    for span in spans:
        if span["lang"] != kept:
            span.extract()
    return _left(languages, kept)


def _decorations(soup: BeautifulSoup) -> Iterator[str]:
    seen = set()
    for tag in soup.find_all(True):
        style = str(tag.get("style") or "").casefold()
        whats = [_DECORATED[tag.name]] if tag.name in _DECORATED else []
        whats += [what for pattern, what in _STYLES if pattern.search(style)]
        whats += ["color"] if tag.name == "font" and tag.get("color") else []
        text = " ".join(tag.get_text()[:200].split())[:60]
        for what in whats:
            if text and what not in seen:
                seen.add(what)
                yield Loss(f"formatting: the {what} of “{text}” is not taken over.")


def _tables(soup: BeautifulSoup) -> Iterator[str]:
    for table in soup.find_all("table"):
        text = " ".join(table.get_text(" ")[:200].split())[:40]
        if any(str(cell.get(name) or "1") != "1" for cell in table.find_all(["td", "th"])
               for name in ("rowspan", "colspan")):  # fmt: skip
            yield Loss(f"table “{text}”: cells that were one over several rows or columns are apart.")
        if text and table.find(["table", "ul", "ol", "pre"]):
            yield Loss(f"table “{text}”: a list, code or a table inside a cell became plain text.")


def _links_and_fields(soup: BeautifulSoup) -> Iterator[str]:
    for link in soup.find_all("a", href=True):
        address, text = str(link["href"]).strip(), " ".join(link.get_text()[:200].split())[:60]
        if text and not re.match(r"https?://|#", address, re.IGNORECASE):
            yield Loss(f"link: “{text}” led to “{address[:60]}”, which is not taken over.")
    if fields := soup.find_all(["input", "select", "textarea", "button"]):
        yield Loss(f"<{fields[0].name}>: fields to fill in are not taken over; their words stay.")
    if any("background-image" in str(tag["style"]).casefold() for tag in soup.find_all(style=True)):
        yield Loss("<img> in the background is not taken over: texts only.")


def _write_letters(soup: BeautifulSoup, ordered: Tag) -> None:
    """Write the numbers of a list that counts by letters or Roman numbers as text: Markdown counts by digits only."""
    styled = re.search(r"list-style(?:-type)?\s*:\s*([a-z-]+)", str(ordered.get("style") or "").casefold())
    kind = str(ordered.get("type") or "") or _LIST_STYLES.get(styled[1] if styled else "", "")
    if kind not in _FORMS:
        return
    start = str(ordered.get("start") or "1")
    number = int(start) if re.fullmatch(r"[0-9]{1,4}", start) else 1
    for item in ordered.find_all("li", recursive=False):
        first = next(iter(item.find_all(True, recursive=False)), item)
        (first if first.name == "p" else item).insert(0, f"{_FORMS[kind](number)}. ")
        item.name = "div"
        number += 1
    ordered.name = "div"


def _roman(number: int) -> str:
    text = ""
    for worth, sign in _ROMAN:
        while number >= worth:
            text, number = text + sign, number - worth
    return text


def _letter(number: int) -> str:
    return chr(ord("a") + (number - 1) % 26)


_FORMS: dict[str, Callable[[int], str]] = {
    "i": _roman,
    "I": lambda number: _roman(number).upper(),
    "a": _letter,
    "A": lambda number: _letter(number).upper(),
}


# Between single dollars, where there is a sign that no sum of money has.
_DOLLARS = re.compile(r"(?<![\w\\$])\$(?:[A-Za-z]|(?=[^$<>\n]{0,200}[\\^_{])[^\s$<>][^$<>\n]{0,200}(?<!\s))\$(?![\w$])")


def formula_in(text: str) -> str:
    r"""Return the beginning of the first TeX formula between \( \), \[ \] or $$ $$, empty if there is none."""
    for opening, closing in (("\\(", "\\)"), ("\\[", "\\]"), ("$$", "$$")):
        start = text.find(opening)
        end = text.find(closing, start + 2) if start >= 0 else -1
        if end > start + 2:
            return " ".join(text[start : end + 2].split())[:60]
    found = _DOLLARS.search(text) if "$" in text else None
    return found[0][:60] if found else ""


_BLOCK_EDGE = r"</?(?:p|div|ul|ol|li|dl|dt|dd|table|thead|tbody|tr|th|td|blockquote|pre|hr|br|h[1-6])(?:\s[^<>]*)?>"
_ENDS_BLOCK = re.compile(rf"{_BLOCK_EDGE}\s*$", re.IGNORECASE)
_BEGINS_BLOCK = re.compile(rf"\s*{_BLOCK_EDGE}", re.IGNORECASE)


def lines_to_html(text: str) -> str:
    """Return HTML in which a line end is a line end, but beside blocks and in `pre`: Moodle's own format of texts."""
    lines, parts, depth = text.split("\n"), [], 0
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        low = line.casefold()
        depth = max(0, depth + low.count("<pre") - low.count("</pre>"))
        is_edge = depth or not line.strip() or _ENDS_BLOCK.search(line[-300:]) or _BEGINS_BLOCK.match(following)
        parts.append(line + ("\n" if is_edge else "<br>\n"))
    return "".join(parts).removesuffix("<br>\n")
