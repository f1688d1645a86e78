"""What the surface of options gives away: cues in words, and the guesser that learns from them."""

import importlib.util
import random

import pytest

from questions import guesser
from questions.content import Option
from questions.guesser import Guessed, chance, guess
from questions.linting import lint
from questions.management.commands import check_bank
from questions.surface import cues, keys_of, measures
from tests.factories import make_content
from tests.questions.bank_texts import CERTIFICATION, write_files
from tests.questions.test_commands import run, run_refused

PLAIN = ("Store it on disk", "Keep it in memory", "Send it to a queue", "Copy it by hand")


def question(*texts, keys=(0,), **changes):
    options = tuple(Option(text=text, key=place in keys, rationale="So.") for place, text in enumerate(texts))
    changes = {"stem": "Where does the record go?", "kind": "single" if len(keys) == 1 else "multiple", **changes}
    return make_content(options=options, **changes)


def test_options_of_one_mould_give_nothing_away():
    assert cues(question(*PLAIN)) == []


@pytest.mark.parametrize(
    ("texts", "changes", "said"),
    [
        (
            ("Store every record on a very large disk", *PLAIN[1:]),
            {},
            ["the key is the longest option, by 117 %"],
        ),
        (
            ("Disk", *(f"{text} for a while, {number}" for number, text in zip("abc", PLAIN[1:], strict=True))),
            {},
            [
                "the key is the shortest option; the next is 650 % longer",
                "the key is the only option of one part (no comma, no “and”)",
            ],
        ),
        (
            ("Archive the invoices monthly", "Delete the letters quickly", "Print the forms tomorrow"),
            {"stem": "A clerk must archive the invoices monthly. What helps?"},
            ["the key shares 3 words with the stem, the others at most 0"],
        ),
        (("Store it for 3 days", *PLAIN[1:]), {}, ["the key is the only option with a number"]),
        (
            (PLAIN[0], "Keep it 2 days", "Send it 3 times", "Copy it 4 times"),
            {},
            ["the key is the only option without a number"],
        ),
        (("Store it in Amazon S3 disks", "Keep it 2 days", *PLAIN[2:]), {}, NotImplemented),
        (
            (PLAIN[0], "Always keep it", "Never send it out", "Only copy it twice"),
            {},
            ["the key is the only option without an absolute word (all, only, never…)"],
        ),
        (("Store it, then copy", *PLAIN[1:]), {}, ["the key is the only option of several parts (commas, “and”)"]),
        (("Store it on `disk`", *PLAIN[1:]), {}, ["the key is the only option with code, bold or a parenthesis"]),
        (
            ("Store it on disk", "Send it out by mail", "Send it to a queue", "Send it by hand"),
            {},
            ["all wrong options begin or end with the same word, “Send”, and no right one does"],
        ),
        (
            ("Keep it 2 days", "Keep it 3 days", "Copy it by hand", "Send it out", "Print it all out"),
            {"keys": (0, 1)},
            ["the keys are the only options with a number"],
        ),
    ],
)
def test_cue_is_said_in_words(texts, changes, said):
    if said is NotImplemented:
        said = ["the key is the only option that names a service or a feature"]
    assert cues(question(*texts, **changes)) == said


@pytest.mark.parametrize(
    "content",
    [
        make_content(kind="ordering"),
        make_content(kind="matching"),
        make_content(kind="numeric"),
        question("One", "Two", keys=()),
        question("Long, with 2 parts and a reason", "Two", keys=(0, 1)),
    ],
)
def test_question_without_right_and_wrong_options_has_no_cue(content):
    assert (keys_of(content), cues(content)) == ((), [])


def test_editor_hints_at_a_cue_and_says_what_to_do():
    found = [problem.message for problem in lint(question("Store it for 3 days", *PLAIN[1:]))]

    assert found == [
        "The key is the only option with a number: it can be guessed without knowing the subject; "
        "write all options in one mould."
    ]


