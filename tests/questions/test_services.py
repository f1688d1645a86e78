import datetime as dt

import pytest

from questions.content import Option
from questions.exceptions import InvalidContent, QuestionRefused
from questions.models import Question
from questions.services import publish, retire, save_draft
from tests.factories import QuestionFactory, TaskFactory, UserFactory, make_attempt, make_content, make_exam

pytestmark = pytest.mark.django_db

NOW = dt.datetime(2026, 11, 21, 9, tzinfo=dt.UTC)
LATER = NOW + dt.timedelta(days=1)

ONE_OPTION = make_content(options=(Option(text="Only", key=True, rationale="It is."),))
NO_KEY = make_content(options=(Option(text="A", rationale="No."), Option(text="B", rationale="No.")))


def states(question):
    """Return what is stored of a question's revisions, newest first: number, published_at and stem."""
    return list(question.revisions.values_list("number", "published_at", "stem"))


# --- Saving a draft ---------------------------------------------------------------------------------


def test_save_draft_of_a_new_question_makes_its_first_revision():
    question, author = QuestionFactory(draft=True, revision=None), UserFactory()

    draft = save_draft(question=question, content=make_content("a"), by=author, now=NOW)

    assert states(question) == [(1, None, make_content("a").stem)]
    assert (draft.content, draft.created_by) == (make_content("a"), author)
    question.refresh_from_db()
    assert (question.status, question.published_revision) == (Question.Status.DRAFT, None)


def test_save_draft_again_replaces_the_draft_and_its_author():
    question, author = QuestionFactory(draft=True), UserFactory()

    first = save_draft(question=question, content=make_content("a"), by=UserFactory(), now=NOW)
    second = save_draft(question=question, content=make_content("b"), by=author, now=NOW)

    assert second.pk == first.pk
    assert states(question) == [(1, None, make_content("b").stem)]
    assert question.revisions.get().created_by == author


def test_save_draft_of_a_published_question_leaves_what_is_served():
    question = QuestionFactory(content=make_content("a"))
    served = question.published_revision

    draft = save_draft(question=question, content=make_content("b"), by=UserFactory(), now=NOW)

    question.refresh_from_db()
    assert draft.number == 2
    assert question.published_revision == served
    assert question.status == Question.Status.PUBLISHED
    assert served.content == make_content("a")


def test_save_draft_equal_to_the_published_revision_makes_none():
    question = QuestionFactory(content=make_content("a"))

    revision = save_draft(question=question, content=make_content("a"), by=UserFactory(), now=NOW)

    assert revision == question.published_revision
    assert question.revisions.count() == 1


def test_save_draft_equal_to_the_published_revision_drops_the_draft():
    question = QuestionFactory(content=make_content("a"))
    save_draft(question=question, content=make_content("b"), by=UserFactory(), now=NOW)

    revision = save_draft(question=question, content=make_content("a"), by=UserFactory(), now=NOW)

    assert revision == question.published_revision
    assert [number for number, _, _ in states(question)] == [1]


def test_save_draft_numbers_on_from_the_latest_revision():
    question = QuestionFactory(task=TaskFactory())
    for number in (2, 3):
        save_draft(question=question, content=make_content(f"text {number}"), by=None, now=NOW)
        publish(question=question, by=None, now=NOW)

    save_draft(question=question, content=make_content("text 4"), by=None, now=NOW)

    assert [number for number, _, _ in states(question)] == [4, 3, 2, 1]


def test_save_draft_takes_what_cannot_be_published_yet():
    question = QuestionFactory(draft=True)

    save_draft(question=question, content=NO_KEY, by=None, now=NOW)

    assert question.revisions.get().content == NO_KEY


def test_save_draft_refuses_what_no_candidate_could_be_shown():
    question = QuestionFactory(draft=True)
    before = states(question)

    with pytest.raises(InvalidContent) as refusal:
        save_draft(question=question, content=ONE_OPTION, by=None, now=NOW)

    assert str(refusal.value) == "options: the question has 1 option; give 2 to 8, usually four."
    assert [problem.field for problem in refusal.value.problems] == ["options"]
    assert states(question) == before


