"""Home, certification, chapter, start screen, start, history."""

import datetime as dt

import pytest
from django.test import Client
from django.urls import reverse

from exams.attempts.models import Attempt
from questions.models import Certification, Question
from tests.exams.helpers import MINUTE, SECOND, START, answer_all, client_of, close, finish, items_of
from tests.factories import CertificationFactory, ExamFactory, QuestionFactory, UserFactory, make_attempt, make_exam

pytestmark = pytest.mark.django_db


@pytest.fixture
def candidate():
    return UserFactory(name="Ada")


def url_of(name, *args):
    return reverse(f"exams:{name}", args=args)


def get(user, name, *args):
    response = client_of(user).get(url_of(name, *args))
    assert response.status_code == 200
    return " ".join(response.text.split())


# --- Home -------------------------------------------------------------------------------------------


def test_home_shows_a_visitor_what_there_is_and_how_to_join():
    exam = make_exam(per_domain=2)
    domain = exam.certification.domains.first()
    QuestionFactory(task=domain.tasks.get(), draft=True)
    Question.objects.filter(pk=domain.tasks.get().questions.first().pk).update(status=Question.Status.RETIRED)

    page = Client().get("/").text

    code = exam.certification.code
    assert f'<a href="{url_of("certification", code)}">{code.upper()}</a>' in page
    assert exam.certification.name in page
    assert "<p>3 questions</p>" in page
    assert "/accounts/signup/" in page
    assert "/accounts/login/" in page


def test_home_without_a_bank_says_how_to_fill_it():
    assert "manage.py load_bank" in Client().get("/").text


def test_home_offers_to_continue_what_is_under_way(candidate, clock):
    attempt = make_attempt(candidate=candidate, now=START)

    page = get(candidate, "home")

    assert f'<h1 dir="auto">{attempt.exam.title}</h1>' in page
    assert f'href="{url_of("attempt", attempt.pk)}">Continue</a>' in page
    assert "In progress · 30 min left (until 21 Nov 2026, 09:30 UTC)" in page


def test_home_shows_moments_in_the_persons_time_zone(clock):
    candidate = UserFactory(time_zone="Asia/Kolkata")
    make_attempt(candidate=candidate, now=START)

    assert "(until 21 Nov 2026, 15:00 IST)" in get(candidate, "home")


def test_history_lists_the_last_attempts_with_their_estimates(candidate, clock):
    exam = make_exam()
    finish(make_attempt(exam=exam, candidate=candidate, now=START), right=4)
    finish(make_attempt(exam=exam, candidate=candidate, now=START), right=1)
    other = make_attempt(exam=exam, now=START)

    page = get(candidate, "history")

    assert ">1000</td>" in page
    assert ">4 of 4</td>" in page
    assert ">325</td>" in page
    assert "above the pass mark" in page
    assert "below the pass mark" in page
    assert str(other.pk) not in page


@pytest.mark.parametrize("name", ["home", "history"])
def test_visit_closes_the_visitors_overdue_attempts_when_no_sweep_does(candidate, clock, name):
    attempt, other = make_attempt(candidate=candidate, now=START), make_attempt(now=START)
    clock.shift(31 * MINUTE)

    page = get(candidate, name)

    attempt.refresh_from_db()
    other.refresh_from_db()
    assert (attempt.state, attempt.closed_by, other.state) == ("submitted", "deadline", "in_progress")
    assert "Continue" not in page
    assert (url_of("attempt-result", attempt.pk) in page) == (name == "history")


def test_home_of_a_visitor_closes_nothing(clock):
    attempt = make_attempt(now=START)
    clock.shift(31 * MINUTE)

    Client().get("/")

    attempt.refresh_from_db()
    assert attempt.is_in_progress


# --- Certification ----------------------------------------------------------------------------------


def test_certification_shows_the_real_exam_its_domains_and_what_is_offered():
    exam = make_exam(per_domain=3, weights=(60, 40), title="The full mock")
    certification = exam.certification
    ExamFactory(certification=certification, domain=certification.domains.get(number=2), title="Practice of the second")
    ExamFactory(certification=certification, is_offered=False, title="Not ready")

    page = Client().get(url_of("certification", certification.code)).text

    assert "10 questions in 20 minutes (8 scored)" in " ".join(page.split())
    assert "750 on a scale of 100 to 1000" in page
    assert "The full mock" in page
    assert "Practice of the second" in page
    assert "Not ready" not in page
    assert ">60 %</td>" in page
    assert page.count('<td class="align-right">3</td>') == 4


