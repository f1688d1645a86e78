import datetime as dt

import pytest

from questions import services
from questions.exceptions import InvalidContent, QuestionRefused
from questions.models import Question, QuestionEvent
from questions.queries import possible_reviewers, questions_to_review
from questions.services import publish, retire, save_draft
from tests.factories import QuestionFactory, TaskFactory, UserFactory, make_content

pytestmark = pytest.mark.django_db

NOW = dt.datetime(2026, 11, 21, 9, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)
Status = Question.Status


@pytest.fixture
def author():
    return UserFactory(instructor=True, name="Author")


@pytest.fixture
def reviewer():
    return UserFactory(instructor=True, name="Reviewer")


@pytest.fixture
def two_persons(settings):
    settings.TWO_PERSON_RULE = True


def written(author, *, mark="a", **fields):
    """Return a question whose draft the author has written."""
    question = QuestionFactory(draft=True, revision=None, task=TaskFactory(), **fields)
    save_draft(question=question, content=make_content(mark), by=author, now=NOW)
    return question


def in_review(author, reviewer):
    question = written(author)
    services.send_to_review(question=question, reviewer=reviewer, by=author, now=NOW, text="Please look.")
    question.refresh_from_db()
    return question


def history(question):
    return [(event.kind, event.by, event.text) for event in question.events.order_by("at", "pk")]


# --- The record -----------------------------------------------------------------------------------------


def test_every_step_is_recorded_with_who_when_and_what(author, reviewer):
    question = in_review(author, reviewer)
    services.comment(question=question, by=reviewer, now=NOW, text="Which region?")
    services.send_back(question=question, by=reviewer, now=NOW, text="Name the region.")
    save_draft(question=question, content=make_content("b"), by=author, now=NOW + MINUTE)
    services.send_to_review(question=question, reviewer=reviewer, by=author, now=NOW + MINUTE)
    services.approve(question=question, by=reviewer, now=NOW + MINUTE, text="Good.")
    publish(question=question, by=author, now=NOW + MINUTE)
    retire(question=question, by=reviewer, now=NOW + MINUTE, text="Out of date.")
    services.bring_back(question=question, by=author, now=NOW + MINUTE)

    assert history(question) == [
        ("written", author, ""),
        ("sent_to_review", author, "to Reviewer: Please look."),
        ("commented", reviewer, "Which region?"),
        ("sent_back", reviewer, "Name the region."),
        ("written", author, ""),
        ("sent_to_review", author, "to Reviewer"),
        ("approved", reviewer, "Good."),
        ("published", author, ""),
        ("retired", reviewer, "Out of date."),
        ("published", author, "brought back"),
    ]
    assert {event.revision for event in question.events.exclude(kind="retired")} == {question.revisions.get()}
    assert question.events.get(kind="commented").at == NOW


def test_saving_a_draft_again_and_again_is_one_event_with_the_last_moment(author):
    question = written(author, mark="a")

    save_draft(question=question, content=make_content("b"), by=author, now=NOW + MINUTE)

    assert [(event.kind, event.at) for event in question.events.all()] == [("written", NOW + MINUTE)]


def test_saving_the_same_content_changes_neither_author_nor_history(author, reviewer):
    question = written(author)

    save_draft(question=question, content=make_content("a"), by=reviewer, now=NOW + MINUTE)

    assert question.revisions.get().created_by == author
    assert [event.at for event in question.events.all()] == [NOW]


# --- Who may and when -----------------------------------------------------------------------------------

STEPS = {
    "send_to_review": {"text": ""},
    "comment": {"text": "Why?"},
    "send_back": {"text": "Mend it."},
    "approve": {"text": ""},
    "approve_and_publish": {"text": ""},
    "publish": {"text": ""},
    "retire": {"text": ""},
    "bring_back": {"text": ""},
}


def take(step, question, by, reviewer):
    more = {"reviewer": reviewer} if step == "send_to_review" else {}
    getattr(services, step)(question=question, by=by, now=NOW, **STEPS[step], **more)


