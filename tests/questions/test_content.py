import datetime as dt

import pytest
from pydantic import ValidationError

from questions.content import (
    Option,
    Reference,
    draft_problems,
    longest_option_is_key,
    near_duplicates,
    publication_problems,
)
from tests.factories import make_content


def make_options(*keys, texts=("North", "East", "South", "West"), rationale="Because of the map."):
    return tuple(Option(text=text, key=index in keys, rationale=rationale) for index, text in enumerate(texts))


def as_texts(problems):
    return [str(problem) for problem in problems]


# --- What content is --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"kind": "essay"}, "kind"),
        ({"stem": ""}, "stem"),
        ({"stem": " \n\t"}, "stem"),
        ({"options": (Option.model_construct(text="", key=False, rationale=""),)}, "options"),
        ({"options": ({"text": "  "},)}, "options"),
        ({"options": ({"text": "A", "weight": 2},)}, "options"),
        ({"references": ({"title": "Guide", "section": ""},)}, "references"),
        ({"references": ({"title": "Guide"},)}, "references"),
        ({"valid_as_of": "soon"}, "valid_as_of"),
        ({"valid_as_of": None}, "valid_as_of"),
        ({"answer": 1}, "answer"),
    ],
)
def test_content_with_a_wrong_field_is_refused(changes, field):
    fields = make_content().model_dump() | {
        name: tuple(part if isinstance(part, dict) else part.model_dump() for part in value)
        if isinstance(value, tuple)
        else value
        for name, value in changes.items()
    }

    with pytest.raises(ValidationError) as refusal:
        type(make_content()).model_validate(fields)

    assert {error["loc"][0] for error in refusal.value.errors()} == {field}


def test_content_cannot_be_changed():
    content = make_content()

    with pytest.raises(ValidationError, match="frozen"):
        content.stem = "Another stem?"
    with pytest.raises(ValidationError, match="frozen"):
        content.options[0].key = True


def test_space_around_texts_is_dropped():
    content = make_content(
        stem="\n Which way? \n",
        options=(Option(text=" North ", rationale="\tYes. "), Option(text="South\n")),
        explanation=" Look up. ",
        service_note=" None. ",
        references=(Reference(title=" Atlas ", section=" Poles "),),
    )

    assert content == make_content(
        stem="Which way?",
        options=(Option(text="North", rationale="Yes."), Option(text="South")),
        explanation="Look up.",
        service_note="None.",
        references=(Reference(title="Atlas", section="Poles"),),
    )


def test_line_endings_of_a_browser_and_of_a_file_make_the_same_content():
    # A browser sends a textarea's lines with CRLF; the content saved from it must equal what the file said.
    def content(newline):
        text = newline.join(["First paragraph.", "", "| a | b |", "|---|---|", "| 1 | 2 |"])
        return make_content(stem=text, options=make_options(0, rationale=text), explanation=text, service_note=text)

    assert content("\r\n") == content("\n")


@pytest.mark.parametrize(("keys", "expected"), [((), []), ((2,), [2]), ((3, 0), [0, 3])])
def test_key_is_the_indexes_of_the_right_options(keys, expected):
    assert make_content(options=make_options(*keys)).key == expected


# --- The rules --------------------------------------------------------------------------------------


def test_decoys_in_another_order_or_twice_are_the_same_content():
    assert make_content(kind="matching", decoys=("b", "a", "b")) == make_content(kind="matching", decoys=("a", "b"))


def test_publishable_content_has_no_problem():
    assert draft_problems(make_content()) == []
    assert publication_problems(make_content()) == []


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ([], ["options: the question has 0 options; give 2 to 8, usually four."]),
        (["A"], ["options: the question has 1 option; give 2 to 8, usually four."]),
        (["A", "B"], []),
        (list("ABCDEFGH"), []),
        (list("ABCDEFGHI"), ["options: the question has 9 options; give 2 to 8, usually four."]),
        (["A", "B", "A"], ["options: “a” appears 2 times; make every option different."]),
        (["Use S3", "use  s3", "Use\nS3", "B"], ["options: “use s3” appears 3 times; make every option different."]),
        (["STRASSE", "Straße"], ["options: “strasse” appears 2 times; make every option different."]),
    ],
)
def test_draft_problems_of_options(texts, expected):
    content = make_content(options=make_options(0, texts=texts))

    assert as_texts(draft_problems(content)) == expected


def test_draft_may_lack_what_publication_needs():
    content = make_content(options=make_options(rationale=""), explanation="", references=())

    assert draft_problems(content) == []
    assert as_texts(publication_problems(content)) == [
        "key: no key; mark the right option (`key: true`).",
        "options.0.rationale: “North” has no rationale; say why it is right or wrong.",
        "options.1.rationale: “East” has no rationale; say why it is right or wrong.",
        "options.2.rationale: “South” has no rationale; say why it is right or wrong.",
        "options.3.rationale: “West” has no rationale; say why it is right or wrong.",
        "explanation: the explanation is missing; say in a few sentences what the question teaches.",
        "references: a reference is missing; name a document and its section.",
    ]


