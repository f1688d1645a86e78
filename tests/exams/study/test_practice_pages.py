"""The pages of a practice: who sees them, what is taken and refused, what they ask of the database."""

import datetime as dt
import re

import pytest
from django.test import Client
from django.urls import reverse

from exams.attempts.services.closing import submit_attempt
from exams.scoring.models import JudgedAnswer
from exams.study.criteria import Criteria
from exams.study.models import Memory, Practice, PracticeItem, PracticeSet
from exams.study.services.practising import start_chosen
from tests.exams.helpers import MINUTE, START, client_of, posted, shown_key, shown_wrong
from tests.exams.pages import buttons_of, fields_of
from tests.factories import UserFactory, make_attempt, make_exam
from tests.queries import count_queries

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def _clock(clock):
    """The time of day is START."""


@pytest.fixture
def exam():
    return make_exam(per_domain=6)


@pytest.fixture
def candidate():
    return UserFactory()


@pytest.fixture
def client(candidate):
    return client_of(candidate)


@pytest.fixture
def practice(exam, candidate):
    return begin(exam, candidate, number=3)


def begin(exam, candidate, **criteria):
    return start_chosen(
        candidate=candidate,
        certification=exam.certification,
        criteria=Criteria(**criteria),
        title="A few",
        now=START,
        seed=1,
    )


def url(name, practice, *args):
    return reverse(f"exams:practice-{name}", args=[practice.pk, *args])


def item_at(practice, position):
    return practice.items.select_related("revision").get(position=position)


def send(client, name, practice, position, *chosen, headers=None, **fields):
    item = item_at(practice, position)
    sure = fields.pop("sure", None)
    data = posted(item, *chosen, **fields) | ({} if sure is None else {f"q{position}-sure": sure})
    args = (position,)
    return client.post(url(name, practice, *args), data, headers=headers or {})


def check(client, practice, position, *, right=True, **fields):
    item = item_at(practice, position)
    return send(client, "check", practice, position, *(shown_key if right else shown_wrong)(item), **fields)


# --- Starting ---------------------------------------------------------------------------------------------------------


def test_one_click_starts_ten_questions_without_a_clock(exam, candidate, client):
    response = client.post(reverse("exams:practice-start"))

    practice = Practice.objects.get()
    assert response.url == url("run", practice)
    assert client.get(response.url).url == url("question", practice, 1)
    assert (practice.candidate, practice.items.count(), practice.deadline_at) == (candidate, 10, None)
    assert practice.feedback == Practice.Feedback.EACH


def test_start_takes_what_the_builder_offers(exam, client):
    page = client.get(reverse("exams:practice"))
    domain = exam.certification.domains.get(number=2)

    data = {
        "certification": exam.certification.code,
        "domains": domain.pk,
        "number": 4,
        "minutes": 9,
        "feedback": "end",
    }
    response = client.post(reverse("exams:practice-start"), data)

    practice = Practice.objects.get()
    assert response.url == url("run", practice)
    assert "12 questions available" in page.text
    assert set(practice.items.values_list("task__domain", flat=True)) == {domain.pk}
    assert (practice.items.count(), practice.feedback) == (4, "end")
    assert practice.deadline_at == START + 9 * MINUTE


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("number", "0"),
        ("number", "101"),
        ("number", "x"),
        ("minutes", "601"),
        ("pool", "best"),
        ("feedback", "never"),
        ("domains", "x"),
        ("tasks", "9" * 30),
        ("chapters", "40000"),
        ("tags", "-1"),
        ("tags", "²"),
        ("difficulties", "none"),
        ("title", "a" * 101),
    ],
)
def test_choice_out_of_range_is_refused_with_its_reason(exam, client, field, value):
    response = client.post(reverse("exams:practice-start"), {field: value})
    counted = client.get(reverse("exams:practice-count"), {field: value})

    assert (response.status_code, Practice.objects.count()) == (400, 0)
    assert "error" in response.text
    assert counted.status_code == 200
    assert "errors" in counted.text
    assert client.get(reverse("exams:practice"), {field: value}).status_code == 200


def test_nothing_to_practise_is_said_and_the_choices_stay(exam, client):
    response = client.post(reverse("exams:practice-start"), {"pool": "marked", "number": "7"})

    assert response.status_code == 400
    assert "nothing to practice" in response.text
    assert 'value="marked"\n       checked' in response.text
    assert 'value="7"' in response.text


