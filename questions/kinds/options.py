"""What the kinds share whose questions have options."""

from collections import Counter
from collections.abc import Sequence

from questions.kinds.base import Kind, Revised
from questions.parts import MAX_OPTIONS, MIN_OPTIONS, Problem, Written


class OptionsKind(Kind):
    def problems(self, content: Written) -> list[Problem]:
        problems = []
        if not MIN_OPTIONS <= len(content.options) <= MAX_OPTIONS:
            count = len(content.options)
            problems.append(Problem("options", f"{count} options; give {MIN_OPTIONS} to {MAX_OPTIONS}, usually four."))
        texts = Counter(" ".join(option.text.split()).casefold() for option in content.options)
        problems += [
            Problem("options", f"“{text[:60]}” stands {count} times; every option must differ.")
            for text, count in texts.items()
            if count > 1
        ]
        return problems + misplaced(self, content)

    def keeps_numbering(self, old: Revised, new: Revised) -> bool:
        """Options that were not edited must stand where they stood."""
        return _keep_places(old.options, new.options) and _keep_places(old.choices, new.choices)


def misplaced(kind: Kind, content: Written) -> list[Problem]:
    """Return the parts of the content that mean nothing in a question of this kind."""
    problems = []
    for index, option in enumerate(content.options):
        if option.match and "match" not in kind.parts:
            problems.append(Problem(f"options.{index}.match", f"a {kind.name} question has no matches; empty it."))
        if option.key and "key" not in kind.parts:
            problems.append(
                Problem(f"options.{index}.key", f"a {kind.name} question marks no option as key; unmark it.")
            )
    if content.answer and "answer" not in kind.parts:
        problems.append(Problem("answer", f"a {kind.name} question says what is right in its options; empty it."))
    if content.decoys and "decoys" not in kind.parts:
        problems.append(Problem("decoys", f"a {kind.name} question has no decoys; empty them."))
    return problems


def _keep_places(old: Sequence[str], new: Sequence[str]) -> bool:
    if len(old) != len(new):
        return False
    return all(new[index] == text for index, text in enumerate(old) if text in new)
