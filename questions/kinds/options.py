"""What the kinds share whose questions have options."""

from collections import Counter
from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from questions.kinds.base import Kind, Revised
from questions.parts import MAX_OPTIONS, MIN_OPTIONS, Problem, Written


class OptionsKind(Kind):
    def problems(self, content: Written) -> list[Problem]:
        problems = []
        if not MIN_OPTIONS <= len(content.options) <= MAX_OPTIONS:
            count = len(content.options)
            message = ngettext(
                "the question has %(count)d option; give %(least)d to %(most)d, usually four.",
                "the question has %(count)d options; give %(least)d to %(most)d, usually four.",
                count,
            )
            problems.append(Problem("options", message % {"count": count, "least": MIN_OPTIONS, "most": MAX_OPTIONS}))
        texts = Counter(" ".join(option.text.split()).casefold() for option in content.options)
        problems += [
            Problem(
                "options",
                _("“%(text)s” appears %(count)d times; make every option different.")
                % {"text": text[:60], "count": count},
            )
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
            problems.append(
                Problem(
                    f"options.{index}.match", _("a %(kind)s question has no matches; clear it.") % {"kind": kind.name}
                )
            )
        if option.key and "key" not in kind.parts:
            problems.append(
                Problem(
                    f"options.{index}.key",
                    _("a %(kind)s question marks no option as key; unmark it.") % {"kind": kind.name},
                )
            )
    if content.answer and "answer" not in kind.parts:
        problems.append(
            Problem(
                "answer",
                _("a %(kind)s question says what is right in its options; clear the answer.") % {"kind": kind.name},
            )
        )
    if content.decoys and "decoys" not in kind.parts:
        problems.append(Problem("decoys", _("a %(kind)s question has no decoys; remove them.") % {"kind": kind.name}))
    return problems


def _keep_places(old: Sequence[str], new: Sequence[str]) -> bool:
    if len(old) != len(new):
        return False
    return all(new[index] == text for index, text in enumerate(old) if text in new)
