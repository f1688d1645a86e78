"""The formats by name, and which one a file is in."""

import re
from collections.abc import Mapping, Sequence
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
    "plain": (
        rb"^[*# \t]*(?:Q(?:uestion)?[ .#]{0,3})?\d{1,4}[.):]\s",
        rb"^[-*+ \t]*\(?[Aa][.)]\s",
        rb"^[-*+ \t]*\(?[Bb][.)]\s",
    ),
    "gift": (rb"(?<!\\)\{\s*(?:[=~#]|TRUE|FALSE|[TF]\s*[#}])", rb"\}"),
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
    if len(candidates) == 1 or "qti21" in by_name:
        return (signed or candidates)[0]
    if [format_.name for format_ in signed] == ["aiken", "plain"]:
        return _numbered_or_aiken(start, by_name)
    if len(signed) == 1:
        return signed[0]
    why = "signs of more than one format" if signed else "signs of none of them"
    raise Unsure(f"The file's name fits several formats, and it holds {why}", signed or candidates)


class Unsure(Unreadable):
    """The format cannot be told; `candidates` are those that it may be."""

    def __init__(self, why: str, candidates: Sequence[Format]) -> None:
        self.candidates = [format_.name for format_ in candidates]
        super().__init__(f"{why}: {' or '.join(format_.label for format_ in candidates)}? Choose the format.")


def _numbered_or_aiken(start: bytes, by_name: Mapping[str, Format]) -> Format:
    """Tell numbered text whose answers are in capitals from Aiken, where a stem may begin with a number too."""
    answers = len(re.findall(rb"^ANSWER:", start, re.MULTILINE | re.IGNORECASE))
    # A number at the beginning of a paragraph: inside one it is a list.
    numbers = len(re.findall(rb"(?:\A|\n[ \t]*\n)[* \t]*\d{1,4}[.)]\s", start))
    if numbers and numbers < answers:
        why = f"{numbers} of {answers} questions begin with a number"
        raise Unsure(f"The file's name fits several formats, and {why}", [by_name["aiken"], by_name["plain"]])
    return by_name["plain" if numbers else "aiken"]
