"""The seven promises of the design, each with tests that try to break it."""

import datetime as dt
import re

import pytest
from django.db import transaction
from django.urls import reverse
from kombu.exceptions import OperationalError as BrokerError

from exams import tasks, workers
from exams.attempts.models import Attempt, AttemptItem
from exams.attempts.services.closing import close_overdue, submit_attempt, sweep
from exams.attempts.services.saving import save_answer, save_form
from exams.attempts.services.starting import start_attempt
from exams.attempts.timing import GRACE
from exams.blueprints.models import Exam
from exams.exceptions import AttemptClosed, StaleAnswer
from exams.scoring.models import Score
from exams.scoring.services import score_attempt
from questions.models import Certification, Question
from questions.services import publish, retire, save_draft
from tests.exams.helpers import (
    MINUTE,
    SECOND,
    START,
    answer_all,
    answer_to,
    client_of,
    close,
    finish,
    item_of,
    items_of,
    posted,
    result_pages,
    shown_key,
)
from tests.exams.pages import url_of
from tests.exams.threads import Behind, at_once
from tests.factories import (
    ExamFactory,
    UserFactory,
    make_attempt,
    make_content,
    make_exam,
)

NOW = START + MINUTE


def saving(item, *chosen, now=NOW, **fields):
    """Return a call that saves this answer."""
    candidate, attempt_id, answer = item.attempt.candidate, item.attempt_id, answer_to(item, *chosen, **fields)
    return lambda: save_answer(candidate=candidate, attempt_id=attempt_id, answer=answer, now=now)


def submitting(attempt, now=NOW):
    candidate, attempt_id = attempt.candidate, attempt.pk
    return lambda: submit_attempt(candidate=candidate, attempt_id=attempt_id, now=now)


def is_saved(outcome):
    return isinstance(outcome, AttemptItem)


def chosen(item):
    response = AttemptItem.objects.get(pk=item.pk).response
    return None if response is None else tuple(item.option_order.index(own) for own in response)


# --- 1. An answer the server acknowledged before the deadline is the answer that is scored -----------


def test_two_tabs_that_save_at_the_same_moment_one_is_stored_and_the_other_is_told(threaded_db):
    attempt = make_attempt(exam=make_exam(question_count=8), now=START)

    for item in items_of(attempt):
        outcomes = at_once(saving(item, 0, page="first"), saving(item, 1, page="second"))

        assert sorted(type(outcome) for outcome in outcomes if not is_saved(outcome)) == [StaleAnswer]
        (winner,) = (number for number, outcome in enumerate(outcomes) if is_saved(outcome))
        assert chosen(item) == (winner,)


def test_tab_that_waited_for_another_tabs_save_does_not_overwrite_it(threaded_db):
    item = item_of(make_attempt(now=START))
    late = Behind(saving(item, 1, page="second"))

    with transaction.atomic():
        saving(item, 0, page="first")()
        late.start()

    assert isinstance(late.outcome(), StaleAnswer)
    assert chosen(item) == (0,)


def test_whole_page_that_waited_for_another_tabs_save_does_not_overwrite_it(threaded_db):
    attempt = make_attempt(now=START)
    first, second, *_ = items_of(attempt)
    stale, timely = answer_to(first, 1, page="second"), answer_to(second, 1, page="second")
    late = Behind(
        lambda: save_form(candidate=attempt.candidate, attempt_id=attempt.pk, answers=[stale, timely], now=NOW)
    )

    with transaction.atomic():
        saving(first, 0, page="first")()
        late.start()

    assert late.outcome().conflicts == [stale]
    assert (chosen(first), chosen(second)) == ((0,), (1,))


def test_quick_second_change_that_waited_for_the_first_is_stored(threaded_db):
    item = item_of(make_attempt(now=START))
    second = Behind(saving(item, 1, page="same", count=2))

    with transaction.atomic():
        saving(item, 0, page="same", count=1)()
        second.start()

    assert second.outcome().sequence == 2
    assert chosen(item) == (1,)


def test_hand_in_that_waited_for_a_save_scores_it(threaded_db):
    attempt = make_attempt(now=START)
    item = item_of(attempt)
    hand_in = Behind(submitting(attempt))

    with transaction.atomic():
        saving(item, *shown_key(item))()
        hand_in.start()

    assert hand_in.outcome().conflicts == []
    assert Score.objects.get().correct == 1


