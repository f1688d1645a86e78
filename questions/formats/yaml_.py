"""Our own question files (docs/question-files.md): the one format that carries everything."""

from collections.abc import Sequence
from typing import Any

import yaml
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from questions.bankfiles import QuestionEntry
from questions.content import Problem
from questions.formats.base import Defaults, ReadQuestion, Unreadable, check_count, read_entry
from questions.formats.texts import decode
from questions.yamlfiles import BadYaml, line_of, read_yaml


class _Dumper(yaml.CSafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: _Dumper, value: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None)


_Dumper.add_representer(str, _text)


class YamlFormat:
    name = "yaml"
    label = _("Question file (YAML)")
    suffixes = (".yaml", ".yml")
    media_type = "application/yaml"
    losses: tuple[str, ...] = ()

    def read(self, data: bytes, defaults: Defaults) -> list[ReadQuestion]:
        text = decode(data)
        try:
            document, node = read_yaml(text)
        except BadYaml as error:
            raise Unreadable(str(error)) from error
        if not isinstance(document, dict) or "questions" not in document:
            if isinstance(document, dict) and "certification" in document:
                raise Unreadable(gettext("The file holds a certification; `manage.py load_bank` loads those."))
            raise Unreadable(gettext("The file has no `questions:` at its top; see the documented example."))
        if document.get("schema") != 1:
            raise Unreadable(gettext("The file must say `schema: 1` at its top."))
        if unknown := sorted(str(key) for key in set(document) - {"schema", "title", "questions"}):
            raise Unreadable(
                gettext("`%(unknown)s` is not a key of a question file; remove it.") % {"unknown": unknown[0][:60]}
            )
        questions = document["questions"]
        if not isinstance(questions, list):
            raise Unreadable(gettext("`questions:` must be a list."))
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
    place = gettext("line %(line)s") % {"line": line}
    if not isinstance(entry, dict):
        return ReadQuestion(
            place, "", problems=(Problem("questions", gettext("is not a mapping of fields; write `id: …`.")),)
        )
    fields = {str(key): value for key, value in entry.items()}
    # What the file leaves out means what it means in the bank's own files.
    return read_entry(place, str(fields.get("id", ""))[:60], {"status": "published", **fields}, defaults)
