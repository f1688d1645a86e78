"""GIFT, as https://docs.moodle.org/en/GIFT_format describes it and Moodle's own reader takes it."""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from questions.bankfiles import SLUG, QuestionEntry
from questions.content import MAX_OPTIONS, MIN_OPTIONS, Problem
from questions.formats.base import MAX_PARTS, Defaults, Loss, ReadQuestion, check_count, read_entry
from questions.formats.html import HtmlReader, Unconvertible, plain_to_markdown
from questions.formats.markup import formula_in, lines_to_html
from questions.formats.slugs import tags_of
from questions.formats.texts import decode
from questions.formats.typed import FORMATS, has_key, kept_answer, read_number_answers, read_text_answers

# What GIFT has no place for stands in a comment before the question, which Moodle skips.
_OURS = "mock-exams:"
_CARRIED = ("kind", "shuffle", "case", "service_note", "references", "source", "tasks", "difficulty")
# The grades that Moodle takes for one of n right answers.
_SHARES = {1: "100", 2: "50", 3: "33.33333", 4: "25", 5: "20", 6: "16.66667", 7: "14.28571", 8: "12.5"}
_FORMAT = re.compile(r"\s*\[(html|moodle|plain|markdown)\]")
_WEIGHT = re.compile(r"%(-?\d{1,3}(?:\.\d+)?)%")
_BLANK = "_____"


@dataclass
class _Block:
    line: int
    lines: list[str] = field(default_factory=list)
    id: str = ""
    tags: list[str] = field(default_factory=list)
    ours: str = ""
    category: str = ""


@dataclass
class _Form:
    """How the texts of a question are to be read, and what was noted on the way."""

    html: HtmlReader
    name: str = ""
    notes: list[str] = field(default_factory=list)


class GiftFormat:
    name = "gift"
    label = "GIFT (Moodle)"
    suffixes = (".gift", ".txt")
    media_type = "text/plain"
    losses = (
        "ordering questions: left out",
        "status: every question arrives as a draft",
        "all-or-nothing scoring: other programs give part of the points for part of a multiple answer",
        "in other programs also: rationales of matching options, service note, references, source, tasks, difficulty, "
        "date (they stand in a comment that only this program reads)",
    )

    def read(self, data: bytes, defaults: Defaults) -> list[ReadQuestion]:
        questions: list[ReadQuestion] = []
        html = HtmlReader()
        for block in _blocks(decode(data)):
            questions.append(_question(block, _Form(html), defaults))
            if len(questions) % 1000 == 1:
                check_count(len(questions))
        check_count(len(questions))
        return questions

    def left_out(self, entry: QuestionEntry) -> str:
        if not entry.options and not has_key(entry):
            return "GIFT needs a right answer"
        if entry.kind == "ordering":
            return "GIFT has no ordering questions"
        if entry.kind == "matching" and not all(option.match for option in entry.options):
            return "an option has no match, which GIFT cannot leave open"
        if entry.kind == "matching" and any("->" in option.text for option in entry.options):
            return "an option holds “->”, which parts option and match in GIFT"
        if entry.kind == "single" and len(entry.key) != 1:
            return "GIFT needs one key in a single question"
        if entry.kind == "multiple" and not entry.key:
            return "GIFT needs a key"
        return ""

    def write(self, entries: Sequence[QuestionEntry]) -> bytes:
        return "\n".join(_write(entry) for entry in entries if not self.left_out(entry)).encode()


# --- Writing ----------------------------------------------------------------------------------------------------


def _escape(text: str) -> str:
    # Without the backslash before its >, an arrow anywhere makes a matching question of it in Moodle.
    return re.sub(r"[\\~=#{}:]", r"\\\g<0>", text).replace("->", "-\\>").replace("\n", "\\n")


def _answer(text: str) -> str:
    return f"{'[markdown]' if text.startswith('[') else ''}{_escape(text)}"


def _feedback(text: str) -> str:
    return f"#{_answer(text)}" if text else ""


