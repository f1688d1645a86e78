"""The formats by name, and which one a file is in."""

import codecs
import re
from collections.abc import Mapping, Sequence
from pathlib import PurePath

from django.utils.translation import gettext

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

# Where several formats share a suffix: what stands in files of the one, all of one row, and hardly in those after it.
_NUMBER = r"^[*# \t]*(?:\d{1,4}[.)]|Q(?:uestion)?[ .#]{0,3}\d{1,4}[.):]?)\**\s"
_SIGNS: dict[str, tuple[tuple[str, ...], ...]] = {
    "aiken": ((r"^[ \t]*ANSWER:[ \t]*\(?[A-Z]\b", r"^[ \t]*A[.)]\s"),),
    "plain": (
        (_NUMBER, r"^[-*+ \t]*\(?A[.)]\**\s", r"^[-*+ \t]*\(?B[.)]\**\s"),
        (rf"{_NUMBER}|^#{{1,6}}\s", r"^[ \t]*[-*+] \[[ xX]\]\s"),
        (rf"{_NUMBER}|^#{{1,6}}\s", r"^[ \t]*[-*+]\s", r"^[*_ \t]*(?:correct )?answers?[*_]*:"),
    ),
    "gift": ((r"(?<!\\)\{\s*(?:[=~#]|TRUE|FALSE|[TF]\s*[#}])", r"\}"),),
    "moodle": ((r"<quiz[\s>]",),),
    "qti21": (("",),),  # any of the three QTI formats reads all of them
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
        raise Unreadable(
            gettext("Unknown file extension: choose the format, or rename the file (%(known)s).") % {"known": known}
        )
    start = _beginning(data)
    by_name = {format_.name: format_ for format_ in candidates}
    signed = [by_name[name] for name in _SIGNS if name in by_name and _has_signs(name, start)]
    if len(candidates) == 1 or "qti21" in by_name:
        return (signed or candidates)[0]
    if {"aiken", "plain"} <= {format_.name for format_ in signed}:
        signed = [_numbered_or_aiken(start, by_name), *signed[2:]]
    if len(signed) == 1:
        return signed[0]
    why = gettext("signs of more than one format") if signed else gettext("signs of none of them")
    raise Unsure(
        gettext("The file's name fits several formats, and it holds %(why)s") % {"why": why}, signed or candidates
    )


def _beginning(data: bytes) -> str:
    """Return what a file begins with, whatever its line ends: not yet checked, so nothing is refused here."""
    start = data[:_SEEN]
    is_wide = start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    text = start.decode("utf-16" if is_wide else "utf-8-sig", errors="replace")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _has_signs(name: str, start: str) -> bool:
    flags = re.MULTILINE | (0 if name == "gift" else re.IGNORECASE)
    return any(all(re.search(sign, start, flags) for sign in signs) for signs in _SIGNS[name])


class Unsure(Unreadable):
    """The format cannot be told; `candidates` are those that it may be."""

    def __init__(self, why: str, candidates: Sequence[Format]) -> None:
        self.candidates = [format_.name for format_ in candidates]
        super().__init__(
            gettext("%(why)s: %(labels)s? Choose the format.")
            % {"why": why, "labels": f" {gettext('or')} ".join(str(format_.label) for format_ in candidates)}
        )


def _numbered_or_aiken(start: str, by_name: Mapping[str, Format]) -> Format:
    """Tell numbered text whose answers are in capitals from Aiken, where a stem may begin with a number too."""
    answers = len(re.findall(r"^[ \t]*ANSWER:", start, re.MULTILINE | re.IGNORECASE))
    # A number at the beginning of a paragraph: inside one it is a list.
    numbers = len(re.findall(rf"(?:\A|\n[ \t]*\n)[ \t]*{_NUMBER.removeprefix('^')}", start, re.IGNORECASE))
    if numbers and numbers < answers:
        why = gettext("%(numbers)s of %(answers)s questions begin with a number") % {
            "numbers": numbers,
            "answers": answers,
        }
        raise Unsure(
            gettext("The file's name fits several formats, and %(why)s") % {"why": why},
            [by_name["aiken"], by_name["plain"]],
        )
    return by_name["plain" if numbers else "aiken"]
