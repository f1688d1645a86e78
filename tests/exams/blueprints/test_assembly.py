from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exams.blueprints.assembly import Quota, assemble, option_order, quotas, with_cases_together
from exams.exceptions import PoolTooSmall

MLS = {1: 20, 2: 24, 3: 36, 4: 20}


@dataclass(frozen=True)
class Item:
    question_id: int
    domain_id: int
    task_id: int = 0


def pool_of(**sizes):
    """pool_of(d1=3, d2=5): domain 1 has the questions 101–103, domain 2 has 201–205."""
    return [
        Item(100 * int(name[1:]) + number, int(name[1:]))
        for name, size in sizes.items()
        for number in range(1, size + 1)
    ]


def quota(domain_id, scored, unscored=0):
    return Quota(domain_id, f"Domain {domain_id}", scored, unscored)


# --- Quotas -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("total", "weights", "expected"),
    [
        (50, MLS, {1: 10, 2: 12, 3: 18, 4: 10}),
        (15, MLS, {1: 3, 2: 4, 3: 5, 4: 3}),
        (20, MLS, {1: 4, 2: 5, 3: 7, 4: 4}),
        (0, MLS, {1: 0, 2: 0, 3: 0, 4: 0}),
        (1, MLS, {1: 0, 2: 0, 3: 1, 4: 0}),
        (10, {7: 3}, {7: 10}),
        (3, {1: 0, 2: 5}, {1: 0, 2: 3}),
        # Equal remainders: the domain that stands first, whatever its id …
        (2, {9: 1, 5: 1, 7: 1}, {9: 1, 5: 1, 7: 0}),
        # … unless another is heavier.
        (2, {1: 1, 2: 3}, {1: 0, 2: 2}),
        # The weights need not be percentages, nor add up to anything.
        (50, {1: 5, 2: 6, 3: 9, 4: 5}, {1: 10, 2: 12, 3: 18, 4: 10}),
    ],
)
def test_quotas_share_by_the_largest_remainder(total, weights, expected):
    assert quotas(total, weights) == expected


some_weights = st.dictionaries(st.integers(1, 50), st.integers(0, 100), min_size=1, max_size=12).filter(
    lambda weights: sum(weights.values()) > 0
)


@settings(deadline=None)
@given(total=st.integers(0, 400), weights=some_weights)
def test_quotas_sum_exactly_and_stay_within_one_of_the_true_share(total, weights):
    shared = quotas(total, weights)

    assert sum(shared.values()) == total
    assert list(shared) == list(weights)
    for domain, count in shared.items():
        assert abs(count - Fraction(total * weights[domain], sum(weights.values()))) < 1


@settings(deadline=None)
@given(total=st.integers(0, 400), weights=some_weights)
def test_quotas_never_give_a_heavier_domain_less(total, weights):
    shared = quotas(total, weights)

    by_weight = sorted(weights, key=lambda domain: weights[domain])
    for lighter, heavier in pairwise(by_weight):
        if weights[lighter] < weights[heavier]:
            assert shared[lighter] <= shared[heavier]


@settings(deadline=None)
@given(total=st.integers(0, 400), weights=some_weights, factor=st.integers(2, 9))
def test_quotas_do_not_depend_on_the_unit_of_the_weights(total, weights, factor):
    assert quotas(total, weights) == quotas(total, {domain: factor * weight for domain, weight in weights.items()})


# --- Assembly ---------------------------------------------------------------------------------------


def test_assemble_fills_every_quota_exactly():
    form = assemble(pool_of(d1=9, d2=9), [quota(1, 3, 1), quota(2, 2, 2)], seed=5)

    assert Counter((item.domain_id, is_scored) for item, is_scored in form) == {
        (1, True): 3,
        (1, False): 1,
        (2, True): 2,
        (2, False): 2,
    }


def test_assemble_ignores_domains_the_exam_does_not_ask_for():
    form = assemble(pool_of(d1=5, d2=5), [quota(2, 3)], seed=5)

    assert {item.domain_id for item, _ in form} == {2}


