"""What came too late or never is named, and what a lost log-in interrupts is there again: for its candidate alone."""

from urllib.parse import urlencode

import pytest
from django.contrib.sessions.models import Session
from django.core import signing
from django.test import Client
from django.urls import reverse

from exams.attempts.models import Attempt
from exams.attempts.views import keeping
from exams.scoring import services
from tests.exams.helpers import (
    MINUTE,
    SECOND,
    START,
    client_of,
    close,
    finish,
    item_of,
    items_of,
    make_exam_of,
    of_kind,
    posted,
)
from tests.exams.pages import fields_of
from tests.factories import UserFactory, make_attempt, make_content, takes

pytestmark = pytest.mark.django_db

KINDS = ["single", "multiple", "ordering", "matching"]


@pytest.fixture
def attempt(clock):
    contents = [make_content(name, name, shuffle=False) for name in KINDS]
    return make_attempt(exam=make_exam_of(*contents), now=START)


def url(name, attempt):
    return reverse(f"exams:{name}", args=[attempt.pk])


def filled_in(attempt):
    """Return a form in which each question has an answer, as a page sends it that knows nothing newer."""
    data = posted(of_kind(attempt, "single"), 2, flag=True, struck=(0,))
    data |= posted(of_kind(attempt, "multiple"), 0, 3)
    data |= posted(of_kind(attempt, "ordering"), places=(2, 0, None, 1))
    return data | posted(of_kind(attempt, "matching"), places=(1, 1, 3, 0))


def answers_in(response):
    """Return what the exam page's form holds, without what is different on each page."""
    return {name: value for name, value in fields_of(response, "hand-in").items() if name.endswith(PARTS)}


PARTS = ("-choice", "-place", "-struck", "-flag")


def log_out(client):
    Session.objects.all().delete()
    assert client.get(reverse("exams:history")).status_code == 302


# --- A log-in that ends in the middle --------------------------------------------------------------------------------


@pytest.mark.parametrize("then", ["stay", "review", "submit"])
def test_form_sent_without_a_log_in_is_there_again_after_it_and_can_be_saved(attempt, then):
    client = client_of(attempt.candidate)
    log_out(client)

    refused = client.post(url("attempt-hand-in", attempt), {**filled_in(attempt), "then": then})
    client.force_login(attempt.candidate)
    page = client.get(refused.url.partition("next=")[2], follow=True)

    assert page.redirect_chain == [(url("attempt", attempt), 302)]
    assert {name: value for name, value in answers_in(page).items() if name.startswith("q")} == {
        name: [str(part) for part in value] if isinstance(value, list) else ["on"]
        for name, value in filled_in(attempt).items()
        if name.endswith(PARTS) and value != []
    }
    assert not any(item.response for item in items_of(attempt))  # shown, not saved
    saved = client.post(url("attempt-hand-in", attempt), {**fields_of(page, "hand-in"), "then": "stay"})
    assert saved.url == url("attempt", attempt)
    assert [item.response is None for item in items_of(attempt)] == [False] * 4
    assert keeping.COOKIE not in client.cookies or client.cookies[keeping.COOKIE].value == ""


def test_nothing_of_a_visitor_without_a_log_in_is_stored_on_the_server(attempt):
    client = Client()

    response = client.post(url("attempt-hand-in", attempt), filled_in(attempt))

    cookie = response.cookies[keeping.COOKIE]
    assert Session.objects.count() == 0
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", url("attempt", attempt))


def test_newer_answer_saved_meanwhile_is_not_overwritten_by_what_was_kept(attempt):
    client = client_of(attempt.candidate)
    log_out(client)
    client.post(url("attempt-hand-in", attempt), posted(item_of(attempt), 2))
    client_of(attempt.candidate).post(reverse("exams:answer-save", args=[attempt.pk, 1]), posted(item_of(attempt), 1))
    newer = item_of(attempt).response
    client.force_login(attempt.candidate)
    page = client.get(url("attempt", attempt))

    response = client.post(url("attempt-hand-in", attempt), {**fields_of(page, "hand-in"), "then": "submit"})

    assert (response.status_code, item_of(attempt).response) == (409, newer)


@pytest.mark.parametrize("name", ["attempt", "attempt-hand-in", "attempt-result", "attempt-review", "review-all"])
def test_another_person_on_the_same_browser_sees_nothing_of_it(attempt, name):
    client = client_of(attempt.candidate)
    log_out(client)
    client.post(url("attempt-hand-in", attempt), filled_in(attempt))
    other = UserFactory()
    own = finish_and_get(make_attempt(exam=attempt.exam, candidate=other, now=START))
    client.force_login(other)

    assert client.get(url(name, attempt)).status_code == 404
    assert "unsaved-title" not in client.get(url("attempt-result", own)).text


def finish_and_get(attempt):
    finish(attempt)
    return attempt


@pytest.mark.parametrize(
    "value",
    ["", "x", "a:b:c", signing.dumps([[1, 0, [1], [], 0, []]], salt="answers of nobody")],
    ids=[
        "empty",
        "word",
        "parts",
        "of another page",
    ],  # a signature holds the time: processes would not agree on a name
)
def test_forged_or_foreign_cookie_is_ignored(attempt, value):
    client = client_of(attempt.candidate)
    client.cookies[keeping.COOKIE] = value

    page = client.get(url("attempt", attempt))

    assert "data-kept" not in page.text


def test_cookie_of_another_attempt_is_ignored(attempt):
    other = make_attempt(exam=attempt.exam, now=START)
    visitor = Client()
    cookie = visitor.post(url("attempt-hand-in", other), filled_in(other)).cookies[keeping.COOKIE].value
    client = client_of(attempt.candidate)
    client.cookies[keeping.COOKIE] = cookie

    assert "data-kept" not in client.get(url("attempt", attempt)).text


