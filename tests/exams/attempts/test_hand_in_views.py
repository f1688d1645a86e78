"""Saving a whole page, the summary before the hand-in, handing in, and answers that were changed elsewhere."""

import re

import pytest

from exams.attempts.models import AttemptItem
from exams.attempts.timing import GRACE
from tests.exams.helpers import MINUTE, SECOND, START, client_of, close, item_of, items_of, posted
from tests.exams.pages import fields_of, url_of
from tests.factories import make_attempt, make_exam

pytestmark = pytest.mark.django_db

DEADLINE = START + 30 * MINUTE


def form_of(client, attempt):
    """Open the exam page; return what its form would send."""
    return fields_of(client.get(url_of("attempt", attempt)), "hand-in")


def send(client, attempt, form, then):
    return client.post(url_of("attempt-hand-in", attempt), {**form, "then": then})


def chosen(attempt):
    return {
        item.position: None if item.response is None else [item.option_order.index(own) for own in item.response]
        for item in items_of(attempt)
    }


def save_elsewhere(attempt, position, *numbers):
    data = posted(item_of(attempt, position), *numbers, page="other")
    response = client_of(attempt.candidate).post(url_of("answer-save", attempt, position), data)
    assert response.status_code == 200


# --- Without JavaScript: fill in, save, look over, hand in ------------------------------------------


def test_whole_exam_without_javascript(client, attempt):
    form = form_of(client, attempt)
    form["q1-choice"], form["q2-flag"], form["q3-struck"] = ["2"], ["on"], ["0", "1"]
    stayed = send(client, attempt, form, "stay")
    assert (stayed.status_code, stayed.url) == (302, url_of("attempt", attempt))

    page = client.get(stayed.url)
    assert "All answers on this page are saved." in page.text
    form = fields_of(page, "hand-in")
    assert (form["q1-choice"], form["q2-flag"], form["q3-struck"]) == (["2"], ["on"], ["0", "1"])
    form["q1-choice"], form["q4-choice"] = ["3"], ["0"]
    looked_over = send(client, attempt, form, "review")
    assert (looked_over.status_code, looked_over.url) == (302, url_of("attempt-hand-in", attempt))

    summary = client.get(looked_over.url)
    attempt.refresh_from_db()
    assert attempt.is_in_progress
    handed_in = client.post(looked_over.url, {**fields_of(summary, ""), "then": "submit"})
    assert (handed_in.status_code, handed_in.url) == (302, url_of("attempt-result", attempt))

    attempt.refresh_from_db()
    assert (attempt.state, attempt.closed_by) == ("submitted", "candidate")
    assert chosen(attempt) == {1: [3], 2: None, 3: None, 4: [0]}


def test_page_of_a_full_form_can_be_sent_as_a_whole(clock):
    attempt = make_attempt(exam=make_exam(per_domain=33, question_count=65), now=START)
    client = client_of(attempt.candidate)
    form = form_of(client, attempt)
    for position in range(1, 66):
        form[f"q{position}-choice"], form[f"q{position}-struck"] = ["1"], ["0", "2", "3"]

    response = send(client, attempt, form, "submit")

    assert (response.status_code, response.url) == (302, url_of("attempt-result", attempt))
    assert set(map(tuple, chosen(attempt).values())) == {(1,)}


def test_page_sent_again_after_going_back_saves_what_it_repeats_and_refuses_what_it_contradicts(client, attempt):
    form = form_of(client, attempt)
    form["q1-choice"] = ["2"]
    send(client, attempt, form, "stay")

    assert send(client, attempt, form, "stay").status_code == 302

    form["q1-choice"] = ["0"]
    assert send(client, attempt, form, "stay").status_code == 409
    assert chosen(attempt)[1] == [2]


def test_hand_in_with_the_token_of_the_page(attempt):
    client = client_of(attempt.candidate, enforce_csrf_checks=True)
    form = form_of(client, attempt)
    token = form.pop("csrfmiddlewaretoken")

    assert send(client, attempt, form, "submit").status_code == 403
    assert send(client, attempt, {**form, "csrfmiddlewaretoken": token}, "submit").status_code == 302


