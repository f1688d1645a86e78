"""Ordering, matching and case texts: how they are asked, saved, scored and reviewed, beside the other kinds."""

import re

import pytest
from django.urls import reverse

from exams.attempts.models import AttemptItem
from exams.attempts.queries.taking import item_states, shown_items
from exams.attempts.services.saving import save_answer
from exams.attempts.services.starting import start_attempt
from exams.exceptions import InvalidResponse, StaleAnswer
from exams.scoring.services import score_attempt
from tests.exams.helpers import (
    MINUTE,
    START,
    answer_to,
    client_of,
    close,
    finish,
    item_of,
    items_of,
    make_exam_of,
    points_of,
    posted,
    right_answer,
    wrong_answer,
)
from tests.exams.pages import fields_of
from tests.factories import UserFactory, make_attempt, make_content

pytestmark = pytest.mark.django_db

KINDS = ["single", "multiple", "ordering", "matching"]


def attempt_of(*contents, seed=1, **fields):
    return make_attempt(exam=make_exam_of(*contents), now=START, seed=seed, **fields)


def save(item, *, now=START + MINUTE, **fields):
    answer = answer_to(item, **fields)
    return save_answer(candidate=item.attempt.candidate, attempt_id=item.attempt_id, answer=answer, now=now)


def words(page):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


@pytest.fixture(params=["ordering", "matching"])
def item(request):
    return item_of(attempt_of(make_content("x", request.param)))


@pytest.fixture
def ordering():
    return item_of(attempt_of(make_content("x", "ordering")))


@pytest.fixture
def matching():
    return item_of(attempt_of(make_content("x", "matching")))


# --- Starting ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("shuffle", [True, False])
def test_options_to_be_put_in_order_are_shuffled_whatever_the_question_says(shuffle):
    exam = make_exam_of(make_content("x", "ordering", shuffle=shuffle))

    orders = {
        tuple(start_attempt(candidate=UserFactory(), exam=exam, now=START, seed=seed).items.get().option_order)
        for seed in range(60)
    }

    # 24 orders; some 22 of them are expected, the right one among them as often as any other.
    assert len(orders) > 14


def test_prompts_stay_as_written_when_the_question_forbids_shuffling():
    item = item_of(attempt_of(make_content("x", "matching", shuffle=False)))

    assert item.option_order == [0, 1, 2, 3]


# --- Saving -----------------------------------------------------------------------------------------


def test_places_are_stored_in_the_numbering_of_the_revision(item):
    saved = save(item, places=(3, None, 0, 0))

    item.refresh_from_db()
    assert [item.response[own] for own in item.option_order] == [3, None, 0, 0]
    assert (saved.sequence, item.sequence) == (1, 1)


@pytest.mark.parametrize("places", [(), (None, None, None, None)])
def test_lists_without_any_place_are_a_blank(item, places):
    save(item, places=(1, 0, 2, 3))

    save(item, places=places, sequence=1, count=2)

    assert AttemptItem.objects.filter(pk=item.pk, response__isnull=True, sequence=2).exists()


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"places": (0, 1, 2)}, "4 options"),
        ({"places": (0, 1, 2, 3, 0)}, "4 options"),
        ({"places": (0, 1, 2, 4)}, "no such place"),
        ({"places": (0, 1, 2, -1)}, "no such place"),
        ({"chosen": (1,)}, "takes no choice"),
        ({"places": (0, 1, 2, 3), "struck": (4,)}, "no such option"),
    ],
)
def test_save_refuses_what_the_lists_do_not_offer(item, fields, message):
    with pytest.raises(InvalidResponse, match=message):
        save(item, **fields)

    item.refresh_from_db()
    assert (item.response, item.sequence) == (None, 0)


def test_save_refuses_places_for_a_question_whose_options_are_chosen():
    item = item_of(attempt_of(make_content("x")))

    with pytest.raises(InvalidResponse, match="takes no places"):
        save(item, places=(0, 1, 2, 3))


