"""Sets that one comes back to and that cohorts are given, and what a candidate keeps of a question."""

import pytest
from django.urls import reverse

from accounts.models import AuditEvent
from exams.exceptions import PracticeRefused
from exams.study.criteria import Criteria, Pool, from_json
from exams.study.models import Note, Practice, PracticeSet, SetAssignment
from exams.study.services import sets
from exams.study.services.practising import start_chosen
from exams.study.services.sets import keep_set
from tests.exams.helpers import START, client_of
from tests.factories import CohortFactory, UserFactory, make_attempt, make_exam

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def _clock(clock):
    """The time of day is START."""


@pytest.fixture
def exam():
    return make_exam()


@pytest.fixture
def candidate():
    return UserFactory()


@pytest.fixture
def instructor():
    return UserFactory(instructor=True)


def set_of(owner, exam, title="Weak spots", **criteria):
    return keep_set(
        owner=owner, certification=exam.certification, title=title, criteria=Criteria(**criteria), now=START
    )


def url(chosen):
    return reverse("exams:practice-set", args=[chosen.pk])


def assign(client, chosen, cohort, then="assign"):
    return client.post(reverse("exams:practice-set-assign", args=[chosen.pk, cohort.pk]), {"then": then})


# --- Sets -------------------------------------------------------------------------------------------------------------


def test_named_choices_are_kept_and_started_again(exam, candidate):
    client = client_of(candidate)
    domain = exam.certification.domains.get(number=1)

    client.post(reverse("exams:practice-start"), {"title": "Weak spots", "domains": domain.pk, "number": "3"})
    chosen = PracticeSet.objects.get()
    page, again = client.get(url(chosen)), client.post(url(chosen))

    assert (chosen.owner, chosen.title) == (candidate, "Weak spots")
    assert from_json(chosen.criteria) == Criteria(domains=(domain.pk,), number=3)
    assert domain.label in page.text
    assert "4 questions available" in page.text
    assert f"domains={domain.pk}" in page.text
    practice = Practice.objects.order_by("pk").filter(set=chosen)
    assert (practice.count(), {one.title for one in practice}) == (2, {"Weak spots"})
    assert again.url in {reverse("exams:practice-run", args=[one.pk]) for one in practice}
    assert "Weak spots" in client.get(reverse("exams:practice")).text


def test_same_choices_under_the_same_name_are_one_set(exam, candidate):
    assert set_of(candidate, exam) == set_of(candidate, exam)
    assert set_of(candidate, exam) != set_of(candidate, exam, pool=Pool.MISSED)


def test_sets_have_a_bound_that_says_so(exam, candidate, monkeypatch):
    monkeypatch.setattr(sets, "MAX_SETS", 1)
    set_of(candidate, exam)

    with pytest.raises(PracticeRefused):
        set_of(candidate, exam, title="Another")
    response = client_of(candidate).post(reverse("exams:practice-start"), {"title": "Another"})

    assert (response.status_code, Practice.objects.count()) == (400, 0)
    assert "which is the most there can be" in response.text


def test_set_with_nothing_to_practise_says_so(exam, candidate):
    chosen = set_of(candidate, exam, pool=Pool.MARKED)

    response = client_of(candidate).post(url(chosen), follow=True)

    assert "nothing to practice" in response.text
    assert response.redirect_chain == [(url(chosen), 302)]


def test_instructor_gives_a_set_to_a_cohort_and_takes_it_back(exam, candidate, instructor):
    chosen, cohort = set_of(instructor, exam), CohortFactory(instructor=instructor, members=[candidate])
    teacher, member = client_of(instructor), client_of(candidate)
    assert member.get(url(chosen)).status_code == 404

    assign(teacher, chosen, cohort)
    assign(teacher, chosen, cohort)

    assert SetAssignment.objects.count() == 1
    assert chosen.title in member.get(reverse("exams:practice")).text
    assert member.get(url(chosen)).status_code == 200
    assert member.post(url(chosen)).status_code == 302
    assign(teacher, chosen, cohort, "withdraw")
    assert member.get(url(chosen)).status_code == 404
    assert Practice.objects.get().candidate == candidate
    actions = AuditEvent.objects.filter(action__startswith="practice_set.").values_list("action", flat=True)
    assert sorted(actions) == ["practice_set.assigned", "practice_set.withdrawn"]


def test_nobody_gives_a_set_to_a_cohort_they_do_not_teach(exam, candidate, instructor):
    cohort = CohortFactory(instructor=UserFactory(instructor=True), members=[candidate])
    for person in (candidate, instructor):
        chosen = set_of(person, exam)
        assert assign(client_of(person), chosen, cohort).status_code == 404
        assert cohort.name not in client_of(person).get(url(chosen)).text

    assert not SetAssignment.objects.exists()


