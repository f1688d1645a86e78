"""What every file format of questions gives and takes. Pure: bytes in, entries out, and back."""

import datetime as dt
import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from pydantic import ValidationError

from questions.bankfiles import QuestionEntry
from questions.content import MAX_TAGS, Problem, QuestionContent, draft_problems
from questions.formats.texts import Loss, Unreadable, text_problem
from questions.formats.vanishing import unseen_parts, vanishing_signs
from questions.kinds import kind_of

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

__all__ = ["MAX_QUESTIONS", "Defaults", "Format", "Loss", "ReadQuestion", "Unreadable", "check_count", "read_entry"]

# Read, compared and shown in one page; a larger bank comes in several files.
MAX_QUESTIONS = 5_000
# More options, tags or whatever than this are not even converted and compared; a question may have far fewer.
MAX_PARTS = 100
MAX_SAID = 20  # problems and notes of one question
# What is filled in by whoever imports, or left as it is in a question that exists already.
ASSUMABLE = frozenset({"tasks", "skills", "difficulty", "valid_as_of", "tags", "source"})


@dataclass(frozen=True)
class Defaults:
    """What an imported question gets where its file says nothing: formats differ in what they carry.

    Tags are added to those of the file.
    """

    valid_as_of: dt.date
    tasks: dict[str, str] = field(default_factory=dict)
    difficulty: str = "medium"
    tags: tuple[str, ...] = ()

    @property
    def fields(self) -> dict[str, Any]:
        """What `QuestionEntry` takes where a file says nothing; the id until one is made of the content."""
        return {
            "id": "imp",
            "options": (),
            "tasks": self.tasks,
            "difficulty": self.difficulty,
            "valid_as_of": self.valid_as_of,
            "status": "draft",
        }


@dataclass(frozen=True)
class ReadQuestion:
    """One question of a file: where it stands there, what it says, or why it is refused.

    `entry` is None exactly when there are `problems`. `notes` say what the file holds that is not taken over, or what
    was assumed; those of class `Loss` are kept with the question. `assumed` names the fields of which the file says
    nothing: a question that is here already keeps its own. `id_is_ours` is false where the id is made of something else
    (a title, a number in a chapter, the name in another program): then it alone does not say which question is meant.
    """

    place: str
    label: str
    entry: QuestionEntry | None = None
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()
    assumed: frozenset[str] = frozenset()
    id_is_ours: bool = True


class Format(Protocol):
    """A file format. `losses` names what it cannot carry, for the page and the documents."""

    @property
    def name(self) -> str: ...
    @property
    def label(self) -> "StrOrPromise": ...
    @property
    def suffixes(self) -> tuple[str, ...]: ...
    @property
    def media_type(self) -> str: ...
    @property
    def losses(self) -> "tuple[StrOrPromise, ...]": ...

    def read(self, data: bytes, defaults: Defaults) -> list[ReadQuestion]:
        """Return the questions of a file in its order. Raises `Unreadable`; never anything else for any bytes."""
        ...

    def left_out(self, entry: QuestionEntry) -> str:
        """Say why this question cannot be written at all, empty if it can."""
        ...

    def write(self, entries: Sequence[QuestionEntry]) -> bytes:
        """Return a file of these questions, the same bytes for the same entries; leave out what `left_out` names."""
        ...


def check_count(count: int) -> None:
    """Raise `Unreadable` for a file of no question or of too many."""
    if count == 0:
        raise Unreadable(gettext("The file contains no questions."))
    if count > MAX_QUESTIONS:
        raise Unreadable(
            gettext("The file has %(count)s questions; the limit is %(max_questions)s. Split the file.")
            % {"count": f"{count:,}", "max_questions": f"{MAX_QUESTIONS:,}"}
        )


def typed(entry: QuestionEntry, format_name: str) -> str:
    """Say why a format that has options alone cannot write this question, empty if it can."""
    return (
        (gettext("%(format_name)s has no %(kind)s questions") % {"format_name": format_name, "kind": entry.kind})
        if "answer" in kind_of(entry.kind).parts
        else ""
    )


