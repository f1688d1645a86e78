"""What makes a question weaker than it could be, with what would be right. Hints, not rules: they block nothing.

The rules follow T. M. Haladyna, S. M. Downing and M. C. Rodriguez, "A review of multiple-choice item-writing guidelines
for classroom assessment", Applied Measurement in Education 15 (2002), 309–334.
"""

import hashlib
import re
from collections.abc import Callable, Iterator

from questions.content import CHOICE_KINDS, CHOOSE_ALL, LETTERS, Problem, QuestionContent, shingles

# A key is conspicuous when it is so many times, and so many characters, longer than the longest distractor.
CONSPICUOUS, CONSPICUOUS_BY = 1.3, 15
MARKS = 12

NUMBER_WORDS = {"two": 2, "three": 3, "four": 4, "five": 5, "2": 2, "3": 3, "4": 4, "5": 5}
CHOOSE = re.compile(rf"\b(?:choose|select|pick)\s+(?:the\s+)?(?:best\s+)?({'|'.join(NUMBER_WORDS)})\b", re.IGNORECASE)
ALL_OF_THE_ABOVE = re.compile(
    r"\b(?:all|none|both|any|neither) of (?:the (?:above|below|others|options)|these)\b", re.I
)
LETTER_REFERENCE = re.compile(
    rf"\b(?:[Oo]ption|[Aa]nswer|[Cc]hoice)s? [{LETTERS}]\b|\b(?:[Bb]oth )?[{LETTERS}] (?:and|or) [{LETTERS}]\b"
)
# Emphasised: in capitals, or between ** or __ or *.
NEGATION = re.compile(r"(?<![*_\w])(?:not|except|never|cannot)(?![*_\w])")
ABSOLUTE = re.compile(
    r"\b(?:always|never|impossible|completely|absolutely|guarantee[sd]?|under no circumstances)\b", re.I
)
SENTENCE = re.compile(r"[^.!?\n]+[.!?]*")
PLACE_WORD = re.compile(r"^\W*(?:\d+[.):]|(?:first|second|third|finally|lastly|then|next)\b)", re.IGNORECASE)


def lint(content: QuestionContent) -> list[Problem]:
    """Return the hints for a question, in the order of its fields."""
    return [problem for rule in _RULES for problem in rule(content)]


def _all_of_the_above(content: QuestionContent) -> Iterator[Problem]:
    for index, option in enumerate(content.options):
        if found := ALL_OF_THE_ABOVE.search(option.text):
            yield Problem(f"options.{index}.text", f"“{found[0]}” tests logic, not the subject; write an option that "
                          "stands for itself.")  # fmt: skip


def _letters(content: QuestionContent) -> Iterator[Problem]:
    for index, option in enumerate(content.options):
        if content.shuffle and (found := LETTER_REFERENCE.search(f"{option.text} {option.rationale}")):
            yield Problem(f"options.{index}.text", f"“{found[0]}” names options by letters, but they are shown in "
                          "random order; say what they say.")  # fmt: skip


def _negation(content: QuestionContent) -> Iterator[Problem]:
    asked = [sentence for sentence in SENTENCE.findall(content.stem) if sentence.endswith("?")]
    if asked and (found := NEGATION.search(asked[-1])):
        yield Problem("stem", f"“{found[0]}” is easily overlooked; ask for what is right, or write "
                      f"**{found[0].upper()}**.")  # fmt: skip


def _how_many(content: QuestionContent) -> Iterator[Problem]:
    if content.kind not in CHOICE_KINDS:
        return
    keys, asked = len(content.key), CHOOSE.search(content.stem)
    if asked and keys and NUMBER_WORDS[asked[1].lower()] != keys:
        marked = "1 is" if keys == 1 else f"{keys} are"
        yield Problem("stem", f"it asks to {asked[0].lower()}, but {marked} marked as key; make them agree.")
    elif content.kind == "multiple" and not asked and not CHOOSE_ALL.search(content.stem):
        yield Problem("stem", f"it does not say how many are right; end with “(Choose {_word(keys)}.)”.")


def _word(count: int) -> str:
    return next((word for word, number in NUMBER_WORDS.items() if number == count), "two")


def _longest_is_key(content: QuestionContent) -> Iterator[Problem]:
    keys = [len(option.text) for option in content.options if option.key]
    others = [len(option.text) for option in content.options if not option.key]
    if (
        content.kind in CHOICE_KINDS
        and keys
        and others
        and min(keys) > max(CONSPICUOUS * max(others), CONSPICUOUS_BY + max(others))
    ):
        what = "the right answer is" if len(keys) == 1 else "the right answers are"
        yield Problem(
            "options", f"{what} by far the longest, and so easily guessed; shorten, or tell the others as fully."
        )


def _absolute(content: QuestionContent) -> Iterator[Problem]:
    if content.kind not in CHOICE_KINDS:
        return
    for index, option in enumerate(content.options):
        if not option.key and (found := ABSOLUTE.search(option.text)):
            yield Problem(
                f"options.{index}.text", f"“{found[0]}” tells that it is wrong; make it wrong in its substance."
            )


def _places(content: QuestionContent) -> Iterator[Problem]:
    for index, option in enumerate(content.options):
        if content.kind == "ordering" and (found := PLACE_WORD.search(option.text)):
            yield Problem(f"options.{index}.text", f"“{found[0].strip()}” tells its place; leave it out.")


def _last_match(content: QuestionContent) -> Iterator[Problem]:
    matches = [option.match for option in content.options]
    if content.kind == "matching" and all(matches) and len(set(matches)) == len(matches) and not content.decoys:
        yield Problem("decoys", "every match is used once, so the last follows from the others; add a decoy.")


_RULES: tuple[Callable[[QuestionContent], Iterator[Problem]], ...] = (
    _negation,
    _how_many,
    _all_of_the_above,
    _letters,
    _longest_is_key,
    _absolute,
    _places,
    _last_match,
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
