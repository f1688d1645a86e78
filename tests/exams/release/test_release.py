"""What a candidate is shown after the hand-in, and when: score, key and explanations, page by page."""

import datetime as dt
from itertools import product

import pytest
from django.urls import reverse

from exams.attempts.models import Attempt
from exams.attempts.services import closing as services
from exams.blueprints.models import Exam
from exams.cohorts.models import Accommodation, Assignment, Cohort
from exams.release.queries import shown_of, shown_of_each
from exams.release.shown import When, Window, shown
from questions.content import Option, Reference
from questions.models import Certification, Question
from tests.exams.helpers import MINUTE, SECOND, START, client_of, finish
from tests.factories import QuestionFactory, UserFactory, make_attempt, make_content, make_exam
from tests.queries import count_queries

pytestmark = pytest.mark.django_db

CLOSES = START + dt.timedelta(hours=2)
AT_ONCE, AFTER_WINDOW, NEVER = Exam.Release.values
SETTINGS = list(product(Exam.Release.values, repeat=3))
# Texts that stand for the key and for the explanations.
CANARY = "quokka"


# --- The rule -------------------------------------------------------------------------------------------------


OPEN, CLOSED = Window(CLOSES, False), Window(START, False)


@pytest.mark.parametrize(
    ("setting", "window", "expected"),
    [
        (AT_ONCE, OPEN, When.NOW),
        (AT_ONCE, Window(None, True), When.NOW),
        (AFTER_WINDOW, Window(None, False), When.LATER),
        (AFTER_WINDOW, Window(START + SECOND, False), When.LATER),
        (AFTER_WINDOW, Window(START, False), When.NOW),
        (AFTER_WINDOW, Window(START - SECOND, False), When.NOW),
        # Who began at the last moment is still at it.
        (AFTER_WINDOW, Window(START - SECOND, True), When.LATER),
        (NEVER, OPEN, When.NEVER),
        (NEVER, CLOSED, When.NEVER),
    ],
)
def test_each_setting_before_at_and_after_the_end_of_the_window(setting, window, expected):
    said = shown(score=setting, key=setting, explanations=setting, window=window, now=START)

    assert (said.score, said.key, said.explanations) == (expected,) * 3
    assert said.closes_at == window.closes_at


@pytest.mark.parametrize(("key", "explanations"), list(product(Exam.Release.values, repeat=2)))
@pytest.mark.parametrize("window", [OPEN, CLOSED])
def test_explanations_never_come_before_the_key(key, explanations, window):
    said = shown(score=NEVER, key=key, explanations=explanations, window=window, now=START)

    order = [When.NOW, When.LATER, When.NEVER]
    assert order.index(said.explanations) >= order.index(said.key)


# --- Which window an attempt waits for -----------------------------------------------------------------------


def window_exam(**fields):
    return make_exam(show_score=AFTER_WINDOW, show_key=AFTER_WINDOW, show_explanations=AFTER_WINDOW, **fields)


def assigned(exam, *candidates, closes_at=CLOSES):
    cohort = Cohort.objects.create(name="Class", created_at=START)
    cohort.candidates.add(*candidates, through_defaults={"joined_at": START})
    return Assignment.objects.create(cohort=cohort, exam=exam, closes_at=closes_at, created_at=START)


def test_attempt_waits_for_its_exam(clock):
    attempt = make_attempt(exam=window_exam(closes_at=CLOSES), now=START)
    finish(attempt)

    assert shown_of(attempt, CLOSES - SECOND).score is When.LATER
    assert shown_of(attempt, CLOSES).score is When.NOW


def test_attempt_waits_for_its_assignment_and_not_for_the_exam(clock):
    candidate = UserFactory()
    exam = window_exam(closes_at=START + MINUTE)
    assigned(exam, candidate)
    attempt = make_attempt(exam=exam, candidate=candidate, now=START)
    finish(attempt)

    assert attempt.assignment is not None
    assert shown_of(attempt, CLOSES - SECOND) == shown_of(attempt, START)
    assert shown_of(attempt, CLOSES - SECOND).closes_at == CLOSES
    assert shown_of(attempt, CLOSES).key is When.NOW


@pytest.mark.parametrize(("hours", "latest"), [(3, CLOSES + dt.timedelta(hours=1)), (-1, CLOSES)])
def test_attempt_waits_for_the_last_of_its_cohort_who_has_a_window_of_their_own(clock, hours, latest):
    candidate, other = UserFactory.create_batch(2)
    assignment = assigned(window_exam(), candidate, other)
    closes_at = CLOSES + dt.timedelta(hours=1) if hours > 0 else START + MINUTE
    Accommodation.objects.create(assignment=assignment, candidate=other, closes_at=closes_at)
    attempt = make_attempt(exam=assignment.exam, candidate=candidate, now=START)
    finish(attempt)

    assert shown_of(attempt, START).closes_at == latest