@pytest.mark.parametrize("who", [{}, {"instructor": True}, {"superuser": True}])
def test_set_of_another_person_is_as_absent_as_a_missing_one(exam, candidate, who):
    chosen, other = set_of(candidate, exam), client_of(UserFactory(**who))
    missing = reverse("exams:practice-set", args=["00000000-0000-4000-8000-000000000000"])

    answers = [getattr(other, method)(address) for method in ("get", "post") for address in (url(chosen), missing)]

    assert [answer.status_code for answer in answers] == [404] * 4
    assert not Practice.objects.exists()


# --- Notes ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def practice(exam, candidate):
    return start_chosen(
        candidate=candidate,
        certification=exam.certification,
        criteria=Criteria(number=2),
        title="A few",
        now=START,
        seed=1,
    )


def write(client, question_id, text="Mind the region.", version=0, headers=None, **fields):
    address = reverse("exams:question-note", args=[question_id])
    return client.post(address, {"text": text, "version": version, **fields}, headers=headers or {})


@pytest.fixture
def asked(practice):
    return practice.items.get(position=1).question_id


def test_note_is_kept_and_leads_back(candidate, practice, asked):
    back = reverse("exams:practice-question", args=[practice.pk, 1])

    response = write(client_of(candidate), asked, "Line\r\n\r\nline", next=back)

    assert response.url == back
    note = Note.objects.get()
    assert (note.text, note.is_bookmarked, note.version, note.candidate) == ("Line\n\nline", False, 1, candidate)


@pytest.mark.parametrize("away", ["https://elsewhere.example/", "//elsewhere.example", "javascript:x", "x"])
def test_note_leads_nowhere_else(candidate, asked, away):
    assert write(client_of(candidate), asked, next=away).url == "/"


def test_bookmark_is_turned_over_and_keeps_the_text(candidate, asked):
    client = client_of(candidate)
    write(client, asked, toggle="1")

    marked = Note.objects.get()
    response = write(client, asked, version=1, is_bookmarked="on", toggle="1", headers=HTMX)

    assert (marked.is_bookmarked, marked.text) == (True, "Mind the region.")
    note = Note.objects.get()
    assert (note.is_bookmarked, note.text, note.version) == (False, "Mind the region.", 2)
    assert 'aria-pressed="false"' in response.text
    assert 'name="version" value="2"' in response.text


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_note_changed_elsewhere_is_refused_and_both_are_shown(candidate, asked, headers):
    client = client_of(candidate)
    write(client, asked, "The first one.")

    stale = write(client, asked, "Mine, <b>.", version=0, headers=headers)

    assert stale.status_code == 409
    assert Note.objects.get().text == "The first one."
    assert "The first one." in stale.text
    assert "Mine, &lt;b&gt;.</textarea>" in stale.text
    assert 'name="version" value="1"' in stale.text
    assert write(client, asked, "Mine.", version=1).status_code == 302
    assert Note.objects.get().text == "Mine."


def test_same_note_sent_again_is_no_conflict(candidate, asked):
    client = client_of(candidate)
    write(client, asked)

    assert write(client, asked).status_code == 302
    assert Note.objects.get().version == 1


def test_nothing_is_stored_of_an_empty_note(candidate, asked):
    assert write(client_of(candidate), asked, " ").status_code == 302
    assert not Note.objects.exists()


@pytest.mark.parametrize("changes", [{"text": "a" * 2001}, {"version": "x"}, {"version": -1}, {"text": "\0"}])
def test_note_that_cannot_be_kept_is_shown_again(candidate, asked, changes):
    response = write(client_of(candidate), asked, **changes)

    assert response.status_code == 400
    assert not Note.objects.exists()
    assert "not saved yet" in response.text


def test_note_of_two_thousand_characters_and_line_breaks_is_taken(candidate, asked):
    assert write(client_of(candidate), asked, "a\r\n" * 1000).status_code == 302


def test_question_that_was_never_asked_is_as_absent_as_a_missing_one(exam, candidate, asked):
    other = client_of(UserFactory())
    in_exam = make_attempt(exam=exam, now=START)

    answers = [write(other, question) for question in (asked, 987_654, 10**30)]

    assert [answer.status_code for answer in answers] == [404] * 3
    question = in_exam.items.first().question_id
    assert write(client_of(in_exam.candidate), question).status_code == 302


def test_notes_are_of_one_person(exam, candidate, practice, asked):
    write(client_of(candidate), asked)
    other = UserFactory()
    start_chosen(
        candidate=other, certification=exam.certification, criteria=Criteria(number=8), title="All", now=START, seed=1
    )

    response = write(client_of(other), asked, "Mine.", headers=HTMX)

    assert response.status_code == 200
    assert "Mind the region." not in response.text
    assert Note.objects.count() == 2