def test_save_that_waited_for_the_hand_in_is_refused_and_not_scored(threaded_db):
    attempt = make_attempt(now=START)
    item = item_of(attempt)
    late = Behind(saving(item, *shown_key(item)))

    with transaction.atomic():
        submitting(attempt)()
        late.start()

    assert isinstance(late.outcome(), AttemptClosed)
    assert (chosen(item), Score.objects.get().correct) == (None, 0)


@pytest.mark.parametrize("closing", ["hand-in", "sweep"])
def test_saves_that_race_the_end_are_scored_if_and_only_if_they_were_acknowledged(threaded_db, closing):
    attempt = make_attempt(exam=make_exam(question_count=8), now=START)
    last_moment = attempt.deadline_at + GRACE
    now, end = {
        "hand-in": (NOW, submitting(attempt)),
        "sweep": (last_moment, lambda: close_overdue(now=last_moment + SECOND)),
    }[closing]

    *outcomes, _ = at_once(*(saving(item, *shown_key(item), now=now) for item in items_of(attempt)), end)

    assert {type(outcome) for outcome in outcomes} <= {AttemptItem, AttemptClosed}
    assert Score.objects.get().correct == sum(map(is_saved, outcomes))


# --- 2. The server owns time ------------------------------------------------------------------------


def test_eight_starts_at_the_same_moment_are_one_attempt_with_one_deadline(threaded_db):
    candidate, exam = UserFactory(), make_exam(question_count=4)

    outcomes = at_once(*[lambda: start_attempt(candidate=candidate, exam=exam, now=START)] * 8)

    attempt = Attempt.objects.get()
    assert [outcome.pk for outcome in outcomes] == [attempt.pk] * 8
    assert {outcome.deadline_at for outcome in outcomes} == {START + 30 * MINUTE}
    assert attempt.items.count() == AttemptItem.objects.count() == 4


@pytest.mark.django_db
def test_nothing_that_is_edited_later_moves_the_deadline(clock):
    attempt = make_attempt(exam=make_exam(minutes=30), candidate=UserFactory(extra_time_percent=50), now=START)
    Exam.objects.update(minutes=1, closes_at=START + SECOND, is_offered=False)
    type(attempt.candidate).objects.update(extra_time_percent=0)
    client = client_of(attempt.candidate)

    clock.move_to(START + 45 * MINUTE)

    assert client.get(url_of("attempt-clock", attempt)).json()["remaining"] == 0
    assert client.post(url_of("answer-save", attempt, 1), posted(item_of(attempt), 1)).status_code == 200
    attempt.refresh_from_db()
    assert attempt.deadline_at == START + 45 * MINUTE


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "then"),
    [("answer-save", None), ("attempt-hand-in", "stay"), ("attempt-hand-in", "review"), ("attempt-hand-in", "submit")],
)
def test_nothing_is_accepted_after_deadline_and_grace_whatever_the_client_says(clock, name, then):
    attempt = make_attempt(now=START)
    before = list(attempt.items.values())
    clock.move_to(attempt.deadline_at + GRACE + SECOND)
    data = posted(item_of(attempt), 1, seconds=5, flag=True, struck=(2,)) | {"then": then or ""}
    data |= {"now": START.isoformat(), "q1-saved_at": START.isoformat(), "deadline_at": "2099-01-01T00:00:00Z"}

    client_of(attempt.candidate).post(
        url_of(name, attempt, *([1] if name == "answer-save" else [])),
        data,
        headers={"Date": "Sat, 21 Nov 2026 09:00:00 GMT", "If-Unmodified-Since": "Sat, 21 Nov 2026 09:00:00 GMT"},
    )

    assert list(attempt.items.values()) == before


@pytest.mark.django_db
@pytest.mark.parametrize(
    "name",
    ["home", "history", "exam-detail", "exam-start", "attempt", "attempt-clock", "attempt-hand-in", "attempt-result"],
)
def test_next_visit_closes_what_nobody_handed_in_when_the_sweep_is_dead(clock, name):
    attempt = make_attempt(now=START)
    clock.move_to(attempt.deadline_at + GRACE + SECOND)
    client = client_of(attempt.candidate)

    if name in {"home", "history"}:
        client.get(reverse(f"exams:{name}"))
    elif name == "exam-start":
        client.post(reverse("exams:exam-start", args=[attempt.exam.slug]))
    elif name == "exam-detail":
        client.get(reverse("exams:exam-detail", args=[attempt.exam.slug]))
    else:
        client.get(url_of(name, attempt))

    attempt.refresh_from_db()
    assert (attempt.state, attempt.closed_by) == ("submitted", "deadline")


