"""Every URL of exams/urls.py: the owner, another person, nobody, and the wrong method."""

import uuid

import pytest
from django.test import Client
from django.urls import reverse

from exams import urls
from exams.attempts.models import AttemptItem
from exams.cohorts.models import Cohort
from exams.scoring.services import score_attempt
from tests.exams.helpers import client_of, close, finish, item_of, posted
from tests.exams.pages import masked
from tests.factories import CohortFactory, UserFactory, make_attempt

pytestmark = pytest.mark.django_db

PUBLIC = [("home", "get"), ("certification", "get"), ("privacy", "get")]
FOR_CANDIDATES = [
    ("chapter", "get"),
    ("exam-detail", "get"),
    ("exam-start", "post"),
    ("join", "get"),
    ("join", "post"),
    ("invitation", "post"),
    ("cohorts", "get"),
    ("cohort-leave", "post"),
    ("history", "get"),
    ("problem-reports", "get"),
    ("own-data", "get"),
    ("own-data", "post"),
]
OF_AN_ATTEMPT = [
    ("attempt", "get"),
    ("answer-save", "post"),
    ("attempt-clock", "get"),
    ("attempt-hand-in", "get"),
    ("attempt-hand-in", "post"),
    ("attempt-result", "get"),
    ("attempt-review", "get"),
    ("review-all", "get"),
    ("review-question", "get"),
    ("attempt-retry", "post"),
    ("attempt-unsaved", "post"),
    ("problem-report", "post"),
]
METHODS = {"get", "post", "put", "patch", "delete"}


@pytest.fixture
def attempt():
    return make_attempt()


def url_of(name, attempt, attempt_id=None):
    exam = attempt.exam
    certification = exam.certification
    certification.study_material = "A book"
    certification.save()
    exam.certification.placements.first().task.questions.update(source_chapter=3, source_title="Clouds")
    return reverse(
        f"exams:{name}",
        kwargs={
            "home": {},
            "certification": {"code": certification.code},
            "chapter": {"code": certification.code, "number": 3},
            "exam-detail": {"slug": exam.slug},
            "exam-start": {"slug": exam.slug},
            "join": {"token": (Cohort.objects.first() or CohortFactory()).invite_token},
            "privacy": {},
            "invitation": {"invitation_id": 1},
            "cohorts": {},
            "cohort-leave": {"cohort_id": 1},
            "history": {},
            "own-data": {},
            "problem-reports": {},
            "answer-save": {"attempt_id": attempt_id or attempt.pk, "position": 1},
            "problem-report": {"attempt_id": attempt_id or attempt.pk, "position": 1},
            "review-question": {"attempt_id": attempt_id or attempt.pk, "position": 1},
        }.get(name, {"attempt_id": attempt_id or attempt.pk}),
    )


def ask(client, name, method, attempt, *, attempt_id=None, **headers):
    data = posted(item_of(attempt), 1) if method == "post" else None
    return getattr(client, method)(url_of(name, attempt, attempt_id), data, headers=headers or None)


def test_every_url_is_covered_here():
    covered = {name for name, _ in PUBLIC + FOR_CANDIDATES + OF_AN_ATTEMPT}
    names = {pattern.name for pattern in urls.urlpatterns}

    # Study has tests of its own: study/test_practice_pages.py, test_sets_and_notes.py, test_plan_page.py and so on.
    assert covered == {name for name in names if not name.startswith(("practice", "question-note", "plan", "trial"))}


# --- The owner --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "method", "in_progress", "submitted", "scored"),
    [
        ("attempt", "get", 200, "attempt-result", "attempt-result"),
        ("answer-save", "post", 200, 410, 410),
        ("attempt-clock", "get", 200, 410, 410),
        ("attempt-hand-in", "get", 200, "attempt-result", "attempt-result"),
        ("attempt-hand-in", "post", "attempt-result", "attempt-result", "attempt-result"),
        ("attempt-result", "get", "attempt", 200, 200),
        ("attempt-review", "get", "attempt-result", "attempt-result", "review-question"),
        ("review-all", "get", "attempt-result", "attempt-result", 200),
        ("review-question", "get", "attempt-result", "attempt-result", 200),
    ],
)
def test_owner_gets_the_page_or_is_sent_to_the_one_for_the_state(attempt, name, method, in_progress, submitted, scored):
    client = client_of(attempt.candidate)
    steps = [
        (in_progress, lambda: None),
        (submitted, lambda: close(attempt)),
        (scored, lambda: score_attempt(attempt_id=attempt.pk, now=attempt.submitted_at)),
    ]
    for expected, advance in steps:
        advance()
        response = ask(client, name, method, attempt)
        if isinstance(expected, str):
            assert (response.status_code, response.url) == (302, url_of(expected, attempt))
        else:
            assert response.status_code == expected


@pytest.mark.parametrize(("name", "method"), PUBLIC + FOR_CANDIDATES)
def test_candidate_gets_every_page_that_is_not_of_an_attempt(attempt, name, method):
    response = ask(client_of(UserFactory()), name, method, attempt)

    leads_on = method == "post" and name in {"exam-start", "join", "invitation", "cohort-leave"}
    assert response.status_code == (302 if leads_on else 200)


