import datetime as dt

import pytest

from questions.content import Option
from questions.exceptions import InvalidContent, QuestionRefused
from questions.models import Question
from questions.services import change_status, publish, save_draft
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

    draft = save_draft(question=question, content=make_content("a"), by=author)

    assert states(question) == [(1, None, make_content("a").stem)]
    assert (draft.content, draft.created_by) == (make_content("a"), author)
    question.refresh_from_db()
    assert (question.status, question.published_revision) == (Question.Status.DRAFT, None)


def test_save_draft_again_replaces_the_draft_and_its_author():
    question, author = QuestionFactory(draft=True), UserFactory()

    first = save_draft(question=question, content=make_content("a"), by=UserFactory())
    second = save_draft(question=question, content=make_content("b"), by=author)

    assert second.pk == first.pk
    assert states(question) == [(1, None, make_content("b").stem)]
    assert question.revisions.get().created_by == author


def test_save_draft_of_a_published_question_leaves_what_is_served():
    question = QuestionFactory(content=make_content("a"))
    served = question.published_revision

    draft = save_draft(question=question, content=make_content("b"), by=UserFactory())

    question.refresh_from_db()
    assert draft.number == 2
    assert question.published_revision == served
    assert question.status == Question.Status.PUBLISHED
    assert served.content == make_content("a")


def test_save_draft_equal_to_the_published_revision_makes_none():
    question = QuestionFactory(content=make_content("a"))

    revision = save_draft(question=question, content=make_content("a"), by=UserFactory())

    assert revision == question.published_revision
    assert question.revisions.count() == 1


def test_save_draft_equal_to_the_published_revision_drops_the_draft():
    question = QuestionFactory(content=make_content("a"))
    save_draft(question=question, content=make_content("b"), by=UserFactory())

    revision = save_draft(question=question, content=make_content("a"), by=UserFactory())

    assert revision == question.published_revision
    assert [number for number, _, _ in states(question)] == [1]


def test_save_draft_numbers_on_from_the_latest_revision():
    question = QuestionFactory(task=TaskFactory())
    for number in (2, 3):
        save_draft(question=question, content=make_content(f"text {number}"), by=None)
        publish(question=question, now=NOW)

    save_draft(question=question, content=make_content("text 4"), by=None)

    assert [number for number, _, _ in states(question)] == [4, 3, 2, 1]


def test_save_draft_takes_what_cannot_be_published_yet():
    question = QuestionFactory(draft=True)

    save_draft(question=question, content=NO_KEY, by=None)

    assert question.revisions.get().content == NO_KEY


def test_save_draft_refuses_what_no_candidate_could_be_shown():
    question = QuestionFactory(draft=True)
    before = states(question)

    with pytest.raises(InvalidContent) as refusal:
        save_draft(question=question, content=ONE_OPTION, by=None)

    assert str(refusal.value) == "options: 1 options; give 2 to 8, usually four."
    assert [problem.field for problem in refusal.value.problems] == ["options"]
    assert states(question) == before


def test_save_draft_sees_what_was_published_since_the_question_was_read():
    stale = QuestionFactory(draft=True, task=TaskFactory())
    publish(question=Question.objects.get(pk=stale.pk), now=NOW)

    draft = save_draft(question=stale, content=make_content("b"), by=None)

    assert draft.number == 2


# --- Publishing -------------------------------------------------------------------------------------


def test_publish_serves_the_draft_from_now_on():
    question = QuestionFactory(draft=True, task=TaskFactory())

    revision = publish(question=question, now=NOW)

    question.refresh_from_db()
    assert (revision.number, revision.published_at) == (1, NOW)
    assert question.published_revision == revision
    assert question.status == Question.Status.PUBLISHED


@pytest.mark.parametrize("status", Question.Status)
def test_publish_serves_a_draft_whatever_the_status_was(status):
    question = QuestionFactory(content=make_content("a"), task=TaskFactory())
    Question.objects.filter(pk=question.pk).update(status=status)
    save_draft(question=question, content=make_content("b"), by=None)

    revision = publish(question=question, now=NOW)

    question.refresh_from_db()
    assert (question.status, question.published_revision.content) == (Question.Status.PUBLISHED, make_content("b"))
    assert (revision.number, revision.published_at) == (2, NOW)


def test_publish_again_changes_nothing():
    question = QuestionFactory(draft=True, task=TaskFactory())
    first = publish(question=question, now=NOW)

    second = publish(question=question, now=LATER)

    assert second == first
    assert [(number, at) for number, at, _ in states(question)] == [(1, NOW)]