# --- 3. Every submitted attempt is scored, exactly once ---------------------------------------------


def test_eight_hand_ins_at_the_same_moment_are_one_with_one_score(threaded_db):
    attempt = make_attempt(now=START)
    answer_all(attempt, right=3)
    clients = [client_of(attempt.candidate) for _ in range(8)]
    hand_in, result = url_of("attempt-hand-in", attempt), url_of("attempt-result", attempt)
    Attempt.objects.update(deadline_at=dt.datetime(2099, 1, 1, tzinfo=dt.UTC))

    outcomes = at_once(*[lambda client=client: client.post(hand_in, {"then": "submit"}) for client in clients])

    assert [(outcome.status_code, outcome.url) for outcome in outcomes] == [(302, result)] * 8
    score = Score.objects.get()
    assert (score.correct, score.version, score.is_current) == (3, 1, True)
    assert Attempt.objects.get().state == Attempt.State.SCORED


def test_message_delivered_to_six_workers_at_the_same_moment_gives_one_score(threaded_db, monkeypatch):
    monkeypatch.setattr(workers, "request_scoring", lambda attempt_id: None)
    attempt = make_attempt(now=START)
    answer_all(attempt, right=3)
    close(attempt)

    outcomes = at_once(*[lambda: score_attempt(attempt_id=attempt.pk, now=NOW)] * 6)

    assert {outcome.pk for outcome in outcomes} == {Score.objects.get().pk}
    attempt.refresh_from_db()
    assert (attempt.state, attempt.scoring_tries, attempt.scoring_error) == ("scored", 0, "")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("failure", ["broker down", "message lost"])
def test_hand_in_without_a_broker_answers_commits_and_is_scored_by_the_next_sweep(clock, monkeypatch, failure):
    def send(*args, **kwargs):
        if failure == "broker down":
            raise BrokerError("connection refused")

    attempt = make_attempt(now=START)
    answer_all(attempt, right=3)
    with monkeypatch.context() as patch:
        patch.setattr(tasks.score_attempt, "apply_async", send)
        response = client_of(attempt.candidate).post(url_of("attempt-hand-in", attempt), {"then": "submit"})
    assert (response.status_code, response.url) == (302, url_of("attempt-result", attempt))
    attempt.refresh_from_db()
    assert (attempt.state, Score.objects.count()) == ("submitted", 0)

    sweep(now=START + 61 * SECOND)

    assert Score.objects.get().correct == 3


@pytest.mark.django_db(transaction=True)
def test_worker_killed_in_the_middle_leaves_nothing_half_done(monkeypatch):
    monkeypatch.setattr(workers, "request_scoring", lambda attempt_id: None)
    attempt = make_attempt(now=START)
    answer_all(attempt, right=3)
    close(attempt)

    def save_and_die(self, *args, **kwargs):
        super(Score, self).save(*args, **kwargs)
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(Score, "save", save_and_die)
        with pytest.raises(SystemExit):
            score_attempt(attempt_id=attempt.pk, now=NOW)
    attempt.refresh_from_db()
    assert (attempt.state, attempt.scoring_tries, Score.objects.count()) == ("submitted", 0, 0)

    assert score_attempt(attempt_id=attempt.pk, now=NOW).correct == 3
    assert Score.objects.count() == 1


# --- 4. The past does not change (see also test_the_past.py) ---------------------------------------


@pytest.mark.django_db
def test_old_attempts_keep_result_and_review_when_everything_behind_them_is_edited(clock):
    attempt = make_attempt(exam=make_exam(question_count=6, unscored_count=2), now=START)
    finish(attempt, right=3)
    before = result_pages(attempt), list(Score.objects.values()), list(AttemptItem.objects.values())

    Exam.objects.update(minutes=5, question_count=60, cut_score=150, scale_min=0, is_offered=False)
    for question in Question.objects.all():
        text, key, *others = make_content(f"corrected {question}").options
        save_draft(question=question, content=make_content("corrected", options=(key, text, *others)), by=None, now=NOW)
        publish(question=question, by=None, now=NOW)
        retire(question=question, by=None, now=NOW)
    type(attempt.candidate).objects.update(extra_time_percent=300)
    sweep(now=START + 9000 * MINUTE)
    score_attempt(attempt_id=attempt.pk, now=NOW)

    attempt = Attempt.objects.get()
    assert (result_pages(attempt), list(Score.objects.values()), list(AttemptItem.objects.values())) == before


