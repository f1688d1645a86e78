"""Reading YAML, our own files and uploaded ones: every fault with its line, and nothing built that has no bounds."""

from typing import Any

import yaml
from django.utils.translation import gettext as _

# A question file nests five deep. libyaml's composer overflows the stack of a file that nests without end, and small
# elements take a hundred times their size in memory: both are counted before anything is built.
MAX_DEPTH = 20
MAX_EVENTS = 600_000  # 5,000 questions of 120: keys and values of a question with eight options
MAX_DIGITS = 20


class BadYaml(Exception):
    """What is wrong, in which line (0 where none is known)."""

    def __init__(self, line: int, where: str, message: str) -> None:
        self.line, self.where, self.message = line, where, message
        parts = {"line": line, "where": where, "message": message}
        super().__init__((_("Line %(line)d: %(where)s: %(message)s") if line else "%(where)s: %(message)s") % parts)


class _Loader(yaml.CSafeLoader):
    """YAML without dates: they stay texts, so that a day that does not exist is found with its line, like all else."""

    yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
    }


def _number(loader: _Loader, node: yaml.ScalarNode) -> int:
    if len(node.value) > MAX_DIGITS:  # Python refuses to print what has thousands
        raise yaml.constructor.ConstructorError(None, None, _("a number of that length"), node.start_mark)
    return int(loader.construct_yaml_int(node))


_Loader.add_constructor("tag:yaml.org,2002:int", _number)


def read_yaml(text: str, *, may_repeat: bool = False) -> tuple[Any, yaml.Node | None]:
    """Return what a text says, and its nodes for `line_of`. Raises `BadYaml`, nothing else.

    `may_repeat` allows aliases: they are handy in a file of one's own, and grow without bounds in another's.
    """
    try:
        _check_size(text, may_repeat=may_repeat)
        loader = _Loader(text)
        node = loader.get_single_node()
        duplicate = _duplicate_key(node)
        document = loader.construct_document(node) if node else None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise BadYaml(mark.line + 1 if mark else 0, "YAML", f"{problem}.") from error
    except (ValueError, OverflowError) as error:  # a number that is none
        raise BadYaml(0, "YAML", _("a value cannot be read: %(error)s.") % {"error": error}) from error
    if duplicate:
        raise BadYaml(duplicate[1], duplicate[0][:60], _("appears twice; keep one."))
    return document, node


def _check_size(text: str, *, may_repeat: bool) -> None:
    depth = 0
    for number, event in enumerate(yaml.parse(text, Loader=_Loader)):
        line = event.start_mark.line + 1 if event.start_mark else 0
        if isinstance(event, yaml.AliasEvent) and not may_repeat:
            raise BadYaml(line, f"*{str(event.anchor)[:40]}", _("repeats another part of the file; write it out."))
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > MAX_DEPTH or number > MAX_EVENTS:
            message = _("the file is nested too deeply or has too many parts; split it.")
            raise BadYaml(line, "YAML", message)


def _duplicate_key(node: yaml.Node | None) -> tuple[str, int] | None:
    """Return the first key that stands twice in one mapping: YAML would keep the second without a word."""
    stack = [node] if node else []
    seen_nodes: set[int] = set()
    while stack:
        current = stack.pop()
        if id(current) in seen_nodes:
            continue
        seen_nodes.add(id(current))
        if isinstance(current, yaml.MappingNode):
            keys: set[str] = set()
            for key, value in current.value:
                if str(key.value) in keys:
                    return str(key.value), key.start_mark.line + 1
                keys.add(str(key.value))
                stack.append(value)
        elif isinstance(current, yaml.SequenceNode):
            stack.extend(current.value)
    return None


def line_of(node: yaml.Node | None, loc: tuple[int | str, ...]) -> int:
    """Return the line of the deepest part of `loc` that the document has."""
    for part in loc:
        if isinstance(node, yaml.MappingNode):
            inner = next((value for key, value in node.value if key.value == part), None)
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            inner = node.value[part]
        else:
            inner = None
        if inner is None:
            break
        node = inner
    return int(node.start_mark.line) + 1 if node else 0
