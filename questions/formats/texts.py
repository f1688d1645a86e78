"""Bytes to text, and what no text of a question may hold. Every format reads through here."""

import codecs
import re

from django.utils.translation import gettext

from questions.parts import MAX_TEXT, Problem

# A bank of 5,000 questions is about 10 MB; what is larger is no file of questions, or an attack.
MAX_FILE_BYTES = 20_000_000

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, ""),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, ""),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# Controls but tab and line feed; surrogates; bidi controls, which make a text read other than it is; U+2028 and
# U+2029, line ends that half of all programs do not know; and code points that are no characters.
_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"
    + "".join(f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0x10000, 0x110000, 0x10000))
    + "]"
)


class Unreadable(Exception):
    """The file as a whole is refused; the message says why and what would be right."""


class Refused(Exception):
    """This question of the file is refused; says the field, what is wrong and what would be right."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.problem = Problem(field, message)


class Loss(str):
    """A note of something that stands in the file and not in the question: it is kept with the question."""

    __slots__ = ()


def check_size(data: bytes) -> None:
    """Raise `Unreadable` for what is empty or too large to be a file of questions."""
    if not data.strip():
        raise Unreadable(gettext("The file is empty; choose a file with questions."))
    if len(data) > MAX_FILE_BYTES:
        limit = MAX_FILE_BYTES // 1_000_000
        raise Unreadable(
            gettext("The file has %(count)s MB; the limit is %(limit)s MB. Split it.")
            % {"count": f"{len(data) / 1e6:,.0f}", "limit": limit}
        )


def decode(data: bytes) -> str:
    """Return a file's text with LF line ends: UTF-8 with or without a byte order mark, or UTF-16 with one."""
    check_size(data)
    mark, encoding = next(((mark, name) for mark, name in _BOMS if data.startswith(mark)), (b"", "utf-8"))
    if not encoding:
        raise Unreadable(gettext("The file is UTF-32; save it as UTF-8."))
    try:
        text = data[len(mark) :].decode(encoding)
    except UnicodeDecodeError as error:
        where, name = error.start + len(mark), "UTF-16" if mark and encoding != "utf-8" else "UTF-8"
        line = data.count(b"\n", 0, error.start + len(mark)) + 1
        raise Unreadable(
            gettext("Byte %(where)s (line %(line)s) is not %(name)s; save the file as UTF-8.")
            % {"where": where, "line": line, "name": name}
        ) from error
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise Unreadable(
            gettext("Line %(line)s contains a NUL character: this is not a text file; save it as UTF-8 text.")
            % {"line": line}
        )
    return text.replace("\r\n", "\n").replace("\r", "\n")


def text_problem(text: str) -> str | None:
    """Say what is wrong with a text that may be stored nowhere, None if nothing is."""
    if len(text) > MAX_TEXT:
        return gettext("has %(count)s characters; the limit is %(max_text)s.") % {
            "count": f"{len(text):,}",
            "max_text": f"{MAX_TEXT:,}",
        }
    if found := _FORBIDDEN.search(text):
        name = f"U+{ord(found[0]):04X}"
        return gettext("holds %(name)s at character %(position)s, a control or invisible character; remove it.") % {
            "name": name,
            "position": found.start() + 1,
        }
    return None