def test_certification_without_exams_says_so():
    certification = CertificationFactory(status=Certification.Status.RETIRED, status_note="Retired in March.")

    page = Client().get(url_of("certification", certification.code)).text

    assert "not enough questions for a mock exam" in page
    assert "Retired in March." in page


# --- A chapter to read ------------------------------------------------------------------------------


@pytest.fixture
def chapter_exam():
    """An exam of four questions, all of them of chapter 3."""
    exam = make_exam(per_domain=2)
    Question.objects.update(source_chapter=3, source_title="Clouds")
    Certification.objects.update(study_material="A book")
    return exam


def test_chapter_shows_the_questions_answered_in_a_scored_attempt_with_their_rationales(candidate, chapter_exam):
    attempt = make_attempt(exam=chapter_exam, candidate=candidate)
    answer_all(attempt, right=0)
    blank = items_of(attempt)[0]
    attempt.items.filter(pk=blank.pk).update(response=None)
    finished = close(attempt)
    url = ("chapter", chapter_exam.certification.code, 3)
    assert "Because 1 of" not in get(candidate, *url)

    Attempt.objects.filter(pk=finished.pk).update(state="scored")

    page = get(candidate, *url)
    assert page.count("Because 1 of") == 3
    assert blank.question.code not in page
    assert "1 of the 4 questions is hidden" in page


def test_chapter_shows_nothing_of_what_others_answered(candidate, chapter_exam):
    finish(make_attempt(exam=chapter_exam))

    page = get(candidate, "chapter", chapter_exam.certification.code, 3)

    assert "Because" not in page
    assert "Stem" not in page


def test_chapter_that_no_question_covers_is_a_404(candidate, chapter_exam):
    assert client_of(candidate).get(url_of("chapter", chapter_exam.certification.code, 4)).status_code == 404


# --- Start screen -----------------------------------------------------------------------------------


def test_start_screen_says_what_the_exam_is(candidate):
    exam = make_exam(weights=(75, 25), question_count=4, unscored_count=1, minutes=30, cut_score=720)

    page = get(candidate, "exam-detail", exam.slug)

    assert "4 (3 scored)" in page
    assert "30 minutes" in page
    assert "720 on a scale of 100 to 1000; your score will be an estimate" in page
    assert "3 from 1 Domain 1 · 1 from 2 Domain 2" in page
    assert f'action="{url_of("exam-start", exam.slug)}"' in page


def test_start_screen_counts_the_extra_time(clock):
    page = get(UserFactory(extra_time_percent=25), "exam-detail", make_exam(minutes=30).slug)

    assert "37.5 minutes, including your 25 % extra time" in page


def test_start_screen_leads_back_into_the_attempt_under_way(candidate):
    attempt = make_attempt(candidate=candidate)

    page = get(candidate, "exam-detail", attempt.exam.slug)

    assert f'href="{url_of("attempt", attempt.pk)}">Continue</a>' in page
    assert "Start exam" not in page


def test_start_screen_closes_an_overdue_attempt_and_offers_a_new_one(candidate, clock):
    attempt = make_attempt(candidate=candidate, now=START)
    clock.shift(31 * MINUTE)

    page = get(candidate, "exam-detail", attempt.exam.slug)

    assert "Start exam" in page
    attempt.refresh_from_db()
    assert not attempt.is_in_progress


@pytest.mark.parametrize(
    ("opens_at", "closes_at", "expected"),
    [
        (START + MINUTE, None, "The exam opens 21 Nov 2026, 09:01 UTC."),
        (
            START + MINUTE,
            START + 60 * MINUTE,
            "The exam opens 21 Nov 2026, 09:01 UTC and closes 21 Nov 2026, 10:00 UTC.",
        ),
        (None, START, "The exam closed 21 Nov 2026, 09:00 UTC."),
        (START - dt.timedelta(days=1), START - MINUTE, "The exam closed 21 Nov 2026, 08:59 UTC."),
    ],
)
def test_start_screen_outside_the_window_says_when(candidate, clock, opens_at, closes_at, expected):
    page = get(candidate, "exam-detail", make_exam(opens_at=opens_at, closes_at=closes_at).slug)

    assert expected in page
    assert "Start exam" not in page