# --- The summary ------------------------------------------------------------------------------------


def test_summary_lists_what_has_no_answer_and_what_is_flagged(client, attempt):
    save_elsewhere(attempt, 2, 1)
    client.post(url_of("answer-save", attempt, 3), posted(item_of(attempt, 3), 0, flag=True))

    page = client.get(url_of("attempt-hand-in", attempt)).text

    blanks, flags = (page[page.index(text) :].split("</p>")[0] for text in ("No answer to 2 of 4", "Flagged:"))
    assert re.findall(r"#q(\d)", blanks) == ["1", "4"]
    assert re.findall(r"#q(\d)", flags) == ["3"]
    assert "Submit now" in page


def test_summary_of_a_complete_exam_says_so(client, attempt):
    for position in range(1, 5):
        save_elsewhere(attempt, position, 1)

    page = client.get(url_of("attempt-hand-in", attempt)).text

    assert "All 4 questions are answered." in page
    assert "Flagged" not in page


def test_summary_changes_nothing(client, attempt):
    client.get(url_of("attempt-hand-in", attempt))

    attempt.refresh_from_db()
    assert attempt.is_in_progress


@pytest.mark.parametrize("advance", ["hand in", "run out of time"])
def test_summary_of_an_exam_that_is_over_leads_to_the_result(client, attempt, clock, advance):
    if advance == "hand in":
        close(attempt)
    else:
        clock.move_to(DEADLINE + GRACE + SECOND)

    assert client.get(url_of("attempt-hand-in", attempt)).url == url_of("attempt-result", attempt)


# --- Handing in -------------------------------------------------------------------------------------


def test_hand_in_with_a_bare_post_submits(client, attempt):
    response = client.post(url_of("attempt-hand-in", attempt))

    assert response.url == url_of("attempt-result", attempt)
    attempt.refresh_from_db()
    assert attempt.state == "submitted"


def test_hand_in_sends_only_unsaved_answers_but_all_times(client, attempt):
    save_elsewhere(attempt, 1, 3)
    # The script leaves out what is saved: no sequence of question 1, so an old choice cannot come back.
    form = {"q1-page": "mine", "q1-count": "0", "q1-seconds": "40", "q1-choice": "0", **posted(item_of(attempt, 2), 1)}

    send(client, attempt, form, "submit")

    assert chosen(attempt) == {1: [3], 2: [1], 3: None, 4: None}
    assert item_of(attempt).seconds_spent == 40


def test_hand_in_twice_leads_to_the_same_result_and_changes_nothing(client, attempt, clock):
    form = form_of(client, attempt)
    first = send(client, attempt, form, "submit")
    clock.shift(MINUTE)
    form["q1-choice"] = ["2"]

    second = send(client, attempt, form, "submit")

    assert first.url == second.url == url_of("attempt-result", attempt)
    attempt.refresh_from_db()
    assert attempt.submitted_at == START
    assert chosen(attempt)[1] is None


@pytest.mark.parametrize("then", ["stay", "review", "whatever"])
def test_saving_the_page_after_the_hand_in_leads_to_the_result_and_stores_nothing(client, attempt, then):
    form = form_of(client, attempt)
    form["q1-choice"] = ["2"]
    close(attempt)

    assert send(client, attempt, form, then).url == url_of("attempt-result", attempt)
    assert chosen(attempt)[1] is None


