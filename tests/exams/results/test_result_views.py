"""The result while it is awaited and when it is there, and the review."""

import re

import pytest
from django.urls import reverse

from exams.attempts.models import Attempt
from exams.results.queries.trends import trend
from exams.scoring.services import score_attempt
from questions.models import Revision
from tests.exams.helpers import (
    MINUTE,
    SECOND,
    START,
    answer_all,
    client_of,
    close,
    fill_task,
    finish,
    item_of,
    items_of,
    make_mls_exam,
    shown_key,
)
from tests.factories import DomainFactory, ExamFactory, TaskFactory, UserFactory, make_attempt, make_content, make_exam

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}


@pytest.fixture
def attempt(clock):
    """An attempt that was handed in with two right answers of four, and no score yet."""
    attempt = make_attempt(now=START)
    answer_all(attempt, right=2)
    clock.move_to(START + 10 * MINUTE)
    return close(attempt)


@pytest.fixture
def client(attempt):
    return client_of(attempt.candidate)


def url_of(name, attempt):
    return reverse(f"exams:{name}", args=[attempt.pk])


def result_of(attempt, **headers):
    response = client_of(attempt.candidate).get(url_of("attempt-result", attempt), headers=headers)
    assert response.status_code == 200
    return response


def score(attempt):
    return score_attempt(attempt_id=attempt.pk, now=START + 11 * MINUTE)


