"""The review, question by question: what each page shows, the palette and the chips, and the way back to them."""

import gzip
import re

import pytest
from django.urls import reverse

from exams.blueprints.models import Exam
from exams.corrections.services import order_rescore, rescore_batch
from exams.problems.models import ProblemReport
from exams.scoring.services import score_attempt
from exams.statistics.models import QuestionStatistics
from exams.study.models import Note, Practice
from questions.models import Question, Revision
from tests.exams.helpers import MINUTE, START, client_of, close, finish, items_of, make_mls_exam
from tests.factories import ExamFactory, UserFactory, make_attempt, make_content, make_exam
from tests.queries import count_queries

pytestmark = pytest.mark.django_db

# Of each question in its order: what was answered (the key is 1), and what else is known of it. Half an hour for six.
ANSWERS = [
    {"response": [1], "is_sure": True, "seconds_spent": 100},
    {"response": [0], "is_sure": True, "seconds_spent": 451},
    {"response": [1], "is_sure": False, "is_flagged": True},
    {"response": None, "is_flagged": True},
    {"response": [2], "is_sure": False, "first_response": [1], "changed_after": 130, "seconds_spent": 450},
    {"response": [1], "first_response": [3], "changed_after": 9},
]


@pytest.fixture
def attempt(clock):
    attempt = make_attempt(exam=make_exam(question_count=6, weights=(50, 50)), now=START)
    for position, answer in enumerate(ANSWERS, start=1):
        attempt.items.filter(position=position).update(**answer)
    score(close(attempt))
    return attempt


@pytest.fixture
def client(attempt):
    return client_of(attempt.candidate)


def score(attempt):
    score_attempt(attempt_id=attempt.pk, now=START + 11 * MINUTE)
    attempt.refresh_from_db()


def url_of(attempt, position=None, name="review-question", query=""):
    return reverse(f"exams:{name}", args=[attempt.pk, *([position] if position else [])]) + query


def page_of(client, attempt, position=1, query=""):
    response = client.get(url_of(attempt, position, query=query))
    assert response.status_code == 200
    return response.text


def words(page):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def palette_of(page):
    return re.findall(r'<a class="cell ([\w ]+)"[^>]* href="../(\d+)/', page)


def chips_of(page):
    chips = re.findall(r'<a class="chip" href="([^"]*)"[^>]*>(.*?)</a>', page, re.DOTALL)
    return {words(text).strip(): href for href, text in chips}


# --- Which question ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("", 1),
        ("?show=wrong", 2),
        ("?show=flagged", 3),
        ("?show=nonsense", 1),
        ("?domain=99", 1),
    ],
)
def test_review_leads_to_the_first_question_of_the_filter(client, attempt, query, first):
    response = client.get(url_of(attempt, name="attempt-review", query=query))

    kept = query if query.startswith("?show=") and "nonsense" not in query else ""
    assert response.url == url_of(attempt, first, query=kept)


def test_question_has_its_own_key_and_rationales_and_of_no_other(client, attempt):
    page = page_of(client, attempt, 2)

    for item in items_of(attempt):
        shown = [text in page for text in (*item.revision.rationales, item.revision.explanation, item.revision.stem)]
        assert set(shown) == {item.position == 2}
    assert (page.count("✓ correct answer"), page.count("your answer")) == (1, 1)


def test_question_that_there_is_not_is_absent(client, attempt):
    answers = [client.get(url_of(attempt, position)).status_code for position in (7, 32768, 10**30)]

    assert answers == [404, 404, 404]


def test_question_of_an_exam_under_way_is_hidden_at_once_also_when_it_was_looked_at_before(client, attempt, clock):
    before = page_of(client, attempt, 1)
    exam = ExamFactory(certification=attempt.exam.certification, question_count=6)
    Question.objects.exclude(attempt_items__attempt=attempt).update(status=Question.Status.RETIRED)
    make_attempt(exam=exam, candidate=attempt.candidate, now=START + 20 * MINUTE)

    response = client.get(url_of(attempt, 1), follow=True)

    assert response.redirect_chain[-1] == (url_of(attempt, name="review-all"), 302)
    assert "Question 1 is hidden for now" in response.text
    assert "6 questions are hidden for now" in response.text
    assert "The point of" in before
    assert "The point of" not in response.text