@pytest.mark.parametrize(
    ("kind", "keys", "expected"),
    [
        ("single", [], ["key: no key; mark the right option (`key: true`)."]),
        ("single", [0], []),
        ("single", [3], []),
        ("single", [0, 1], ["key: a `single` question has 2 keys; mark one, or make it `multiple`."]),
        (
            "single",
            [0, 1, 2, 3],
            [
                "key: a `single` question has 4 keys; mark one, or make it `multiple`.",
                "key: every option is a key; add a distractor.",
            ],
        ),
        ("multiple", [], ["key: no key; mark the right option (`key: true`)."]),
        ("multiple", [2], ["key: a `multiple` question has only one key; mark another, or make it `single`."]),
        ("multiple", [0, 3], []),
        ("multiple", [0, 1, 2], []),
        ("multiple", [0, 1, 2, 3], ["key: every option is a key; add a distractor."]),
    ],
)
def test_publication_problems_of_the_key(kind, keys, expected):
    content = make_content(kind=kind, options=make_options(*keys))

    assert as_texts(publication_problems(content)) == expected


def test_publication_names_the_one_option_without_a_rationale():
    options = [*make_options(1)]
    options[2] = Option(text="South")

    assert as_texts(publication_problems(make_content(options=tuple(options)))) == [
        "options.2.rationale: “South” has no rationale; say why it is right or wrong."
    ]


def test_publication_includes_the_problems_of_a_draft():
    content = make_content(options=make_options(0, texts=["A", "A"]))

    assert as_texts(publication_problems(content)) == ["options: “a” appears 2 times; make every option different."]


# --- Near-duplicates --------------------------------------------------------------------------------

STEM = "A small airline keeps its booking records in one bucket and wants them sorted each night by flight."
ENDING = "Which solution meets all of these requirements with the least operational overhead for the team?"


@pytest.mark.parametrize(
    ("stems", "expected"),
    [
        ({}, []),
        ({"a": STEM}, []),
        ({"a": STEM, "b": "A hospital archives scans."}, []),
        ({"a": STEM, "b": STEM}, [("a", "b", 1.0)]),
        ({"a": STEM, "b": STEM.upper().replace(" ", ",  ")}, [("a", "b", 1.0)]),
        ({"a": "Why?", "b": "why"}, [("a", "b", 1.0)]),
        ({"a": "Why?", "b": "How?"}, []),
        ({"a": "?", "b": "!"}, []),
        # 15 runs of four words each; another last word changes one run of either stem.
        ({"a": STEM, "b": STEM.replace("flight", "plane")}, [("a", "b", 14 / 16)]),
        # Another word at two places in the middle changes eight runs of either stem: 7 in common of 23.
        ({"a": STEM, "b": STEM.replace("records", "files").replace("each", "every")}, []),
    ],
)
def test_near_duplicates_of_two_stems(stems, expected):
    assert near_duplicates(stems) == expected


@pytest.mark.parametrize(
    ("second", "expected"),
    [
        ("one two three four five six seven", [("a", "b", 4 / 8)]),
        ("one two three four five six", []),  # 3 runs in common of 8
    ],
)
def test_near_duplicates_begin_at_half_the_runs(second, expected):
    assert near_duplicates({"a": "one two three four five six seven eight nine ten eleven", "b": second}) == expected


def test_near_duplicates_come_most_alike_first_then_by_id():
    almost = STEM.replace("flight", "plane")

    pairs = near_duplicates({"d": almost, "c": STEM, "a": STEM, "b": "A hospital archives scans."})

    assert pairs == [("c", "a", 1.0), ("d", "a", 14 / 16), ("d", "c", 14 / 16)]


# Five words of its own, then the common ending: without a rule for endings, each pair would be 55 % alike.
ALIKE_AT_THE_END = {f"q{n:02}": f"Team{n} moves {n} to place{n}. {ENDING}" for n in range(40)}


def test_stems_that_only_end_alike_are_no_duplicates():
    assert near_duplicates(ALIKE_AT_THE_END) == []


def test_equal_stems_are_wholly_alike_though_many_others_share_their_ending():
    stems = ALIKE_AT_THE_END | {"r00": ALIKE_AT_THE_END["q07"]}

    assert near_duplicates(stems) == [("q07", "r00", 1.0)]


@pytest.mark.parametrize("copies", [2, 25, 26, 40])
def test_every_copy_of_a_stem_is_found_however_many_there_are(copies):
    stems = {f"q{number:02}": STEM for number in range(copies)}

    assert {key for pair in near_duplicates(stems) for key in pair[:2]} == set(stems)


# --- Is the key the longest option? -----------------------------------------------------------------


def test_longest_option_is_key_counts_only_questions_with_one_key():
    texts = ["a", "the longest of all", "bc"]
    contents = [
        make_content(options=make_options(1, texts=texts)),
        make_content(options=make_options(0, texts=texts)),
        make_content(options=make_options(texts=texts)),
        make_content(kind="multiple", options=make_options(0, 1, texts=texts)),
    ]

    assert longest_option_is_key(contents) == (1, 2)
    assert longest_option_is_key([]) == (0, 0)


def test_content_is_the_same_from_json_and_from_python():
    content = make_content(valid_as_of=dt.date(2026, 11, 21))

    assert type(content).model_validate_json(content.model_dump_json()) == content
