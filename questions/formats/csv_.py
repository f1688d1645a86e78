"""Questions as CSV, one in a row."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from django.utils.translation import gettext

from questions.bankfiles import QuestionEntry
from questions.content import Problem
from questions.formats.base import Defaults, ReadQuestion, Unreadable, typed
from questions.formats.columns import HEADER
from questions.formats.tables import LOSSES, read_rows, template_rows, write_row
from questions.formats.texts import MAX_FILE_BYTES, decode

if TYPE_CHECKING:
    from _csv import Reader as CsvReader

# An unclosed quote makes one cell of the rest of the file; its length is then found too long, with its row.
csv.field_size_limit(MAX_FILE_BYTES)


class CsvFormat:
    name = "csv"
    label = "CSV"
    suffixes = (".csv", ".tsv")
    media_type = "text/csv"
    losses = LOSSES

    def read(self, data: bytes, defaults: Defaults) -> list[ReadQuestion]:
        text = decode(data)
        # What some programs write to tell others of the separator; an empty line in its place keeps the count.
        said = re.match(r"\"?sep=([,;\t|])\"?\n", text, re.IGNORECASE)
        text = text[said.end() - 1 :] if said else text
        reader = csv.reader(io.StringIO(text), delimiter=said[1] if said else _delimiter(text), strict=True)
        return read_rows(_rows(reader), defaults)

    def left_out(self, entry: QuestionEntry) -> str:
        return typed(entry, "CSV")

    def write(self, entries: Sequence[QuestionEntry]) -> bytes:
        return _write([list(HEADER), *(write_row(entry) for entry in entries)])

    def template(self) -> bytes:
        """Return a file to fill in: the header and one example."""
        return _write(template_rows())


def _delimiter(text: str) -> str:
    """Return the separator that stands most often in the first line: comma, semicolon or tab."""
    header = text.lstrip().partition("\n")[0]
    return max((",", ";", "\t"), key=header.count)


def _rows(reader: "CsvReader") -> Iterator[tuple[int, list[str], tuple[Problem, ...]]]:
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            message = gettext(
                "Line %(line)s is not valid CSV (%(error)s); look for a quotation mark that is missing or misplaced."
            )
            raise Unreadable(message % {"line": line, "error": error}) from error
        yield line, cells, ()


def _write(rows: Sequence[Sequence[str]]) -> bytes:
    buffer = io.StringIO(newline="")
    csv.writer(buffer, lineterminator="\r\n").writerows(rows)
    # With a byte order mark, or Excel reads UTF-8 as something else.
    return buffer.getvalue().encode("utf-8-sig")