def test_assemble_takes_the_whole_pool_when_it_only_just_suffices():
    pool = pool_of(d1=4, d2=3)

    form = assemble(pool, [quota(1, 3, 1), quota(2, 3)], seed=5)

    assert {item for item, _ in form} == set(pool)


def test_assemble_names_the_domain_that_is_short():
    with pytest.raises(PoolTooSmall) as refusal:
        assemble(pool_of(d1=9, d2=3), [quota(1, 3), quota(2, 3, 1)], seed=5)

    assert (refusal.value.domain, refusal.value.needed, refusal.value.available) == ("Domain 2", 4, 3)
    assert str(refusal.value) == "The bank has 3 published questions in “Domain 2”; this exam needs 4."


def test_pool_too_small_by_one_question_says_so_in_the_singular():
    assert str(PoolTooSmall("Modeling", 2, 1)) == "The bank has 1 published question in “Modeling”; this exam needs 2."


def test_assemble_names_a_domain_of_which_the_pool_has_nothing():
    with pytest.raises(PoolTooSmall, match="0 published questions in “Domain 2”"):
        assemble(pool_of(d1=9), [quota(1, 3), quota(2, 1)], seed=5)


def test_assemble_is_the_same_for_the_same_seed_whatever_the_order_of_the_pool():
    pool, asked = pool_of(d1=9, d2=9), [quota(1, 3, 1), quota(2, 3)]

    assert assemble(pool, asked, seed=5) == assemble(pool[::-1], asked, seed=5)


def test_assemble_differs_between_seeds():
    pool, asked = pool_of(d1=9, d2=9), [quota(1, 3, 1), quota(2, 3)]

    forms = [assemble(pool, asked, seed=seed) for seed in range(50)]

    assert len({tuple(form) for form in forms}) == 50


def test_assemble_gives_every_question_about_the_same_chance():
    drawn = Counter(
        item.question_id for seed in range(1000) for item, _ in assemble(pool_of(d1=10), [quota(1, 3)], seed=seed)
    )

    # 300 expected; the standard deviation is 14.5.
    assert len(drawn) == 10
    assert 240 < min(drawn.values()) <= max(drawn.values()) < 360


def test_assemble_draws_unseen_questions_first():
    seen = {101, 102, 103, 104, 105}

    for seed in range(50):
        form = assemble(pool_of(d1=9), [quota(1, 4)], seed=seed, seen=seen)
        assert {item.question_id for item, _ in form} == {106, 107, 108, 109}


def test_assemble_fills_up_with_seen_questions_only_as_far_as_needed():
    seen = {101, 102, 103, 104, 105, 106, 107}

    for seed in range(50):
        drawn = {item.question_id for item, _ in assemble(pool_of(d1=9), [quota(1, 4)], seed=seed, seen=seen)}
        assert {108, 109} < drawn
        assert len(drawn & seen) == 2


def test_assemble_mixes_seen_and_unseen_questions_over_the_form():
    places = Counter(
        place
        for seed in range(600)
        for place, (item, _) in enumerate(assemble(pool_of(d1=3), [quota(1, 3)], seed=seed, seen={101}))
        if item.question_id == 101
    )

    # 200 expected; the standard deviation is 11.5.
    assert 150 < min(places.values()) <= max(places.values()) < 250


def test_questions_of_a_case_follow_the_first_of_them_and_the_others_keep_their_order():
    cases = {101: "one", 102: "two", 103: "one", 201: "one", 202: "two"}

    for seed in range(50):
        form = assemble(pool_of(d1=6, d2=6), [quota(1, 5, 1), quota(2, 6)], seed=seed)
        expected = []
        for entry in form:
            case = cases.get(entry[0].question_id)
            mates = [other for other in form if case and cases.get(other[0].question_id) == case] or [entry]
            expected += [mate for mate in mates if mate not in expected]
        assert with_cases_together(form, cases) == expected
        assert with_cases_together(form, {}) == form