def _write(entry: QuestionEntry) -> str:
    dumped = entry.model_dump(mode="json", exclude_defaults=True)
    ours = {name: dumped[name] for name in _CARRIED if name in dumped}
    ours["valid_as_of"] = entry.valid_as_of.isoformat()
    if not entry.options:
        ours["answer"] = dumped["answer"]
        answers = [FORMATS[entry.kind].gift(entry.answer)]
    elif entry.kind == "matching":
        ours["rationales"] = [option.rationale for option in entry.options]
        answers = [f"={_answer(option.text)} -> {_answer(option.match)}" for option in entry.options]
        answers += [f"= -> {_answer(decoy)}" for decoy in entry.decoys]
    else:
        answers = []
        for option in entry.options:
            if entry.kind == "single":
                mark = "=" if option.key else "~%0%" if option.text.startswith("%") else "~"
            else:
                mark = f"~%{_SHARES[len(entry.key)]}%" if option.key else "~%-100%"
            answers.append(f"{mark}{_answer(option.text)}{_feedback(option.rationale)}")
    if entry.explanation:
        answers.append(f"####{_answer(entry.explanation)}")
    # Moodle looks for [id:…] and [tag:…] in every comment, so no text of ours may hold one there.
    carried = re.sub(r"\[(?=id:|tag:)", r"\\u005b", json.dumps(ours, ensure_ascii=False))
    marks = "".join(f" [tag:{tag}]" for tag in entry.tags)
    stem = f"{entry.case}\n\n{entry.stem}" if entry.case else entry.stem
    lines = [f"// [id:{entry.id}]{marks}", f"// {_OURS} {carried}"]
    lines.append(f"::{entry.id}::[markdown]{_escape(stem)}{{")
    return "\n".join([*lines, *(f"  {answer}" for answer in answers), "}", ""])


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


class _Refused(Exception):
    """The question is refused; the message says why."""

    def __init__(self, name: str, message: str) -> None:
        self.problem = Problem(name, message)


def _question(block: _Block, form: _Form, defaults: Defaults) -> ReadQuestion:
    text = "\n".join(block.lines)
    title, notes = "", form.notes
    if found := re.match(r"::((?:\\.|[^\\])*?)::", text, re.DOTALL):
        title, text = _plain(found[1]).strip(), text[found.end() :]
    place, label = f"line {block.line}", (block.id or title)[:60]
    if block.category:
        notes.append(Loss(f"Its category “{block.category[:80]}” is not taken over; choose a task or a tag."))
    try:
        fields = _fields(text, form)
        fields |= _carried(block.ours, fields, notes)
    except _Refused as refused:
        return ReadQuestion(place, label or text[:60], problems=(refused.problem,), notes=tuple(notes))
    fields["tags"] = tuple(tags_of(block.tags, notes))
    names = [name for name in (block.id, title) if re.fullmatch(SLUG, name) and len(name) <= 50]
    if names:
        fields["id"] = names[0]
    elif block.id or title:
        notes.append(f"“{(block.id or title)[:60]}” is no id here (lower-case letters, digits, hyphens); it gets one.")
    return read_entry(place, label, fields, defaults, notes=notes, id_is_ours=bool(block.ours or not names))


def _carried(ours: str, fields: dict[str, Any], notes: list[str]) -> dict[str, Any]:
    """Return the fields of the comment that this program wrote, as far as they still fit the question."""
    if not ours:
        return {}
    try:
        said = json.loads(ours)
    except (ValueError, RecursionError) as error:
        raise _Refused("comment", f"the “{_OURS}” comment cannot be read; mend or delete it.") from error
    if not isinstance(said, dict) or set(said) - {*_CARRIED, "valid_as_of", "rationales", "answer"}:
        raise _Refused("comment", f"the “{_OURS}” comment holds what this program never writes; delete it.")
    rationales, case = said.pop("rationales", None), said.get("case")
    if isinstance(case, str) and fields["stem"].startswith(f"{case}\n\n"):
        fields["stem"] = fields["stem"][len(case) + 2 :]
    elif case:
        notes.append("The text was changed since it was exported; its case is now part of the stem.")
        said.pop("case")
    if said.pop("kind", fields["kind"]) != fields["kind"]:
        notes.append(f"The kind was changed since it was exported; taken as {fields['kind']}.")
    if "answer" in said:
        fields["answer"] = kept_answer(fields["kind"], said.pop("answer"), fields.get("answer", {}))
    if rationales is not None:
        options = fields["options"]
        if isinstance(rationales, list) and len(rationales) == len(options):
            fields["options"] = tuple(
                {**option, "rationale": rationale} for option, rationale in zip(options, rationales, strict=True)
            )
        else:
            notes.append("The options were changed since it was exported; their rationales are not taken over.")
    if isinstance(said.get("references"), list):
        said["references"] = tuple(said["references"])
    return said


