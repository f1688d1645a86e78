"""What a sheet shows and a file of another program calls its columns."""

import datetime as dt
import io

import pytest
from openpyxl import Workbook

from questions.formats.base import Defaults
from questions.formats.registry import FORMATS

DEFAULTS = Defaults(valid_as_of=dt.date(2026, 1, 1))


def sheet(value, number_format):
    book = Workbook()
    book.active.append(["stem", "option_1", "option_2", "key"])
    book.active.append(["Which?", value, "y", "A"])
    book.active["B2"].number_format = number_format
    buffer = io.BytesIO()
    book.save(buffer)
    (question,) = FORMATS["xlsx"].read(buffer.getvalue(), DEFAULTS)
    return question


@pytest.mark.parametrize(
    ("value", "number_format", "shown"),
    [(0.8, "0%", "80%"),
     (0.125, "0.0%", "12.5%"), (1.5, "0.00", "1.50"), (2.5, "0", "3"), (0.1 + 0.2, "General", "0.3"),
     (7, "General", "7"), (True, "General", "TRUE"), (dt.date(2026, 1, 2), "yyyy-mm-dd", "2026-01-02")],
)  # fmt: skip
def test_number_is_read_as_the_sheet_shows_it(value, number_format, shown):
    assert sheet(value, number_format).entry.options[0].text == shown


@pytest.mark.parametrize(
    ("value", "number_format"),
    [(dt.date(2026, 1, 2), "d mmm yyyy"), (dt.time(3, 30), "h:mm"), (1.5, '"$"#,##0.00'), (501, "00000"),
     (dt.timedelta(hours=30), "[h]:mm:ss"), (0.5, "# ?/?"), (12345.0, "0.00E+00"), (1e20, "General")],
)  # fmt: skip
def test_number_whose_look_is_not_known_is_refused_with_its_cell(value, number_format):
    (problem, *_) = sheet(value, number_format).problems

    assert problem.field == "sheet “Sheet”, cell B2"
    assert "format it as text" in problem.message


@pytest.mark.parametrize(
    ("text", "sign"),
    [("5*3*2", "*"), ("2**3**4", "*"), ("Run __main__ now", "_"), ("C:\\data\\*.txt", "\\"), ("\\\\server\\x", "\\")],
)
@pytest.mark.parametrize("header", ["stem,option_1,option_2,key", "Question,Option A,Option B,Correct Answer"])
def test_sign_that_would_vanish_is_named(text, sign, header):
    (question,) = FORMATS["csv"].read(f"{header}\nWhich?,{text},y,A\n".encode(), DEFAULTS)

    assert [note.partition(";")[0] for note in question.notes if "columns are" not in note] == [
        f"option 1: “{sign}” is read as Markdown and not shown"
    ]


@pytest.mark.parametrize("text", ["**not** this", "`5*3*2`", "5\\*3\\*2", "snake_case_name", "2 * 3"])
def test_markup_that_is_meant_makes_no_note(text):
    (question,) = FORMATS["csv"].read(f"stem,option_1,option_2,key\nWhich?,{text},y,A\n".encode(), DEFAULTS)

    assert question.notes == ()
