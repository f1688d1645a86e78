"""Promises 1 and 3 with two web processes: everything that can be done at the same moment."""

import random

from exams.attempts.models import Attempt, AttemptItem
from exams.scoring.models import Score
from tests.exams.helpers import make_mls_exam
from tests.exams.threads import at_once
from tests.factories import make_exam
from tests.faults.candidates import Tab, assert_nothing_lost, audit, let_in, sit_down

LANES = 4


def in_lanes(work, jobs):
    """Do the jobs, several at a time; raise what any of them raised."""
    jobs = list(jobs)

    def lane(number):
        for job in jobs[number::LANES]:
            work(job)

    for error in at_once(*(lambda number=number: lane(number) for number in range(LANES))):
        if error is not None:
            raise error


def in_random_order(*calls):
    order = random.sample(range(len(calls)), len(calls))
    done = dict(zip(order, at_once(*(calls[number] for number in order)), strict=True))
    for outcome in done.values():
        if isinstance(outcome, Exception):
            raise outcome
    return [done[number] for number in range(len(calls))]


def test_two_tabs_answer_the_same_question_at_once(site, table, times):
    """One of the two is stored and acknowledged; the other is refused and shown both. Never both, never neither."""
    pairs = times(100, 10_000, 1_000)
    seats = sit_down(LANES, make_mls_exam())
    log = []

    def race(seat):
        one, other = Tab(site.url, seat, log), Tab(site.url, seat, log)
        known, current = dict.fromkeys(range(1, 66), 0), dict.fromkeys(range(1, 66), None)
        for number in range(pairs // LANES):
            position = number % 65 + 1
            first, second = random.sample([option for option in range(4) if option != current[position]], 2)
            saves = in_random_order(
                lambda at=position, option=first: one.save(at, option, known=known[at]),
                lambda at=position, option=second: other.save(at, option, known=known[at]),
            )
            assert sorted(saved.status for saved in saves) == [200, 409]
            winner = next(saved for saved in saves if saved.status == 200)
            known[position], (current[position],) = winner.sequence, winner.chosen

    in_lanes(race, seats)
    for seat in seats:
        assert Tab(site.url, seat).hand_in().status == 302

    found = audit(log, [seat.attempt_id for seat in seats])
    table("two tabs, same question, at once", pairs, found, refused=sum(saved.status == 409 for saved in log))
    assert_nothing_lost(found)
    assert found.acknowledged == pairs // LANES * LANES


def test_save_races_with_hand_in(site, table, times):
    """An answer is stored before the hand-in, and scored, or refused: 410. Nothing is written afterwards."""
    races = times(40, 10_000, 1_000)
    written_late, log = [], []
    exam = make_exam()

    def race(seat):
        tabs = [Tab(site.url, seat, log) for _ in range(3)]
        option = random.randrange(4)

        def hand_in():
            response = tabs[2].hand_in()
            items = AttemptItem.objects.filter(attempt=seat.attempt_id).order_by("position")
            return response, list(items.values_list("response", "sequence"))

        *saves, (response, at_hand_in) = in_random_order(
            lambda: tabs[0].save(1, option), lambda: tabs[1].save(2, option), hand_in
        )
        assert (response.status, response.location) == (302, f"/attempts/{seat.attempt_id}/result/")
        assert {saved.status for saved in saves} <= {200, 410}
        items = AttemptItem.objects.filter(attempt=seat.attempt_id).order_by("position")
        if list(items.values_list("response", "sequence")) != at_hand_in:
            written_late.append(seat.attempt_id)

    attempt_ids = []
    for _ in range(0, races, 1000):
        seats = sit_down(min(races, 1000), exam)
        attempt_ids += [seat.attempt_id for seat in seats]
        in_lanes(race, seats)

    found = audit(log, attempt_ids)
    refused = sum(saved.status == 410 for saved in log)
    table("save races with hand-in", races, found, refused=refused, written_late=len(written_late))
    assert_nothing_lost(found)
    assert not written_late
    assert refused
    assert found.acknowledged


def test_twenty_starts_and_twenty_hand_ins_at_once(site, table, times):
    """One attempt, one submission, one score, and the same answer to all."""
    rounds = times(3, 1_000, 100)
    exam = make_exam()

    def twenty_times(tab, path):
        responses = in_random_order(*[lambda: tab.ask("POST", path)] * 20)
        assert {response.status for response in responses} == {302}, responses
        (target,) = {response.location for response in responses}
        return target

    for seat in let_in(rounds):
        tab = Tab(site.url, seat)
        attempt = twenty_times(tab, f"/exams/{exam.slug}/start/")
        assert twenty_times(tab, f"{attempt}hand-in/") == f"{attempt}result/"

    attempts, scores = Attempt.objects.count(), Score.objects.filter(is_current=True).count()
    table("20 starts, then 20 hand-ins, at once", rounds, attempts=attempts, scores=scores)
    assert (attempts, scores, Score.objects.count()) == (rounds, rounds, rounds)