def test_repeat_of_saved_places_changes_nothing_and_a_stale_tab_overwrites_nothing(item):
    save(item, places=(0, 1, None, None), page="first tab")

    assert save(item, places=(0, 1, None, None), sequence=0, page="first tab").sequence == 1
    assert save(item, places=(0, 1, None, None), sequence=0, page="second tab").sequence == 1
    for places in [(1, 0, None, None), (0, 1, 2, None), (0, None, None, None), ()]:
        with pytest.raises(StaleAnswer):
            save(item, places=places, sequence=0, page="second tab", count=2)

    item.refresh_from_db()
    assert ([item.response[own] for own in item.option_order], item.sequence) == ([0, 1, None, None], 1)


def test_quick_changes_of_places_on_one_page_are_stored_one_after_the_other(item):
    save(item, places=(0, None, None, None), count=1)

    assert save(item, places=(0, 1, None, None), sequence=0, count=2).sequence == 2
    with pytest.raises(StaleAnswer):
        save(item, places=(0, None, 1, None), sequence=0, count=1)


def test_save_takes_as_many_queries_as_for_a_choice(item, django_assert_num_queries):
    with django_assert_num_queries(2):
        save(item, places=(0, 1, None, None))


# --- The page ---------------------------------------------------------------------------------------


def page_of(item):
    return client_of(item.attempt.candidate).get(reverse("exams:attempt", args=[item.attempt_id]))


def test_page_comes_back_with_the_places_as_they_were_left(clock, item):
    save(item, places=(2, None, 0, 0))

    sent = fields_of(page_of(item), "hand-in")

    assert sent["q1-place"] == ["2", "", "0", "0"]
    assert not {"q1-choice", "q1-struck"} & sent.keys()


def test_matches_are_offered_in_an_order_that_tells_nothing(clock, matching):
    page = page_of(matching).text

    offered = ["A of x", "B of x", "C of x", "D of x"]
    first_list = page[page.index("<select") : page.index("</select>")]
    assert re.findall(r'<option value="(\d)">(\d)\. Match (.+?)</option>', first_list) == [
        (str(number), str(number + 1), text) for number, text in enumerate(offered)
    ]
    assert re.findall(r'<li class="prose">Match (.+?)</li>', page) == offered


def test_markdown_of_a_match_is_plain_words_in_the_list(clock):
    content = make_content("x", "matching", decoys=("Use `a < b` & **bold** <script>alert(1)</script>",))
    page = page_of(item_of(attempt_of(content))).text

    assert "Use a &lt; b &amp; bold &lt;script&gt;alert(1)&lt;/script&gt;</option>" in page
    assert "Use <code>a &lt; b</code> &amp; <strong>bold</strong>" in page
    assert "<script>alert" not in page


def test_case_stands_above_the_stem_and_nowhere_without_one(clock):
    content = make_content("x", case="A shop has **many** clicks.")
    with_case, without = page_of(item_of(attempt_of(content))).text, page_of(item_of(attempt_of(make_content()))).text

    assert with_case.index("A shop has <strong>many</strong> clicks.") < with_case.index("Stem x")
    assert 'class="case"' in with_case
    assert 'class="case"' not in without


@pytest.mark.parametrize(
    ("kind", "places", "note"),
    [
        ("ordering", (), ""),
        ("ordering", (3, 1, 0, 2), ""),
        ("ordering", (3, None, 0, None), "Incomplete: no place for B, D."),
        ("ordering", (2, 0, 2, 0), "Incomplete: place 1 given to B, D; place 3 given to A, C."),
        ("ordering", (1, 1, 1, None), "Incomplete: no place for D; place 2 given to A, B, C."),
        ("matching", (1, 1, 1, None), "Incomplete: no match for D."),
        ("matching", (1, 1, 1, 1), ""),
    ],
)
def test_page_palette_and_summary_say_what_is_incomplete(clock, kind, places, note):
    item = item_of(attempt_of(make_content("x", kind)))
    save(item, places=places)

    page = page_of(item).text
    summary = client_of(item.attempt.candidate).get(reverse("exams:attempt-hand-in", args=[item.attempt_id])).text

    assert f'<p class="answer-note" role="status">{note}</p>' in page
    state = "incomplete" if note else "answered" if places else "unseen"
    assert f'data-position="1" data-state="{state}"' in page
    assert ("Incomplete (counts as wrong): 1" in words(summary)) == bool(note)
    assert ("No answer to 1 of 1 (a blank counts as wrong): 1" in words(summary)) == (not places)
    assert ("The question is answered." in words(summary)) == (state == "answered")
    (shown,), (known,) = shown_items(item.attempt), item_states(item.attempt)
    assert (shown.is_answered, shown.is_incomplete) == (known.is_answered, known.is_incomplete)