def test_number_available_follows_the_choices(exam, candidate, client):
    task = exam.certification.domains.get(number=1).tasks.get()
    practice = begin(exam, candidate, number=2)
    check(client, practice, 1, right=False)

    answers = {
        pool: client.get(reverse("exams:practice-count"), {"pool": pool, "tasks": task.pk}, headers=HTMX).text.strip()
        for pool in ("all", "marked")
    }

    assert answers == {"all": "6 questions available", "marked": "0 questions available"}
    missed = client.get(reverse("exams:practice-count"), {"pool": "missed"}, headers=HTMX).text.strip()
    assert missed == "1 question available"


# --- A question -------------------------------------------------------------------------------------------------------


def test_question_is_saved_checked_and_explained(practice, client):
    item = item_at(practice, 1)
    before = client.get(url("question", practice, 1))
    saved = send(client, "answer", practice, 1, *shown_wrong(item), headers=HTMX)

    response = check(client, practice, 1, right=True, count=2, sure="1", seconds=12)
    after = client.get(response.url)

    assert item.revision.rationales[0] not in before.text
    assert ("Saved" in saved.text, saved.status_code) == (True, 200)
    assert response.url == url("question", practice, 1)
    assert "✓ correct answer" in after.text
    assert all(rationale in after.text for rationale in item.revision.rationales)
    answer = JudgedAnswer.objects.get()
    assert (answer.is_right, answer.is_sure, answer.seconds) == (True, True, 12)
    assert "You were sure." in after.text
    assert "It comes back on" in after.text


def test_forms_of_the_page_work_without_a_script(practice, client):
    page = client.get(url("question", practice, 1))
    fields = fields_of(page, "hand-in")
    chosen = shown_wrong(item_at(practice, 1))

    assert buttons_of(page, "hand-in") == {("q1-sure", "1"), ("q1-sure", "0")}
    response = client.post(url("check", practice, 1), {**fields, "q1-choice": chosen, "q1-sure": "0"}, follow=True)

    assert response.redirect_chain == [(url("question", practice, 1), 302)]
    assert "✗ wrong" in response.text
    assert "You were unsure." in response.text
    assert JudgedAnswer.objects.get().is_sure is False


def test_fragment_swapped_in_is_what_the_page_holds(practice, client):
    response = check(client, practice, 1, headers=HTMX)
    fragment = client.get(response.url, headers=HTMX).text
    page = client.get(response.url).text

    def words(text):
        return re.sub(r"csrf\S+|[0-9A-Za-z]{64}|\s+", " ", text[text.index('<div id="practice"') :])

    assert words(page).startswith(words(fragment).strip())


def test_checked_question_is_locked(practice, client):
    check(client, practice, 1)

    later = send(client, "answer", practice, 1, 0, count=9, headers=HTMX)
    plain = send(client, "answer", practice, 1, 0, count=9)
    again = check(client, practice, 1, right=False, count=9)

    assert later.status_code == 410
    assert plain.url == url("run", practice)
    assert again.url == url("question", practice, 1)
    assert JudgedAnswer.objects.get().is_right


@pytest.mark.parametrize("name", ["answer", "check"])
def test_stale_tab_is_refused_and_shown_both(practice, client, name):
    send(client, "answer", practice, 1, 2, page="a", headers=HTMX)

    stale = send(client, name, practice, 1, 3, page="b", sequence=0)

    assert stale.status_code == 409
    text = " ".join(stale.text.split())
    assert re.search(r"Saved there: <b>C</b>.*Chosen here: <b>D</b>", text)
    fields = fields_of(stale, "hand-in")
    assert (fields["q1-choice"], fields["q1-sequence"]) == (["3"], ["1"])
    assert not JudgedAnswer.objects.exists()
    # What it offers goes through.
    assert client.post(url("check", practice, 1), fields).status_code == 302


@pytest.mark.parametrize(
    ("sent", "status"), [({"q1-sequence": "x"}, 400), ({"q1-choice": "3", "q1-page": "b"}, 409), ({}, 302)]
)
def test_script_is_told_the_reason_alone(practice, client, sent, status):
    send(client, "answer", practice, 1, 2, page="a", headers=HTMX)
    known = {"q1-sequence": "0", "q1-count": "0", "q1-seconds": "0", "q1-choice": "2"}

    response = client.post(url("check", practice, 1), known | sent, headers=HTMX)

    assert response.status_code == status
    assert "<" not in response.text


def test_stale_save_by_script_gets_the_fragment_of_the_exam_page(practice, client):
    send(client, "answer", practice, 1, 2, page="a", headers=HTMX)

    stale = send(client, "answer", practice, 1, 3, page="b", sequence=0, headers=HTMX)

    assert stale.status_code == 409
    assert 'data-resolve="mine"' in stale.text
    assert "<html" not in stale.text


