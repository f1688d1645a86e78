"""The exam page, saving an answer, and the clock."""

import json
import re

import pytest

from exams.attempts.models import AttemptItem
from exams.attempts.timing import GRACE
from questions.models import Revision
from tests.exams.helpers import MINUTE, SECOND, START, client_of, close, item_of, items_of, posted
from tests.exams.pages import buttons_of, fields_of, url_of
from tests.factories import make_attempt, make_exam

pytestmark = pytest.mark.django_db

DEADLINE = START + 30 * MINUTE


def page_of(client, attempt):
    response = client.get(url_of("attempt", attempt))
    assert response.status_code == 200
    return response


def save(client, item, *chosen, **fields):
    return client.post(url_of("answer-save", item.attempt, item.position), posted(item, *chosen, **fields))


def chosen_of(item):
    response = AttemptItem.objects.get(pk=item.pk).response
    return None if response is None else [item.option_order.index(own) for own in response]


# --- The page ---------------------------------------------------------------------------------------


def test_page_holds_every_question_with_its_options_in_the_order_of_the_attempt(client, attempt):
    page = page_of(client, attempt).text

    for item in items_of(attempt):
        assert f'id="q{item.position}"' in page
        assert item.revision.stem in page
        places = [page.index(f">{item.revision.options[own]}<") for own in item.option_order]
        assert places == sorted(places)


def test_page_shows_one_right_answer_as_radio_buttons_and_several_as_boxes(client, attempt):
    first, *_ = items_of(attempt)
    Revision.objects.filter(pk=first.revision_id).update(kind="multiple", key=[1, 2])

    page = page_of(client, attempt).text

    assert page.count('<input type="checkbox" form="hand-in" name="q1-choice"') == 4
    assert page.count('<input type="radio" form="hand-in" name="q2-choice"') == 4


def test_page_comes_back_as_it_was_left(client, attempt):
    item = item_of(attempt, 2)
    save(client, item, 3, flag=True, struck=(0, 1), seconds=75)

    sent = fields_of(page_of(client, attempt), "hand-in")

    assert (sent["q2-choice"], sent["q2-struck"], sent["q2-flag"]) == (["3"], ["0", "1"], ["on"])
    assert (sent["q2-sequence"], sent["q2-count"], sent["q2-seconds"]) == (["1"], ["0"], ["75"])
    assert "q1-choice" not in sent
    assert sent["q1-sequence"] == ["0"]


def test_page_has_a_new_name_each_time_it_is_loaded(client, attempt):
    first, second = (fields_of(page_of(client, attempt), "hand-in") for _ in range(2))

    assert first["q1-page"] == first["q4-page"]
    assert first["q1-page"] != second["q1-page"]
    assert re.fullmatch("[0-9a-f]{16}", first["q1-page"][0])


@pytest.mark.parametrize(
    ("now", "expected"),
    [(START, 1800), (START + 90 * SECOND, 1710), (DEADLINE - SECOND, 1), (DEADLINE, 0), (DEADLINE + GRACE, 0)],
)
def test_page_says_how_many_seconds_are_left(client, attempt, clock, now, expected):
    clock.move_to(now)

    assert f'data-remaining="{expected}"' in page_of(client, attempt).text


def test_page_marks_what_is_answered_seen_and_flagged(client, attempt):
    save(client, item_of(attempt, 1), 2)
    save(client, item_of(attempt, 2), flag=True)
    save(client, item_of(attempt, 3), seconds=4)

    page = page_of(client, attempt).text

    states = re.findall(r'<a href="#q(\d)" data-position="\d" data-state="(\w+)"( data-flagged)?>', page)
    assert states == [("1", "answered", ""), ("2", "seen", " data-flagged"), ("3", "seen", ""), ("4", "unseen", "")]


def test_page_can_be_saved_and_handed_in_without_javascript(client, attempt):
    response = page_of(client, attempt)

    assert buttons_of(response, "hand-in") == {("then", "stay"), ("then", "review"), ("then", "submit")}
    assert fields_of(response, "hand-in")["csrfmiddlewaretoken"]
    assert f'<form id="hand-in" method="post" action="{url_of("attempt-hand-in", attempt)}"' in response.text