def test_stale_places_are_a_409_that_shows_both(clock, ordering):
    client, url = client_of(ordering.attempt.candidate), reverse("exams:answer-save", args=[ordering.attempt_id, 1])
    client.post(url, posted(ordering, places=(3, None, 0, 1), page="other"))

    response = client.post(url, posted(ordering, places=(None, 2, None, None), page="mine", sequence=0))

    assert response.status_code == 409
    assert "Saved there: A 4; C 1; D 2 Chosen here: B 3" in words(response.text)
    assert 'data-sequence="1"' in response.text
    assert 'data-place="3,,0,1"' in response.text
    assert fields_of(response, "hand-in")["q1-sequence"] == ["0"]


def test_stale_blank_lists_are_a_409_that_says_no_answer(clock, item):
    save(item, places=(0, 1, 2, 3), page="other")
    url = reverse("exams:answer-save", args=[item.attempt_id, 1])

    response = client_of(item.attempt.candidate).post(url, posted(item, page="mine", sequence=0))

    assert (response.status_code, "Chosen here: no answer" in words(response.text)) == (409, True)


def test_stale_form_is_shown_both_answers_with_their_matches(clock, matching):
    save(matching, places=(0, None, None, None), page="other")
    url = reverse("exams:attempt-hand-in", args=[matching.attempt_id])

    response = client_of(matching.attempt.candidate).post(
        url, {**posted(matching, places=(None, 3, None, None), page="mine", sequence=0), "then": "submit"}
    )

    shown = [matching.revision.options[own] for own in matching.option_order]
    assert response.status_code == 409
    assert re.findall(r'<li class="prose">(.+?) </li>', " ".join(response.text.split())) == [
        f"{shown[0]}: <strong>1. Match A of x</strong>",
        f"{shown[1]}: <strong>4. Match D of x</strong>",
    ]


@pytest.mark.parametrize("places", [["0", "1"], ["0", "1", "2", "4"], ["0", "1", "2", "8"], ["x"], ["0"] * 900])
def test_bad_places_are_refused_and_nothing_is_stored(clock, item, places):
    client, data = client_of(item.attempt.candidate), posted(item)

    saved = client.post(reverse("exams:answer-save", args=[item.attempt_id, 1]), {**data, "q1-place": places})
    url = reverse("exams:attempt-hand-in", args=[item.attempt_id])
    handed_in = client.post(url, {**data, "q1-place": places, "then": "submit"})

    assert (saved.status_code, handed_in.status_code) == (400, 400)
    item.refresh_from_db()
    assert (item.response, item.attempt.is_in_progress) == (None, True)


# --- Scoring and review -----------------------------------------------------------------------------


@pytest.mark.parametrize("is_right", [{"ordering"}, {"matching", "single"}, set(KINDS), set()])
def test_exam_of_all_kinds_is_scored_question_by_question(is_right):
    attempt = attempt_of(*(make_content(name, name) for name in KINDS))
    for item in items_of(attempt):
        save(item, **(right_answer(item) if is_right & {item.revision.kind} else wrong_answer(item)))
    close(attempt)

    score = score_attempt(attempt_id=attempt.pk, now=START + 11 * MINUTE)

    points = {item.revision.kind: points_of(score)[item.position] for item in items_of(attempt)}
    assert points == {name: int(name in is_right) for name in KINDS}
    assert (score.correct, score.total, score.rule) == (len(is_right), 4, "all-or-nothing/linear-2")


