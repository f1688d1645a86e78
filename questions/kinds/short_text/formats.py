"""A text to be typed in the files of other programs. In Moodle's, * stands for anything unless a \\ is before it."""

import re
from collections.abc import Mapping, Sequence
from typing import Any


class ShortTextFormats:
    """See `questions.formats.typed.TypedFormats`."""

    moodle_type = "shortanswer"
    qti_base = "string"

    def gift(self, answer: Mapping[str, Any]) -> str:
        return " ".join(f"={_escaped(text)}" for text, _ in self.moodle(answer))

    def kept(self, ours: Mapping[str, Any], read: Mapping[str, Any]) -> bool:
        """Our own answer also says how case and blanks count."""
        texts = ours.get("accepted")
        return isinstance(texts, list | tuple) and list(texts) == list(read.get("accepted") or ())

    def moodle(self, answer: Mapping[str, Any]) -> list[tuple[str, dict[str, str]]]:
        return [(text.replace("*", "\\*"), {}) for text in answer.get("accepted") or ()]

    def moodle_settings(self, answer: Mapping[str, Any]) -> dict[str, str]:
        return {"usecase": "0" if answer.get("ignore_case") else "1"}

    def qti_correct(self, answer: Mapping[str, Any]) -> list[str]:
        return list(answer.get("accepted") or ())

    def qti_bounds(self, answer: Mapping[str, Any]) -> None:
        return None


def accepted(texts: Sequence[str]) -> tuple[str, ...]:
    """Return the texts of Moodle's patterns. Raises `ValueError` for one that stands for many texts."""
    for text in texts:
        if "*" in text.replace("\\*", ""):
            raise ValueError(f"“{text[:40]}” accepts anything for its *; write each accepted answer out.")
    return tuple(dict.fromkeys(text.replace("\\*", "*") for text in texts))


def _escaped(text: str) -> str:
    return re.sub(r"[\\~=#{}:]", r"\\\g<0>", text).replace("->", "-\\>")
