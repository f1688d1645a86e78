"""Question text to HTML: Markdown without raw HTML, then an allow-list. Everything shown to anyone passes here."""

import html
from collections.abc import MutableMapping, Sequence
from functools import lru_cache
from typing import Any

import nh3
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.token import Token

ALLOWED_TAGS = {
    *("p", "br", "hr", "strong", "em", "s", "code", "pre", "blockquote"),
    *("ul", "ol", "li", "table", "thead", "tbody", "tr", "th", "td", "a"),
}
ALLOWED_CLASSES = {tag: {"align-right", "align-center"} for tag in ("th", "td")}


def _cell(self: Any, tokens: Sequence[Token], index: int, options: Any, env: MutableMapping[str, Any]) -> str:
    """Open a table cell with its alignment as a class: a strict style policy ignores the `style` attribute."""
    token = tokens[index]
    alignment = str(token.attrs.pop("style", "")).removeprefix("text-align:")
    if alignment in {"right", "center"}:
        token.attrSet("class", f"align-{alignment}")
    return str(self.renderToken(tokens, index, options, env))


_markdown = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"]).disable("image")
_markdown.add_render_rule("th_open", _cell)
_markdown.add_render_rule("td_open", _cell)


def _clean(unsafe: str) -> SafeString:
    # The one place that declares text safe: it has just passed the allow-list.
    return mark_safe(  # noqa: S308
        nh3.clean(
            unsafe,
            tags=ALLOWED_TAGS,
            attributes={"a": {"href"}, "ol": {"start"}},
            allowed_classes=ALLOWED_CLASSES,
            # What may be wider than the page scrolls by itself; the keyboard reaches it only as a tab stop.
            set_tag_attribute_values={"pre": {"tabindex": "0"}, "table": {"tabindex": "0"}},
            url_schemes={"https", "http"},
            link_rel="noopener noreferrer nofollow",
        ).strip()
    )


NOTHING = SafeString("")


@lru_cache(maxsize=20_000)
def render_markdown(text: str) -> SafeString:
    """Return safe block-level HTML for a Markdown text. Cached: the text of a revision never changes."""
    return _clean(_markdown.render(text))


@lru_cache(maxsize=40_000)
def render_inline(text: str) -> SafeString:
    """Return safe HTML for a text that stands in a label: inline when it is one paragraph, blocks otherwise."""
    stripped = text.strip()
    if "\n\n" in stripped or "```" in stripped or "\n|" in stripped:
        return render_markdown(text)
    return _clean(_markdown.renderInline(stripped))


@lru_cache(maxsize=10_000)
def render_plain(text: str) -> str:
    """Return the words of a text, for where no markup can stand: not HTML, to be escaped like any other text."""
    return " ".join(html.unescape(nh3.clean(render_inline(text), tags=set())).split())