def test_measures_are_as_many_for_every_option():
    rows = measures(question(*PLAIN))

    assert {len(row) for row in rows} == {len(rows[0])}


# --- The guesser --------------------------------------------------------------------------------------------

WORDS = ["disk", "queue", "table", "shelf", "index", "topic", "cache", "log", "store", "file", "page", "block", "node"]


def bank(count, *, telling):
    """Return questions whose key is the longest option if the surface is `telling`, and any otherwise."""
    rng = random.Random(7)
    questions = []
    for _number in range(count):
        texts = [" ".join(rng.sample(WORDS, 4)) for _ in range(4)]
        key = rng.randrange(4)
        if telling:
            texts[key] += " with all the further words that make it long"
        questions.append(question(*texts, keys=(key,), stem=" ".join(rng.sample(WORDS, 6))))
    return questions


def test_guesser_finds_keys_that_are_longer_and_says_so():
    guessed = guess(bank(60, telling=True)).of(range(60))

    assert guessed.found == {"regression": 1.0, "forest": 1.0}
    assert guessed.is_too_good


def test_guesser_is_not_better_than_chance_where_the_surface_says_nothing_and_always_says_the_same():
    questions = bank(120, telling=False)

    first, second = guess(questions), guess(questions)

    assert first == second
    assert first.of(range(120)).best < 0.40


@pytest.mark.parametrize(
    ("keys", "options", "expected"), [((0,), 4, 1 / 4), ((0, 1), 5, 1 / 10), ((0, 1, 2), 6, 1 / 20)]
)
def test_chance_is_one_of_all_sets_of_that_size(keys, options, expected):
    texts = [f"Option {number}" for number in range(options)]

    assert chance(question(*texts, keys=keys)) == expected


@pytest.mark.parametrize(
    ("questions", "rate", "is_too_good"),
    [(100, 0.30, False), (100, 0.31, True), (guesser.ENOUGH, 0.31, True), (guesser.ENOUGH - 1, 0.9, False)],
)
def test_threshold_is_chance_and_five_points_of_enough_questions(questions, rate, is_too_good):
    assert Guessed(questions, 0.25, {"regression": rate, "forest": 0.2}).is_too_good is is_too_good


def test_questions_of_one_case_are_in_one_fold():
    questions = [question(*PLAIN, case=f"Case {number // 3}") for number in range(30)]
    groups = guesser._groups(questions)

    folds = guesser._folds(groups, seed=1)

    assert all(len({folds[at] for at in range(start, start + 3)}) == 1 for start in range(0, 30, 3))


# --- check_bank ---------------------------------------------------------------------------------------------


@pytest.fixture
def fast(monkeypatch):
    """Let three questions be enough to be judged, by a guesser that knows every key."""

    def guess_all(questions):
        places = range(len(questions))
        return guesser.Guesses(dict.fromkeys(places, 0.25), {"regression": dict.fromkeys(places, 1.0)})

    monkeypatch.setattr(guesser, "ENOUGH", 1)
    monkeypatch.setattr(check_bank, "guess", guess_all)


def folder(tmp_path, name):
    from tests.questions.bank_texts import QUESTIONS

    (tmp_path / name).mkdir()
    write_files(tmp_path / name, a=CERTIFICATION, b=QUESTIONS)
    return tmp_path / name


def test_check_bank_fails_where_a_folder_is_guessable(tmp_path, fast):
    message, _err = run_refused("check_bank", folder(tmp_path, "mla-c02"))

    assert message.startswith("The guesser finds more than chance and 5% in mla-c02: its keys can be told")


def test_check_bank_says_that_the_guesser_was_not_run_without_its_library(tmp_path, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(guesser, "find_spec", lambda name: None)

    out, _err = run("check_bank", folder(tmp_path, "mla-c02"))

    assert "guesser: not run, because scikit-learn is not installed (it is for development)" in out