@pytest.mark.parametrize("name", ["review-question", "review-all", "attempt-retry"])
def test_without_the_key_there_is_the_page_of_answers_and_nothing_else(client, attempt, name):
    Exam.objects.filter(pk=attempt.exam_id).update(show_key=Exam.Release.NEVER)
    position = 2 if name == "review-question" else None

    response = (client.post if name == "attempt-retry" else client.get)(url_of(attempt, position, name=name))

    assert response.url == url_of(attempt, name="attempt-review") + ("#q2" if position else "")
    page = client.get(response.url).text
    assert page.count('<article class="card reviewed"') == 6
    assert "correct answer" not in page
    assert not Practice.objects.exists()


def test_explanations_may_come_later_than_the_key(client, attempt):
    Exam.objects.filter(pk=attempt.exam_id).update(show_explanations=Exam.Release.NEVER)

    page = page_of(client, attempt, 2)

    assert "✓ correct answer" in page
    assert "Because" not in page
    assert "Explanations are not shown for this exam." in page


# --- Palette and chips ------------------------------------------------------------------------------


def test_palette_says_what_became_of_each_question_also_in_words(client, attempt):
    page = page_of(client, attempt, 5)

    assert palette_of(page) == [
        ("right", "1"), ("wrong", "2"), ("right", "3"), ("blank", "4"), ("wrong now", "5"), ("right", "6"),
    ]  # fmt: skip
    said = re.findall(r">(\d) <i>([\w ]+)</i></a>", page)
    assert [word for _, word in said] == ["correct", "wrong", "correct", "no answer", "wrong", "correct"]
    assert re.findall(r'aria-current="page" href="../(\d)/', page) == ["5"]


def test_chips_count_what_they_leave_and_name_nothing_that_leaves_nothing(client, attempt):
    chips = chips_of(page_of(client, attempt, 1))

    assert chips == {
        "All 6": "../1/",
        "Wrong 3": "../2/?show=wrong",
        "Sure but wrong 1": "../2/?show=sure-wrong",
        "Unsure 2": "../3/?show=unsure",
        "Flagged 2": "../3/?show=flagged",
        "Slow 1": "../2/?show=slow",
        "Right → wrong 1": "../5/?show=changed",
    }


def test_chip_keeps_the_question_where_it_is_one_of_them(client, attempt):
    assert chips_of(page_of(client, attempt, 4))["Flagged 2"] == "../4/?show=flagged"


def test_attempt_without_any_mark_has_no_chips_for_them(clock):
    attempt = make_attempt(now=START)
    finish(attempt, right=4)

    page = page_of(client_of(attempt.candidate), attempt, 1)

    assert list(chips_of(page)) == ["All 4"]
    assert "Retry your" not in page


@pytest.mark.parametrize(
    ("show", "expected"),
    [
        ("wrong", ["2", "4", "5"]),
        ("sure-wrong", ["2"]),
        ("unsure", ["3", "5"]),
        ("flagged", ["3", "4"]),
        ("slow", ["2"]),
        ("changed", ["5"]),
    ],
)
def test_filter_leaves_its_questions_in_the_palette_and_all_links_keep_it(client, attempt, show, expected):
    page = page_of(client, attempt, int(expected[0]), f"?show={show}")

    assert [position for _, position in palette_of(page)] == expected
    onwards = re.findall(r'rel="(prev|next)"[^>]*href="([^"]*)"', page)
    following = [reverse("exams:review-question", args=[attempt.pk, position]) for position in expected[1:2]]
    assert onwards == [("next", f"{address}?show={show}") for address in following]
    assert f"/review/all/?show={show}" in page


def test_filter_and_domain_together(client, attempt):
    number = attempt.items.get(position=2).task.domain.number
    in_domain = set(attempt.items.filter(task__domain__number=number).values_list("position", flat=True))

    page = page_of(client, attempt, 2, f"?show=wrong&domain={number}")

    assert [int(position) for _, position in palette_of(page)] == sorted(in_domain & {2, 4, 5})
    assert f'<option value="{number}" selected>' in page
    assert chips_of(page)[f"All {len(in_domain)}"] == f"../2/?domain={number}"


def test_question_outside_the_filter_is_shown_with_the_ways_back_into_it(client, attempt):
    page = page_of(client, attempt, 3, "?show=wrong")

    assert re.findall(r'rel="(\w+)"[^>]*/review/(\d)/', page) == [("prev", "2"), ("next", "4")]
    assert "now" not in dict(palette_of(page))


def test_page_repeats_nothing_that_its_address_says(client, attempt):
    """It is compressed: by its length, who guesses would learn what else it says (BREACH)."""
    response = client.get(
        url_of(attempt, 1), {"show": "quokka", "domain": "quokka", "x": "quokka"}, headers={"Accept-Encoding": "gzip"}
    )

    assert b"quokka" not in gzip.decompress(response.content)


