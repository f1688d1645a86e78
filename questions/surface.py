"""What the options of a question show to somebody who knows nothing of its subject. Pure.

A key that can be told from the distractors by its surface tests the eye, not the knowledge. `measures` is what the
guesser of `check_bank` learns from, `cues` says in words what gives a question away: there and as hints for writers.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from questions.kinds import kind_of
from questions.parts import Written

# Words that say nothing about what a text is about. English, as most of the word lists here: in another language the
# cues that need them do not appear, and those of length, numbers and form still do.
_STOP = (
    "the and for with from that this these those into onto only then than when where who which what whose each per its "
    "are was were been being has have had not but all any can may must should would will they them their there here "
    "use using used uses how does did"
)
STOP_WORDS = frozenset(_STOP.split())
ABSOLUTES = re.compile(r"\b(?:all|always|any|every|entire|entirely|exclusively|must|never|none|only|whole)\b", re.I)
NEGATIONS = re.compile(r"\b(?:avoid|cannot|instead|neither|no|nor|not|without)\b|n't\b", re.I)
REASONS = re.compile(r"\b(?:because|hence|since|so that|therefore|thus|to avoid|to ensure|which)\b", re.I)
HEDGES = re.compile(r"\b(?:can|could|generally|mainly|may|might|often|some|typically|usually)\b", re.I)
NUMBER = re.compile(r"\d")
NAME = re.compile(r"(?<=[a-z,;:] )[A-Z][\w-]*|\b[A-Z]{2,}\b|\b[A-Z][a-z]+[A-Z]\w*")
MARKUP = re.compile(r"\*\*|__|`|\(")


def words(text: str) -> frozenset[str]:
    """Return the words that a text is about, without the endings of English plurals and verbs."""
    found = (word for word in re.findall(r"\w+", text.casefold()) if len(word) > 2 and word not in STOP_WORDS)
    return frozenset(re.sub(r"(?<=\w{4})(?:ing|ed|es|s|e)$", "", word) for word in found)


def keys_of(question: Written) -> tuple[int, ...]:
    """Return the places of the right options; none where a question is not answered by choosing some."""
    if "key" not in kind_of(question.kind).parts:
        return ()
    keys = tuple(place for place, option in enumerate(question.options) if option.key)
    return keys if 0 < len(keys) < len(question.options) else ()


# --- Measures -----------------------------------------------------------------------------------------------------


def _alike(first: frozenset[str], second: frozenset[str]) -> float:
    return len(first & second) / max(1, len(first | second))


def measures(question: Written) -> list[list[float]]:
    """Return for each option what can be measured on it without knowing the subject."""
    texts = [option.text for option in question.options]
    about, tokens = [words(text) for text in texts], [re.findall(r"\w+", text) for text in texts]
    stem = words(f"{question.case} {question.stem}")
    asked = words(re.split(r"(?<=[.?!])\s+", question.stem.strip())[-1])
    rows = []
    for place, text in enumerate(texts):
        own, others = about[place], [other for at, other in enumerate(about) if at != place]
        alike, known = sorted(_alike(own, other) for other in others), frozenset().union(*others)
        rows.append(
            [
                *(len(text), len(tokens[place]), len(text) / max(1, len(tokens[place]))),
                *(len(own & stem), len(own & stem) / max(1, len(own)), len(own & asked), len((own & stem) - known)),
                *(sum(alike) / len(alike), alike[-1], alike[0], len(own - known) / max(1, len(own))),
                *(len(pattern.findall(text)) for pattern in _PATTERNS),
                *(text.count(",") + text.count(";"), len(re.findall(r"\band\b", text)), text.count("-")),
                sum(tokens[place][:1] == other[:1] for other in tokens),
                sum(tokens[place][-1:] == other[-1:] for other in tokens),
            ]
        )
    return rows


_PATTERNS = (NAME, NUMBER, ABSOLUTES, NEGATIONS, REASONS, HEDGES, MARKUP)


# --- Cues ---------------------------------------------------------------------------------------------------------

LONGER_BY, LONGER_AT_LEAST = 0.25, 12  # share, characters
MORE_WORDS = 3


@dataclass(frozen=True)
class _Seen:
    """What a cue looks at: a value for every option, and which options are right."""

    values: Sequence[float]
    keys: Sequence[int]

    @property
    def right(self) -> list[float]:
        return [self.values[place] for place in self.keys]

    @property
    def wrong(self) -> list[float]:
        return [value for place, value in enumerate(self.values) if place not in self.keys]

    @property
    def only_right(self) -> bool:
        """Every key has some of it and no distractor any."""
        return min(self.right) > 0 and max(self.wrong) == 0

    @property
    def only_wrong(self) -> bool:
        """Every distractor has some of it, and no key any; one distractor alone would be told by it, not the key."""
        return len(self.wrong) > 1 and min(self.wrong) > 0 and max(self.right) == 0


def cues(question: Written) -> list[str]:
    """Return in words what of its surface tells the keys of a question from all other options."""
    keys = keys_of(question)
    if not keys:
        return []
    texts = [option.text for option in question.options]
    found = [*_length_cues(texts, keys), *_word_cues(question, texts, keys)]
    for pattern, has, lacks in _MARKS:
        seen = _Seen([len(pattern.findall(text)) for text in texts], keys)
        message = has if seen.only_right else lacks if seen.only_wrong else None
        if message:
            found.append(message(len(keys)))
    return found


def _length_cues(texts: Sequence[str], keys: Sequence[int]) -> list[str]:
    seen = _Seen([len(text) for text in texts], keys)
    shortest, longest = min(seen.right), max(seen.right)
    for most, least, is_longer in (
        (shortest, max(seen.wrong), True),
        (min(seen.wrong), longest, False),
    ):
        if most - least >= LONGER_AT_LEAST and most >= (1 + LONGER_BY) * least:
            parts = {"percent": round(100 * (most / least - 1))}
            if is_longer:
                return [
                    ngettext(
                        "the key is the longest option, by %(percent)d %%",
                        "the keys are the longest options, by %(percent)d %%",
                        len(keys),
                    )
                    % parts
                ]
            return [
                ngettext(
                    "the key is the shortest option; the next is %(percent)d %% longer",
                    "the keys are the shortest options; the next is %(percent)d %% longer",
                    len(keys),
                )
                % parts
            ]
    return []


def _word_cues(question: Written, texts: Sequence[str], keys: Sequence[int]) -> list[str]:
    about, stem = [words(text) for text in texts], words(f"{question.case} {question.stem}")
    found = []
    seen = _Seen([len(own & stem) for own in about], keys)
    if min(seen.right) >= max(MORE_WORDS, 2 * max(seen.wrong), 2 + max(seen.wrong)):
        found.append(
            ngettext(
                "the key shares %(key)d words with the stem, the others at most %(others)d",
                "each key shares at least %(key)d words with the stem, the others at most %(others)d",
                len(keys),
            )
            % {"key": min(seen.right), "others": max(seen.wrong)}
        )
    for edge in (0, -1):
        at_edge = [text.split()[edge] for text in texts]
        wrong = {word for place, word in enumerate(at_edge) if place not in keys}
        if len(texts) - len(keys) > 2 and len(wrong) == 1 and all(at_edge[key] not in wrong for key in keys):
            found.append(
                _("all wrong options begin or end with the same word, “%(word)s”, and no right one does")
                % {"word": wrong.pop()}
            )
    return found


Message = Callable[[int], str]
# What is counted; what to say if only the right options have it, and if only the wrong ones do.
_MARKS: tuple[tuple[re.Pattern[str], Message | None, Message], ...] = (
    (
        NUMBER,
        lambda keys: ngettext(
            "the key is the only option with a number", "the keys are the only options with a number", keys
        ),
        lambda keys: ngettext(
            "the key is the only option without a number", "the keys are the only options without a number", keys
        ),
    ),
    (
        NAME,
        lambda keys: ngettext(
            "the key is the only option that names a service or a feature",
            "the keys are the only options that name a service or a feature",
            keys,
        ),
        lambda keys: ngettext(
            "the key is the only option that names no service and no feature",
            "the keys are the only options that name no service and no feature",
            keys,
        ),
    ),
    (
        ABSOLUTES,
        None,  # whoever knows how tests are written takes such an option for wrong
        lambda keys: ngettext(
            "the key is the only option without an absolute word (all, only, never…)",
            "the keys are the only options without an absolute word (all, only, never…)",
            keys,
        ),
    ),
    (
        NEGATIONS,
        lambda keys: ngettext(
            "the key is the only option with a negation (not, without…)",
            "the keys are the only options with a negation (not, without…)",
            keys,
        ),
        lambda keys: ngettext(
            "the key is the only option without a negation (not, without…)",
            "the keys are the only options without a negation (not, without…)",
            keys,
        ),
    ),
    (
        REASONS,
        lambda keys: ngettext(
            "the key is the only option that gives a reason (because, which…)",
            "the keys are the only options that give a reason (because, which…)",
            keys,
        ),
        lambda keys: ngettext(
            "the key is the only option that gives no reason (because, which…)",
            "the keys are the only options that give no reason (because, which…)",
            keys,
        ),
    ),
    (
        HEDGES,
        lambda keys: ngettext(
            "the key is the only option with a cautious word (can, often…)",
            "the keys are the only options with a cautious word (can, often…)",
            keys,
        ),
        lambda keys: ngettext(
            "the key is the only option without a cautious word (can, often…)",
            "the keys are the only options without a cautious word (can, often…)",
            keys,
        ),
    ),
    (
        re.compile(r"[,;]|\band\b"),
        lambda keys: ngettext(
            "the key is the only option of several parts (commas, “and”)",
            "the keys are the only options of several parts (commas, “and”)",
            keys,
        ),
        lambda keys: ngettext(
            "the key is the only option of one part (no comma, no “and”)",
            "the keys are the only options of one part (no comma, no “and”)",
            keys,
        ),
    ),
    (
        MARKUP,
        lambda keys: ngettext(
            "the key is the only option with code, bold or a parenthesis",
            "the keys are the only options with code, bold or a parenthesis",
            keys,
        ),
        lambda keys: ngettext(
            "the key is the only option without code, bold or a parenthesis",
            "the keys are the only options without code, bold or a parenthesis",
            keys,
        ),
    ),
)