@pytest.mark.parametrize("name", ["answer", "check"])
def test_answer_that_makes_no_sense_is_refused_with_its_reason(practice, client, name):
    malformed = client.post(url(name, practice, 1), {"q1-sequence": "x"})
    absent = send(client, name, practice, 1, 7)

    assert (malformed.status_code, absent.status_code) == (400, 400)
    assert "q1" not in malformed.text or name == "check"
    assert (
        client.post(url(name, practice, 99), {"q99-sequence": 0, "q99-count": 0, "q99-seconds": 0}).status_code == 404
    )


def test_saving_without_a_script_leads_to_the_next_question(exam, candidate, client):
    practice = begin(exam, candidate, number=2, feedback="end")

    first = send(client, "answer", practice, 1, 0)
    last = send(client, "answer", practice, 2, 0)

    assert first.url == url("question", practice, 2)
    assert client.get(last.url).url == url("result", practice)


# --- Exams under way --------------------------------------------------------------------------------------------------


def under_way_with(candidate, item):
    """Begin an exam that asks this question, and none else of the practice."""
    attempt = make_attempt(exam=make_exam(), candidate=candidate, now=START)
    first = attempt.items.filter(position=1)
    first.update(question=item.question_id, revision=item.revision_id, task=item.task_id)
    return attempt


def test_check_of_what_an_exam_asks_is_refused_and_the_answer_kept(exam, candidate, practice, client):
    item = item_at(practice, 1)
    attempt = under_way_with(candidate, item)

    response = check(client, practice, 1, right=False)

    assert response.status_code == 423
    assert "An exam in progress asks this question, too." in response.text
    assert item.revision.rationales[0] not in response.text
    assert item_at(practice, 1).response is not None
    submit_attempt(candidate=candidate, attempt_id=attempt.pk, now=START + MINUTE)
    assert check(client, practice, 1).status_code == 302


@pytest.mark.parametrize(("changes", "status"), [({"sequence": 9, "page": "b"}, 409), ({"count": 2}, 423)])
def test_check_that_has_to_wait_is_refused_like_a_save(candidate, practice, client, changes, status):
    send(client, "answer", practice, 1, 2, page="a", headers=HTMX)
    under_way_with(candidate, item_at(practice, 1))

    assert [
        send(client, "check", practice, 1, 3, headers=headers, **changes).status_code for headers in ({}, HTMX)
    ] == [
        status,
        status,
    ]


def test_checked_question_is_hidden_while_an_exam_asks_it(exam, candidate, practice, client):
    item = item_at(practice, 1)
    check(client, practice, 1, right=False)
    check(client, practice, 2)
    attempt = under_way_with(candidate, item)
    client.post(url("finish", practice))

    page, result = client.get(url("question", practice, 1)), client.get(url("result", practice))

    assert not [text for text in (*item.revision.rationales, item.revision.explanation) if text in page.text]
    assert "An exam that you have in progress" in page.text
    assert "is-key" not in page.text
    assert "1 of 1 correct" in result.text
    assert "✗ wrong" not in result.text
    assert "Retry" not in result.text
    assert client.post(url("retry", practice)).url == url("result", practice)
    submit_attempt(candidate=candidate, attempt_id=attempt.pk, now=START + MINUTE)
    assert item.revision.rationales[0] in client.get(url("question", practice, 1)).text


# --- The end ----------------------------------------------------------------------------------------------------------


def test_feedback_at_the_end_shows_nothing_before_it(exam, candidate, client):
    practice = begin(exam, candidate, number=2, feedback="end")
    item = item_at(practice, 1)
    send(client, "answer", practice, 1, *shown_key(item), sure="1")

    refused = check(client, practice, 1, count=2)
    summary = client.get(url("result", practice))
    client.post(url("finish", practice))
    page, result = client.get(url("question", practice, 1)), client.get(url("result", practice))

    assert refused.status_code == 423
    assert item.revision.rationales[0] not in refused.text + summary.text
    assert "No answer (a blank counts as wrong)" in summary.text
    assert item.revision.rationales[0] in page.text
    assert "1 of 2 correct" in result.text


