"""Reading, numbering and marking responses, kind by kind: tables of cases."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from questions.exceptions import InvalidResponse, UnknownKind
from questions.kinds import KINDS, Given, kind_of

# --- The registry -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["", "essay", "Single", "match"])
def test_unknown_kind_is_taken_for_none(name):
    with pytest.raises(UnknownKind, match=f"no kind of question “{name}”; there are single, "):
        kind_of(name)


def test_kinds_are_registered_by_their_own_names():
    assert [room.name for room in KINDS.values()] == list(KINDS)


# --- Responses --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "chosen", "expected"),
    [
        ("single", (), None),
        ("single", (0,), [0]),
        ("single", (3,), [3]),
        ("single", (2, 2), [2]),
        ("multiple", (), None),
        ("multiple", (1,), [1]),
        ("multiple", (3, 0, 2), [0, 2, 3]),
        ("multiple", (1, 0, 1), [0, 1]),
        ("multiple", (0, 1, 2, 3), [0, 1, 2, 3]),
    ],
)
def test_clean_response_sorts_and_drops_repeats(kind, chosen, expected):
    assert kind_of(kind).clean(Given(chosen=chosen), 4, 0) == expected


@pytest.mark.parametrize(
    ("kind", "chosen", "message"),
    [
        ("single", (4,), "no such option"),
        ("single", (-1,), "no such option"),
        ("multiple", (0, 4), "no such option"),
        ("multiple", (-1, 0), "no such option"),
        ("single", (0, 1), "one answer"),
    ],
)
def test_clean_response_refuses_what_no_page_can_send(kind, chosen, message):
    with pytest.raises(InvalidResponse, match=message):
        kind_of(kind).clean(Given(chosen=chosen), 4, 0)


@pytest.mark.parametrize(
    ("kind", "places", "expected"),
    [
        ("ordering", (), None),
        ("ordering", (None, None, None), None),
        ("ordering", (2, 0, 1), [2, 0, 1]),
        ("ordering", (None, 0, None), [None, 0, None]),
        ("ordering", (1, 1, 1), [1, 1, 1]),
        ("matching", (), None),
        ("matching", (None, None, None), None),
        ("matching", (4, 0, 4), [4, 0, 4]),
        ("matching", (None, None, 3), [None, None, 3]),
    ],
)
def test_clean_response_keeps_places_as_they_are_given(kind, places, expected):
    assert kind_of(kind).clean(Given(places=places), 3, 5) == expected


@pytest.mark.parametrize(
    ("kind", "fields", "message"),
    [
        ("ordering", {"places": (3, 0, 1)}, "no such place"),
        ("ordering", {"places": (-1, 0, 1)}, "no such place"),
        ("matching", {"places": (5, 0, 1)}, "no such place or match; this question has 5"),
        ("ordering", {"places": (0, 1)}, "3 options, but the answer places 2"),
        ("ordering", {"places": (0, 1, 2, 3)}, "3 options, but the answer places 4"),
        ("matching", {"places": (None,) * 4}, "3 options, but the answer places 4"),
        ("ordering", {"chosen": (0,)}, "takes no choice"),
        ("matching", {"chosen": (0,), "places": (0, 1, 2)}, "takes no choice"),
        ("single", {"places": (0, 1, 2)}, "takes no places"),
        ("multiple", {"places": (None,), "chosen": (0,)}, "takes no places"),
    ],
)
def test_clean_response_refuses_places_that_the_question_does_not_have(kind, fields, message):
    with pytest.raises(InvalidResponse, match=message):
        kind_of(kind).clean(Given(**fields), 3, 5)


@pytest.mark.parametrize(
    ("kind", "shown", "own"),
    [
        ("single", [1], [0]),
        ("multiple", [0, 2], [1, 2]),
        ("ordering", [0, 1, 2], [1, 2, 0]),
        ("ordering", [None, 1, 1], [1, 1, None]),
        ("matching", [4, None, 4], [None, 4, 4]),
    ],
)
def test_response_goes_into_the_numbering_of_the_revision(kind, shown, own):
    assert kind_of(kind).in_own_numbering([2, 0, 1], shown) == own


@given(st.permutations(range(6)), st.lists(st.none() | st.integers(0, 7), min_size=6, max_size=6))
def test_each_option_keeps_its_place_whatever_the_order_it_is_shown_in(order, places):
    own = kind_of("matching").in_own_numbering(order, places)

    assert [own[option] for option in order] == places


@pytest.mark.parametrize(
    ("kind", "response", "expected"),
    [
        ("single", None, False),
        ("single", [], False),
        ("single", [0], True),
        ("multiple", [1], True),
        ("ordering", None, False),
        ("ordering", [0, None, 1], False),
        ("ordering", [0, 1, 1], False),
        ("ordering", [2, 0, 1], True),
        ("matching", [None, 2, 2], False),
        ("matching", [2, 2, 2], True),
    ],
)
def test_answer_is_complete_when_every_option_has_what_no_key_denies_it(kind, response, expected):
    assert kind_of(kind).is_complete(response) is expected


# --- Marks ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "key", "response", "expected"),
    [
        ("single", [1], [2], [0, 0, 1]),
        ("single", [1], None, [0, 0, 0]),
        ("multiple", [0, 2], [0, 1], [1, 1, 0]),
        ("ordering", [0, 1, 2], [0, 2, 1], [1, 0, 0]),
        ("matching", [1, 1, 0], [1, None, 0], [1, 0, 1]),
        ("matching", [1, 1, 0], None, [0, 0, 0]),
    ],
)
def test_marks_are_choices_or_right_places(kind, key, response, expected):
    assert kind_of(kind).marks(key, 3, response) == expected
