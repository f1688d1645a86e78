from hypothesis import given, settings
from hypothesis import strategies as st

from questions.content import Option
from questions.diffing import MAX_WORDS, Piece, content_fields, diff_fields, diff_words
from tests.factories import make_content


def test_changed_words_are_marked_on_both_sides():
    before, after = diff_words("one two three", "one 2 three")

    assert before == [Piece("one ", False), Piece("two", True), Piece(" three", False)]
    assert after == [Piece("one ", False), Piece("2", True), Piece(" three", False)]


def test_same_text_is_one_piece_and_no_text_is_none():
    assert diff_words("same", "same") == ([Piece("same", False)], [Piece("same", False)])
    assert diff_words("", "new") == ([], [Piece("new", True)])


@settings(max_examples=100)
@given(st.text(), st.text())
def test_pieces_add_up_to_the_texts_and_what_is_shared_is_the_same(old, new):
    before, after = diff_words(old, new)

    assert ("".join(piece.text for piece in before), "".join(piece.text for piece in after)) == (old, new)
    assert [piece.text for piece in before if not piece.is_changed] == [
        piece.text for piece in after if not piece.is_changed
    ]


def test_very_long_texts_are_shown_as_replaced():
    old, new = "word " * MAX_WORDS + "x", "other " * MAX_WORDS + "y"

    assert diff_words(old, new) == ([Piece(old, True)], [Piece(new, True)])


def test_fields_of_two_revisions_are_compared_by_their_labels():
    old = make_content("x", case="A case.")
    new = make_content("x", options=(*old.options[:3], Option(text="Another", rationale="No.")), explanation="")

    rows = {row.label: row for row in diff_fields(content_fields(old), content_fields(new))}

    assert {label for label, row in rows.items() if row.is_changed} == {
        "Option 4", "Option 4: rationale", "Case", "Explanation",
    }  # fmt: skip
    assert rows["Case"].after == []
    assert rows["Option 2: key"].before == [Piece("right", False)]