@pytest.mark.parametrize(
    "change", [{"q1-choice": "99"}, {"q1-sequence": "x"}, {"q1-place": ["9" * 30]}, {"q9999-sequence": "0"}]
)
def test_what_no_page_sends_is_not_kept_or_not_shown(attempt, change):
    client = Client()
    client.post(url("attempt-hand-in", attempt), {**posted(item_of(attempt), 1), **change})
    client.force_login(attempt.candidate)

    assert client.get(url("attempt", attempt)).status_code == 200


def test_a_long_form_fits_into_the_cookie(clock):
    exam = make_exam_of(*(make_content(f"x{n}", KINDS[n % 4]) for n in range(120)))
    attempt = make_attempt(exam=exam, now=START)
    data = {}
    for item in items_of(attempt):
        is_choice = takes(item.revision.kind, "key")
        data |= posted(item, 1, struck=(0, 2)) if is_choice else posted(item, places=(3, 1, 0, item.position % 4))

    body = urlencode(data, doseq=True)
    response = Client().post(url("attempt-hand-in", attempt), body, content_type="application/x-www-form-urlencoded")
    cookie = response.cookies[keeping.COOKIE]

    assert len(cookie.OutputString()) < 4096


@pytest.mark.parametrize(
    ("origin", "status"),
    [("same-origin", 302), ("cross-site", 403), ("same-site", 403), ("", 403)],
)
def test_form_whose_token_a_new_log_in_replaced_is_there_again(attempt, origin, status):
    client = Client(enforce_csrf_checks=True)
    client.force_login(attempt.candidate)
    headers = {"Sec-Fetch-Site": origin} if origin else {}

    response = client.post(url("attempt-hand-in", attempt), filled_in(attempt), headers=headers)

    assert response.status_code == status
    assert ("data-kept" in client.get(url("attempt", attempt)).text) == (status == 302)
    assert not any(item.response for item in items_of(attempt))


# --- Time that is over -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("then", ["stay", "submit"])
def test_form_that_comes_too_late_is_named_on_the_result_until_it_was_seen(attempt, clock, then):
    client = client_of(attempt.candidate)
    late = filled_in(attempt)
    clock.move_to(attempt.deadline_at + 11 * SECOND)

    response = client.post(url("attempt-hand-in", attempt), {**late, "then": then}, follow=True)

    assert response.redirect_chain == [(url("attempt-result", attempt), 302)]
    services.score_attempt(attempt_id=attempt.pk, now=attempt.deadline_at + MINUTE)
    for name in ("attempt-result", "attempt-review", "review-all"):
        assert "4 answers did not arrive in time" in client.get(url(name, attempt), follow=True).text
    seen = client.post(url("attempt-unsaved", attempt), {"seen": "1"}, follow=True)
    assert "did not arrive in time" not in seen.text


def test_result_says_what_was_given_and_what_counts(attempt, clock):
    client = client_of(attempt.candidate)
    single = of_kind(attempt, "single")
    save = reverse("exams:answer-save", args=[attempt.pk, single.position])
    client.post(save, posted(single, 1))
    late = posted(of_kind(attempt, "single"), 2, page="late")
    clock.move_to(attempt.deadline_at + 11 * SECOND)

    page = client.post(url("attempt-hand-in", attempt), late, follow=True).text

    section = page[page.index("unsaved-title") : page.index("I have seen this")]
    shown = [single.revision.options[own] for own in single.option_order]
    assert "1 answer did not arrive in time" in section
    assert f"Question {single.position}" in section
    assert section.index(f"<b>C</b> {shown[2]}") < section.index("Counts") < section.index(f"<b>B</b> {shown[1]}")


def test_log_in_that_comes_after_the_end_finds_what_was_not_saved_named(attempt, clock):
    client = client_of(attempt.candidate)
    log_out(client)
    refused = client.post(url("attempt-hand-in", attempt), filled_in(attempt))
    clock.move_to(attempt.deadline_at + 11 * SECOND)
    client.force_login(attempt.candidate)

    page = client.get(refused.url.partition("next=")[2], follow=True)

    assert page.redirect_chain[-1] == (url("attempt-result", attempt), 302)
    assert "4 answers did not arrive in time" in page.text
    assert not any(item.response for item in items_of(attempt))


@pytest.mark.parametrize(("chosen", "status"), [((1,), 204), ((2,), 200), ((), 200)])
def test_server_tells_the_browser_which_of_what_it_keeps_did_not_count(attempt, chosen, status):
    client, single = client_of(attempt.candidate), of_kind(attempt, "single")
    client.post(reverse("exams:answer-save", args=[attempt.pk, single.position]), posted(single, 1))
    close(attempt, now=START + MINUTE)

    response = client.post(url("attempt-unsaved", attempt), posted(single, *chosen))

    assert response.status_code == status


def test_server_says_of_an_exam_under_way_that_nothing_is_lost_yet(attempt):
    client = client_of(attempt.candidate)

    response = client.post(url("attempt-unsaved", attempt), posted(item_of(attempt), 2))

    assert (response.status_code, response.content) == (202, b"")
    assert Attempt.objects.get().is_in_progress


def test_unsaved_answers_tell_no_key(attempt):
    attempt.exam.show_key = "never"
    attempt.exam.save()
    client, item = client_of(attempt.candidate), of_kind(attempt, "single")
    close(attempt, now=START + MINUTE)

    pages = [client.post(url("attempt-unsaved", attempt), posted(item, number)).text for number in range(4)]

    assert not any("Because" in page or "right" in page or "is-key" in page for page in pages)
