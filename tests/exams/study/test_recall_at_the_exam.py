"""A small run of benchmarks/recall.py: what the days before an exam are chosen for."""

import pytest

from benchmarks.recall import compare


@pytest.mark.parametrize(("days", "minutes"), [(20, 20), (30, 20)])
def test_our_days_bring_more_than_plain_ones_with_no_more_answers(days, minutes):
    plain, ours = compare(days=days, minutes=minutes, learners=range(4), questions=90)

    assert ours.recall >= plain.recall
    assert ours.answers <= plain.answers
    assert (plain.late > 0, ours.late) == (True, 0)
