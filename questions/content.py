"""What a question says, and the rules every question keeps, wherever it comes from. No database, no request."""

import datetime as dt
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, StringConstraints


def _unix_lines(value: object) -> object:
    """A browser sends CRLF, a file has LF: the same text must be the same content."""
    return value.replace("\r\n", "\n") if isinstance(value, str) else value


AnyText = Annotated[str, StringConstraints(strip_whitespace=True), BeforeValidator(_unix_lines)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1), BeforeValidator(_unix_lines)]
# Decoys have no order of their own, so the same ones are the same content.
Decoys = Annotated[tuple[Text, ...], AfterValidator(lambda decoys: tuple(sorted(set(decoys))))]
Kind = Literal["single", "multiple", "ordering", "matching"]
# Kinds whose options are chosen; in the others each option is given a place or a match.
CHOICE_KINDS: frozenset[str] = frozenset({"single", "multiple"})

MIN_OPTIONS = 2
MAX_OPTIONS = 8
# One text, and all of a question together. The longest case studies have about 5,000 characters; every page that shows
# a question renders all of it, at worst some 70,000 characters a second.
MAX_TEXT = 20_000
MAX_TOGETHER = 100_000
MAX_REFERENCES = 20
MAX_TAGS = 50
EARLIEST, LATEST = dt.date(2000, 1, 1), dt.date(2099, 12, 31)
LETTERS = "ABCDEFGH"
# A stem that asks for all that apply keeps how many these are to itself, and so does every page.
CHOOSE_ALL = re.compile(
    r"\b(?:choose|select|pick|check|mark|tick) (?:all|every|any|each|one or more|at least one)\b"
    r"|\ball (?:that|which) apply\b",
    re.IGNORECASE,
)