def _fields(text: str, form: _Form) -> dict[str, Any]:
    if found := _FORMAT.match(text):
        form.name = found[1]  # it stays before the stem, which may begin with another one as its own text
    start, end = _find(text, "{"), _find(text, "}")
    if start < 0:
        raise _Refused("question", "has no answers in { }; a description is no question.")
    if end < start:
        raise _Refused("question", "has no closing }; note that a blank line ends a question.")
    if (second := _find(text[end + 1 :], "{")) >= 0 or _find(text[start + 1 : end], "{") >= 0:
        raise _Refused("question", f"has a second {{ (after {max(second, 0)} characters); escape it as \\{{.")
    before, inner, after = text[:start], text[start + 1 : end], text[end + 1 :]
    if after.strip():
        before = f"{before.rstrip()} {_BLANK} {after.lstrip()}"
        form.notes.append(f"The answers stood inside the sentence; their place is marked {_BLANK}.")
    parts = _split(inner, "####")
    inner, explanation = parts[0], "####".join(parts[1:])
    fields = {
        "stem": _text(before, form),
        "explanation": _text(explanation, form) if explanation.strip() else "",
    }
    return fields | _answers(inner.strip(), form)


def _answers(inner: str, form: _Form) -> dict[str, Any]:
    if not inner:
        raise _Refused("kind", "essay questions are not taken; write one with options.")
    if inner.startswith("#"):
        return _typed(read_number_answers, inner[1:], form)
    if found := re.fullmatch(r"(T|TRUE|F|FALSE)\s*((?:#.*)?)", inner, re.DOTALL):
        feedback = [_text(part, form) for part in _split(found[2], "#")[1:3]] + ["", ""]
        is_true = found[1].startswith("T")
        right, wrong = {"rationale": feedback[1], "key": True}, {"rationale": feedback[0], "key": False}
        options = (
            {"text": "True", **(right if is_true else wrong)},
            {"text": "False", **(wrong if is_true else right)},
        )
        return {"kind": "single", "shuffle": False, "options": options}
    answers = _marked(inner)
    if not answers:
        raise _Refused("options", "have neither = nor ~ before them.")
    if len(answers) > MAX_PARTS:
        raise _Refused("options", f"{len(answers):,} options; give {MIN_OPTIONS} to {MAX_OPTIONS}, usually four.")
    if all(mark == "=" for mark, _ in answers) and all(_find(text, "->") >= 0 for _, text in answers):
        return _matching([text for _, text in answers], form)
    if all(mark == "=" for mark, _ in answers):
        return _typed(read_text_answers, inner, form)
    return _choice(answers, form)


def _typed(
    read: Callable[[list[tuple[str, float]], list[str]], dict[str, Any]], text: str, form: _Form
) -> dict[str, Any]:
    """Return the answer of a question without options: `=%50%text#feedback` and so on, or a number alone."""
    answers = []
    for _, answer in _marked(text) or [("=", text)]:
        percent = 100.0
        if found := _WEIGHT.match(answer):
            percent, answer = float(found[1]), answer[found.end() :]
        said, *feedback = _split(answer, "#")
        if feedback:
            form.notes.append(
                Loss(f"feedback of “{said.strip()[:40]}” is not taken over; the explanation says such things.")
            )
        answers.append((_plain(said).strip(), percent))
    try:
        return read(answers, form.notes)
    except ValueError as error:
        raise _Refused("answer", str(error)) from error