@pytest.mark.parametrize("step", STEPS)
def test_step_of_someone_who_may_not_change_questions_is_refused(step, author, reviewer):
    question = in_review(author, reviewer)
    before = history(question)

    with pytest.raises(QuestionRefused, match="You do not have permission to change questions"):
        take(step, question, UserFactory(), reviewer)

    question.refresh_from_db()
    assert (question.status, question.reviewer, history(question)) == (Status.IN_REVIEW, reviewer, before)


# What each step makes of a question: draft, in review, published, published with its next revision in review, retired.
OUTCOMES: dict[str, list[str | None]] = {
    "send_to_review": ["in_review", "in_review", None, "published", None],
    "comment": ["draft", "in_review", "published", "published", "retired"],
    "send_back": [None, "draft", None, "published", None],
    "approve": [None, "draft", None, "published", None],
    "approve_and_publish": [None, "published", None, "published", None],
    "publish": ["published", "published", "published", "published", "published"],
    "retire": ["retired", "retired", "retired", "retired", None],
    "bring_back": [None, None, None, None, "published"],
}
REVIEWED_AFTER = {"send_to_review", "comment"}


def in_state(state, author, reviewer):
    if state == "draft":
        return written(author)
    if state == "in_review":
        return in_review(author, reviewer)
    question = QuestionFactory(task=TaskFactory(), content=make_content("a"))
    if state == "retired":
        retire(question=question, by=author, now=NOW)
    if state == "next_in_review":
        save_draft(question=question, content=make_content("b"), by=author, now=NOW)
        services.send_to_review(question=question, reviewer=reviewer, by=author, now=NOW)
    question.refresh_from_db()
    return question


@pytest.mark.parametrize(
    ("step", "state", "outcome"),
    [
        (step, state, outcome)
        for step, outcomes in OUTCOMES.items()
        for state, outcome in zip(
            ["draft", "in_review", "published", "next_in_review", "retired"], outcomes, strict=True
        )
    ],
)
def test_step_leads_where_it_should_or_is_refused(step, state, outcome, author, reviewer):
    question = in_state(state, author, reviewer)
    before = (question.status, question.reviewer, question.events.count())

    if outcome is None:
        with pytest.raises(QuestionRefused):
            take(step, question, reviewer, reviewer)
        question.refresh_from_db()
        assert (question.status, question.reviewer, question.events.count()) == before
        return
    take(step, question, reviewer, reviewer)

    question.refresh_from_db()
    assert question.status == outcome
    is_waiting = step == "send_to_review" or (step == "comment" and before[1] is not None)
    assert question.reviewer == (reviewer if is_waiting else None)


def test_retired_draft_comes_back_as_a_draft(author):
    question = written(author)
    retire(question=question, by=author, now=NOW)

    services.bring_back(question=question, by=author, now=NOW)

    question.refresh_from_db()
    assert question.status == Status.DRAFT


def test_published_revision_keeps_serving_while_the_next_is_reviewed(author, reviewer):
    question = in_state("next_in_review", author, reviewer)

    assert question.published_revision.content == make_content("a")
    assert list(questions_to_review(reviewer)) == [question]


@pytest.mark.parametrize("step", ["comment", "send_back"])
def test_step_without_its_words_is_refused(step, author, reviewer):
    question = in_review(author, reviewer)

    with pytest.raises(QuestionRefused):
        getattr(services, step)(question=question, by=reviewer, now=NOW, text=" ")


def test_approval_needs_what_publication_needs(author, reviewer):
    question = QuestionFactory(draft=True, task=TaskFactory(), content=make_content(explanation=""))
    services.send_to_review(question=question, reviewer=reviewer, by=author, now=NOW)

    with pytest.raises(InvalidContent, match="the explanation is missing"):
        services.approve(question=question, by=reviewer, now=NOW)


def test_approve_and_publish_does_both_or_nothing(author, reviewer):
    question = in_review(author, reviewer)
    question.placements.all().delete()

    with pytest.raises(QuestionRefused, match="Choose the question's task"):
        services.approve_and_publish(question=question, by=reviewer, now=NOW)

    question.refresh_from_db()
    assert (question.status, question.reviewer) == (Status.IN_REVIEW, reviewer)
    assert not question.events.filter(kind="approved").exists()