def test_save_draft_sees_what_was_published_since_the_question_was_read():
    stale = QuestionFactory(draft=True, task=TaskFactory())
    publish(question=Question.objects.get(pk=stale.pk), by=None, now=NOW)

    draft = save_draft(question=stale, content=make_content("b"), by=None, now=NOW)

    assert draft.number == 2


# --- Publishing -------------------------------------------------------------------------------------


def test_publish_serves_the_draft_from_now_on():
    question = QuestionFactory(draft=True, task=TaskFactory())

    revision = publish(question=question, by=None, now=NOW)

    question.refresh_from_db()
    assert (revision.number, revision.published_at) == (1, NOW)
    assert question.published_revision == revision
    assert question.status == Question.Status.PUBLISHED


@pytest.mark.parametrize("status", Question.Status)
def test_publish_serves_a_draft_whatever_the_status_was(status):
    question = QuestionFactory(content=make_content("a"), task=TaskFactory())
    Question.objects.filter(pk=question.pk).update(status=status)
    save_draft(question=question, content=make_content("b"), by=None, now=NOW)

    revision = publish(question=question, by=None, now=NOW)

    question.refresh_from_db()
    assert (question.status, question.published_revision.content) == (Question.Status.PUBLISHED, make_content("b"))
    assert (revision.number, revision.published_at) == (2, NOW)


def test_publish_again_changes_nothing():
    question = QuestionFactory(draft=True, task=TaskFactory())
    first = publish(question=question, by=None, now=NOW)

    second = publish(question=question, by=None, now=LATER)

    assert second == first
    assert [(number, at) for number, at, _ in states(question)] == [(1, NOW)]


def test_publish_brings_a_retired_question_back_as_it_was():
    question = QuestionFactory(task=TaskFactory())
    retire(question=question, by=None, now=NOW)

    revision = publish(question=question, by=None, now=NOW)

    question.refresh_from_db()
    assert question.status == Question.Status.PUBLISHED
    assert revision == question.published_revision
    assert revision.number == 1


def test_publish_makes_a_new_revision_and_keeps_the_old_one():
    question = QuestionFactory(content=make_content("a"), task=TaskFactory())
    old = question.published_revision
    save_draft(question=question, content=make_content("b"), by=None, now=NOW)

    new = publish(question=question, by=None, now=LATER)

    old.refresh_from_db()
    assert (old.number, old.content) == (1, make_content("a"))
    assert (new.number, new.content, new.published_at) == (2, make_content("b"), LATER)


def test_publish_leaves_attempts_the_revision_they_pinned():
    exam = make_exam(per_domain=2)
    attempt = make_attempt(exam=exam, now=NOW)
    pinned = {item.question_id: item.revision_id for item in attempt.items.all()}
    for question in Question.objects.all():
        save_draft(question=question, content=make_content(f"new {question.code}"), by=None, now=NOW)

        publish(question=question, by=None, now=LATER)

    assert {item.question_id: item.revision_id for item in attempt.items.all()} == pinned
    assert not set(pinned.values()) & set(Question.objects.values_list("published_revision", flat=True))


def test_publish_refuses_a_question_without_content():
    question = QuestionFactory(draft=True, revision=None, task=TaskFactory())

    with pytest.raises(QuestionRefused, match=r"There is nothing to publish\. Write the question first"):
        publish(question=question, by=None, now=NOW)


def test_publish_refuses_a_question_without_a_task():
    question = QuestionFactory(draft=True)

    with pytest.raises(QuestionRefused, match="Choose the question's task before you publish it"):
        publish(question=question, by=None, now=NOW)

    question.refresh_from_db()
    assert (question.status, question.published_revision) == (Question.Status.DRAFT, None)
    assert question.revisions.get().published_at is None


def test_publish_refuses_content_that_breaks_a_rule_and_serves_the_old():
    question = QuestionFactory(content=make_content("a"), task=TaskFactory())
    served = question.published_revision
    save_draft(question=question, content=NO_KEY, by=None, now=NOW)

    with pytest.raises(InvalidContent) as refusal:
        publish(question=question, by=None, now=NOW)

    question.refresh_from_db()
    assert str(refusal.value) == "key: no key; mark the right option (`key: true`)."
    assert question.published_revision == served
    assert question.revisions.filter(published_at=None).count() == 1