# --- 5. No key leaves early (see also test_no_key_leaves_early.py) ----------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("page", ["review", "question", "all", "chapter"])
def test_what_was_learnt_of_a_question_before_is_not_shown_while_it_is_open_again(clock, page):
    candidate, exam = UserFactory(), make_exam(per_domain=2)
    Question.objects.update(source_chapter=1, source_title="One")
    Certification.objects.update(study_material="A book")
    finished = make_attempt(exam=exam, candidate=candidate, now=START)
    finish(finished)
    # The bank is used up: the second exam asks the same questions.
    make_attempt(exam=ExamFactory(certification=exam.certification), candidate=candidate, now=START)

    urls = {
        "review": url_of("attempt-review", finished),
        "question": url_of("review-question", finished, 1),
        "all": url_of("review-all", finished),
        "chapter": reverse("exams:chapter", args=[exam.certification.code, 1]),
    }
    response = client_of(candidate).get(urls[page], follow=True)

    assert "Because 1 of" not in response.text
    assert "correct answer</span>" not in response.text


# --- 6. Nobody reads what is not theirs (see also test_access.py) -----------------------------------


@pytest.mark.django_db
def test_no_page_of_mine_shows_anything_of_others(clock):
    exam = make_exam(per_domain=2)
    theirs = [make_attempt(exam=exam, now=START) for _ in range(2)]
    finish(theirs[0], right=3)
    mine = make_attempt(exam=exam, now=START)
    finish(mine, right=1)
    client = client_of(mine.candidate)

    for url in (
        reverse("exams:home"),
        reverse("exams:history"),
        reverse("exams:exam-detail", args=[exam.slug]),
        url_of("attempt-result", mine),
        url_of("review-all", mine),
        url_of("review-question", mine, 1),
    ):
        page = client.get(url).text
        for attempt in theirs:
            assert str(attempt.pk) not in page
            assert attempt.candidate.name not in page
            assert attempt.candidate.email not in page
        assert not re.search(r"(?<![-\w])775\b", page)  # questions and people have numbers, too


@pytest.mark.django_db
def test_their_attempt_cannot_be_reached_through_mine(clock):
    theirs, mine = make_attempt(now=START), make_attempt(now=START)
    item = item_of(theirs)
    client = client_of(mine.candidate)

    # My attempt in the address, theirs in every field a form could have.
    data = posted(item, 1) | {"attempt": theirs.pk, "attempt_id": theirs.pk, "candidate": theirs.candidate_id}
    data |= {"id": item.pk, "item": item.pk, "user": theirs.candidate_id, "then": "submit"}
    client.post(url_of("answer-save", mine, 1), data)
    client.post(url_of("attempt-hand-in", mine), data)

    theirs.refresh_from_db()
    assert theirs.is_in_progress
    assert chosen(item) is None


# --- 7. The number means what it says ---------------------------------------------------------------


@pytest.mark.django_db
def test_every_share_in_a_report_comes_with_its_count_and_interval_and_every_score_is_an_estimate(clock):
    attempt = make_attempt(exam=make_exam(per_domain=9, weights=(80, 20), question_count=10), now=START)
    finish(attempt, right=6)
    client = client_of(attempt.candidate)

    page = client.get(url_of("attempt-result", attempt)).text
    main = " ".join(re.sub(r"<[^>]+>", "", page[page.index("<main") :]).split())
    bars = re.findall(r'<p class="bar-words">(.*?)</p>', page, re.DOTALL)

    assert len(bars) == 4
    for bar in bars:
        words = " ".join(re.sub(r"<[^>]+>", "", bar).split())
        tally = re.fullmatch(r"(\d+) of (\d+) \(\d+ %, \d+–\d+ %\) · (.+)", words)
        assert tally is not None, words
        assert (tally[3] == "not enough answers yet") == (int(tally[2]) < 5)
    assert "Estimated score" in main
    assert "An estimate: 100 + 900 × 6/10 = 640." in main
    # No percentage stands alone: each is in a bar's words, next to a count, an interval, or the pass mark itself.
    rest = re.sub(r"\d+ of \d+ \(\d+ %, \d+–\d+ %\)", "", main)
    rest = re.sub(r"6 of 10 scored questions correct \(60 %\)|95 % interval|pass mark, 72\.2 %", "", rest)
    assert re.findall(r"\d+ ?%", rest) == []

    assert ">Estimate</th>" in client.get(reverse("exams:history")).text