def kept_answer(kind: str, ours: object, read: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answer that a file carries for us alone, if that is still what the file says to everybody."""
    return dict(ours if isinstance(ours, Mapping) and kind_of(kind).means(ours, read) else read)


def unwritable(entry: QuestionEntry) -> str:
    """Say why no format can take this question: a text that was stored before texts were checked. Empty if one can."""
    problems = _text_problems(entry.model_dump(mode="json"))
    return str(problems[0]) if problems else ""


def read_entry(
    place: str,
    label: str,
    fields: Mapping[str, Any],
    defaults: Defaults,
    *,
    notes: Iterable[str] = (),
    problems: Sequence[Problem] = (),
    lacking: Collection[str] = (),
    id_is_ours: bool = True,
) -> ReadQuestion:
    """Return the question that a file's fields make, or what is wrong with them.

    `fields` are those of `QuestionEntry`; what is missing or empty comes from `defaults`, an id from the content. It is
    a draft unless `status` says otherwise. `problems` are those that the format has found itself, `lacking` the fields
    that it has no place for.
    """
    values = {name: value for name, value in fields.items() if value not in (None, "", (), [], {})}
    has_id, assumed = "id" in values, (ASSUMABLE | set(lacking)) - set(values)
    values = {**defaults.fields, **values}
    found = [*problems, *_part_problems(values)] or _text_problems(values)
    entry, notes = None if found else _validated(values, found), list(notes)
    if entry:
        found += draft_problems(entry)
        tags = tuple(dict.fromkeys([*entry.tags, *defaults.tags]))
        entry = entry.model_copy(update={"tags": tags, "id": entry.id if has_id else derived_id(entry)})
        if not any("formula" in note for note in notes):  # one that the format has named
            notes += map(Loss, unseen_parts(entry))
        notes += vanishing_signs(entry)
    named = [values["id"]] if has_id and isinstance(values["id"], str) else []
    label = label or " ".join(" ".join([*named, str(values.get("stem", ""))]).split())[:90]
    kept, said, notes = None if found else entry, tuple(found[:MAX_SAID]), _first(tuple(notes))
    return ReadQuestion(place, label[:200], kept, said, notes, assumed, id_is_ours)


def _validated(values: Mapping[str, Any], problems: list[Problem]) -> QuestionEntry | None:
    try:
        return QuestionEntry.model_validate(values)
    except ValidationError as error:
        problems += [_problem(detail) for detail in error.errors(include_url=False, include_context=False)]
        return None


def _first(notes: tuple[str, ...]) -> tuple[str, ...]:
    more = len(notes) - MAX_SAID
    return (
        notes if more <= 0 else (*notes[:MAX_SAID], gettext("and %(more)s more of the kind.") % {"more": f"{more:,}"})
    )


def _part_problems(values: Mapping[str, Any]) -> list[Problem]:
    problems = [
        Problem(
            name,
            gettext("has %(count)s parts; no question has more than %(max_parts)s.")
            % {"count": f"{len(value):,}", "max_parts": MAX_PARTS},
        )
        for name, value in values.items()
        if isinstance(value, list | tuple | Mapping) and len(value) > MAX_PARTS
    ]
    if len(tags := values.get("tags", ())) > MAX_TAGS and not problems:
        problems.append(
            Problem(
                "tags",
                gettext("has %(count)s tags; the limit is %(max_tags)s.") % {"count": len(tags), "max_tags": MAX_TAGS},
            )
        )
    return problems


def _text_problems(value: object, path: str = "") -> list[Problem]:
    if isinstance(value, str):
        message = text_problem(value.replace("\r\n", "\n"))
        return [Problem(path, message)] if message else []
    if isinstance(value, Mapping):
        pairs: Iterable[tuple[object, object]] = value.items()
    elif isinstance(value, list | tuple):
        pairs = enumerate(value)
    else:
        return []
    return [problem for key, inner in pairs for problem in _text_problems(inner, f"{path}.{key}" if path else str(key))]


_MESSAGES = {
    "missing": _("is missing; fill it in"),
    "extra_forbidden": _("is not a field of a question; remove it"),
    "string_pattern_mismatch": _("is not a valid name; use lower-case letters, digits and single hyphens"),
    "string_too_short": _("is empty; fill it in"),
}


def _problem(detail: Any) -> Problem:
    given = detail.get("input")
    message = str(_MESSAGES.get(detail["type"], detail["msg"]))
    if isinstance(given, str | int | float | bool):
        message += " " + gettext("(found %(value)s)") % {"value": f"{given!r:.60}"}
    return Problem(".".join(str(part) for part in detail["loc"]), f"{message}.")


def derived_id(content: QuestionContent) -> str:
    """Return an id that the same question gets again when its file, which names none, is imported again."""
    # The case only where there is one: in a series of questions on several cases stem and options are often the same.
    case = [content.case] if content.case else []
    said = [content.kind, *case, content.stem, *(option.text for option in content.options)]
    if content.answer:
        said.append(json.dumps(content.model_dump(mode="json")["answer"], sort_keys=True))
    # Length first: no two questions run together to the same string.
    joined = "".join(f"{len(part)}:{part}" for part in said)
    return f"imp-{hashlib.sha256(joined.encode()).hexdigest()[:10]}"
