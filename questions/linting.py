"""What makes a question weaker than it could be, with what would be right. Hints, not rules: they block nothing.

The rules follow T. M. Haladyna, S. M. Downing and M. C. Rodriguez, "A review of multiple-choice item-writing guidelines
for classroom assessment", Applied Measurement in Education 15 (2002), 309–334.
"""

import hashlib
import re
from collections.abc import Callable, Iterator

from django.utils.translation import gettext as _

from questions.content import LETTERS, Problem, QuestionContent, shingles
from questions.kinds import kind_of
from questions.service_names import unnoted
from questions.surface import cues

MARKS = 12

ALL_OF_THE_ABOVE = re.compile(
    r"\b(?:all|none|both|any|neither) of (?:the (?:above|below|others|options)|these)\b", re.I
)
LETTER_REFERENCE = re.compile(
    rf"\b(?:[Oo]ption|[Aa]nswer|[Cc]hoice)s? [{LETTERS}]\b|\b(?:[Bb]oth )?[{LETTERS}] (?:and|or) [{LETTERS}]\b"
)
# Emphasised: in capitals, or between ** or __ or *.
NEGATION = re.compile(r"(?<![*_\w])(?:not|except|never|cannot)(?![*_\w])")
SENTENCE = re.compile(r"[^.!?\n]+[.!?]*")


def lint(content: QuestionContent) -> list[Problem]:
    """Return the hints for a question: those of every question, then those of its kind."""
    hints = [problem for rule in _RULES for problem in rule(content)]
    of_kind = list(kind_of(content.kind).hints(content))
    if not any(hint.field == "options" for hint in of_kind):  # which says of all options what the first cue would say
        hints += _surface(content)
    return [*hints, *of_kind]


def _all_of_the_above(content: QuestionContent) -> Iterator[Problem]:
    for index, option in enumerate(content.options):
        if found := ALL_OF_THE_ABOVE.search(option.text):
            message = _("“%(words)s” tests logic, not the subject; write an option that makes sense on its own.")
            yield Problem(f"options.{index}.text", message % {"words": found[0]})


def _letters(content: QuestionContent) -> Iterator[Problem]:
    for index, option in enumerate(content.options):
        if content.shuffle and (found := LETTER_REFERENCE.search(f"{option.text} {option.rationale}")):
            message = _(
                "“%(words)s” refers to options by letter, but they are shown in random order; refer to their content."
            )
            yield Problem(f"options.{index}.text", message % {"words": found[0]})


def _negation(content: QuestionContent) -> Iterator[Problem]:
    asked = [sentence for sentence in SENTENCE.findall(content.stem) if sentence.endswith("?")]
    if asked and (found := NEGATION.search(asked[-1])):
        message = _("“%(word)s” is easily overlooked; ask for what is right, or write **%(upper)s**.")
        yield Problem("stem", message % {"word": found[0], "upper": found[0].upper()})


def _surface(content: QuestionContent) -> Iterator[Problem]:
    for cue in cues(content):
        message = _("%(cue)s: it can be guessed without knowing the subject; write all options in one mould.")
        yield Problem("options", message % {"cue": cue[:1].upper() + cue[1:]})


def _service_names(content: QuestionContent) -> Iterator[Problem]:
    for name, service in unnoted(content):
        yield Problem("service_note", service.hint(name))


_RULES: tuple[Callable[[QuestionContent], Iterator[Problem]], ...] = (
    _negation,
    _all_of_the_above,
    _letters,
    _service_names,
)


# --- Near-duplicates ------------------------------------------------------------------------------------


def stem_marks(stem: str) -> list[int]:
    """Return the few smallest hashes (signed, 64 bits) of a stem's runs of words: near-duplicates share some of them.

    A bottom-k sketch: A. Z. Broder, "On the resemblance and containment of documents", SEQUENCES 1997. The sketches of
    two stems with a resemblance of 0.5 have nothing in common once in some thousand pairs.
    """
    hashes = (
        int.from_bytes(hashlib.blake2b(" ".join(run).encode(), digest_size=8).digest(), signed=True)
        for run in shingles(stem)
    )
    return sorted(set(hashes))[:MARKS]


def resemblance(first: str, second: str) -> float:
    """Return how alike two stems are, 0–1: the Jaccard index of their runs of words."""
    a, b = shingles(first), shingles(second)
    return len(a & b) / len(a | b)
