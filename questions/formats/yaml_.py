"""Our own question files (docs/question-files.md): the one format that carries everything."""

from collections.abc import Sequence
from typing import Any

import yaml

from questions.bankfiles import Loader, QuestionEntry, duplicate_key, line_of
from questions.content import Problem
from questions.formats.base import Defaults, ReadQuestion, Unreadable, check_count, read_entry
from questions.formats.texts import decode

# A question file nests five deep. libyaml's composer overflows the stack of a file that nests without end, and small
# elements take a hundred times their size in memory: both are counted before anything is built.
MAX_DEPTH = 20
MAX_EVENTS = 600_000  # 5,000 questions of 120: keys and values of a question with eight options
MAX_DIGITS = 20


class _Loader(Loader):
    """As the bank's files are read, without numbers that take an age to print."""


def _number(loader: _Loader, node: yaml.ScalarNode) -> int:
    if len(node.value) > MAX_DIGITS:  # Python refuses to print what has thousands
        raise yaml.constructor.ConstructorError(None, None, "a number of that length", node.start_mark)
    return int(loader.construct_yaml_int(node))


_Loader.add_constructor("tag:yaml.org,2002:int", _number)


class _Dumper(yaml.CSafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: _Dumper, value: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None)


_Dumper.add_representer(str, _text)


class YamlFormat:
    name = "yaml"
    label = "Question file (YAML)"
    suffixes = (".yaml", ".yml")
    media_type = "application/yaml"
    losses: tuple[str, ...] = ()

    def read(self, data: bytes, defaults: Defaults) -> list[ReadQuestion]:
        text = decode(data)
        document, node = _document(text)
        if not isinstance(document, dict) or "questions" not in document:
            if isinstance(document, dict) and "certification" in document:
                raise Unreadable("The file holds a certification; `manage.py load_bank` loads those.")
            raise Unreadable("The file has no `questions:` at its top; see the documented example.")
        if document.get("schema") != 1:
            raise Unreadable("The file must say `schema: 1` at its top.")
        if unknown := sorted(str(key) for key in set(document) - {"schema", "title", "questions"}):
            raise Unreadable(f"`{unknown[0][:60]}` is no key of a question file; remove it.")
        questions = document["questions"]
        if not isinstance(questions, list):
            raise Unreadable("`questions:` must be a list.")
        check_count(len(questions))
        return [
            _question(entry, line_of(node, ("questions", index)), defaults) for index, entry in enumerate(questions)
        ]

    def left_out(self, entry: QuestionEntry) -> str:
        return ""

    def write(self, entries: Sequence[QuestionEntry]) -> bytes:
        questions = [{"id": entry.id, **entry.model_dump(mode="json", exclude_defaults=True)} for entry in entries]
        document = {"schema": 1, "title": "Exported questions", "questions": questions}
        text = yaml.dump(document, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=118)
        return text.encode()


def _question(entry: Any, line: int, defaults: Defaults) -> ReadQuestion:
    place = f"line {line}"
    if not isinstance(entry, dict):
        return ReadQuestion(place, "", problems=(Problem("questions", "is no mapping of fields; write `id: …`."),))
    fields = {str(key): value for key, value in entry.items()}
    # What the file leaves out means what it means in the bank's own files.
    return read_entry(place, str(fields.get("id", ""))[:60], {"status": "published", **fields}, defaults)


def _document(text: str) -> tuple[Any, yaml.Node | None]:
    try:
        _count(text)
        loader = _Loader(text)
        node = loader.get_single_node()
        duplicate = duplicate_key(node)
        document = loader.construct_document(node) if node else None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise Unreadable(f"No YAML{f' (line {mark.line + 1})' if mark else ''}: {problem}.") from error
    except (ValueError, OverflowError) as error:  # a date or number that is none
        raise Unreadable(f"A value of the file cannot be read: {error}.") from error
    if duplicate:
        raise Unreadable(f"Line {duplicate[1]}: `{duplicate[0][:60]}` stands twice; keep one.")
    return document, node


def _count(text: str) -> None:
    depth = 0
    for number, event in enumerate(yaml.parse(text, Loader=_Loader)):
        if isinstance(event, yaml.AliasEvent):
            raise Unreadable(f"`*{str(event.anchor)[:40]}` repeats another part of the file; write it out.")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > MAX_DEPTH or number > MAX_EVENTS:
            raise Unreadable("The file nests deeper or holds more parts than any file of questions; split it.")
