"""A QTI item as it is read and written, whatever the version: its texts as HTML, in one form for the same meaning.

An exported question also travels as it is in a file of ours beside the item (`SUFFIX`), which other programs leave
alone. HTML cannot say all that Markdown says, so on the way back a text is taken from there, but only if it still shows
what the item says.
"""

import re
from dataclasses import dataclass
from html import unescape
from typing import Any

from django.utils.translation import gettext

from questions.bankfiles import QuestionEntry
from questions.formats.base import Loss, kept_answer
from questions.formats.html import HtmlReader, Unconvertible, inner_html, tidy, to_elements
from questions.formats.qti.parts import Choice, Item
from questions.formats.texts import Refused
from questions.kinds import kind_of
from questions.rendering import render_inline, render_markdown

SUFFIX = ".question.json"
# What some programs write: HTML as the text of an element, its signs escaped.
_ESCAPED_HTML = re.compile(
    r"(?:<(?:p|div)>)*(&lt;(p|div|span|ul|ol|table|strong|b|em|i)\b.*&lt;/\2&gt;)(?:</(?:p|div)>)*", re.DOTALL
)


def item_of(entry: QuestionEntry) -> Item:
    """Return the item that says what the question says."""
    matches = entry.choices
    return Item(
        # Version 3 wants a letter or an underscore first.
        identifier=entry.id if entry.id[0].isalpha() else f"_{entry.id}",
        title=entry.id,
        kind=entry.kind,
        # A program that does not shuffle would show options that are written in their right order in that one.
        shuffle=entry.shuffle or kind_of(entry.kind).always_shuffles,
        case=_block(entry.case),
        # In an element of its own: an item's body takes no bare text.
        stem=tidy(f"<div>{_block(entry.stem)}</div>"),
        choices=tuple(
            Choice(
                html=_inline(option.text),
                key=option.key,
                match=matches.index(option.match) if option.match else None,
                rationale=_block(option.rationale),
            )
            for option in entry.options
        ),
        matches=tuple(_inline(match) for match in matches),
        explanation=_block(entry.explanation),
        answer=entry.answer,
    )


# Past the cache of the renderer, which is for what candidates are shown.
_render_markdown = render_markdown.__wrapped__
_render_inline = render_inline.__wrapped__


def _block(text: str) -> str:
    return inner_html(to_elements(_render_markdown(text))) if text else ""


def _inline(text: str) -> str:
    return inner_html(to_elements(_render_inline(text)))


def fields_of(item: Item, source: QuestionEntry | None, html: HtmlReader, notes: list[str]) -> dict[str, Any]:
    """Return the fields of the question that an item is, its texts in Markdown. Raises `Refused`."""
    ours = item_of(source) if source else None
    texts = _Texts(source, ours, html, notes)
    matches = [texts.match(index, match) for index, match in enumerate(item.matches)]
    used = {choice.match for choice in item.choices}
    decoys = [match for index, match in enumerate(matches) if index not in used]
    options = [
        {
            "text": texts.option(index, choice),
            "key": choice.key,
            "match": "" if choice.match is None else matches[choice.match],
            "rationale": texts.rationale(index, choice),
        }
        for index, choice in enumerate(item.choices)
    ]
    fields: dict[str, Any] = {
        "kind": item.kind,
        "shuffle": item.shuffle,
        "case": texts.plain("case", item.case),
        "stem": texts.plain("stem", item.stem),
        "options": options,
        "decoys": list(dict.fromkeys(decoys)),
        "explanation": texts.plain("explanation", item.explanation),
        "answer": kept_answer(item.kind, source.answer if source else None, item.answer),
    }
    if source and ours:
        kept = {"id", "source", "tasks", "skills", "difficulty", "tags", "service_note", "references", "valid_as_of"}
        fields |= source.model_dump(include=kept)
        if item.shuffle == ours.shuffle:
            fields["shuffle"] = source.shuffle
        if set(decoys) == set(source.decoys):
            fields["decoys"] = list(source.decoys)
    return fields


@dataclass(frozen=True)
class _Texts:
    """Texts of an item in Markdown: that of the source where it shows the same, else converted."""

    source: QuestionEntry | None
    ours: Item | None
    reader: HtmlReader
    notes: list[str]

    def plain(self, field: str, html: str) -> str:
        return self._text(field, html, getattr(self.ours, field, None), getattr(self.source, field, ""))

    def option(self, index: int, choice: Choice) -> str:
        ours, text, _ = self._option(index)
        return self._text(f"options.{index}.text", choice.html, ours.html if ours else None, text)

    def rationale(self, index: int, choice: Choice) -> str:
        ours, _, rationale = self._option(index)
        return self._text(f"options.{index}.rationale", choice.rationale, ours.rationale if ours else None, rationale)

    def match(self, index: int, html: str) -> str:
        if self.source is None or self.ours is None or index >= len(self.ours.matches):
            return self._text("decoys", html, None, "")
        return self._text("decoys", html, self.ours.matches[index], self.source.choices[index])

    def _option(self, index: int) -> tuple[Choice | None, str, str]:
        if self.source is None or self.ours is None or index >= len(self.ours.choices):
            return None, "", ""
        return self.ours.choices[index], self.source.options[index].text, self.source.options[index].rationale

    def _text(self, field: str, html: str, ours: str | None, source: str) -> str:
        if html == ours:
            return source
        if escaped := _ESCAPED_HTML.fullmatch(html):
            self.notes.append(gettext("%(field)s: is HTML written as text; it was read as HTML.") % {"field": field})
            html = unescape(escaped[1])
        try:
            text, said = self.reader.to_markdown(html)
        except Unconvertible as error:
            raise Refused(field, str(error)) from error
        self.notes.extend(Loss(f"{field}: {note}") for note in said)
        return text
