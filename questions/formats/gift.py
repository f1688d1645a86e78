"""GIFT, as https://docs.moodle.org/en/GIFT_format describes it and Moodle's own reader takes it."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from questions.bankfiles import SLUG, QuestionEntry
from questions.content import MAX_OPTIONS, MIN_OPTIONS
from questions.formats.base import MAX_PARTS, Defaults, Loss, ReadQuestion, check_count, kept_answer, read_entry
from questions.formats.gift_parts import FORMAT, Answers, Form, answer, escape, find, plain, split
from questions.formats.html import HtmlReader
from questions.formats.slugs import tags_of
from questions.formats.texts import Refused, decode
from questions.kinds import KINDS, kind_of

# What GIFT has no place for stands in a comment before the question, which Moodle skips.
_OURS = "mock-exams:"
_CARRIED = ("kind", "shuffle", "case", "service_note", "references", "source", "tasks", "skills", "difficulty")
_BLANK = "_____"


@dataclass
class _Block:
    line: int
    lines: list[str] = field(default_factory=list)
    id: str = ""
    tags: list[str] = field(default_factory=list)
    ours: str = ""
    category: str = ""


class GiftFormat:
    name = "gift"
    label = "GIFT (Moodle)"
    suffixes = (".gift", ".txt")
    media_type = "text/plain"
    losses = (
        _("ordering questions: left out"),
        _("status: every question arrives as a draft"),
        _("all-or-nothing scoring: other programs give part of the points for part of a multiple answer"),
        _(
            "in other programs also: rationales of matching options, service note, references, source, tasks, skills, "
            "difficulty, date (they are in a comment that only this program reads)"
        ),
    )

    def read(self, data: bytes, defaults: Defaults) -> list[ReadQuestion]:
        questions: list[ReadQuestion] = []
        html = HtmlReader()
        for block in _blocks(decode(data)):
            questions.append(_question(block, Form(html), defaults))
            if len(questions) % 1000 == 1:
                check_count(len(questions))
        check_count(len(questions))
        return questions

    def left_out(self, entry: QuestionEntry) -> str:
        gift = kind_of(entry.kind).gift
        return gift.lack(entry) if gift else (gettext("GIFT has no %(kind)s questions") % {"kind": entry.kind})

    def write(self, entries: Sequence[QuestionEntry]) -> bytes:
        return "\n".join(_write(entry) for entry in entries if not self.left_out(entry)).encode()


# --- Writing ----------------------------------------------------------------------------------------------------


def _write(entry: QuestionEntry) -> str:
    dumped, gift = entry.model_dump(mode="json", exclude_defaults=True), kind_of(entry.kind).gift
    if gift is None:
        raise ValueError(entry.kind)  # `left_out` names it
    ours = {name: dumped[name] for name in _CARRIED if name in dumped}
    ours["valid_as_of"] = entry.valid_as_of.isoformat()
    if "answer" in dumped:
        ours["answer"] = dumped["answer"]
    if not gift.keeps_rationales:
        ours["rationales"] = [option.rationale for option in entry.options]
    answers = gift.write(entry)
    if entry.explanation:
        answers.append(f"####{answer(entry.explanation)}")
    # Moodle looks for [id:…] and [tag:…] in every comment, so no text of ours may hold one there.
    carried = re.sub(r"\[(?=id:|tag:)", r"\\u005b", json.dumps(ours, ensure_ascii=False))
    marks = "".join(f" [tag:{tag}]" for tag in entry.tags)
    stem = f"{entry.case}\n\n{entry.stem}" if entry.case else entry.stem
    lines = [f"// [id:{entry.id}]{marks}", f"// {_OURS} {carried}"]
    lines.append(f"::{entry.id}::[markdown]{escape(stem)}{{")
    return "\n".join([*lines, *(f"  {line}" for line in answers), "}", ""])


# --- Reading ----------------------------------------------------------------------------------------------------


def _blocks(text: str) -> Iterator[_Block]:
    """Yield the questions: lines without a blank one between them, with what the comments before them say."""
    block, category = _Block(0), ""
    for number, line in enumerate([*text.split("\n"), ""], start=1):
        stripped = line.strip()
        if stripped.startswith("//"):
            comment = stripped[2:].strip()
            block.ours = comment.removeprefix(_OURS) if comment.startswith(_OURS) else block.ours
            if not comment.startswith(_OURS):
                block.id = next(iter(re.findall(r"\[id:([^\[\]]+)\]", comment)), block.id)
                block.tags += re.findall(r"\[tag:([^\[\]]+)\]", comment)
        elif stripped.startswith("$CATEGORY:") and not block.lines:
            category = stripped.partition(":")[2].strip()
        elif stripped:
            block.line = block.line or number
            block.lines.append(line.rstrip() if block.lines else stripped)  # code keeps its indentation
        elif block.lines:
            block.category = category
            yield block
            block = _Block(0)


def _question(block: _Block, form: Form, defaults: Defaults) -> ReadQuestion:
    text = "\n".join(block.lines)
    title, notes = "", form.notes
    if found := re.match(r"::((?:\\.|[^\\])*?)::", text, re.DOTALL):
        title, text = plain(found[1]).strip(), text[found.end() :]
    place, label = gettext("line %(line)s") % {"line": block.line}, (block.id or title)[:60]
    if block.category:
        notes.append(Loss(f"Its category “{block.category[:80]}” is not taken over; choose a task or a tag."))
    try:
        fields = _fields(text, form)
        fields |= _carried(block.ours, fields, notes)
    except Refused as refused:
        return ReadQuestion(place, label or text[:60], problems=(refused.problem,), notes=tuple(notes))
    fields["tags"] = tuple(tags_of(block.tags, notes))
    names = [name for name in (block.id, title) if re.fullmatch(SLUG, name) and len(name) <= 50]
    if names:
        fields["id"] = names[0]
    elif block.id or title:
        notes.append(
            gettext("“%(id)s” is not a valid id (lower-case letters, digits, hyphens); it gets a new one.")
            % {"id": (block.id or title)[:60]}
        )
    return read_entry(place, label, fields, defaults, notes=notes, id_is_ours=bool(block.ours or not names))


def _carried(ours: str, fields: dict[str, Any], notes: list[str]) -> dict[str, Any]:
    """Return the fields of the comment that this program wrote, as far as they still fit the question."""
    if not ours:
        return {}
    try:
        said = json.loads(ours)
    except (ValueError, RecursionError) as error:
        raise Refused(
            "comment", gettext("the “%(ours)s” comment cannot be read; mend or delete it.") % {"ours": _OURS}
        ) from error
    if not isinstance(said, dict) or set(said) - {*_CARRIED, "valid_as_of", "rationales", "answer"}:
        raise Refused(
            "comment",
            gettext("the “%(ours)s” comment holds what this program never writes; delete it.") % {"ours": _OURS},
        )
    rationales, case = said.pop("rationales", None), said.get("case")
    if isinstance(case, str) and fields["stem"].startswith(f"{case}\n\n"):
        fields["stem"] = fields["stem"][len(case) + 2 :]
    elif case:
        notes.append(gettext("The text was changed since it was exported; its case is now part of the stem."))
        said.pop("case")
    if said.pop("kind", fields["kind"]) != fields["kind"]:
        notes.append(
            gettext("The kind was changed since it was exported; taken as %(kind)s.") % {"kind": fields["kind"]}
        )
    if "answer" in said:
        fields["answer"] = kept_answer(fields["kind"], said.pop("answer"), fields.get("answer", {}))
    if rationales is not None:
        options = fields.get("options", ())
        if isinstance(rationales, list) and len(rationales) == len(options):
            fields["options"] = tuple(
                {**option, "rationale": rationale} for option, rationale in zip(options, rationales, strict=True)
            )
        else:
            notes.append(
                gettext("The options were changed since it was exported; their rationales are not taken over.")
            )
    if isinstance(said.get("references"), list):
        said["references"] = tuple(said["references"])
    return said


def _fields(text: str, form: Form) -> dict[str, Any]:
    if found := FORMAT.match(text):
        form.name = found[1]  # it stays before the stem, which may begin with another one as its own text
    start, end = find(text, "{"), find(text, "}")
    if start < 0:
        raise Refused("question", gettext("has no answers in { }; a description is not a question."))
    if end < start:
        raise Refused("question", gettext("has no closing }; note that a blank line ends a question."))
    if (second := find(text[end + 1 :], "{")) >= 0 or find(text[start + 1 : end], "{") >= 0:
        raise Refused(
            "question",
            gettext("has a second { (after %(second)s characters); escape it as \\{.") % {"second": max(second, 0)},
        )
    before, inner, after = text[:start], text[start + 1 : end], text[end + 1 :]
    if after.strip():
        before = f"{before.rstrip()} {_BLANK} {after.lstrip()}"
        form.notes.append(
            gettext("The answers were inside the sentence; their place is marked %(blank)s.") % {"blank": _BLANK}
        )
    parts = split(inner, "####")
    inner, explanation = parts[0], "####".join(parts[1:])
    fields = {
        "stem": form.text(before),
        "explanation": form.text(explanation) if explanation.strip() else "",
    }
    return fields | _answers(inner.strip(), form)


def _answers(inner: str, form: Form) -> dict[str, Any]:
    if not inner:
        raise Refused("kind", gettext("essay questions are not taken; write one with options."))
    answers = Answers(inner, form)
    if len(answers.marked) > MAX_PARTS:
        message = gettext("%(count)s options; give %(min_options)s to %(max_options)s, usually four.") % {
            "count": f"{len(answers.marked):,}",
            "min_options": MIN_OPTIONS,
            "max_options": MAX_OPTIONS,
        }
        raise Refused("options", message)
    for room in KINDS.values():
        if room.gift and (fields := room.gift.read(answers)) is not None:
            return {"kind": room.name, **fields}
    raise Refused("options", gettext("have neither = nor ~ before them."))
