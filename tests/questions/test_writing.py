import datetime as dt

import pytest

from questions import services
from questions.exceptions import QuestionRefused
from questions.models import Question, Tag
from questions.queries import similar_questions
from questions.services import save_draft
from tests.factories import DomainFactory, QuestionFactory, TaskFactory, UserFactory, make_content
from tests.queries import count_queries

pytestmark = pytest.mark.django_db

NOW = dt.datetime(2026, 11, 21, 9, tzinfo=dt.UTC)
STEM = "A company keeps streaming click data for a year and queries it with SQL at low cost. Which store fits best?"


def stored(stem, **fields):
    question = QuestionFactory(draft=True, revision=None, **fields)
    save_draft(question=question, content=make_content(stem=stem), by=None, now=NOW)
    return question


# --- Copies and old texts -------------------------------------------------------------------------------


def test_copy_is_a_draft_of_its_own_with_the_latest_text(django_user_model):
    question = QuestionFactory(task=TaskFactory(), difficulty="hard", source_chapter=3, content=make_content("a"))
    question.tags.add(Tag.objects.create(name="kinesis"))
    save_draft(question=question, content=make_content("b"), by=None, now=NOW)
    author = UserFactory()

    copy = services.copy_question(question=question, by=author, now=NOW)

    revision = copy.revisions.get()
    assert (revision.content, revision.created_by, revision.published_at) == (make_content("b"), author, None)
    assert (copy.status, copy.difficulty, copy.source_chapter, copy.copied_from) == ("draft", "hard", 3, question)
    assert copy.code != question.code
    assert [placement.task for placement in copy.placements.all()] == [question.placements.get().task]
    assert [str(tag) for tag in copy.tags.all()] == ["kinesis"]
    assert copy.events.get().text == f"a copy of {question}"


def test_question_without_text_cannot_be_copied():
    with pytest.raises(QuestionRefused, match="nothing to copy"):
        services.copy_question(question=QuestionFactory(draft=True, revision=None), by=UserFactory(), now=NOW)


def test_restored_revision_is_the_draft_and_the_published_one_keeps_serving():
    question, person = QuestionFactory(task=TaskFactory(), content=make_content("a")), UserFactory()
    first = question.published_revision
    save_draft(question=question, content=make_content("b"), by=None, now=NOW)
    second = services.publish(question=question, by=None, now=NOW)

    draft = services.restore_revision(revision=first, by=person, now=NOW)

    question.refresh_from_db()
    assert (draft.number, draft.content, draft.published_at) == (3, make_content("a"), None)
    assert question.published_revision == second
    event = question.events.first()
    assert (event.kind, event.by, event.text, event.revision) == ("restored", person, "revision 1", draft)


# --- Where it is filed ----------------------------------------------------------------------------------


def test_question_moves_within_a_certification_and_stays_in_another():
    here, elsewhere = TaskFactory(), TaskFactory()
    target = TaskFactory(domain=DomainFactory(certification=here.domain.certification))
    question = QuestionFactory(task=here)
    services.move_to_task(question=question, task=elsewhere)

    services.move_to_task(question=question, task=target)

    placements = {placement.task: placement.domain for placement in question.placements.all()}
    assert placements == {target: target.domain, elsewhere: elsewhere.domain}


def test_tags_are_added_and_removed_and_the_others_stay():
    question, other = QuestionFactory(), QuestionFactory()
    services.set_tags(question=question, names=["a", "b"])
    services.set_tags(question=other, names=["b"])

    services.change_tags(question=question, add=["c"], remove=["b", "unknown"])

    assert [str(tag) for tag in question.tags.all()] == ["a", "c"]
    assert [str(tag) for tag in other.tags.all()] == ["b"]


def test_difficulty_is_set():
    question = QuestionFactory(difficulty="easy")

    services.set_difficulty(question=question, difficulty="hard")

    assert Question.objects.get(pk=question.pk).difficulty == "hard"


# --- Near-duplicates ------------------------------------------------------------------------------------


def test_nearly_the_same_question_is_found_with_how_alike_it_is():
    same, alike = stored(STEM, code="same"), stored(STEM.replace("a year", "two years"), code="alike")
    stored("Which loss does a gradient boosted tree minimise when nothing else is said?")

    found = similar_questions(STEM, besides=None)

    assert [(similar.pk, similar.code) for similar in found] == [(same.pk, "same"), (alike.pk, "alike")]
    assert found[0].similarity == 100
    assert 50 <= found[1].similarity < 100


def test_question_itself_and_its_old_texts_are_not_found():
    question = stored(STEM)
    assert similar_questions(STEM, besides=question.pk) == []

    save_draft(question=question, content=make_content("quite another"), by=None, now=NOW)

    assert similar_questions(STEM, besides=None) == []


def test_dropped_draft_leaves_the_published_text_to_be_found():
    question = QuestionFactory(task=TaskFactory(), content=make_content(stem=STEM))
    save_draft(question=question, content=make_content("other"), by=None, now=NOW)

    save_draft(question=question, content=make_content(stem=STEM), by=None, now=NOW)

    assert [similar.pk for similar in similar_questions(STEM, besides=None)] == [question.pk]


def test_search_for_duplicates_takes_two_queries_however_many_there_are():
    for number in range(30):
        stored(f"{STEM} {number}")

    with count_queries() as counted:
        found = similar_questions(STEM, besides=None)

    assert (len(found), counted.number) == (3, 2)