def test_assignment_without_an_end_never_ends(clock):
    candidate, other = UserFactory.create_batch(2)
    assignment = assigned(window_exam(closes_at=CLOSES), candidate, other, closes_at=None)
    Accommodation.objects.create(assignment=assignment, candidate=other, closes_at=CLOSES)
    attempt = make_attempt(exam=assignment.exam, candidate=candidate, now=START)

    assert shown_of(attempt, CLOSES + MINUTE).key is When.LATER


def test_nothing_is_shown_while_somebody_still_sits_in_the_same_window(clock):
    exam = window_exam(closes_at=CLOSES, minutes=60)
    attempt = make_attempt(exam=exam, now=START)
    finish(attempt)
    last = make_attempt(exam=exam, now=CLOSES - MINUTE)

    assert shown_of(attempt, CLOSES + MINUTE).key is When.LATER
    # Their time ends an hour later, and for ten seconds answers on their way are taken.
    assert shown_of(attempt, last.deadline_at + 10 * SECOND).key is When.LATER
    assert shown_of(attempt, last.deadline_at + 11 * SECOND).key is When.NOW
    services.submit_attempt(candidate=last.candidate, attempt_id=last.pk, now=CLOSES + 2 * MINUTE)
    assert shown_of(attempt, CLOSES + 2 * MINUTE).key is When.NOW


def test_who_sits_the_exam_in_another_window_is_not_waited_for(clock):
    candidate = UserFactory()
    exam = window_exam(closes_at=CLOSES, minutes=600)
    assigned(exam, candidate, closes_at=START + 30 * MINUTE)
    public, of_cohort = make_attempt(exam=exam, now=START), make_attempt(exam=exam, candidate=candidate, now=START)
    finish(of_cohort)

    assert shown_of(of_cohort, START + 31 * MINUTE).key is When.NOW
    finish(public)
    make_attempt(exam=exam, candidate=candidate, now=START + 20 * MINUTE)
    assert shown_of(public, CLOSES).key is When.NOW


def test_many_attempts_are_judged_in_one_query_and_without_one_where_all_is_shown(clock):
    for setting, queries in ((AT_ONCE, 0), (NEVER, 0), (AFTER_WINDOW, 1)):
        exam = make_exam(show_key=setting, show_explanations=setting)
        attempts = list(
            Attempt.objects.filter(pk__in=[make_attempt(exam=exam, now=START).pk for _ in range(3)]).select_related(
                "exam"
            )
        )
        with count_queries() as counted:
            assert len(shown_of_each(attempts, START)) == 3
        assert (setting, counted.number) == (setting, queries)


# --- Page by page ------------------------------------------------------------------------------------------------


def secret(mark):
    return make_content(
        mark,
        options=tuple(
            Option(text=f"Option {number} of {mark}", key=number == 1, rationale=f"{CANARY} {number}")
            for number in range(4)
        ),
        explanation=f"{CANARY} point",
        service_note=f"{CANARY} note",
        references=(Reference(title=f"{CANARY} book", section="One"),),
    )


@pytest.fixture
def world(clock):
    """world(score, key, explanations): a candidate's two scored attempts at an exam with these settings, two of four
    right in the first and three in the second. All questions are of chapter 1."""

    def make(score, key, explanations):
        exam = make_exam(
            per_domain=0,
            show_score=score,
            show_key=key,
            show_explanations=explanations,
            closes_at=CLOSES,
            slug="the-exam",
        )
        for domain in exam.certification.domains.all():
            for number in (1, 2):
                mark = f"m{domain.number}{number}"
                QuestionFactory(code=mark, task=domain.tasks.get(), content=secret(mark))
        Question.objects.update(source_chapter=1, source_title="One")
        Certification.objects.update(study_material="A book")
        candidate = UserFactory()
        attempts = []
        for number, right in enumerate((2, 3)):
            attempts.append(make_attempt(exam=exam, candidate=candidate, now=START + number * 15 * MINUTE))
            finish(attempts[-1], right=right)
        return attempts

    return make


def pages_of(attempts):
    """Return every page a candidate can open afterwards, and those htmx asks for."""
    client, attempt = client_of(attempts[0].candidate), attempts[-1]
    code = attempt.exam.certification.code
    addresses = {
        "home": reverse("exams:home"),
        "plan": reverse("exams:plan"),
        "history": reverse("exams:history"),
        "certification": reverse("exams:certification", args=[code]),
        "chapter": reverse("exams:chapter", args=[code, 1]),
        "start": reverse("exams:exam-detail", args=[attempt.exam.slug]),
        "result": reverse("exams:attempt-result", args=[attempt.pk]),
        "review": reverse("exams:review-all", args=[attempt.pk]),
        "wrong": reverse("exams:attempt-review", args=[attempt.pk]) + "?show=wrong",
        "flagged": reverse("exams:review-all", args=[attempt.pk]) + "?show=flagged&domain=1",
        "question": reverse("exams:review-question", args=[attempt.pk, 1]),
    }
    pages = {name: client.get(address, follow=True).text for name, address in addresses.items()}
    pages["waiting"] = client.get(addresses["result"], headers={"HX-Request": "true"}).text
    return pages