# --- What is said of an answer ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("position", "said"),
    [
        (1, "✓ correct "),
        (2, "✗ wrong, and you were sure"),
        (3, "✓ correct, and you were unsure"),
        (4, "✗ no answer"),
        (5, "✗ wrong "),
    ],
)
def test_outcome_is_said_with_how_sure_one_was(client, attempt, position, said):
    header = re.search(r"<header.*?</header>", page_of(client, attempt, position).split("<main")[1], re.DOTALL)

    assert said in words(header[0])


def test_time_is_shown_against_the_pace_that_the_own_time_allows(client, attempt):
    assert "7 min 31 s, pace 5 min" in words(page_of(client, attempt, 2))
    assert "pace 5 min" in words(page_of(client, attempt, 1))


def test_pace_counts_extra_time(clock):
    attempt = make_attempt(exam=make_exam(), candidate=UserFactory(extra_time_percent=50), now=START)
    finish(attempt)

    assert "pace 11 min 15 s" in words(page_of(client_of(attempt.candidate), attempt, 1))


def test_change_is_shown_by_the_letters_of_the_attempt(client, attempt):
    item = items_of(attempt)[4]
    first, last = ("ABCD"[item.option_order.index(own)] for own in (1, 2))

    assert f"Answer changed {first} → {last} after 2 min 10 s" in words(page_of(client, attempt, 5))
    assert "Answer changed" not in page_of(client, attempt, 1)


def test_answer_that_was_taken_back_is_a_change_too(clock):
    attempt = make_attempt(now=START)
    attempt.items.filter(position=1).update(response=None, first_response=[1], changed_after=None)
    score(close(attempt))

    page = page_of(client_of(attempt.candidate), attempt, 1)

    assert re.search(r"Answer changed [ABCD] → no answer ", words(page))
    assert "Right → wrong 1" in chips_of(page)


@pytest.mark.parametrize(("rule", "shown"), [("key", True), ("credit", False)])
def test_changed_answer_is_judged_by_the_corrected_key(client, attempt, rule, shown):
    """Question 2 was answered 0; its first answer was 3, and that is right since its key was corrected."""
    attempt.items.filter(position=2).update(first_response=[3])
    question = attempt.items.get(position=2).question
    old = question.published_revision
    new = Revision(question=question, number=2, published_at=START)
    content = make_content(question.code)
    options = tuple(option.model_copy(update={"key": n == 3}) for n, option in enumerate(content.options))
    new.set_content(content.model_copy(update={"options": options}))
    new.save()
    Question.objects.filter(pk=question.pk).update(published_revision=new)
    before = chips_of(page_of(client, attempt, 1))
    rescore = order_rescore(
        old_revision=old, rule=rule, by=UserFactory(instructor=True), reason="B is out.", now=START + 12 * MINUTE
    )
    while rescore_batch(rescore_id=rescore.pk, now=START + 12 * MINUTE):
        pass

    chips = chips_of(page_of(client, attempt, 1))

    assert "Right → wrong 1" in before
    assert ("Right → wrong 2" in chips) == shown
    assert ("Wrong 3" in chips) == shown
    assert "B is out." in page_of(client, attempt, 2)


# --- What others answered ---------------------------------------------------------------------------


def count_first(attempt, sums, position=1):
    QuestionStatistics.objects.create(revision=items_of(attempt)[position - 1].revision, first=sums)


@pytest.mark.parametrize(("candidates", "is_shown"), [(19, False), (20, True)])
def test_share_of_each_option_is_shown_from_twenty_first_answers_on(client, attempt, candidates, is_shown):
    count_first(attempt, [candidates, 0, candidates - 1, 1, 0])

    page = words(page_of(client, attempt, 1))

    assert (f"first answers of {candidates} candidates" in page) == is_shown
    shares = re.findall(r"chosen by ([\d.]+) %", page)
    assert sorted(shares) == (["0", "0", "5", "95"] if is_shown else [])


def test_shares_stand_at_the_options_that_they_are_of(client, attempt):
    item = items_of(attempt)[0]
    count_first(attempt, [1000, 1, 400, 599, 0])

    page = page_of(client, attempt, 1)

    options = re.findall(r'<span class="letter">(\w)</span>.*?chosen by ([\d.]+) %', page, re.DOTALL)
    own = ["0.1", "40", "59.9", "0"]
    expected = [own[number] if own[number] != "59.9" else "60" for number in item.option_order]
    assert [share for _, share in options] == expected