def _matching(answers: list[str], form: _Form) -> dict[str, Any]:
    options, decoys = [], []
    for answer in answers:
        at = _find(answer, "->")
        prompt, match = _text(answer[:at], form), _text(answer[at + 2 :], form)
        if prompt:
            options.append({"text": prompt, "match": match})
        else:
            decoys.append(match)
    return {"kind": "matching", "options": tuple(options), "decoys": tuple(decoys)}


def _choice(answers: list[tuple[str, str]], form: _Form) -> dict[str, Any]:
    is_single = any(mark == "=" for mark, _ in answers)
    options, total = [], 0.0
    for mark, answer in answers:
        weight = 100.0 if mark == "=" else 0.0
        if mark == "~" and (found := _WEIGHT.match(answer)):
            weight, answer = float(found[1]), answer[found.end() :]
            if not -100 <= weight <= 100:
                raise _Refused("options", f"{found[0]} is no share; write one from -100 to 100.")
        if is_single and mark == "~" and weight > 0:
            form.notes.append(
                f"“{answer.strip()[:40]}” gave {weight:g} % of the points; a wrong answer gives none here."
            )
            weight = 0.0
        text, *rest = _split(answer, "#")
        options.append(
            {
                "text": _text(text, form),
                "key": weight > 0,
                "rationale": _text("#".join(rest), form) if rest else "",
            }
        )
        total += max(weight, 0.0)
    if total == 0:
        raise _Refused("key", "no answer is right; put = before the right one, or %50% before each of two.")
    if is_single and total > 100:
        raise _Refused("key", "two answers have = before them; give each of several right ones its share: ~%50%.")
    if abs(total - 100) > 0.1:
        raise _Refused("key", f"the shares of the right answers sum to {total:g} %; they must sum to 100.")
    return {"kind": "single" if is_single else "multiple", "options": tuple(options)}


def _marked(text: str) -> list[tuple[str, str]]:
    """Return the answers, each with the = or ~ that stood before it."""
    marks = [found for found in re.finditer(r"\\.|[=~]", text, re.DOTALL) if found[0] in "=~"]
    ends = [*(found.start() for found in marks), len(text)][1:]
    return [(found[0], text[found.end() : end].strip()) for found, end in zip(marks, ends, strict=True)]


def _places(text: str, what: str) -> Iterator[int]:
    """Yield where `what` stands without a backslash before it."""
    for found in re.finditer(rf"\\.|{re.escape(what)}", text, re.DOTALL):
        if found[0] == what:
            yield found.start()


def _find(text: str, what: str) -> int:
    """Return where `what` first stands without a backslash before it, -1 if nowhere."""
    return next(_places(text, what), -1)


def _split(text: str, separator: str) -> list[str]:
    starts = list(_places(text, separator))
    ends = [*starts, len(text)]
    begins = [0, *(start + len(separator) for start in starts)]
    return [text[begin:end] for begin, end in zip(begins, ends, strict=True)]


def _plain(text: str) -> str:
    """Resolve the escapes; a backslash before any other character is one."""
    return re.sub(r"\\([\\~=#{}:n>])", lambda found: "\n" if found[1] == "n" else found[1], text)


def _text(text: str, form: _Form) -> str:
    """Return a part of the question as Markdown: it may name its own format, else it has the question's."""
    name = form.name
    if found := _FORMAT.match(text):
        name, text = found[1], text[found.end() :]
    text = _plain(text).strip()
    if name == "markdown" or not text:
        return text
    is_marked_up = re.search(r"</?[a-z][^<>]*>", text, re.IGNORECASE) is not None
    if name == "html" or (name != "plain" and is_marked_up):
        if name != "html":
            text = lines_to_html(text)
        try:
            markdown, notes = form.html.to_markdown(text)
        except Unconvertible as error:
            raise _Refused("text", str(error)) from error
        form.notes += notes
        return markdown
    if formula := formula_in(text):
        form.notes.append(Loss(f"formula “{formula}” is shown as its TeX source: formulas are not typeset here."))
    return plain_to_markdown(text)