def test_last_check_leads_to_the_result_and_the_misses(practice, client):
    for position in (1, 2, 3):
        check(client, practice, position, right=position == 2)

    assert client.get(url("run", practice)).url == url("result", practice)
    result = client.get(url("result", practice))
    again = client.post(url("retry", practice))

    assert "1 of 3 correct" in result.text
    assert "Retry your 2 misses" in " ".join(result.text.split())
    new = Practice.objects.exclude(pk=practice.pk).get()
    assert again.url == url("run", new)
    missed = set(practice.items.exclude(position=2).values_list("question", flat=True))
    assert set(new.items.values_list("question", flat=True)) == missed
    assert set(new.items.values_list("reason", flat=True)) == {PracticeItem.Reason.MISSED}
    assert "Back because you missed it on Saturday" in client.get(url("question", new, 1)).text


def test_time_that_is_over_ends_a_practice_at_the_next_visit(exam, candidate, client, clock):
    practice = begin(exam, candidate, number=2, minutes=5, feedback="end")
    item = item_at(practice, 1)
    send(client, "answer", practice, 1, *shown_key(item))
    clock.move_to(START + dt.timedelta(minutes=7))

    page = client.get(url("run", practice))

    practice.refresh_from_db()
    assert (page.url, practice.finished_at) == (url("result", practice), START + 7 * MINUTE)
    assert send(client, "answer", practice, 2, 0, headers=HTMX).status_code == 410
    assert client.get(url("clock", practice)).status_code == 410
    assert JudgedAnswer.objects.filter(practice_item__position=1).get().is_right


def test_clock_tells_what_is_left_and_a_token(exam, candidate, client):
    timed, untimed = begin(exam, candidate, minutes=5), begin(exam, candidate)

    answers = [client.get(url("clock", practice)).json() for practice in (timed, untimed)]

    assert [answer["remaining"] for answer in answers] == [300, None]
    assert all(answer["token"] for answer in answers)


def test_finished_practice_takes_no_answer_and_shows_no_key_of_what_was_not_checked(practice, client):
    client.post(url("finish", practice))
    item = item_at(practice, 1)

    page = client.get(url("question", practice, 1))

    assert "You did not check this question." in page.text
    assert item.revision.rationales[0] not in page.text
    assert check(client, practice, 1).url == url("run", practice)
    assert not Memory.objects.exists()


# --- What is someone else's -------------------------------------------------------------------------------------------

PAGES = [
    ("run", "get", ()),
    ("question", "get", (1,)),
    ("answer", "post", (1,)),
    ("check", "post", (1,)),
    ("clock", "get", ()),
    ("finish", "post", ()),
    ("result", "get", ()),
    ("retry", "post", ()),
]


@pytest.mark.parametrize(("name", "method", "args"), PAGES)
def test_practice_of_another_person_is_as_absent_as_a_missing_one(practice, name, method, args):
    other = client_of(UserFactory(instructor=True))
    data = posted(item_at(practice, 1), 0) if method == "post" else {}
    missing = reverse(f"exams:practice-{name}", args=["00000000-0000-4000-8000-000000000000", *args])

    answers = [getattr(other, method)(address, data) for address in (url(name, practice, *args), missing)]

    assert [answer.status_code for answer in answers] == [404, 404]
    assert Practice.objects.get().finished_at is None
    assert getattr(Client(), method)(url(name, practice, *args)).status_code == 302


@pytest.mark.parametrize("position", [0, 4, 40_000, 10**30])
def test_position_that_is_not_there_is_absent(practice, client, position):
    assert client.get(f"/practice/{practice.pk}/{position}/").status_code == 404


# --- Queries ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [1, 12])
def test_queries_of_a_question_stay_within_their_bounds(exam, candidate, client, number):
    practice = begin(exam, candidate, number=number)
    item = item_at(practice, 1)
    counts = {}

    def counted(what, act):
        with count_queries() as queries:
            assert act().status_code in (200, 302)
        counts[what] = queries.number

    counted("page", lambda: client.get(url("question", practice, 1)))
    data = posted(item, *shown_key(item))
    counted("answer", lambda: client.post(url("answer", practice, 1), data, headers=HTMX))
    data = posted(item, *shown_key(item), count=2)
    counted("check", lambda: client.post(url("check", practice, 1), data))
    counted("explained", lambda: client.get(url("question", practice, 1)))
    counted("run", lambda: client.get(url("run", practice)))

    assert counts == {"page": 6, "answer": 4, "check": 8, "explained": 6, "run": counts["run"]}


def test_queries_of_the_builder_do_not_grow(exam, candidate, client):
    numbers = []
    for _turn in range(2):
        for _ in range(3):
            begin(exam, candidate)
        PracticeSet.objects.create(
            owner=candidate, certification=exam.certification, title="A", criteria={}, created_at=START
        )
        with count_queries() as queries:
            client.get(reverse("exams:practice"))
        numbers.append(queries.number)

    assert numbers[1] <= numbers[0] <= 16