def test_only_who_may_change_questions_is_a_possible_reviewer(author, reviewer, django_assert_num_queries):
    superuser = UserFactory(superuser=True)
    gone = UserFactory(instructor=True, is_active=False)
    UserFactory()

    with django_assert_num_queries(1):
        people = set(possible_reviewers())

    assert people == {author, reviewer, superuser}
    for person in (gone, UserFactory()):
        with pytest.raises(QuestionRefused, match="may not review questions"):
            services.send_to_review(question=written(author), reviewer=person, by=author, now=NOW)


# --- Two persons ----------------------------------------------------------------------------------------


def test_without_the_rule_an_author_publishes_alone(author):
    question = written(author)

    assert publish(question=question, by=author, now=NOW).published_at == NOW


@pytest.mark.usefixtures("two_persons")
class TestTwoPersons:
    def test_author_cannot_publish(self, author):
        question = written(author)

        with pytest.raises(QuestionRefused, match=r"You wrote revision 1\. Somebody else must approve or publish it"):
            publish(question=question, by=author, now=NOW)

        question.refresh_from_db()
        assert (question.status, question.published_revision) == (Status.DRAFT, None)

    def test_somebody_else_can(self, author, reviewer):
        question = written(author)

        publish(question=question, by=reviewer, now=NOW)

        question.refresh_from_db()
        assert question.status == Status.PUBLISHED

    def test_author_cannot_approve(self, author, reviewer):
        question = in_review(author, reviewer)

        for step in ("approve", "approve_and_publish"):
            with pytest.raises(QuestionRefused, match="You wrote revision 1"):
                getattr(services, step)(question=question, by=author, now=NOW)

    def test_author_cannot_be_the_reviewer(self, author):
        with pytest.raises(QuestionRefused, match="Choose somebody else"):
            services.send_to_review(question=written(author), reviewer=author, by=author, now=NOW)

    def test_author_can_publish_what_somebody_else_approved(self, author, reviewer):
        question = in_review(author, reviewer)
        services.approve(question=question, by=reviewer, now=NOW)

        publish(question=question, by=author, now=NOW)

        question.refresh_from_db()
        assert question.status == Status.PUBLISHED

    def test_change_after_the_approval_needs_another(self, author, reviewer):
        question = in_review(author, reviewer)
        services.approve(question=question, by=reviewer, now=NOW)
        save_draft(question=question, content=make_content("slipped in"), by=author, now=NOW)

        with pytest.raises(QuestionRefused, match="Somebody else"):
            publish(question=question, by=author, now=NOW)

    def test_each_who_wrote_in_it_is_an_author(self, author, reviewer):
        question = written(author)
        save_draft(question=question, content=make_content("a comma, perhaps"), by=reviewer, now=NOW)

        for person in (author, reviewer):
            with pytest.raises(QuestionRefused, match="Somebody else"):
                publish(question=question, by=person, now=NOW)

    def test_restoring_an_old_text_is_writing(self, author, reviewer):
        question = written(author)
        old = publish(question=question, by=reviewer, now=NOW)
        save_draft(question=question, content=make_content("b"), by=author, now=NOW)
        publish(question=question, by=reviewer, now=NOW)
        services.restore_revision(revision=old, by=reviewer, now=NOW)

        with pytest.raises(QuestionRefused, match="You wrote revision 3"):
            publish(question=question, by=reviewer, now=NOW)

    def test_imported_text_is_the_importer_s(self, author):
        question = QuestionFactory(draft=True, revision=None, task=TaskFactory())
        save_draft(question=question, content=make_content(), by=author, now=NOW, kind=QuestionEvent.Kind.IMPORTED)

        with pytest.raises(QuestionRefused, match="You wrote revision 1"):
            publish(question=question, by=author, now=NOW)

    def test_bringing_back_what_was_published_needs_nobody_else(self, author, reviewer):
        question = written(author)
        publish(question=question, by=reviewer, now=NOW)
        retire(question=question, by=author, now=NOW)

        publish(question=question, by=author, now=NOW)

        question.refresh_from_db()
        assert question.status == Status.PUBLISHED

    def test_command_line_publishes_what_files_say(self, author):
        assert publish(question=written(author), by=None, now=NOW).published_at == NOW