def words(page):
    """Return what a page says, without its markup."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", page))


def with_tallies(**domains):
    """Return a scored attempt of which the domains have these tallies: with_tallies(d1=[3, 5])."""
    exam = ExamFactory(question_count=sum(total for _, total in domains.values()))
    for name, (_, total) in domains.items():
        domain = DomainFactory(certification=exam.certification, number=int(name[1:]), weight=total)
        fill_task(TaskFactory(domain=domain), total)
    attempt = make_attempt(exam=exam, now=START)
    for name, (correct, _) in domains.items():
        positions = attempt.items.filter(task__domain__number=int(name[1:])).order_by("position").values("pk")
        attempt.items.filter(pk__in=positions[:correct]).update(response=[1])
    score(close(attempt))
    return attempt


# --- Waiting ----------------------------------------------------------------------------------------


def test_result_waits_for_the_score_and_asks_again(client, attempt):
    page = client.get(url_of("attempt-result", attempt)).text

    assert "It is being scored." in page
    assert f'hx-get="{url_of("attempt-result", attempt)}" hx-trigger="load delay:1s"' in page
    assert '<noscript><meta http-equiv="refresh" content="3"></noscript>' in page
    assert "Estimated score" not in page


def test_waiting_fragment_equals_the_part_of_the_page_that_it_replaces(client, attempt):
    page = client.get(url_of("attempt-result", attempt)).text
    fragment = client.get(url_of("attempt-result", attempt), headers=HTMX).text

    assert fragment.startswith('<div id="waiting"')
    assert fragment.strip() in page


def test_finished_result_makes_a_waiting_page_load_it_as_a_whole(client, attempt):
    score(attempt)

    response = client.get(url_of("attempt-result", attempt), headers=HTMX)

    assert (response.status_code, response.headers["HX-Refresh"], response.text) == (200, "true", "")


def test_result_of_an_attempt_under_way_leads_back_to_it(clock):
    attempt = make_attempt(now=START)

    response = client_of(attempt.candidate).get(url_of("attempt-result", attempt))

    assert response.url == url_of("attempt", attempt)


def test_result_of_an_overdue_attempt_closes_it(clock):
    attempt = make_attempt(now=START)
    clock.move_to(attempt.deadline_at + 11 * SECOND)

    assert "Closed when the time ran out" in result_of(attempt).text


def test_visit_asks_again_for_a_score_whose_request_was_lost(client, attempt, clock):
    clock.shift(61 * SECOND)

    page = client.get(url_of("attempt-result", attempt)).text

    assert "Estimated score" in page
    assert attempt.scores.get().correct == 2


def test_result_that_failed_once_goes_on_waiting_and_asking(client, attempt):
    Attempt.objects.filter(pk=attempt.pk).update(scoring_tries=1, scoring_error="RuntimeError: disk on fire")

    page = client.get(url_of("attempt-result", attempt)).text

    assert "It is being scored." in page
    assert "hx-get" in page
    assert "disk on fire" not in page


def test_result_that_cannot_be_computed_says_so_and_stops_asking(client, attempt):
    Attempt.objects.filter(pk=attempt.pk).update(
        scoring_tries=Attempt.MAX_SCORING_TRIES, scoring_error="UnscorableAttempt: a question without a key"
    )

    page = client.get(url_of("attempt-result", attempt)).text

    assert "its score could not be computed" in page
    assert "hx-get" not in page
    assert "without a key" not in page


# --- The result -------------------------------------------------------------------------------------


def test_result_labels_the_scaled_score_an_estimate_with_its_formula(client, attempt):
    score(attempt)

    page = words(result_of(attempt).text)

    assert "Estimated score 550 below the pass mark of 750" in page
    assert "2 of 4 scored questions correct" in page
    assert "An estimate: 100 + 900 × 2/4 = 550." in page
    assert "Submitted 21 Nov 2026, 09:10 UTC." in page


def test_result_tells_unscored_questions_apart(clock):
    attempt = make_attempt(exam=make_exam(question_count=4, unscored_count=2), now=START)
    finish(attempt, right=4)

    page = words(result_of(attempt).text)

    assert "2 of 2 scored questions correct" in page
    assert "Unscored: 2 of 2." in page
    assert "above the pass mark of 750" in page


def test_result_of_a_practice_gives_a_share_and_no_score(clock):
    exam = make_exam(per_domain=4)
    exam.domain = exam.certification.domains.first()
    exam.save()
    attempt = make_attempt(exam=exam, now=START)
    finish(attempt, right=3)

    page = words(result_of(attempt).text)

    assert "3 of 4" in page
    # Wilson for 3 of 4: 30.06 to 95.44 %.
    assert "anywhere from 30 to 95 %" in page
    assert "Estimated" not in page
    assert not re.search(r"(?<![-\w])775\b", page)  # questions and people have numbers, too


@pytest.mark.parametrize(
    ("tally", "expected"),
    [
        ([4, 4], "4 of 4 (100 %, 51–100 %) · not enough answers yet"),
        ([0, 4], "0 of 4 (0 %, 0–49 %) · not enough answers yet"),
        ([0, 5], "0 of 5 (0 %, 0–43 %) · below the pass line"),
        ([10, 10], "10 of 10 (100 %, 72.25–100 %) · above the pass line"),
        ([7, 10], "7 of 10 (70 %, 40–89 %) · borderline"),
    ],
)
def test_result_gives_each_share_with_count_interval_and_what_may_be_said_of_it(tally, expected):
    page = result_of(with_tallies(d1=tally)).text

    # The domain, and its task.
    shares = re.findall(r'<p class="bar-words">(.*?)</p>', page, re.DOTALL)
    assert [words(share).strip() for share in shares] == [expected] * 2


def test_result_lists_domains_from_the_lowest_share_up_and_leads_to_their_practice():
    attempt = with_tallies(d1=[9, 10], d2=[1, 10], d3=[5, 10])
    certification = attempt.exam.certification
    practice = ExamFactory(certification=certification, domain=certification.domains.get(number=2))
    ExamFactory(certification=certification, domain=certification.domains.get(number=3), is_offered=False)

    page = result_of(attempt).text

    assert re.findall(r'<h3 id="domain-(\d)">', page) == ["2", "3", "1"]
    assert page.count(reverse("exams:exam-detail", args=[practice.slug])) == 1
    assert page.count("Practice this domain") == 1


# --- The trend --------------------------------------------------------------------------------------


def test_first_attempt_has_no_trend(client, attempt):
    score(attempt)

    assert trend(attempt, START) is None
    assert "Your attempts at this exam" not in result_of(attempt).text


def test_trend_shows_own_scores_at_the_same_exam_from_old_to_new(clock):
    candidate, exam = UserFactory(), make_exam(per_domain=9)
    attempts = []
    for number, right in enumerate([1, 3, 4]):
        attempts.append(make_attempt(exam=exam, candidate=candidate, now=START + number * MINUTE))
        finish(attempts[-1], right=right)
    finish(make_attempt(exam=exam, now=START), right=2)
    finish(make_attempt(exam=ExamFactory(certification=exam.certification), candidate=candidate, now=START), right=2)

    page = result_of(attempts[1]).text

    assert "Estimated scores, oldest first: 325, 775, 1000. The pass mark is 750." in " ".join(page.split())
    assert [point.is_this for point in trend(attempts[1], START).points] == [False, True, False]


def test_trend_keeps_to_the_latest_attempts(clock):
    candidate, exam = UserFactory(), make_exam(per_domain=2)
    for number in range(14):
        attempt = make_attempt(exam=exam, candidate=candidate, now=START + number * MINUTE)
        finish(attempt, right=4 if number < 2 else 1)

    assert [point.value for point in trend(attempt, START).points] == [325] * 12


# --- The review -------------------------------------------------------------------------------------


@pytest.fixture
def reviewed(clock):
    """Four questions: 1 right, 2 wrong and flagged, 3 right and flagged, 4 without an answer."""
    attempt = make_attempt(now=START)
    for item, right in zip(items_of(attempt), (True, False, True, None), strict=True):
        own = None if right is None else [1] if right else [0]
        attempt.items.filter(pk=item.pk).update(response=own, is_flagged=item.position in {2, 3}, seconds_spent=75)
    close(attempt)
    score(attempt)
    return attempt


def review_of(attempt, **query):
    response = client_of(attempt.candidate).get(url_of("review-all", attempt), query)
    assert response.status_code == 200
    return response.text


def positions(page):
    return re.findall(r'<article class="card reviewed" id="q(\d+)"', page)


def test_review_explains_every_question(reviewed):
    page = review_of(reviewed)

    assert positions(page) == ["1", "2", "3", "4"]
    for item in items_of(reviewed):
        revision = item.revision
        assert f"The point of {item.question.code}." in page
        assert f"<cite>Guide to {item.question.code}</cite>, “Basics”" in page
        for text, rationale in zip(revision.options, revision.rationales, strict=True):
            assert text in page
            assert rationale in page
    assert page.count("1 min 15 s") == 4
    assert page.count("✓ correct answer") == 4
    assert page.count(">your answer<") == 3


def test_review_marks_key_and_choice_under_the_letters_of_the_attempt(reviewed):
    articles = review_of(reviewed).split("<article")[1:]

    for item, article in zip(items_of(reviewed), articles, strict=True):
        options = dict(re.findall(r'<span class="letter">(\w)</span>(.*?)</li>', article, re.DOTALL))
        keys = [letter for letter, option in options.items() if "correct answer" in option]
        chosen = [letter for letter, option in options.items() if "your answer" in option]
        assert keys == ["ABCD"[number] for number in shown_key(item)]
        assert chosen == ["ABCD"[item.option_order.index(own)] for own in item.response or []]


def test_review_says_what_came_of_each_question(reviewed):
    articles = [words(article) for article in review_of(reviewed).split("<article")[1:]]

    said = [re.findall(r"✓ correct(?! answer)|✗ wrong|✗ no answer|flagged", article) for article in articles]
    assert said == [["✓ correct"], ["✗ wrong", "flagged"], ["✓ correct", "flagged"], ["✗ no answer"]]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, ["1", "2", "3", "4"]),
        ({"show": "wrong"}, ["2", "4"]),
        ({"show": "flagged"}, ["2", "3"]),
        ({"show": "nonsense", "domain": ""}, ["1", "2", "3", "4"]),
        ({"domain": "9"}, ["1", "2", "3", "4"]),
        ({"domain": "<b>"}, ["1", "2", "3", "4"]),
        ({"show": "slow"}, []),
    ],
)
def test_review_can_be_filtered(reviewed, query, expected):
    page = review_of(reviewed, **query)

    assert positions(page) == expected
    assert f"{len(expected)} of 4" in page
    assert ("No question matches" in page) == (not expected)


def test_review_can_be_filtered_by_domain_and_state_together(reviewed):
    in_domain = {
        number: [str(item.position) for item in reviewed.items.filter(task__domain__number=number)] for number in (1, 2)
    }

    for number, all_of_it in in_domain.items():
        assert positions(review_of(reviewed, domain=number)) == all_of_it
        wrong = [position for position in all_of_it if position in {"2", "4"}]
        assert positions(review_of(reviewed, domain=number, show="wrong")) == wrong


def test_review_marks_unscored_questions(clock):
    attempt = make_attempt(exam=make_exam(question_count=4, unscored_count=1), now=START)
    finish(attempt)

    articles = review_of(attempt).split("<article")[1:]

    marked = [number for number, article in enumerate(articles, 1) if ">unscored<" in article]
    assert marked == list(attempt.items.filter(is_scored=False).values_list("position", flat=True))


def test_review_shows_a_service_note(clock):
    attempt = make_attempt(now=START)
    Revision.objects.filter(pk=item_of(attempt).revision_id).update(service_note="Now called **Firehose**.")
    finish(attempt)

    assert "Now called <strong>Firehose</strong>." in review_of(attempt)


def test_review_before_the_score_leads_to_the_result(client, attempt):
    assert client.get(url_of("attempt-review", attempt)).url == url_of("attempt-result", attempt)


def test_review_shows_the_revision_that_the_attempt_pinned(reviewed):
    item = item_of(reviewed)
    newer = Revision(question=item.question, number=2, published_at=START)
    newer.set_content(make_content("newer"))
    newer.save()
    item.question.published_revision = newer
    item.question.save()

    page = review_of(reviewed)

    assert item.revision.stem in page
    assert "Stem newer" not in page


def test_review_of_a_full_form_has_all_questions(clock):
    attempt = make_attempt(exam=make_mls_exam(), now=START)
    finish(attempt, right=30)

    assert len(positions(review_of(attempt))) == 65
    assert len(positions(review_of(attempt, show="wrong"))) == 35