@pytest.mark.parametrize(
    ("now", "then", "target", "closed_by", "is_taken"),
    [
        (DEADLINE - SECOND, "stay", "attempt", "", True),
        (DEADLINE, "stay", "attempt", "", True),
        (DEADLINE + GRACE, "stay", "attempt", "", True),
        (DEADLINE + GRACE + SECOND, "stay", "attempt-result", "deadline", False),
        (DEADLINE - SECOND, "submit", "attempt-result", "candidate", True),
        (DEADLINE, "submit", "attempt-result", "deadline", True),
        (DEADLINE + GRACE, "submit", "attempt-result", "deadline", True),
        (DEADLINE + GRACE + SECOND, "submit", "attempt-result", "deadline", False),
        (DEADLINE + 9000 * MINUTE, "submit", "attempt-result", "deadline", False),
    ],
)
def test_page_sent_around_the_deadline(client, attempt, clock, now, then, target, closed_by, is_taken):
    form = form_of(client, attempt)
    form["q1-choice"] = ["2"]
    clock.move_to(now)

    response = send(client, attempt, form, then)

    assert response.url == url_of(target, attempt)
    attempt.refresh_from_db()
    assert attempt.closed_by == closed_by
    assert chosen(attempt)[1] == ([2] if is_taken else None)


@pytest.mark.parametrize("then", ["stay", "review", "submit"])
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"q2-choice": ["7"]}, "There is no such option; this question has 4."),
        ({"q2-choice": ["0", "1"]}, "This question takes one answer."),
        ({"q2-count": ["many"]}, "Question 2, count"),
        ({"q3-seconds": ["-5"]}, "Question 3, seconds"),
        ({"q9-sequence": ["0"], "q9-count": ["0"], "q9-seconds": ["0"]}, "This exam has no question 9."),
    ],
)
def test_page_with_an_invalid_answer_is_a_400_and_stores_nothing(client, attempt, change, message, then):
    form = form_of(client, attempt)
    form["q1-choice"] = ["2"]

    response = send(client, attempt, form | change, then)

    assert response.status_code == 400
    assert "Nothing on this page was saved" in response.text
    assert message in response.text
    assert set(AttemptItem.objects.values_list("sequence", "response")) == {(0, None)}
    attempt.refresh_from_db()
    assert attempt.is_in_progress


def test_invalid_field_is_shown_as_text_not_as_markup(client, attempt):
    form = form_of(client, attempt)

    response = send(client, attempt, form | {"q1-choice": ["<img src=x>"]}, "stay")

    assert response.status_code == 400
    assert "<img" not in response.text


# --- Answers changed elsewhere ----------------------------------------------------------------------


@pytest.mark.parametrize("then", ["stay", "review", "submit"])
def test_conflicts_are_shown_with_both_answers_and_stop_the_hand_in(client, attempt, then):
    form = form_of(client, attempt)
    save_elsewhere(attempt, 2, 3)
    save_elsewhere(attempt, 3, 1)
    form |= {"q1-choice": ["0"], "q2-choice": ["1"]}

    response = send(client, attempt, form, then)

    assert response.status_code == 409
    second, third = item_of(attempt, 2), item_of(attempt, 3)
    sections = re.findall(r"<h2>Question (\d)</h2>(.*?)</section>", response.text, re.DOTALL)
    shown = [(position, re.findall(r"<li[^>]*>(.*?)</li>", section)) for position, section in sections]
    option = second.revision.options
    assert shown == [
        ("2", [option[second.option_order[3]], option[second.option_order[1]]]),
        ("3", [third.revision.options[third.option_order[1]], "no answer"]),
    ]
    attempt.refresh_from_db()
    assert attempt.is_in_progress
    assert chosen(attempt) == {1: [0], 2: [3], 3: [1], 4: None}


def test_after_a_conflict_the_page_opened_again_can_be_handed_in(client, attempt):
    form = form_of(client, attempt)
    save_elsewhere(attempt, 2, 3)
    assert send(client, attempt, form | {"q2-choice": ["1"]}, "submit").status_code == 409

    again = form_of(client, attempt) | {"q2-choice": ["1"]}

    assert send(client, attempt, again, "submit").url == url_of("attempt-result", attempt)
    assert chosen(attempt)[2] == [1]


def test_conflict_at_the_deadline_does_not_stop_the_hand_in(client, attempt, clock):
    form = form_of(client, attempt)
    save_elsewhere(attempt, 2, 3)
    clock.move_to(DEADLINE)

    assert send(client, attempt, form | {"q2-choice": ["1"]}, "submit").url == url_of("attempt-result", attempt)
    assert chosen(attempt)[2] == [3]
