"""Flags that claim something: how often they are raised by chance, and that they are raised where they are due.

Simulated candidates with known abilities answer questions with known difficulties: who does not know the answer guesses
among the options, or is drawn to a wrong one. Seeded: the same each time.
"""

import random
from collections import defaultdict
from math import exp

import pytest

from exams.statistics.item_analysis import FALSE_ALARMS, Flag, analyse_item, level_for
from exams.statistics.models import QuestionStatistics
from exams.statistics.services import _correct_flags, statistics_row
from exams.statistics.tallying import QuestionSums
from tests.factories import QuestionFactory

OPTIONS = 4
PEOPLE = 133
# Of 20 questions: four are hard, and two of these draw those who do not know to one wrong option.
DIFFICULTIES = [-1.5, -1.2, -1, -0.8, -0.6, -0.4, -0.2, 0, 0, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.2, 2, 2.2, 2.5, 3]


LURES = {18: 3, 19: 3}


def chosen(chance, ability, difficulty, lure):
    """Return the option that a candidate chooses; 0 is right, and 1 attracts by its lure who does not know."""
    if chance.random() < 1 / (1 + exp(difficulty - ability)):
        return 0
    return chance.choices(range(OPTIONS), [1, lure, 1, 1])[0]


def simulated(chance, *, people=PEOPLE, difficulties=DIFFICULTIES, keys=None, lures=LURES):
    """Return the sums of each question; `keys` says what counts as right, 0 unless a key is wrong."""
    keys = keys or [0] * len(difficulties)
    cells = [defaultdict(lambda: [0] * (3 + OPTIONS)) for _ in difficulties]
    for _ in range(people):
        ability = chance.gauss(0, 1)
        answers = [
            chosen(chance, ability, difficulty, lures.get(number, 1)) for number, difficulty in enumerate(difficulties)
        ]
        points = [answer == key for answer, key in zip(answers, keys, strict=True)]
        for number, (answer, point) in enumerate(zip(answers, points, strict=True)):
            cell = cells[number][f"{sum(points) - point}/{len(points) - 1}"]
            for column in (0, 3 + answer, *([1] if point else [])):
                cell[column] += 1
    return [QuestionSums(cells=dict(of_question)) for of_question in cells]


def analysed(sums, keys=None):
    keys = keys or [0] * len(sums)
    return [
        analyse_item(one, kind="single", key=[key], option_count=OPTIONS) for one, key in zip(sums, keys, strict=True)
    ]


def flagged(items, chance_of):
    chances = [chance for item in items if (chance := chance_of(item)) is not None]
    level = level_for(chances, len(chances))
    return [number for number, item in enumerate(items) if (p := chance_of(item)) is not None and p <= level]


def key_p(item):
    return item.key_p


def negative_p(item):
    return item.negative_p


RUNS = 120


@pytest.mark.parametrize("people", [40, PEOPLE])
def test_of_sound_questions_some_are_hard_and_hardly_ever_is_one_flagged(people):
    chance = random.Random(people)
    runs = [analysed(simulated(chance, people=people)) for _ in range(RUNS)]

    for chance_of in (key_p, negative_p):
        alarms = sum(bool(flagged(items, chance_of)) for items in runs)
        # At most one run in twenty by the level; that and two standard errors.
        assert alarms <= RUNS * FALSE_ALARMS + 2 * (RUNS * FALSE_ALARMS) ** 0.5


def test_questions_that_everybody_guesses_are_flagged_as_rarely():
    """The worst case: nothing speaks for the key, and nothing against it."""
    chance = random.Random(11)
    runs = [analysed(simulated(chance, difficulties=[99.0] * 10 + [0.0] * 10, lures={})) for _ in range(RUNS)]

    for chance_of in (key_p, negative_p):
        alarms = sum(bool(flagged(items, chance_of)) for items in runs)
        assert alarms <= RUNS * FALSE_ALARMS + 2 * (RUNS * FALSE_ALARMS) ** 0.5


@pytest.mark.parametrize(("difficulty", "at_least"), [(-1, 0.97), (0, 0.9), (0.6, 0.8)])
def test_a_wrong_key_is_found_with_133_attempts(difficulty, at_least):
    chance = random.Random(5)
    difficulties, keys = [difficulty, *DIFFICULTIES[1:]], [2] + [0] * 19
    found = [
        0 in flagged(analysed(simulated(chance, difficulties=difficulties, keys=keys), keys), key_p) for _ in range(60)
    ]

    assert sum(found) >= at_least * len(found)


def test_a_question_that_the_able_get_wrong_is_found_with_300_attempts():
    chance, found, keys = random.Random(6), 0, [1] + [0] * 19
    for _ in range(60):
        items = analysed(
            simulated(chance, people=300, difficulties=[0, *DIFFICULTIES[1:]], keys=keys, lures={0: 12}), keys
        )
        found += 0 in flagged(items, negative_p)

    assert found >= 0.9 * 60


@pytest.mark.parametrize(
    ("chances", "looked_at", "expected"),
    [
        ([], 20, -1.0),
        ([], 0, -1.0),
        ([0.04], 1, 0.04),
        ([0.04], 2, -1.0),
        ([0.05], 1, 0.05),
        ([0.0025], 20, 0.0025),
        ([0.0026], 20, -1.0),
        ([0.003, 0.005], 20, 0.005),  # the second is small enough for two, and so the first is
        ([0.001, 0.04], 20, 0.001),
    ],
)
def test_a_chance_must_be_the_smaller_the_more_questions_are_looked_at(chances, looked_at, expected):
    assert level_for(chances, looked_at) == expected


def test_a_wrong_option_that_is_ahead_by_a_hair_makes_no_key_suspect():
    cells = {"2/9": [35, 12, 0, 12, 12, 11], "5/9": [35, 12, 0, 12, 13, 10], "8/9": [35, 16, 0, 16, 17, 2]}

    item = analyse_item(QuestionSums(cells=cells), kind="single", key=[0], option_count=3)

    assert (item.key_p, Flag.KEY_SUSPECT in item.flags) == (1.0, False)


@pytest.mark.django_db
def test_flags_follow_the_number_of_questions_that_are_looked_at():
    def row_of(chance_of_key):
        question = QuestionFactory()
        row = statistics_row(question.published_revision, QuestionSums())
        row.key_p = chance_of_key
        row.save()
        return row

    suspect = row_of(0.01)
    _correct_flags()
    suspect.refresh_from_db()
    assert suspect.is_key_suspect is True

    for _ in range(5):
        row_of(1.0)
    _correct_flags()

    assert list(QuestionStatistics.objects.filter(is_key_suspect=True)) == []
    suspect.key_p = 0.001
    suspect.save()
    _correct_flags()
    assert list(QuestionStatistics.objects.filter(is_key_suspect=True)) == [suspect]