# --- Another person ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "who", [{}, {"instructor": True}, {"superuser": True}], ids=["candidate", "instructor", "superuser"]
)
@pytest.mark.parametrize(("name", "method"), OF_AN_ATTEMPT)
def test_other_gets_the_same_404_as_for_a_missing_attempt(attempt, name, method, who):
    client = client_of(UserFactory(**who))

    for advance in (lambda: None, lambda: finish(attempt)):
        advance()
        foreign = ask(client, name, method, attempt)
        missing = ask(client, name, method, attempt, attempt_id=uuid.uuid4())

        assert (foreign.status_code, missing.status_code) == (404, 404)
        assert masked(foreign.text) == masked(missing.text)
        assert "Page not found" in foreign.text
        assert sorted(foreign.headers) == sorted(missing.headers)


@pytest.mark.parametrize(("name", "method"), OF_AN_ATTEMPT)
def test_other_changes_nothing(attempt, name, method):
    ask(client_of(UserFactory()), name, method, attempt)

    attempt.refresh_from_db()
    assert attempt.is_in_progress
    assert set(AttemptItem.objects.values_list("sequence", "response")) == {(0, None)}


def test_invalid_answer_to_the_attempt_of_another_is_answered_like_one_to_a_missing_attempt(attempt):
    client = client_of(UserFactory())
    urls_ = [url_of("answer-save", attempt, attempt_id) for attempt_id in (attempt.pk, uuid.uuid4())]

    foreign, missing = (client.post(url, {"q1-choice": "99"}) for url in urls_)

    assert (foreign.status_code, foreign.text) == (missing.status_code, missing.text)


# --- Nobody -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "method"), PUBLIC)
def test_anonymous_gets_public_pages(attempt, name, method):
    assert ask(Client(), name, method, attempt).status_code == 200


@pytest.mark.parametrize(("name", "method"), FOR_CANDIDATES + OF_AN_ATTEMPT)
def test_anonymous_is_sent_to_the_log_in_and_back(attempt, name, method):
    response = ask(Client(), name, method, attempt)

    assert (response.status_code, response.url) == (302, f"/accounts/login/?next={url_of(name, attempt)}")
    attempt.refresh_from_db()
    assert attempt.is_in_progress


@pytest.mark.parametrize(("name", "method"), FOR_CANDIDATES + OF_AN_ATTEMPT)
def test_anonymous_htmx_gets_401_and_no_page_that_looks_like_a_success(attempt, name, method):
    response = ask(Client(), name, method, attempt, HX_Request="true")

    assert (response.status_code, response.text) == (401, "Log in again.")
    assert response.headers["Content-Type"] == "text/plain; charset=utf-8"


@pytest.mark.parametrize(("name", "method"), OF_AN_ATTEMPT)
def test_anonymous_learns_nothing_about_which_attempts_exist(attempt, name, method):
    missing = uuid.uuid4()
    for headers in ({}, {"HX_Request": "true"}):
        existing = ask(Client(), name, method, attempt, **headers)
        absent = ask(Client(), name, method, attempt, attempt_id=missing, **headers)

        assert existing.status_code == absent.status_code
        assert masked(existing.headers.get("Location", "")) == masked(absent.headers.get("Location", ""))
        assert masked(existing.text) == masked(absent.text)


def test_person_whose_account_was_switched_off_is_logged_out(attempt):
    client = client_of(attempt.candidate)
    attempt.candidate.is_active = False
    attempt.candidate.save()

    assert ask(client, "attempt", "get", attempt).status_code == 302


# --- The wrong method -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted({name for name, _ in PUBLIC + FOR_CANDIDATES + OF_AN_ATTEMPT}))
def test_wrong_method_is_refused_whoever_asks(attempt, name):
    right = {method for each, method in PUBLIC + FOR_CANDIDATES + OF_AN_ATTEMPT if each == name}

    for method in METHODS - right:
        for client in (Client(), client_of(attempt.candidate)):
            response = getattr(client, method)(url_of(name, attempt))
            assert response.status_code == 405, f"{method} {name}"
            assert right <= {allowed.strip().lower() for allowed in response.headers["Allow"].split(",")}
    attempt.refresh_from_db()
    assert attempt.is_in_progress


# --- Other things all these pages share -------------------------------------------------------------


@pytest.mark.parametrize("state", ["in_progress", "scored"])
@pytest.mark.parametrize(("name", "method"), OF_AN_ATTEMPT)
def test_no_answer_about_an_attempt_may_be_kept_by_a_cache(attempt, name, method, state):
    if state == "scored":
        finish(attempt)

    for client in (client_of(attempt.candidate), Client()):
        directives = set(ask(client, name, method, attempt).headers["Cache-Control"].split(", "))
        assert {"no-store", "private"} <= directives


@pytest.mark.parametrize(
    "path", ["/attempts/7/", "/attempts/not-a-uuid/", "/attempts/7/result/", "/exams/none/", "/certifications/none/"]
)
def test_address_that_names_nothing_is_a_404(path):
    assert client_of(UserFactory()).get(path).status_code == 404