def test_start_screen_of_an_exam_the_bank_cannot_fill_says_what_is_missing(candidate):
    page = get(candidate, "exam-detail", make_exam(per_domain=1).slug)

    assert "The bank has 1 published question in “1 Domain 1”; this exam needs 2." in page
    assert "Start exam" not in page


@pytest.mark.parametrize("name", ["exam-detail", "exam-start"])
def test_exam_that_is_not_offered_is_a_404(candidate, name):
    exam = make_exam(is_offered=False)
    client = client_of(candidate)

    response = client.post(url_of(name, exam.slug)) if name == "exam-start" else client.get(url_of(name, exam.slug))

    assert response.status_code == 404
    assert Attempt.objects.count() == 0


# --- Starting ---------------------------------------------------------------------------------------


def test_start_leads_to_the_new_attempt(candidate, clock):
    exam = make_exam()

    response = client_of(candidate).post(url_of("exam-start", exam.slug))

    attempt = candidate.attempts.get()
    assert (response.status_code, response.url) == (302, url_of("attempt", attempt.pk))
    assert (attempt.exam, attempt.started_at) == (exam, START)


def test_start_twice_leads_to_the_same_attempt(candidate):
    client, exam = client_of(candidate), make_exam()

    first, second = (client.post(url_of("exam-start", exam.slug)) for _ in range(2))

    assert first.url == second.url
    assert candidate.attempts.count() == 1


def test_start_after_the_time_of_the_last_attempt_closes_that_and_makes_a_new_one(candidate, clock):
    old = make_attempt(candidate=candidate, now=START)
    clock.move_to(old.deadline_at + 11 * SECOND)

    client_of(candidate).post(url_of("exam-start", old.exam.slug))

    assert sorted(candidate.attempts.values_list("state", flat=True)) == ["in_progress", "submitted"]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"per_domain": 1}, "The bank has 1 published question in “1 Domain 1”; this exam needs 2."),
        ({"closes_at": START - dt.timedelta(days=9)}, "This exam is not open now."),
    ],
)
def test_start_that_is_refused_leads_back_with_the_reason(candidate, fields, message):
    exam = make_exam(**fields)

    response = client_of(candidate).post(url_of("exam-start", exam.slug), follow=True)

    assert response.redirect_chain == [(url_of("exam-detail", exam.slug), 302)]
    assert f'<li class="message error">{message}</li>' in response.text
    assert Attempt.objects.count() == 0


def test_start_needs_a_csrf_token(candidate):
    exam = make_exam()

    response = client_of(candidate, enforce_csrf_checks=True).post(url_of("exam-start", exam.slug))

    assert response.status_code == 403
    assert "This page was open too long" in response.text
    assert Attempt.objects.count() == 0


# --- History ----------------------------------------------------------------------------------------


def test_history_lists_own_attempts_newest_first(candidate, clock):
    exam = make_exam()
    old = make_attempt(exam=exam, candidate=candidate, now=START - dt.timedelta(days=2))
    finish(old, right=4)
    close(make_attempt(exam=exam, candidate=candidate, now=START - dt.timedelta(days=1)), now=START)
    under_way = make_attempt(exam=exam, candidate=candidate, now=START)
    other = make_attempt(exam=exam, now=START)

    page = get(candidate, "history")

    places = [page.index(text) for text in ("21 Nov 2026, 09:00", "20 Nov 2026, 09:00", "19 Nov 2026, 09:00")]
    assert places == sorted(places)
    states = [page.index(text) for text in ("in progress", "being scored", "above the pass mark")]
    assert states == sorted(states)
    assert url_of("attempt", under_way.pk) in page
    assert url_of("attempt-result", old.pk) in page
    assert str(other.pk) not in page


def test_history_of_a_newcomer_leads_to_the_exams(candidate):
    assert "You have not taken an exam yet." in get(candidate, "history")
