"""Questions as rows of a table: what CSV and XLSX share. The header: docs/import-export.md."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from questions.bankfiles import QuestionEntry
from questions.content import MAX_OPTIONS, Problem, Reference
from questions.formats.base import Defaults, ReadQuestion, check_count, read_entry
from questions.formats.columns import HEADER, LETTERS, MAX_COLUMNS, NUMBERS, Header, read_header
from questions.formats.keys import named_options
from questions.formats.slugs import slug
from questions.kinds import KINDS, kind_told_by

_OPTIONAL = ("case", "shuffle", "explanation", "service_note", "references")
LOSSES = (_("status: every question arrives as a draft"), _("questions whose answer is typed: left out"))

# Spreadsheets run what begins with a sign of a formula; an apostrophe before the sign makes it text. Others than the
# plain forms are the same to some. A sign that stands after apostrophes gets one more: taking one away is always right.
_SIGNS = "=+\\-@\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b\u207c\u207a\u208c\u208a\ufb29"
# A cell begins also where a program splits the file at something else than we did: then our quotes mean nothing, and
# what follows a semicolon, a tab or a line end stands in a cell of its own. The runs are matched whole, with a sign
# after them or without, so that no run is read twice.
_STARTS = re.compile(rf"(\A[\s\";]*|[\s\";]+)(?:('*)([{_SIGNS}]))?")
_SPLITTERS = re.compile(r"[;\t\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")


def escape_cell(text: str) -> str:
    """Return a cell of which no spreadsheet takes any part for a formula; `unescape_cell` gives the text back."""
    return _STARTS.sub(lambda found: _with_apostrophes(found, 1), text)


def unescape_cell(cell: str) -> str:
    return _STARTS.sub(lambda found: _with_apostrophes(found, -1), cell)


def _with_apostrophes(found: re.Match[str], more: int) -> str:
    before, apostrophes, sign = found.groups(default="")
    if sign and (found.start() == 0 or _SPLITTERS.search(before)):
        apostrophes = "'" * max(0, len(apostrophes) + more)
    return f"{before}{apostrophes}{sign}"


def read_rows(rows: Iterator[tuple[int, list[str], Sequence[Problem]]], defaults: Defaults) -> list[ReadQuestion]:
    """Return the questions of rows, each with its number in the file and what is wrong with its cells.

    The first row that is not empty names the columns. Raises `Unreadable`.
    """
    header = read_header(next((cells for _, cells, _ in rows if any(cell.strip() for cell in cells)), []))
    questions = []
    for number, cells, problems in rows:
        if not any(cell.strip() for cell in cells) and not problems:
            continue
        questions.append(_read_row(gettext("row %(number)s") % {"number": number}, header, cells, problems, defaults))
        header.notes = []  # said once
        if len(questions) % 1000 == 1:
            check_count(len(questions))  # before more are held
    check_count(len(questions))
    return questions


def _read_row(
    place: str, header: Header, cells: Sequence[str], found: Sequence[Problem], defaults: Defaults
) -> ReadQuestion:
    problems, notes, names = list(found), list(header.notes), header.names
    if len(cells) > MAX_COLUMNS:
        problems.append(
            Problem(
                "row",
                gettext("has %(count)s cells; the limit is %(max_columns)s.")
                % {"count": f"{len(cells):,}", "max_columns": MAX_COLUMNS},
            )
        )
        return ReadQuestion(place, "", problems=tuple(problems))
    row = {name: unescape_cell(cell.strip(" \n")) for name, cell in zip(names, cells, strict=False) if name}
    beyond = [cell for name, cell in zip([*names, *[""] * len(cells)], cells, strict=False) if not name]
    if any(cell.strip() for cell in beyond):
        problems.append(Problem("row", gettext("has a cell without a heading; name its column or clear the cell.")))
    count = max((number for number in NUMBERS if row.get(f"option_{number}", "").strip()), default=0)
    problems += _gaps(row, count)
    texts = [row.get(f"option_{number}", "") for number in range(1, count + 1)]
    keys = _parsed(partial(_read_key, texts=texts, is_ours=header.is_ours), row, "key", problems) or []
    kind = row.get("kind", "").strip().casefold()
    has_matches = any(row.get(f"match_{number}") for number in NUMBERS)
    if not kind:
        kind = kind_told_by(len(keys), has_matches=has_matches).name
        if has_matches or keys[1:]:
            notes.append(gettext("kind is empty; taken as %(kind)s.") % {"kind": kind})
    known = KINDS.get(kind)
    if keys and known and "key" not in known.parts:
        problems.append(Problem("key", gettext("must be empty in a %(kind)s question.") % {"kind": kind}))
    if keys and max(keys) > count:
        problems.append(_beyond(max(keys), count))
    fields = {"kind": kind, "options": _options(row, count, keys), **_fields(row, problems)}
    if not header.is_ours:
        fields["id"] = slug(fields["id"])
    lacking = [name for name in _OPTIONAL if name not in names]
    if "rationale_1" not in names:
        lacking.append("rationales")
    return read_entry(
        place, "", fields, defaults, notes=notes, problems=problems, lacking=lacking, id_is_ours=header.is_ours
    )


def _beyond(last: int, count: int) -> Problem:
    message = gettext("names %(value)s, but there are %(count)s options.")
    return Problem("key", message % {"value": chr(64 + last), "count": count})


def _gaps(row: Mapping[str, str], count: int) -> list[Problem]:
    """Return what belongs to an option that is empty, and the empty ones before the last."""
    problems = []
    for number in range(count + 1, MAX_OPTIONS + 1):
        for name in ("match", "rationale"):
            if row.get(f"{name}_{number}", "").strip():
                message = gettext("belongs to option_%(number)s, which is empty; write it or empty this.")
                problems.append(Problem(f"{name}_{number}", message % {"number": number}))
    problems += [
        Problem(f"option_{number}", gettext("is empty although a later one is not; close the gap."))
        for number in range(1, count)
        if not row.get(f"option_{number}", "").strip()
    ]
    return problems


def _options(row: Mapping[str, str], count: int, keys: Sequence[int]) -> tuple[dict[str, Any], ...]:
    return tuple(
        {
            "text": row.get(f"option_{number}", ""),
            "key": number in keys,
            "match": row.get(f"match_{number}", ""),
            "rationale": row.get(f"rationale_{number}", ""),
        }
        for number in range(1, count + 1)
    )


def _fields(row: Mapping[str, str], problems: list[Problem]) -> dict[str, Any]:
    """Return what is read from a column or two alone; add what is wrong there to the problems."""
    tags = row.get("tags", "").strip()
    sources = {name: row.get(f"source_{name}", "") for name in ("id", "chapter", "title")}
    return {
        **{name: row.get(name) for name in ("case", "stem", "explanation", "service_note")},
        **{name: row.get(name, "").strip() for name in ("id", "valid_as_of")},
        "difficulty": row.get("difficulty", "").strip().casefold(),
        "tasks": _parsed(partial(_read_places, what="task"), row, "tasks", problems),
        "skills": _parsed(partial(_read_places, what="skill"), row, "skills", problems),
        "tags": tuple(re.split(r"[\s,;]+", tags)) if tags else None,
        "shuffle": _parsed(_read_yes, row, "shuffle", problems),
        "decoys": tuple(cell for number in NUMBERS if (cell := row.get(f"decoy_{number}", "")).strip()),
        "references": tuple(_parsed(_read_references, row, "references", problems) or ()),
        "source": {name: text for name, text in sources.items() if text.strip()},
    }


def _parsed(read: Callable[[str], Any], row: Mapping[str, str], name: str, problems: list[Problem]) -> Any:
    text = row.get(name, "").strip()
    if not text:
        return None
    try:
        return read(text)
    except ValueError as error:
        problems.append(Problem(name, str(error)))
        return None


def _read_key(text: str, *, texts: Sequence[str], is_ours: bool) -> list[int]:
    """Return the numbers of the options, from 1, that “B”, “A,C”, “A C”, “1;3”, “(B)” or the text of one name."""
    told = [number for number, option in enumerate(texts, 1) if option.strip().casefold() == text.casefold()]
    if told and (not is_ours or re.fullmatch("[A-Za-z]{2,}", text)):
        by_mark = _marked(text) if len(text) == 1 else told
        if by_mark not in ([], told):
            raise ValueError(
                gettext("“%(text)s” is the text of one option and the mark of another; write its letter.")
                % {"text": text[:40]}
            )
        return told
    if keys := _marked(text) or sorted(index + 1 for index in named_options(text, texts)):
        return keys
    raise ValueError(gettext("“%(text)s” names no options; write letters, for example B or A,C.") % {"text": text[:40]})


def _marked(text: str) -> list[int]:
    if not re.fullmatch(r"[A-Ha-h1-8]([\s,;]*[A-Ha-h1-8])*", text):
        return []
    marks = re.sub(r"[\s,;]", "", text.upper())
    return sorted({LETTERS.index(mark) + 1 if mark in LETTERS else int(mark) for mark in marks})


# What a place is called, and an example of one.
_PLACES = {"task": "mls-c01:1.2", "skill": "mla-c02:1.2.3"}


def _read_places(text: str, *, what: str) -> dict[str, str]:
    places: dict[str, str] = {}
    for part in filter(None, (part.strip() for part in re.split(r"[;\n]", text))):
        certification, colon, code = (piece.strip() for piece in part.partition(":"))
        if not (certification and colon and code):
            raise ValueError(
                gettext("“%(part)s” is not a place; write certification:code, for example %(example)s.")
                % {"part": part[:40], "example": _PLACES[what]}
            )
        if certification in places:
            raise ValueError(
                gettext("names %(certification)s twice; keep one.") % {"certification": certification[:40]}
            )
        places[certification] = code
    return places


_YES = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}


def _read_yes(text: str) -> bool:
    if text.casefold() not in _YES:
        raise ValueError(gettext("“%(text)s” is neither yes nor no.") % {"text": text[:40]})
    return _YES[text.casefold()]


def _read_references(text: str) -> list[dict[str, str]]:
    """Return the references of “Title | Section | Address” lines, the last part optional.

    There, \\|, \\n and \\\\ stand for |, a line end and \\.
    """
    references = []
    for line in filter(None, (line.strip() for line in text.split("\n"))):
        parts = re.findall(r"(?:[^|\\]|\\.|\\$)+|\|", line)
        if len(parts) not in {3, 5} or set(parts[1::2]) != {"|"}:
            raise ValueError(
                gettext(
                    "“%(line)s” is not a reference; write Title | Section or Title | Section | https://…, one per line."
                )
                % {"line": line[:60]}
            )
        said = [re.sub(r"\\(.)", lambda found: "\n" if found[1] == "n" else found[1], p) for p in parts[::2]]
        references.append(dict(zip(("title", "section", "url"), said, strict=False)))
    return references


def _write_reference(reference: Reference) -> str:
    parts = [reference.title, reference.section, *([reference.url] if reference.url else [])]
    return " | ".join(re.sub(r"[\\|]", r"\\\g<0>", part).replace("\n", "\\n") for part in parts)


def write_row(entry: QuestionEntry) -> list[str]:
    """Return the cells of a question under `HEADER`."""
    row = {
        "id": entry.id,
        "kind": entry.kind,
        "tasks": "; ".join(f"{certification}:{code}" for certification, code in entry.tasks.items()),
        "skills": "; ".join(f"{certification}:{code}" for certification, code in entry.skills.items()),
        "difficulty": entry.difficulty,
        "tags": ", ".join(entry.tags),
        "valid_as_of": entry.valid_as_of.isoformat(),
        "case": entry.case,
        "stem": entry.stem,
        "key": ",".join(letter for letter, option in zip(LETTERS, entry.options, strict=False) if option.key),
        "shuffle": "yes" if entry.shuffle else "no",
        "explanation": entry.explanation,
        "service_note": entry.service_note,
        "references": "\n".join(_write_reference(reference) for reference in entry.references),
    }
    for number, option in enumerate(entry.options, start=1):
        row |= {
            f"option_{number}": option.text,
            f"match_{number}": option.match,
            f"rationale_{number}": option.rationale,
        }
    row |= {f"decoy_{number}": decoy for number, decoy in enumerate(entry.decoys, start=1)}
    if entry.source:
        row |= {f"source_{name}": str(value) for name, value in entry.source.model_dump().items()}
    return [escape_cell(row.get(name, "")) for name in HEADER]


def template_rows() -> list[list[str]]:
    """Return the header and one example, to be filled in."""
    example = {
        "id": "example-1",
        "kind": "single",
        "tasks": "mls-c01:1.2",
        "difficulty": "medium",
        "tags": "storage, cost",
        "valid_as_of": "2026-11-21",
        "stem": "Which of these is the example that you replace by your own question?",
        "key": "B",
        "option_1": "A plausible mistake",
        "rationale_1": "Why it is wrong here.",
        "option_2": "The right answer",
        "rationale_2": "Why it is right.",
        "explanation": "What the question teaches.",
        "references": "A guide | Its section",
    }
    return [list(HEADER), [example.get(name, "") for name in HEADER]]
