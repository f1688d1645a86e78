"""A word or a few to be typed.

Key: the `accepted` answers. Blanks at the ends are ignored and several count as one, unless `keep_blanks`; capitals
count, unless `ignore_case`.
"""

import unicodedata
from collections.abc import Mapping
from typing import Annotated, Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from pydantic import StringConstraints

from questions.exceptions import Unjudgeable
from questions.kinds.base import AnswerField, Response
from questions.kinds.entry import Entry
from questions.kinds.short_text.formats import ShortTextGift, ShortTextMoodle, ShortTextQti
from questions.kinds.showing import Told
from questions.parts import MAX_TYPED, Content, Problem, Written

MAX_ACCEPTED = 20


class ShortTextAnswer(Content):
    accepted: tuple[Annotated[str, StringConstraints(min_length=1, max_length=MAX_TYPED)], ...] = ()
    ignore_case: bool = False
    keep_blanks: bool = False


class ShortText(Entry):
    name = "short_text"
    label = _("a short text")
    gift = ShortTextGift()
    moodle = ShortTextMoodle()
    qti = ShortTextQti()
    model = ShortTextAnswer
    direction = _("Write the answer on the line.")
    fields = (
        AnswerField("accepted", _("Accepted answers"), _("One per line: each accepted spelling"), "lines"),
        AnswerField("ignore_case", _("Ignore capitals"), "", "check"),
        AnswerField(
            "keep_blanks",
            _("Spaces matter"),
            _("Otherwise several spaces count as one, and spaces at the ends are ignored"),
            "check",
        ),
    )

    def answer_problems(self, answer: Any) -> list[Problem]:
        problems = []
        if len(answer.accepted) > MAX_ACCEPTED:
            problems.append(
                Problem(
                    "answer.accepted",
                    gettext("has %(count)d accepted answers; the limit is %(most)d.")
                    % {"count": len(answer.accepted), "most": MAX_ACCEPTED},
                )
            )
        seen: set[str] = set()
        for index, text in enumerate(answer.accepted):
            compared = compare(text, answer.ignore_case, answer.keep_blanks)
            if not compared.strip() or not text.isprintable():
                problems.append(
                    Problem(f"answer.accepted.{index}", gettext("is not a single line of text; write one."))
                )
            if compared in seen:
                problems.append(
                    Problem(
                        f"answer.accepted.{index}",
                        gettext("“%(text)s” is already accepted; remove it.") % {"text": text[:60]},
                    )
                )
            seen.add(compared)
        return problems

    def key_problems(self, content: Written) -> list[Problem]:
        if content.answer.get("accepted"):
            return []
        return [Problem("answer.accepted", gettext("no accepted answer; write the right answers, one per line."))]

    def means(self, ours: Mapping[str, Any], read: Mapping[str, Any]) -> bool:
        """Our own answer also says how case and blanks count."""
        texts = ours.get("accepted")
        return isinstance(texts, list | tuple) and list(texts) == list(read.get("accepted") or ())

    def is_complete(self, response: Response | None, choose: int | None = None) -> bool:
        return isinstance(response, str) and bool(response.strip())

    def points(self, key: Response, response: Response | None) -> int:
        if not isinstance(key, dict) or not key.get("accepted"):
            raise Unjudgeable
        if not isinstance(response, str):
            return 0
        how = bool(key.get("ignore_case")), bool(key.get("keep_blanks"))
        return int(compare(response, *how) in {compare(text, *how) for text in key["accepted"]})

    def answers(self, told: Told, key: Response) -> list[str]:
        return list(key.get("accepted", []))


def compare(text: str, ignore_case: bool, keep_blanks: bool) -> str:
    """Return what of a text counts. An accent typed as a sign of its own is the same letter."""
    text = unicodedata.normalize("NFC", text)
    text = text if keep_blanks else " ".join(text.split())
    return unicodedata.normalize("NFC", text.casefold()) if ignore_case else text
