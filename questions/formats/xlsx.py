"""Questions as an Excel workbook: the first sheet, one question in a row. Formulas are never evaluated."""

import datetime as dt
import io
import re
from collections.abc import Iterator, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from openpyxl import Workbook, load_workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from questions.bankfiles import QuestionEntry
from questions.content import Problem
from questions.formats.base import Defaults, ReadQuestion, Unreadable, typed
from questions.formats.columns import HEADER, MAX_COLUMNS
from questions.formats.packages import Package, write_package
from questions.formats.tables import LOSSES, read_rows, template_rows, write_row

# openpyxl builds an object for every shared string (30 µs) and for every element of the parts it reads; 5,000 questions
# of 30 texts each stay below.
MAX_TAGS = {"xl/sharedStrings.xml": 900_000, "xl/worksheets/": 1_000_000, "": 60_000}
# A sheet that was formatted down to its last row, the 1,048,576th, takes longer to read than anyone waits.
MAX_ROWS = 100_000


class XlsxFormat:
    name = "xlsx"
    label = _("Excel workbook (XLSX)")
    suffixes = (".xlsx",)
    media_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    losses = LOSSES

    def read(self, data: bytes, defaults: Defaults) -> list[ReadQuestion]:
        _check_parts(data)
        return read_rows(_rows(data), defaults)

    def left_out(self, entry: QuestionEntry) -> str:
        return typed(entry, "a workbook")

    def write(self, entries: Sequence[QuestionEntry]) -> bytes:
        return _write([list(HEADER), *(write_row(entry) for entry in entries)])

    def template(self) -> bytes:
        """Return a workbook to fill in: the header and one example."""
        return _write(template_rows())


def _check_parts(data: bytes) -> None:
    """Raise `Unreadable` unless this is a harmless zip whose parts openpyxl can hold."""
    package = Package(data)
    if "xl/workbook.xml" not in package.names:
        raise Unreadable(gettext("This is not an Excel workbook (.xlsx); save it as one, or as CSV."))
    for name in package.names:
        if not name.endswith((".xml", ".rels")):
            continue
        part = package.read(name)
        limit = next(limit for start, limit in MAX_TAGS.items() if name.startswith(start))
        if part.count(b"<") > limit:
            raise Unreadable(
                gettext("“%(name)s” holds more cells than any workbook of questions; delete the empty ones.")
                % {"name": name}
            )
        if b"<!DOCTYPE" in part or b"<!ENTITY" in part:
            raise Unreadable(
                gettext("“%(name)s” declares entities, which no workbook needs; save it again.") % {"name": name}
            )


def _rows(data: bytes) -> Iterator[tuple[int, list[str], list[Problem]]]:
    """Yield the number, texts and faults of each row that is not empty."""
    try:
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=False, keep_links=False)
        sheet = book.worksheets[0]
        days: set[int | None] = set()
        sheet.reset_dimensions()  # what the file says of its size may be wrong
        for number, cells in enumerate(sheet.iter_rows(max_col=MAX_COLUMNS), start=1):
            if number > MAX_ROWS:
                raise Unreadable(
                    gettext("The sheet goes on after row %(max_rows)s; delete the empty rows below its questions.")
                    % {"max_rows": f"{MAX_ROWS:,}"}
                )
            if all(cell.value is None for cell in cells):
                continue
            if not days:  # the first row names the columns
                days = {cell.column for cell in cells if str(cell.value).strip().casefold() in _DAYS} or {0}
            texts: list[str] = []
            problems: list[Problem] = []
            for cell in cells:
                texts.append(_day(cell) if cell.value and cell.column in days else _text(cell, problems))
            yield number, texts, problems
    except Unreadable:
        raise
    except Exception as error:
        # openpyxl lets through whatever its parsers raise for a damaged file: KeyError, TypeError, ParseError, …
        raise Unreadable(
            gettext("The workbook is damaged (%(name)s); open it and save it again.") % {"name": type(error).__name__}
        ) from error


_DAYS = ("valid_as_of", "valid as of")


def _day(cell: Any) -> str:
    """Return a day of the column that wants one, however the sheet shows it."""
    value = cell.value
    is_day = isinstance(value, dt.date) and (not isinstance(value, dt.datetime) or value.time() == dt.time())
    return value.strftime("%Y-%m-%d") if is_day else str(value)


def _text(cell: Any, problems: list[Problem]) -> str:
    value = cell.value
    if value is None:
        return ""
    where = gettext("sheet “%(title)s”, cell %(column)s%(row)s") % {
        "title": cell.parent.title[:31],
        "column": get_column_letter(cell.column),
        "row": cell.row,
    }
    if cell.data_type in {"f", "e"}:
        what = (
            gettext("is a formula; paste its value")
            if cell.data_type == "f"
            else (gettext("is the error %(value)s; mend it") % {"value": value})
        )
        problems.append(Problem(where, f"{what}."))
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, int | float | dt.date | dt.time | dt.timedelta):
        shown = _shown(value, cell.number_format)
        if shown is None:
            message = gettext("is shown as “%(number_format)s” says, the file holds %(value)s; format it as text.") % {
                "number_format": str(cell.number_format)[:30],
                "value": value,
            }
            problems.append(Problem(where, message))
        return shown or ""
    return str(value).replace("\r\n", "\n").replace("\r", "\n")


# What a number is shown as, if that is simple to say: 0, 0.00, 0 %, 0.0 %.
_PLACES = re.compile(r"0(?:\.(0{1,10}))?(%?)")


def _shown(value: Any, number_format: str) -> str | None:
    """Return what a sheet shows for a number or a moment, None where only the spreadsheet knows."""
    if isinstance(value, dt.datetime | dt.date):
        # The one way to write a day that is read the same everywhere, and what `valid_as_of` asks for.
        is_day = not isinstance(value, dt.datetime) or value.time() == dt.time()
        return value.strftime("%Y-%m-%d") if is_day and number_format.casefold() == "yyyy-mm-dd" else None
    if not isinstance(value, int | float):
        return None
    if number_format in {"General", "@"}:
        short = f"{value:.11g}"  # a sheet shows no more of it
        return short if "e" not in short else None
    found = _PLACES.fullmatch(number_format)
    if found is None:
        return None
    exact = Decimal(repr(value)) * (100 if found[2] else 1)
    places = Decimal(1).scaleb(-len(found[1] or ""))
    return f"{exact.quantize(places, ROUND_HALF_UP)}{found[2]}"


def _write(rows: Sequence[Sequence[str]]) -> bytes:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Questions")
    sheet.freeze_panes = "A2"
    for number, name in enumerate(HEADER, start=1):
        wide = name in {"case", "stem", "explanation"} or name.startswith(("option", "rationale", "match"))
        sheet.column_dimensions[get_column_letter(number)].width = 40 if wide else 14
    for number, row in enumerate(rows):
        cells = []
        for text in row:
            cell = WriteOnlyCell(sheet, text or None)
            if number == 0:
                cell.font = Font(bold=True)
            elif text:
                cell.alignment = Alignment(wrap_text=True, vertical="top")
            cells.append(cell)
        sheet.append(cells)
    buffer = io.BytesIO()
    book.save(buffer)
    package = Package(buffer.getvalue())
    parts = {name: package.read(name) for name in package.names}
    # The same file for the same questions, whenever it is written: openpyxl notes the moment, here and in the zip.
    core = "docProps/core.xml"
    parts[core] = re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", b"2026-01-01T00:00:00Z", parts[core])
    return write_package(parts)