def test_unscored_items_stand_at_any_place():
    places = Counter(
        place
        for seed in range(1000)
        for place, (_, is_scored) in enumerate(
            assemble(pool_of(d1=9, d2=9), [quota(1, 3, 1), quota(2, 3, 1)], seed=seed)
        )
        if not is_scored
    )

    # 250 expected; the standard deviation is 13.7.
    assert set(places) == set(range(8))
    assert 190 < min(places.values()) <= max(places.values()) < 310


def test_any_question_may_be_unscored_also_those_seen_before():
    unscored = Counter(
        item.question_id
        for seed in range(1000)
        for item, is_scored in assemble(pool_of(d1=4), [quota(1, 3, 1)], seed=seed, seen={103, 104})
        if not is_scored
    )

    # 250 expected: were the unscored ones simply drawn last, they would always be questions seen before.
    assert set(unscored) == {101, 102, 103, 104}
    assert 190 < min(unscored.values()) <= max(unscored.values()) < 310


@settings(deadline=None)
@given(
    sizes=st.lists(st.tuples(st.integers(0, 12), st.integers(0, 6), st.integers(0, 6)), min_size=1, max_size=5),
    seed=st.integers(0, 2**62),
    seen=st.sets(st.integers(100, 520)),
)
def test_assemble_keeps_its_promises_for_any_pool(sizes, seed, seen):
    pool = [
        Item(100 * domain + number, domain) for domain, (size, _, _) in enumerate(sizes, 1) for number in range(size)
    ]
    asked = [quota(domain, scored, unscored) for domain, (_, scored, unscored) in enumerate(sizes, 1)]
    short = [f"Domain {domain}" for domain, (size, scored, unscored) in enumerate(sizes, 1) if size < scored + unscored]

    if short:
        with pytest.raises(PoolTooSmall) as refusal:
            assemble(pool, asked, seed=seed, seen=seen)
        assert refusal.value.domain == short[0]
        return
    form = assemble(pool, asked, seed=seed, seen=seen)

    assert len({item.question_id for item, _ in form}) == len(form)
    for wanted in asked:
        own = [(item, is_scored) for item, is_scored in form if item.domain_id == wanted.domain_id]
        assert (sum(is_scored for _, is_scored in own), len(own)) == (wanted.scored, wanted.total)
        left = {item.question_id for item in pool if item.domain_id == wanted.domain_id} - {
            i.question_id for i, _ in own
        }
        if any(item.question_id in seen for item, _ in own):
            assert left <= seen


# --- The order of options ---------------------------------------------------------------------------


@settings(deadline=None)
@given(count=st.integers(1, 8), shuffle=st.booleans(), seed=st.integers(0, 2**62), position=st.integers(1, 200))
def test_option_order_is_a_permutation_and_always_the_same(count, shuffle, seed, position):
    order = option_order(count, shuffle=shuffle, seed=seed, position=position)

    assert sorted(order) == list(range(count))
    assert order == option_order(count, shuffle=shuffle, seed=seed, position=position)


def test_option_order_stays_as_written_when_the_question_forbids_shuffling():
    assert {tuple(option_order(5, shuffle=False, seed=seed, position=3)) for seed in range(50)} == {(0, 1, 2, 3, 4)}


def test_option_order_differs_between_the_questions_of_one_attempt():
    orders = {tuple(option_order(6, shuffle=True, seed=7, position=position)) for position in range(1, 66)}

    assert len(orders) > 50


@pytest.mark.parametrize("own", range(4))
def test_option_order_shows_an_option_at_every_place_equally_often(own):
    places = Counter(
        option_order(4, shuffle=True, seed=seed, position=position).index(own)
        for seed in range(40)
        for position in range(1, 26)
    )

    # 250 expected; the standard deviation is 13.7.
    assert 190 < min(places.values()) <= max(places.values()) < 310
