"""What a person practised, planned and noted: in their download, and after they were erased."""

import datetime as dt
import json

import pytest
from django.utils import timezone

from accounts.models import User
from exams.people.erasing import erase_inactive, erase_person
from exams.people.own_data import all_about
from exams.scoring.models import JudgedAnswer, Score
from exams.study.models import Memory, Note, Practice, PracticeSet, SetAssignment, StudyPlan
from exams.study.services.learning import learn_due
from tests.exams.helpers import finish
from tests.exams.study.test_practising import check, items_of, right, start, wrong
from tests.factories import CohortFactory, UserFactory, make_attempt, make_exam

pytestmark = pytest.mark.django_db
NOW = timezone.now()
DAY = dt.timedelta(days=1)
WORDS = "Zoës eigene Worte"


@pytest.fixture
def exam():
    return make_exam(per_domain=3)


@pytest.fixture
def person(exam):
    """Somebody with a plan, a set, a note and a practice of which two questions are checked."""
    person = UserFactory()
    practice = start(person, exam.certification, now=NOW - DAY)
    items = items_of(practice)
    check(practice, right(items[0], is_sure=True), NOW - DAY)
    check(practice, wrong(items[1]), NOW - DAY)
    Practice.objects.update(title=WORDS)
    StudyPlan.objects.create(candidate=person, certification=exam.certification, chosen_at=NOW)
    PracticeSet.objects.create(
        owner=person, certification=exam.certification, title=WORDS, criteria={"number": 5}, created_at=NOW
    )
    Note.objects.create(candidate=person, question=items[0].question, text=WORDS, updated_at=NOW)
    return person


def study_of(person):
    return json.loads(json.dumps(all_about(person, NOW)["study"], default=str))


def test_download_holds_plan_sets_notes_answers_and_what_is_remembered(person, exam):
    study = study_of(person)

    assert [row["certification__code"] for row in study["plans"]] == [exam.certification.code]
    assert [row["title"] for row in study["sets"]] == [WORDS]
    assert [row["text"] for row in study["notes"]] == [WORDS]
    assert sorted((row["answers"], row["misses"]) for row in study["remembered"]) == [(1, 0), (1, 1)]
    (practice,) = study["practices"]
    first, second, third = practice["answers"][:3]
    assert (first["earned"], first["sure"], second["earned"]) == (1, True, 0)
    assert ("earned" in third, third["checked_at"]) == (False, None)


def test_download_tells_nothing_of_what_an_exam_under_way_asks(person, exam):
    asked = set(make_attempt(exam=exam, candidate=person).items.values_list("question__code", flat=True))

    study = study_of(person)

    (practice,) = study["practices"]
    assert asked.isdisjoint(row["question__code"] for row in study["remembered"])
    assert [answer for answer in practice["answers"] if answer["question"] in asked and "earned" in answer] == []


def test_erased_person_leaves_answers_and_no_word(person):
    answers = list(JudgedAnswer.objects.values())

    erase_person(person=person, by=None, now=NOW)

    assert list(JudgedAnswer.objects.values()) == answers != []
    assert [model.objects.count() for model in (StudyPlan, Note, Memory, PracticeSet)] == [0, 0, 0, 0]
    assert Practice.objects.get().title == ""


def test_set_that_a_cohort_was_given_stays(person):
    own = PracticeSet.objects.get()
    SetAssignment.objects.create(set=own, cohort=CohortFactory(), by=person, at=NOW)

    erase_person(person=person, by=None, now=NOW)

    assert PracticeSet.objects.get() == own


def test_nothing_is_learned_of_an_erased_person(person, exam):
    attempt = make_attempt(exam=exam, candidate=person, now=NOW - DAY)
    finish(attempt, right=2)
    erase_person(person=person, by=None, now=NOW)
    Score.objects.update(learn_at=NOW)  # as a re-score leaves it

    assert learn_due(now=NOW) == 0
    assert (Memory.objects.count(), Score.objects.get().learn_at) == (0, None)


def test_who_practises_in_a_session_that_lasts_is_not_inactive(person):
    User.objects.filter(pk=person.pk).update(last_login=NOW - 20 * DAY)

    assert erase_inactive(days=10, now=NOW) == 0
    assert erase_inactive(days=1, now=NOW + DAY) == 1
