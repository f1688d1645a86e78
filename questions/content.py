"""What a question says, and the rules every question keeps, wherever it comes from. No database, no request.

What depends on the kind of a question stands in `questions.kinds`.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Annotated, Any

from django.utils.translation import gettext as _
from pydantic import AfterValidator, model_validator
from pydantic_core import PydanticCustomError

from questions.kinds import KINDS, kind_of
from questions.parts import (
    CHOOSE_ALL,
    EARLIEST,
    LATEST,
    LETTERS,
    MAX_OPTIONS,
    MAX_REFERENCES,
    MAX_TAGS,
    MAX_TEXT,
    MAX_TOGETHER,
    MIN_OPTIONS,
    AnyText,
    Content,
    Option,
    Problem,
    Reference,
    Text,
    Written,
)

__all__ = [
    "CHOOSE_ALL",
    "LETTERS",
    "MAX_OPTIONS",
    "MAX_TAGS",
    "MAX_TEXT",
    "MAX_TOGETHER",
    "MIN_OPTIONS",
    "AnyText",
    "Content",
    "Option",
    "Problem",
    "QuestionContent",
    "Reference",
    "Text",
    "draft_problems",
    "longest_option_is_key",
    "near_duplicates",
    "publication_problems",
    "shingles",
    "size_problems",
]


def _known(name: str) -> str:
    if name not in KINDS:
        *names, last = (f"'{known}'" for known in KINDS)
        raise PydanticCustomError("unknown_kind", "Input should be {names}", {"names": f"{', '.join(names)} or {last}"})
    return name


class QuestionContent(Written):
    """What is written, with what follows from it by the rules of its kind: see `questions.kinds`."""

    kind: Annotated[str, AfterValidator(_known)]

    @model_validator(mode="before")
    @classmethod
    def _canonical(cls, fields: Any) -> Any:
        if not isinstance(fields, dict) or not isinstance(fields.get("answer"), dict):
            return fields
        kind = KINDS.get(str(fields.get("kind")))
        return fields | {"answer": kind.canonical(fields["answer"])} if kind else fields

    @property
    def prompt(self) -> dict[str, Any]:
        """What else candidates are shown of the answer."""
        return kind_of(self.kind).prompt(self)

    @property
    def choices(self) -> list[str]:
        """What options may be matched with, in an order that tells nothing."""
        return kind_of(self.kind).choices(self)

    @property
    def choose(self) -> int | None:
        """How many options a candidate is told to choose, if they are told."""
        return kind_of(self.kind).choose(self)

    @property
    def key(self) -> Any:
        """What is right, in the shape of a response."""
        return kind_of(self.kind).key(self)


def _texts(content: QuestionContent) -> list[tuple[str, str]]:
    """Return every text of a question with the name of its field."""
    fields = [(name, getattr(content, name)) for name in ("case", "stem", "explanation", "service_note")]
    for index, option in enumerate(content.options):
        fields += [(f"options.{index}.{name}", getattr(option, name)) for name in ("text", "match", "rationale")]
    fields += [(f"decoys.{index}", decoy) for index, decoy in enumerate(content.decoys)]
    for name, value in content.answer.items():
        fields += [(f"answer.{name}", text) for text in (value if isinstance(value, tuple) else (str(value),))]
    for index, reference in enumerate(content.references):
        fields += [(f"references.{index}", text) for text in (reference.title, reference.section, reference.url)]
    return fields


def size_problems(content: QuestionContent) -> list[Problem]:
    """Return what is larger than any question: it would take its time on every page that shows it."""
    fields = _texts(content)
    problems = [
        Problem(
            name,
            _("has %(count)s characters; the limit is %(most)s.")
            % {"count": f"{len(text):,}", "most": f"{MAX_TEXT:,}"},
        )
        for name, text in fields
        if len(text) > MAX_TEXT
    ]
    if (together := sum(len(text) for _name, text in fields)) > MAX_TOGETHER and not problems:
        problems.append(
            Problem(
                "stem",
                _("and all other texts together have %(count)s characters; the limit is %(most)s.")
                % {"count": f"{together:,}", "most": f"{MAX_TOGETHER:,}"},
            )
        )
    for name, most in (("references", MAX_REFERENCES), ("options", 10 * MAX_OPTIONS), ("decoys", 10 * MAX_OPTIONS)):
        if (count := len(getattr(content, name))) > most:
            problems.append(
                Problem(
                    name,
                    _("has %(count)s entries; the limit is %(most)d.")
                    % {"count": f"{count:,}", "most": min(most, MAX_REFERENCES)},
                )
            )
    if not EARLIEST <= content.valid_as_of <= LATEST:
        problems.append(
            Problem(
                "valid_as_of",
                _("%(date)s is not in the years %(first)s to %(last)s.")
                % {"date": content.valid_as_of, "first": EARLIEST.year, "last": LATEST.year},
            )
        )
    return problems


def draft_problems(content: QuestionContent) -> list[Problem]:
    """Return what forbids even a draft: a candidate could never be shown it."""
    kind = kind_of(content.kind)
    return [*size_problems(content), *kind.problems(content)]


def publication_problems(content: QuestionContent) -> list[Problem]:
    """Return what must be mended before candidates may see this question."""
    problems = [*draft_problems(content), *kind_of(content.kind).key_problems(content)]
    problems.extend(
        Problem(
            f"options.{index}.rationale",
            _("“%(text)s” has no rationale; say why it is right or wrong.") % {"text": option.text[:60]},
        )
        for index, option in enumerate(content.options)
        if not option.rationale
    )
    if not content.explanation:
        problems.append(
            Problem("explanation", _("the explanation is missing; say in a few sentences what the question teaches."))
        )
    if not content.references:
        problems.append(Problem("references", _("a reference is missing; name a document and its section.")))
    return problems


SHINGLE_WORDS = 4
NEAR_DUPLICATE_SIMILARITY = 0.5
# So many pairs are compared and no more: a file could be made to share rare runs between all of its stems.
MAX_COMPARED = 50_000
# Exam stems end alike ("Which solution meets these requirements with the least operational overhead?"); a shingle
# that so many stems share does not make two of them worth comparing.
COMMON_SHINGLE = 25


def near_duplicates(stems: Mapping[str, str]) -> list[tuple[str, str, float]]:
    """Return pairs of ids whose stems are nearly the same, with their similarity (0–1), most alike first.

    Similarity is the Jaccard index of the sets of runs of four words. An inverted index keeps the work near
    linear: only stems that are the same or share a rare run are compared.
    """
    runs_of = {key: shingles(stem) for key, stem in stems.items()}
    holders: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for key, runs in runs_of.items():
        for run in runs:
            holders[run].append(key)
    same = defaultdict(list)
    for key, runs in runs_of.items():
        if runs:
            same[runs].append(key)
    candidates = {(keys[0], key) for keys in same.values() for key in keys[1:]}
    for keys in holders.values():
        if len(candidates) > MAX_COMPARED:
            break
        if len(keys) <= COMMON_SHINGLE:
            candidates.update((a, b) for i, a in enumerate(keys) for b in keys[i + 1 :])
    pairs = []
    for a, b in candidates:
        similarity = len(runs_of[a] & runs_of[b]) / len(runs_of[a] | runs_of[b])
        if similarity >= NEAR_DUPLICATE_SIMILARITY:
            pairs.append((a, b, similarity))
    return sorted(pairs, key=lambda pair: (-pair[2], pair[0], pair[1]))


def shingles(text: str) -> frozenset[tuple[str, ...]]:
    """Return the runs of four words of a text; a shorter text is one run."""
    words = re.findall(r"\w+", text.casefold())
    size = min(SHINGLE_WORDS, max(1, len(words)))
    return frozenset(tuple(words[i : i + size]) for i in range(len(words) - size + 1))


def longest_option_is_key(contents: Iterable[QuestionContent]) -> tuple[int, int]:
    """Return (questions whose only key is the longest option, questions with one key)."""
    singles = [(content, key) for content in contents if (key := kind_of(content.kind).only_key(content)) is not None]
    longest = sum(
        max(range(len(content.options)), key=lambda index: len(content.options[index].text)) == key
        for content, key in singles
    )
    return longest, len(singles)