@pytest.mark.parametrize("gap", [None, 0])
def test_almost_right_places_score_nothing(item, gap):
    right = list(right_answer(item)["places"])
    right[next(number for number, place in enumerate(right) if place != 0)] = gap
    save(item, places=tuple(right))
    close(item.attempt)

    assert score_attempt(attempt_id=item.attempt_id, now=START + 11 * MINUTE).correct == 0


def review_of(attempt):
    page = client_of(attempt.candidate).get(reverse("exams:review-all", args=[attempt.pk])).text
    return [words(option) for option in re.findall(r'<li class="option[^"]*">.*?</li>', page, re.DOTALL)], page


def test_review_shows_the_right_order_beside_the_one_that_was_given(clock, ordering):
    places = [None] * 4
    for number, own in enumerate(ordering.option_order):
        places[number] = {0: 0, 1: 2, 2: None, 3: 1}[own]
    save(ordering, places=tuple(places))
    close(ordering.attempt)
    score_attempt(attempt_id=ordering.attempt_id, now=START + 11 * MINUTE)

    options, page = review_of(ordering.attempt)

    letters = ["ABCD"[ordering.option_order.index(own)] for own in range(4)]
    assert [option.strip() for option in options] == [
        f"{letters[0]} Option 0 of x ✓ correct Correct place: 1 Because 0 of x.",
        f"{letters[1]} Option 1 of x ✗ wrong Correct place: 2 Your answer: 3 Because 1 of x.",
        f"{letters[2]} Option 2 of x ✗ wrong Correct place: 3 Your answer: none Because 2 of x.",
        f"{letters[3]} Option 3 of x ✗ wrong Correct place: 4 Your answer: 2 Because 3 of x.",
    ]
    assert "✗ wrong" in words(page[page.index('id="q1-title"') : page.index("</header>", page.index('id="q1-title"'))])


def test_review_shows_the_right_match_beside_the_one_that_was_given(clock, matching):
    given = {0: 2, 1: 1, 2: 0, 3: 3}  # own number: index in the choices A, B, C, D
    save(matching, places=tuple(given[own] for own in matching.option_order))
    close(matching.attempt)
    score_attempt(attempt_id=matching.attempt_id, now=START + 11 * MINUTE)

    options, page = review_of(matching.attempt)

    assert sorted(option.strip()[2:] for option in options) == [
        "Option 0 of x ✓ correct Correct match: Match C of x Because 0 of x.",
        "Option 1 of x ✗ wrong Correct match: Match C of x Your answer: Match B of x Because 1 of x.",
        "Option 2 of x ✓ correct Correct match: Match A of x Because 2 of x.",
        "Option 3 of x ✓ correct Correct match: Match D of x Because 3 of x.",
    ]
    assert [option.strip()[0] for option in options] == list("ABCD")
    assert re.findall(r'<li class="prose">Match (.) of x</li>', page) == list("ABCD")


@pytest.mark.parametrize("kind", ["ordering", "matching"])
def test_review_of_a_blank_shows_what_was_right_and_no_verdict_per_option(clock, kind):
    attempt = attempt_of(make_content("x", kind, case="The case."))
    close(attempt)
    score_attempt(attempt_id=attempt.pk, now=START + 11 * MINUTE)

    options, page = review_of(attempt)

    assert all("Correct " in option and "✗" not in option and "✓" not in option for option in options)
    assert "✗ no answer" in page
    assert page.index("The case.") < page.index("Stem x")


def test_review_names_domain_and_task_as_they_were_called_when_it_was_scored(clock):
    attempt = attempt_of(make_content("x"))
    finish(attempt)
    task = item_of(attempt).task
    name = f"{task.code} {task.name}"
    task.name, task.domain.name = "New task", "New domain"
    task.save()
    task.domain.save()

    _, page = review_of(attempt)

    assert name in page
    assert not re.search("New (task|domain)", page)