def test_page_needs_nothing_that_the_content_security_policy_forbids(client, attempt):
    response = page_of(client, attempt)

    assert "unsafe" not in response.headers["Content-Security-Policy"]
    assert re.findall(r"<script(?![^>]* src=)", response.text) == []
    assert re.findall(r"<style|\sstyle=|\son[a-z]+=|javascript:", response.text) == []


def test_page_of_a_closed_attempt_leads_to_the_result(client, attempt):
    close(attempt)

    assert client.get(url_of("attempt", attempt)).url == url_of("attempt-result", attempt)


def test_page_of_an_overdue_attempt_closes_it_and_leads_to_the_result(client, attempt, clock):
    clock.move_to(DEADLINE + GRACE + SECOND)

    response = client.get(url_of("attempt", attempt))

    assert response.url == url_of("attempt-result", attempt)
    attempt.refresh_from_db()
    assert (attempt.state, attempt.closed_by) == ("submitted", "deadline")


def test_page_stays_open_when_the_exam_is_withdrawn_or_its_window_ends(client, attempt):
    attempt.exam.is_offered = False
    attempt.exam.closes_at = START + SECOND
    attempt.exam.save()

    page_of(client, attempt)
    assert save(client, item_of(attempt), 1).status_code == 200


# --- Saving -----------------------------------------------------------------------------------------


def test_saved_answer_is_acknowledged_with_its_sequence_and_the_time_left(client, attempt, clock):
    clock.shift(60 * SECOND)
    item = item_of(attempt, 3)

    response = save(client, item, 2)

    assert response.status_code == 200
    assert 'name="q3-sequence" value="1" data-remaining="1740"' in response.text
    assert "Saved" in response.text
    assert chosen_of(item) == [2]


def test_fragment_of_a_saved_answer_takes_the_place_of_the_pages_sequence_field(client, attempt):
    fragment = save(client, item_of(attempt), 2)

    # Swapped in, it sends what the page itself would send after a reload.
    reloaded = fields_of(page_of(client, attempt), "hand-in")
    assert fields_of(fragment, "hand-in") == {"q1-sequence": reloaded["q1-sequence"]}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"q1-choice": "9"}, "Question 1, choice"),
        ({"q1-choice": "4"}, "There is no such option; this question has 4."),
        ({"q1-choice": ["0", "1"]}, "This question takes one answer."),
        ({"q1-struck": "7"}, "There is no such option; this question has 4."),
        ({"q1-sequence": ""}, "Question 1, sequence"),
        ({"q1-count": "-1"}, "Question 1, count"),
        ({"q1-seconds": "soon"}, "Question 1, seconds"),
        ({"q1-page": "<script>"}, "Question 1, page"),
    ],
)
def test_answer_that_no_page_sends_is_a_400_with_the_reason_as_plain_text(client, attempt, change, message):
    item = item_of(attempt)

    response = client.post(url_of("answer-save", attempt, 1), posted(item, 1) | change)

    assert (response.status_code, response.headers["Content-Type"]) == (400, "text/plain; charset=utf-8")
    assert message in response.text
    assert chosen_of(item) is None


def test_answer_with_the_fields_of_another_question_is_a_400(client, attempt):
    response = client.post(url_of("answer-save", attempt, 2), posted(item_of(attempt, 1), 1))

    assert response.status_code == 400
    assert AttemptItem.objects.filter(sequence__gt=0).count() == 0


@pytest.mark.parametrize("position", [0, 5, 99_999, 10**30])
def test_answer_to_a_question_that_the_attempt_does_not_have_is_a_404(client, attempt, position):
    item = item_of(attempt)
    item.position = position

    assert client.post(url_of("answer-save", attempt, position), posted(item, 1)).status_code == 404


def test_stale_answer_is_a_409_that_shows_both(client, attempt):
    item = item_of(attempt)
    save(client, item, 3, page="other", struck=(1, 2), flag=True)

    response = save(client, item, 0, page="mine", sequence=0)

    assert response.status_code == 409
    assert "Saved there: <b>D</b> <br> Chosen here: <b>A</b>" in " ".join(response.text.split())
    assert 'data-choice="3 " data-struck="1 2 " data-flag="1"' in " ".join(response.text.split())
    assert chosen_of(item) == [3]


def test_stale_blank_is_a_409_that_says_no_answer(client, attempt):
    item = item_of(attempt)
    save(client, item, 3, page="other")

    assert "Chosen here: no answer" in " ".join(save(client, item, page="mine", sequence=0).text.split())


