"""The formats by name, and which one a file is in."""

import re
from pathlib import PurePath

from questions.formats.aiken import AikenFormat
from questions.formats.base import Format, Unreadable
from questions.formats.csv_ import CsvFormat
from questions.formats.gift import GiftFormat
from questions.formats.moodle_xml import MoodleXml
from questions.formats.plain import PlainFormat
from questions.formats.qti.packaging import QTI_FORMATS
from questions.formats.xlsx import XlsxFormat
from questions.formats.yaml_ import YamlFormat

_ALL: tuple[Format, ...] = (
    YamlFormat(),
    CsvFormat(),
    XlsxFormat(),
    GiftFormat(),
    AikenFormat(),
    PlainFormat(),
    MoodleXml(),
    *QTI_FORMATS,
)
FORMATS: dict[str, Format] = {format_.name: format_ for format_ in _ALL}

# Where several formats share a suffix: what stands in files of the one, all of it, and hardly in those after it.
_SIGNS = {
    "aiken": (rb"^ANSWER: ?[A-Z]\s*$", rb"^A[.)] "),
    "plain": (rb"^[* \t]*\d{1,4}[.)]\s", rb"^[ \t]*\(?[Aa][.)]\s", rb"^[ \t]*\(?[Bb][.)]\s"),
    "gift": (rb"\{", rb"[=~#TF]", rb"\}"),
    "moodle": (rb"<quiz[\s>]",),
    "qti21": (rb"",),  # any of the three QTI formats reads all of them
}
_SEEN = 200_000  # bytes; the notes before the questions of a study guide are long


def format_of(name: str, data: bytes) -> Format:
    """Return the format of a file by the end of its name and, where several share it, by what it holds.

    Raises `Unreadable` when it is none of ours.
    """
    suffix = PurePath(name).suffix.casefold()
    candidates = [format_ for format_ in _ALL if suffix in format_.suffixes]
    if not candidates:
        known = ", ".join(sorted({suffix for format_ in _ALL for suffix in format_.suffixes}))
        raise Unreadable(f"A file name that ends so tells no format; choose one, or rename it ({known}).")
    start = data[:_SEEN].replace(b"\r\n", b"\n").replace(b"\0", b"")  # UTF-16 has a zero beside every letter
    by_name = {format_.name: format_ for format_ in candidates}
    signed = [
        by_name[name]
        for name, signs in _SIGNS.items()
        if name in by_name and all(re.search(sign, start, re.MULTILINE) for sign in signs)
    ]
    return (signed or candidates)[0]
