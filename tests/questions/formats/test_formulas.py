"""No cell that we write becomes a formula, however a program splits the file; and our own import undoes it."""

import ast
import csv
import io
import time

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from exams.results.tables import csv_file, xlsx_file
from questions.formats.base import unwritable
from questions.formats.registry import FORMATS
from questions.formats.tables import escape_cell, unescape_cell
from tests.questions.formats.strategies import entry_lists
from tests.questions.formats.test_round_trips import bounded, draft, read_back

SIGNS = "=+-@＝＋－＠﹦﹢﹣﹫⁼₌"
DDE = "cmd|' /C calc'!A0"
ATTACKS = [
    f"={DDE}", f"x;={DDE};", f"x\t={DDE}", f"x\n={DDE}", f"x; ={DDE}", f'x;"={DDE}', f'x";"={DDE}', f"'={DDE}",
    f"x;'={DDE}", f"＝{DDE}", f"x;＝{DDE}", f"x;\n\t+{DDE}", f"x\r-{DDE}", f"x;@SUM(1){DDE}", f" ={DDE}", f'"={DDE}',
    "a;;=1", "=;=;=", ";=", "\n- one\n- two", "x;﹦1", "x\u2028=1", "x\x0b=1",
]  # fmt: skip
texts = st.text() | st.text("'=+-@\t\r\n; \"x,＝", max_size=12) | st.sampled_from(ATTACKS)


def cells(text):
    """Return what programs may take for cells: split at each separator, with quotes and without."""
    for separator in (",", ";", "\t"):
        yield from (cell for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator) for cell in row)
    for separator in (";", "\t"):
        yield from (cell for line in text.splitlines() for cell in line.split(separator))


def formulas(text):
    return [cell for cell in cells(text) if cell.lstrip(' \t\r\n"').startswith(tuple(SIGNS))]


@given(texts)
def test_escaped_cell_comes_back(text):
    assert unescape_cell(escape_cell(text)) == text


@given(st.lists(texts, min_size=1, max_size=4))
def test_no_cell_of_a_table_is_a_formula_however_it_is_split(row):
    written = csv_file([row, ["x", *row]]).decode("utf-8-sig")

    assert formulas(written.replace("\0", "")) == []


@pytest.mark.parametrize("text", ATTACKS)
def test_workbook_holds_texts_alone(text):
    book = load_workbook(io.BytesIO(xlsx_file([[text, "x"]])))

    (row,) = book.active.iter_rows()
    assert [cell.data_type for cell in row] == ["s", "s"]
    assert formulas(row[0].value.replace("_x000D_", "\r")) == []


stored = st.text("'=+-@\t\n; \"x,＝", min_size=1, max_size=12).filter(str.strip) | st.sampled_from(ATTACKS[:18])


@pytest.mark.parametrize("name", ["csv", "xlsx"])
def test_question_with_formulas_is_written_harmless_and_read_back(name):
    @bounded
    @given(entry_lists(texts=stored))
    def check(entries):
        entries = [entry for entry in entries if not unwritable(entry)]
        written, read = read_back(name, entries)

        assert read == [draft(entry, name) for entry in written]
        assert name == "xlsx" or formulas(FORMATS[name].write(entries).decode("utf-8-sig")) == []

    check()


def test_escaping_takes_time_in_proportion_to_the_length():
    def seconds(text):
        began = time.process_time()
        escape_cell(text)
        return time.process_time() - began

    for piece in (" ", "\n", ";", '"', "'", "='", ";'", "\t="):
        assert seconds(piece * 200_000) < 2, piece


def test_every_table_is_written_where_its_cells_are_escaped():
    """Whoever writes a table elsewhere uses `exams.results.tables`, or `escape_cell` and a line here."""
    writers = set()
    for app in ("accounts", "questions", "exams", "config"):
        for path in (settings.BASE_DIR / app).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                called = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
                if called in {"csv.writer", "csv.DictWriter", "Workbook", "openpyxl.Workbook", "writer"}:
                    writers.add(str(path.relative_to(settings.BASE_DIR)))

    assert writers == {
        "exams/cohorts/invitees.py",  # goes into a hidden field of a page, and back
        "exams/results/tables.py",
        "questions/admin/imports.py",
        "questions/formats/csv_.py",
        "questions/formats/xlsx.py",
    }