def test_publish_brings_a_retired_question_back_as_it_was():
    question = QuestionFactory(task=TaskFactory())
    change_status(question=question, to=Question.Status.RETIRED)

    revision = publish(question=question, now=NOW)

    question.refresh_from_db()
    assert question.status == Question.Status.PUBLISHED
    assert revision == question.published_revision
    assert revision.number == 1


def test_publish_makes_a_new_revision_and_keeps_the_old_one():
    question = QuestionFactory(content=make_content("a"), task=TaskFactory())
    old = question.published_revision
    save_draft(question=question, content=make_content("b"), by=None)

    new = publish(question=question, now=LATER)

    old.refresh_from_db()
    assert (old.number, old.content) == (1, make_content("a"))
    assert (new.number, new.content, new.published_at) == (2, make_content("b"), LATER)


def test_publish_leaves_attempts_the_revision_they_pinned():
    exam = make_exam(per_domain=2)
    attempt = make_attempt(exam=exam, now=NOW)
    pinned = {item.question_id: item.revision_id for item in attempt.items.all()}
    for question in Question.objects.all():
        save_draft(question=question, content=make_content(f"new {question.code}"), by=None)

        publish(question=question, now=LATER)

    assert {item.question_id: item.revision_id for item in attempt.items.all()} == pinned
    assert not set(pinned.values()) & set(Question.objects.values_list("published_revision", flat=True))


def test_publish_refuses_a_question_without_content():
    question = QuestionFactory(draft=True, revision=None, task=TaskFactory())

    with pytest.raises(QuestionRefused, match="There is nothing to publish: write the question first"):
        publish(question=question, now=NOW)


def test_publish_refuses_a_question_without_a_task():
    question = QuestionFactory(draft=True)

    with pytest.raises(QuestionRefused, match="Choose the task it belongs to before you publish it"):
        publish(question=question, now=NOW)

    question.refresh_from_db()
    assert (question.status, question.published_revision) == (Question.Status.DRAFT, None)
    assert question.revisions.get().published_at is None


def test_publish_refuses_content_that_breaks_a_rule_and_serves_the_old():
    question = QuestionFactory(content=make_content("a"), task=TaskFactory())
    served = question.published_revision
    save_draft(question=question, content=NO_KEY, by=None)

    with pytest.raises(InvalidContent) as refusal:
        publish(question=question, now=NOW)

    question.refresh_from_db()
    assert str(refusal.value) == "key: no key; mark the right option (`key: true`)."
    assert question.published_revision == served
    assert question.revisions.filter(published_at=None).count() == 1


# --- Other changes of status ------------------------------------------------------------------------

ALLOWED = {
    ("draft", "in_review"),
    ("draft", "retired"),
    ("in_review", "retired"),
    ("published", "retired"),
}
PAIRS = [(str(start), str(end)) for start in Question.Status for end in Question.Status]


def make_question(status):
    question = QuestionFactory(task=TaskFactory())
    Question.objects.filter(pk=question.pk).update(status=status)
    return question


@pytest.mark.parametrize(("start", "end"), sorted(ALLOWED))
def test_status_changes_along_the_allowed_moves(start, end):
    question = make_question(start)

    change_status(question=question, to=end)

    question.refresh_from_db()
    assert question.status == end


@pytest.mark.parametrize(("start", "end"), [pair for pair in PAIRS if pair not in ALLOWED])
def test_any_other_change_of_status_is_refused(start, end):
    question = make_question(start)

    with pytest.raises(QuestionRefused):
        change_status(question=question, to=end)

    question.refresh_from_db()
    assert question.status == start


def test_refused_change_of_status_says_what_the_question_is():
    question = make_question("retired")

    with pytest.raises(QuestionRefused, match="question that is retired cannot become “in_review”"):
        change_status(question=question, to="in_review")


def test_change_of_status_goes_by_what_is_stored_not_by_what_was_read():
    question = make_question("draft")
    stale = Question.objects.get(pk=question.pk)
    change_status(question=question, to="retired")

    with pytest.raises(QuestionRefused):
        change_status(question=stale, to="in_review")

    question.refresh_from_db()
    assert question.status == "retired"


def test_change_of_status_changes_no_other_question():
    bystander, question = make_question("published"), make_question("published")

    change_status(question=question, to="retired")

    bystander.refresh_from_db()
    assert bystander.status == "published"