def test_question_without_statistics_has_no_shares(client, attempt):
    count_first(attempt, None, position=2)

    for position in (1, 2):
        page = page_of(client, attempt, position)
        assert "first answers" not in page
        assert "chosen by" not in page


# --- Notes, reports, misses -------------------------------------------------------------------------


def test_note_is_kept_and_leads_back_to_the_question_with_its_filter(client, attempt):
    here, question = url_of(attempt, 2, query="?show=wrong"), items_of(attempt)[1].question
    assert f'<input type="hidden" name="next" value="{here}">' in client.get(here).text

    response = client.post(
        reverse("exams:question-note", args=[question.pk]),
        {"text": "Read about quotas", "version": 0, "next": here, "toggle": "1"},
    )

    assert response.url == here
    note = Note.objects.get(candidate=attempt.candidate, question=question)
    assert (note.text, note.is_bookmarked) == ("Read about quotas", True)
    assert "Read about quotas" in client.get(here).text


def test_report_leads_back_to_the_question_with_its_filter(client, attempt):
    here = url_of(attempt, 2, query="?show=wrong&domain=1")
    address = re.search(r'action="([^"]*/problem/[^"]*)"', page_of(client, attempt, 2, "?show=wrong"))[1]
    assert address == reverse("exams:problem-report", args=[attempt.pk, 2]) + "?show=wrong"

    response = client.post(address + "&domain=1", {"kind": "typo", "text": "A comma."})

    assert response.url == here
    assert ProblemReport.objects.get().item.position == 2


def test_misses_become_a_practice_in_their_order(client, attempt):
    assert "Retry your 3 misses" in words(page_of(client, attempt, 1))

    response = client.post(url_of(attempt, name="attempt-retry"))

    practice = Practice.objects.get(candidate=attempt.candidate)
    assert response.url == reverse("exams:practice-run", args=[practice.pk])
    missed = [item.question_id for item in items_of(attempt) if item.position in {2, 4, 5}]
    items = practice.items.order_by("position")
    assert list(items.values_list("question", "reason")) == [(pk, "missed") for pk in missed]
    assert attempt.exam.title in practice.title


def test_what_may_not_be_practised_is_not_retried(client, attempt, clock):
    items = items_of(attempt)
    Question.objects.filter(pk=items[1].question_id).update(is_reserved=True)
    Question.objects.filter(pk=items[3].question_id).update(status=Question.Status.RETIRED)

    assert "Retry your 1 miss" in words(page_of(client, attempt, 1))
    client.post(url_of(attempt, name="attempt-retry"))

    assert list(Practice.objects.get().items.values_list("question", flat=True)) == [items[4].question_id]


def test_nothing_to_retry_is_said(clock):
    attempt = make_attempt(now=START)
    finish(attempt, right=4)
    client = client_of(attempt.candidate)

    response = client.post(url_of(attempt, name="attempt-retry"), follow=True)

    assert "There is nothing to retry" in response.text
    assert not Practice.objects.exists()


# --- All on one page --------------------------------------------------------------------------------


def test_page_to_print_names_the_person_and_the_day_and_asks_for_nothing(client, attempt):
    page = client.get(url_of(attempt, name="review-all", query="?show=wrong")).text

    content = words(page[page.index("<main") :])
    assert f"{attempt.candidate.name} · submitted 21 Nov 2026, 09:10 UTC" in content
    assert page.count('<article class="card reviewed"') == 3
    assert "Report a problem" not in page
    assert 'name="text"' not in page


# --- What it costs ----------------------------------------------------------------------------------


def test_question_takes_ten_queries_at_most_however_long_the_form(clock):
    numbers = []
    for exam in (make_exam(), make_mls_exam()):
        attempt = make_attempt(exam=exam, now=START)
        finish(attempt, right=2)
        client = client_of(attempt.candidate)
        for position in (1, 2):
            with count_queries() as counted:
                page_of(client, attempt, position)
            numbers.append(counted.number)

    assert numbers[:2] == numbers[2:]
    assert numbers[0] <= 10
    assert numbers[1] < numbers[0]  # what does not change is not read again


def test_question_of_a_full_form_is_twelve_kilobytes_at_most_on_the_wire(clock):
    attempt = make_attempt(exam=make_mls_exam(), now=START)
    finish(attempt, right=30)

    response = client_of(attempt.candidate).get(url_of(attempt, 1), headers={"Accept-Encoding": "gzip"})

    assert response.headers["Content-Encoding"] == "gzip"
    assert len(response.content) <= 12_000
    assert len(palette_of(gzip.decompress(response.content).decode())) == 65
