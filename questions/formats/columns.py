"""The heading of a table: our columns, or what other programs call theirs."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext

from questions.content import MAX_OPTIONS
from questions.formats.texts import Unreadable

LETTERS = "ABCDEFGH"
NUMBERS = range(1, MAX_OPTIONS + 1)
HEADER = (
    *("id", "kind", "tasks", "skills", "difficulty", "tags", "valid_as_of", "case", "stem", "key", "shuffle"),
    *(f"{name}_{number}" for number in NUMBERS for name in ("option", "match", "rationale")),
    *(f"decoy_{number}" for number in NUMBERS),
    *("explanation", "service_note", "references", "source_id", "source_chapter", "source_title"),
)
# Some columns for notes, emptied of what we cannot take; more are no table of questions.
MAX_COLUMNS = len(HEADER) + 12
REQUIRED = ("stem", "option_1", "option_2")
COUNTING = "#"  # a column that numbers the rows: it says nothing

_ELSEWHERE = {
    "stem": "question questiontext questionstem prompt text problem",
    "key": "answer answers answerkey correct correctanswer correctanswers correctoption correctoptions correctchoice "
    "correctchoices correctresponse rightanswer rightanswers rightoption solution",
    "explanation": "explanations explain rationale feedback generalfeedback reason justification",
    "difficulty": "level difficultylevel",
    "tags": "tag keywords labels",
    "case": "scenario casestudy",
    "id": "questionid",
    COUNTING: "# no nr num number question# questionno questionnr questionnumber",
}
_NAMES = {word: name for name, words in _ELSEWHERE.items() for word in words.split()}
_OPTION = re.compile(r"(?:option|answer|choice|response|distractor|opt|ans)#?([a-h1-8])|([a-h])")


@dataclass
class Header:
    """The columns' names in their order, empty for a column to skip; `notes` say what was taken for what."""

    names: list[str]
    is_ours: bool
    notes: list[str]


def _elsewhere(heading: str) -> str:
    """Return our name of another program's column, or the heading if it is none."""
    word = re.sub(r"[^a-z0-9#]+", "", heading[:60].casefold())
    if found := _OPTION.fullmatch(word):
        mark = found[1] or found[2]
        return f"option_{mark if mark.isdigit() else LETTERS.index(mark.upper()) + 1}"
    return _NAMES.get(word, heading)


def read_header(cells: Sequence[str]) -> Header:
    """Return the columns that a header names. Raises `Unreadable`."""
    if len(cells) > MAX_COLUMNS:
        raise Unreadable(
            gettext("The header has %(count)s columns; the limit is %(max_columns)s. Use the template.")
            % {"count": f"{len(cells):,}", "max_columns": MAX_COLUMNS}
        )
    ours = [cell.strip().casefold().replace(" ", "_") for cell in cells]
    names = [name if not name or name in HEADER else _elsewhere(name) for name in ours]
    for name, cell in zip(names, cells, strict=True):
        if name and name not in HEADER and name != COUNTING:
            shown = cell.strip()[:60]
            raise Unreadable(
                gettext("The header names an unknown column, “%(shown)s”; rename it as in the template.")
                % {"shown": shown}
            )
        if name and name != COUNTING and names.count(name) > 1:
            both = [cell.strip()[:30] for other, cell in zip(names, cells, strict=True) if other == name][:2]
            raise Unreadable(
                gettext("The header names the column “%(name)s” twice (%(both)s); keep one.")
                % {"name": name, "both": ", ".join(both)}
            )
    if missing := [name for name in REQUIRED if name not in names]:
        raise Unreadable(
            gettext("The header lacks %(missing)s. Use the template, or add what is missing.")
            % {"missing": ", ".join(missing)}
        )
    left_out = gettext("left out, it numbers the rows")
    told = [
        f"{cell.strip()[:30]} → {left_out if name == COUNTING else name}"
        for name, own, cell in zip(names, ours, cells, strict=True)
        if name != own
    ]
    return Header(
        names, not told, [gettext("columns are read so: %(told)s.") % {"told": ", ".join(told)}] if told else []
    )