class Content(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Option(Content):
    text: Text
    key: bool = False
    match: AnyText = ""
    rationale: AnyText = ""


class Reference(Content):
    title: Text
    section: Text


class QuestionContent(Content):
    """All that a revision pins. Texts are Markdown.

    `single` and `multiple` mark options as `key`. The options of `ordering` are written in their right order. Those of
    `matching` are prompts, each with its right `match`; `decoys` are offered as matches too and fit no prompt.
    """

    kind: Kind
    shuffle: bool = True
    case: AnyText = ""
    stem: Text
    options: tuple[Option, ...]
    decoys: Decoys = ()
    explanation: AnyText = ""
    service_note: AnyText = ""
    references: tuple[Reference, ...] = ()
    valid_as_of: dt.date

    @property
    def choices(self) -> list[str]:
        """What the prompts of a `matching` question may be matched with, in an order that tells nothing."""
        return sorted({option.match for option in self.options if option.match} | set(self.decoys))

    @property
    def choose(self) -> int | None:
        """How many options a candidate is told to choose: as many as are right, except where the stem asks for all that
        apply. There the number would help."""
        if self.kind != "multiple" or CHOOSE_ALL.search(self.stem):
            return None
        return len(self.key) or None

    @property
    def key(self) -> list[int | None]:
        """Return the indexes of the right options; for `ordering` the place (from 0) of each option, for `matching`
        the index in `choices` of each option's match, None where it has none yet."""
        if self.kind == "ordering":
            return list(range(len(self.options)))
        if self.kind == "matching":
            return [self.choices.index(option.match) if option.match else None for option in self.options]
        return [index for index, option in enumerate(self.options) if option.key]


@dataclass(frozen=True)
class Problem:
    """What is wrong with one field, and what would be right."""

    field: str
    message: str

    def __str__(self) -> str:
        return f"{self.field}: {self.message}"


def size_problems(content: QuestionContent) -> list[Problem]:
    """Return what is larger than any question: it would take its time on every page that shows it."""
    fields = [(name, getattr(content, name)) for name in ("case", "stem", "explanation", "service_note")]
    for index, option in enumerate(content.options):
        fields += [(f"options.{index}.{name}", getattr(option, name)) for name in ("text", "match", "rationale")]
    fields += [(f"decoys.{index}", decoy) for index, decoy in enumerate(content.decoys)]
    for index, reference in enumerate(content.references):
        fields += [(f"references.{index}", reference.title), (f"references.{index}", reference.section)]
    problems = [
        Problem(name, f"has {len(text):,} characters; at most {MAX_TEXT:,} are taken.")
        for name, text in fields
        if len(text) > MAX_TEXT
    ]
    if (together := sum(len(text) for _, text in fields)) > MAX_TOGETHER and not problems:
        problems.append(Problem("stem", f"and all other texts have {together:,} characters; at most {MAX_TOGETHER:,}."))
    for name, most in (("references", MAX_REFERENCES), ("options", 10 * MAX_OPTIONS), ("decoys", 10 * MAX_OPTIONS)):
        if (count := len(getattr(content, name))) > most:
            problems.append(Problem(name, f"{count:,} {name}; give at most {min(most, MAX_REFERENCES)}."))
    if not EARLIEST <= content.valid_as_of <= LATEST:
        problems.append(Problem("valid_as_of", f"{content.valid_as_of} is not from {EARLIEST.year} to {LATEST.year}."))
    return problems


def draft_problems(content: QuestionContent) -> list[Problem]:
    """Return what forbids even a draft: a candidate could never be shown it."""
    problems = size_problems(content)
    if not MIN_OPTIONS <= len(content.options) <= MAX_OPTIONS:
        problems.append(
            Problem("options", f"{len(content.options)} options; give {MIN_OPTIONS} to {MAX_OPTIONS}, usually four.")
        )
    texts = Counter(" ".join(option.text.split()).casefold() for option in content.options)
    for text, count in texts.items():
        if count > 1:
            problems.append(Problem("options", f"“{text[:60]}” stands {count} times; every option must differ."))
    for index, option in enumerate(content.options):
        if option.match and content.kind != "matching":
            problems.append(Problem(f"options.{index}.match", "only a `matching` question has matches; empty it."))
        if option.key and content.kind not in CHOICE_KINDS:
            problems.append(
                Problem(f"options.{index}.key", f"a {content.kind} question marks no option as key; unmark it.")
            )
    if content.decoys and content.kind != "matching":
        problems.append(Problem("decoys", "only a `matching` question has decoys; empty them."))
    if len(content.choices) > MAX_OPTIONS:
        problems.append(
            Problem("decoys", f"{len(content.choices)} matches to choose from; give at most {MAX_OPTIONS}.")
        )
    if both := {option.match for option in content.options} & set(content.decoys):
        problems.append(Problem("decoys", f"“{min(both)[:60]}” is the match of an option; a decoy fits none."))
    return problems


def publication_problems(content: QuestionContent) -> list[Problem]:
    """Return what must be mended before candidates may see this question."""
    problems = [*draft_problems(content), *_key_problems(content)]
    problems.extend(
        Problem(f"options.{index}.rationale", f"no rationale for “{option.text[:60]}”; say why it is right or wrong.")
        for index, option in enumerate(content.options)
        if not option.rationale
    )
    if not content.explanation:
        problems.append(Problem("explanation", "no explanation; say in a few sentences what the question teaches."))
    if not content.references:
        problems.append(Problem("references", "no reference; name a document and its section."))
    return problems


def _key_problems(content: QuestionContent) -> list[Problem]:
    if content.kind == "matching":
        missing = [
            Problem(f"options.{index}.match", f"no match for “{option.text[:60]}”; write the right one.")
            for index, option in enumerate(content.options)
            if not option.match
        ]
        if not missing and len(content.choices) < MIN_OPTIONS:
            return [Problem("decoys", "only one match to choose from; add another, or a decoy.")]
        return missing
    if content.kind == "ordering":
        return []
    keys, problems = len(content.key), []
    if keys == 0:
        problems.append(Problem("key", "no key; mark the right option (`key: true`)."))
    elif content.kind == "single" and keys > 1:
        problems.append(Problem("key", f"{keys} keys in a `single` question; mark one, or make it `multiple`."))
    elif content.kind == "multiple" and keys == 1:
        problems.append(Problem("key", "one key in a `multiple` question; mark another, or make it `single`."))
    if keys and keys == len(content.options):
        problems.append(Problem("key", "every option is a key; add a distractor."))
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
    singles = [content for content in contents if content.kind == "single" and len(content.key) == 1]
    longest = sum(max(range(len(c.options)), key=lambda index: len(c.options[index].text)) == c.key[0] for c in singles)
    return longest, len(singles)
