"""A person's own parameters: few answers change little, many find who forgets faster or more slowly."""

from datetime import UTC, datetime, timedelta
from math import exp, log
from random import Random

import pytest

from exams.study.fitting import LEAST, fitted
from exams.study.scheduling import Answered, remembered, retrievability, scheduler_of

START = datetime(2026, 1, 1, 18, tzinfo=UTC)
DEFAULT = scheduler_of().parameters


def person(initial: float, growth: float) -> tuple[float, ...]:
    return (*(w * initial for w in DEFAULT[:4]), *DEFAULT[4:8], DEFAULT[8] + log(growth), *DEFAULT[9:])


def histories(parameters: tuple[float, ...], questions: int, repeats: int = 4, seed: int = 1) -> list[list[Answered]]:
    """Answers as the model expects them of such a person, after intervals of one day to a month."""
    draw = Random(seed)
    made = []
    for _ in range(questions):
        at, answers = START, [Answered(START, draw.random() < 0.6)]
        for _ in range(repeats):
            at += timedelta(days=draw.choice([1, 3, 7, 14, 30]))
            recall = retrievability(remembered(answers, parameters=parameters, exam_at=None), at, parameters=parameters)
            answers.append(Answered(at, draw.random() < recall))
        made.append(answers)
    return made


def factors(parameters: tuple[float, ...]) -> tuple[float, float]:
    return parameters[2] / DEFAULT[2], exp(parameters[8] - DEFAULT[8])


def test_with_few_repeats_there_are_no_parameters():
    once = [[Answered(START, True), Answered(START + timedelta(days=3), True)]]

    assert fitted(once * (LEAST - 1)) is None
    assert fitted(once * LEAST) is not None
    assert fitted([]) is None


def test_repeats_on_the_same_day_do_not_count():
    hour = timedelta(hours=1)

    assert fitted([[Answered(START, True), Answered(START + hour, True)]] * 200) is None


@pytest.mark.parametrize(("initial", "growth"), [(0.5, 1.0), (1.0, 1.0), (2.0, 1.0), (0.6, 0.5), (1.5, 1.8)])
def test_person_is_found_in_many_answers(initial, growth):
    found = factors(fitted(histories(person(initial, growth), 300)))

    assert found == pytest.approx((initial, growth), rel=0.35)


def test_few_answers_change_little():
    made = histories(person(3.0, 1.0), 300)

    few, many = (factors(fitted(made[:questions]))[0] for questions in (30, 300))

    assert 1 <= few < many


def test_fit_gives_the_same_again_and_parameters_that_the_library_takes():
    made = histories(person(0.25, 0.3), 60)

    parameters = fitted(made)

    assert parameters == fitted(made)
    assert scheduler_of(parameters).parameters == parameters


@pytest.mark.parametrize("is_right", [True, False])
def test_person_who_is_always_or_never_right_stays_within_the_bounds(is_right):
    made = [[Answered(START + timedelta(days=day), is_right) for day in (0, 2, 9, 40)]] * 100

    initial, growth = factors(fitted(made))

    assert 0.25 <= initial <= 4
    assert 0.25 <= growth <= 4
