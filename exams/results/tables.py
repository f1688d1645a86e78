"""Tables as files to download: CSV and Excel, with no cell that a spreadsheet would run."""

import csv
import io
from collections.abc import Callable, Iterable, Sequence

from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, WriteOnlyCell
from openpyxl.styles import Font

from questions.formats.tables import escape_cell

Cell = str | int | float | None


def csv_file(rows: Iterable[Sequence[Cell]]) -> bytes:
    """Return UTF-8 with a byte order mark: Excel takes it for another encoding without one."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows([_harmless(cell) for cell in row] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def xlsx_file(rows: Iterable[Sequence[Cell]]) -> bytes:
    """Return a workbook of one sheet whose first row is the header."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(_("Table"))
    sheet.freeze_panes = "A2"
    for number, row in enumerate(rows):
        cells = [WriteOnlyCell(sheet, _harmless(cell)) for cell in row]
        for cell in cells:
            cell.font = Font(bold=number == 0)
        sheet.append(cells)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _harmless(cell: Cell) -> Cell:
    return escape_cell(ILLEGAL_CHARACTERS_RE.sub("", cell)) if isinstance(cell, str) else cell


TABLE_FILES: dict[str, tuple[str, Callable[[Iterable[Sequence[Cell]]], bytes]]] = {
    "csv": ("text/csv; charset=utf-8", csv_file),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", xlsx_file),
}