SCORE_MARKS = ("3 of 4", "2 of 4", ">775<", ">550<", "pass mark</span>", "score-number", "interval")
KEY_MARKS = ("is-key", "is-wrong", "✓", "✗", 'class="chip"')


def holding(pages, marks):
    return {name for name, page in pages.items() if any(mark in page for mark in marks)}


@pytest.mark.parametrize(("score", "key", "explanations"), SETTINGS)
@pytest.mark.parametrize("is_over", [False, True])
def test_no_page_shows_what_is_not_released(world, clock, score, key, explanations, is_over):
    attempts = world(score, key, explanations)
    clock.move_to(CLOSES if is_over else CLOSES - SECOND)
    is_now = {AT_ONCE: True, AFTER_WINDOW: is_over, NEVER: False}
    shows_key = is_now[key]
    shows_explanations = is_now[explanations] and shows_key

    pages = pages_of(attempts)

    assert holding(pages, SCORE_MARKS) == ({"history", "result"} if is_now[score] else set())
    reviews = {"review", "wrong", "flagged", "question"}
    everywhere = reviews | {"chapter"} if shows_explanations else reviews
    with_key = holding(pages, KEY_MARKS) - ({"result"} if is_now[score] else set())
    assert with_key == (everywhere if shows_key else set())
    assert holding(pages, [CANARY]) <= (everywhere if shows_explanations else set())
    assert (CANARY in pages["review"]) == shows_explanations
    assert (CANARY in pages["chapter"]) == shows_explanations


def test_withheld_score_says_when_it_comes_and_leads_to_the_answers(world, clock):
    attempts = world(AFTER_WINDOW, AFTER_WINDOW, NEVER)

    pages = pages_of(attempts)

    assert "Your score is shown after 21 Nov 2026, 11:00 UTC, once everyone has finished." in pages["result"]
    assert "See your answers" in pages["result"]
    assert "hx-get" not in pages["result"]
    assert "Correct answers are shown after 21 Nov 2026, 11:00 UTC, once everyone has finished." in pages["review"]
    clock.move_to(CLOSES)
    later = pages_of(attempts)
    assert "Estimated score" in later["result"]
    assert "Explanations are not shown for this exam." in later["review"]


def test_score_that_never_comes_says_so(world):
    pages = pages_of(world(NEVER, NEVER, NEVER))

    assert "Scores are not shown for this exam." in pages["result"]
    assert "Correct answers are not shown for this exam." in pages["review"]
    assert pages["history"].count("submitted") == 2


def test_review_without_the_key_shows_the_questions_and_ones_own_answers(world):
    attempts = world(AT_ONCE, AFTER_WINDOW, AFTER_WINDOW)

    page = pages_of(attempts)["review"]

    for item in attempts[-1].items.select_related("revision"):
        assert item.revision.stem in page
    # Three right ones and a wrong one were chosen; they look alike.
    assert page.count("your answer") == 4


def test_page_without_the_key_reads_none(world):
    attempts = world(AT_ONCE, NEVER, NEVER)
    client = client_of(attempts[0].candidate)

    with count_queries() as counted:
        client.get(reverse("exams:attempt-review", args=[attempts[-1].pk]))

    assert not [sql for sql in counted.statements if '"questions_revision"."key"' in sql]


def test_wrong_ones_cannot_be_asked_for_without_the_key(world):
    pages = pages_of(world(AT_ONCE, NEVER, NEVER))

    assert pages["wrong"].count("<article") == pages["review"].count("<article") == 4


def test_chapter_shows_a_question_that_another_attempt_releases(world):
    attempts = world(NEVER, NEVER, NEVER)
    practice = make_attempt(
        exam=make_exam(slug="open", certification=attempts[0].exam.certification, weights=(), question_count=4),
        candidate=attempts[0].candidate,
        now=START + 40 * MINUTE,
    )
    finish(practice)

    assert CANARY in pages_of(attempts)["chapter"]


def test_trend_leaves_out_scores_that_wait_for_another_window(clock):
    candidate = UserFactory()
    exam = make_exam(show_score=AFTER_WINDOW, closes_at=START + 30 * MINUTE)
    first = make_attempt(exam=exam, candidate=candidate, now=START)
    finish(first)
    assigned(exam, candidate)
    second = make_attempt(exam=exam, candidate=candidate, now=START + 12 * MINUTE)
    finish(second)
    clock.move_to(START + 31 * MINUTE)
    address = reverse("exams:attempt-result", args=[first.pk])

    assert "Your attempts at this exam" not in client_of(candidate).get(address).text
    clock.move_to(CLOSES)
    assert "Your attempts at this exam" in client_of(candidate).get(address).text


def test_start_page_says_what_will_be_shown(world):
    pages = pages_of(world(AT_ONCE, AFTER_WINDOW, NEVER))

    assert (
        "Your score as soon as there is a score · correct answers after the exam has closed · explanations never"
        in " ".join(pages["start"].split())
    )


def test_start_page_says_nothing_of_it_where_all_is_shown_at_once(world):
    assert "You will see" not in pages_of(world(AT_ONCE, AT_ONCE, AT_ONCE))["start"]