def test_after_a_409_the_page_may_save_only_with_the_sequence_its_choice_brings(client, attempt):
    item = item_of(attempt)
    save(client, item, 3, page="other")
    refused = save(client, item, 0, page="mine", sequence=0)

    # What the form holds is refused again; the candidate's choice takes the sequence from beside it.
    assert fields_of(refused, "hand-in")["q1-sequence"] == ["0"]
    assert save(client, item, 0, page="mine", sequence=0, count=2).status_code == 409
    assert 'data-sequence="1"' in refused.text
    assert save(client, item, 0, page="mine", sequence=1, count=3).status_code == 200
    assert chosen_of(item) == [0]


def test_repeat_of_an_answer_is_acknowledged_again(client, attempt):
    item = item_of(attempt)

    first, second = (save(client, item, 3, sequence=0) for _ in range(2))

    assert (first.status_code, second.status_code) == (200, 200)
    assert fields_of(first, "hand-in") == fields_of(second, "hand-in")


@pytest.mark.parametrize(
    ("now", "status"),
    [
        (DEADLINE - SECOND, 200),
        (DEADLINE, 200),
        (DEADLINE + GRACE, 200),
        (DEADLINE + GRACE + SECOND, 410),
        (DEADLINE + 600 * MINUTE, 410),
    ],
)
def test_answer_around_the_deadline(client, attempt, clock, now, status):
    item = item_of(attempt)
    clock.move_to(now)

    response = save(client, item, 1)

    assert response.status_code == status
    assert chosen_of(item) == ([1] if status == 200 else None)
    if status == 410:
        assert response.text == "The time for this exam is over. You can no longer change it."


def test_answer_after_the_hand_in_is_a_410(client, attempt):
    close(attempt)

    response = save(client, item_of(attempt), 1)

    assert (response.status_code, response.headers["Content-Type"]) == (410, "text/plain; charset=utf-8")
    assert response.text == "This exam has been submitted. You can no longer change it."


def test_answer_needs_a_csrf_token(attempt):
    client = client_of(attempt.candidate, enforce_csrf_checks=True)

    assert save(client, item_of(attempt), 1).status_code == 403
    assert chosen_of(item_of(attempt)) is None


# --- The clock --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "expected"), [(START, 1800), (START + 61 * SECOND, 1739), (DEADLINE - SECOND, 1), (DEADLINE + GRACE, 0)]
)
def test_clock_tells_the_time_left_and_nothing_else_but_a_token(client, attempt, clock, now, expected):
    clock.move_to(now)

    response = client.get(url_of("attempt-clock", attempt))

    answer = json.loads(response.text)
    assert sorted(answer) == ["remaining", "token"]
    assert answer["remaining"] == expected


def test_clock_of_an_exam_that_is_over_is_a_410(client, attempt, clock):
    clock.move_to(DEADLINE + GRACE + SECOND)

    response = client.get(url_of("attempt-clock", attempt))

    assert (response.status_code, response.text) == (410, "This exam is over.")
    attempt.refresh_from_db()
    assert attempt.state == "submitted"


def test_clock_of_an_exam_that_was_handed_in_is_a_410(client, attempt):
    close(attempt)

    assert client.get(url_of("attempt-clock", attempt)).status_code == 410


def test_page_that_was_logged_out_goes_on_with_the_token_of_the_clock(attempt):
    client = client_of(attempt.candidate, enforce_csrf_checks=True)
    old = fields_of(page_of(client, attempt), "hand-in")["csrfmiddlewaretoken"][0]
    client.logout()
    client.force_login(attempt.candidate)
    url, data = url_of("answer-save", attempt, 1), posted(item_of(attempt), 1)

    assert client.post(url, data, headers={"X-CSRFToken": old}).status_code == 403
    token = client.get(url_of("attempt-clock", attempt)).json()["token"]
    assert client.post(url, data, headers={"X-CSRFToken": token}).status_code == 200


def test_clock_counts_the_extra_time_of_the_start(clock):
    attempt = make_attempt(exam=make_exam(minutes=30), now=START)
    extra = make_attempt(
        exam=attempt.exam,
        candidate=type(attempt.candidate).objects.create_user("slow@example.com", extra_time_percent=100),
        now=START,
    )

    for each, expected in ((attempt, 1800), (extra, 3600)):
        assert client_of(each.candidate).get(url_of("attempt-clock", each)).json()["remaining"] == expected
