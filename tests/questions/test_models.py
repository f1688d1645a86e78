import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from questions.exceptions import RevisionIsImmutable
from questions.models import Certification, Question, QuestionTask, Revision
from tests.factories import (
    CertificationFactory,
    DomainFactory,
    QuestionFactory,
    RevisionFactory,
    TaskFactory,
    make_content,
)

pytestmark = pytest.mark.django_db


def assert_refused(constraint, write):
    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        write()
    message = str(refusal.value)
    # SQLite names the columns of a unique constraint instead of the constraint itself.
    assert constraint in message or message.startswith("UNIQUE constraint failed"), message


# --- Revisions --------------------------------------------------------------------------------------


def test_revision_gives_back_the_content_it_was_given():
    content = make_content(kind="multiple", shuffle=False, service_note="Renamed since.")

    revision = RevisionFactory(content=content)

    assert Revision.objects.get(pk=revision.pk).content == content


def test_published_revision_refuses_new_content():
    revision = QuestionFactory().published_revision
    before = revision.content

    revision.set_content(make_content("other"))
    with pytest.raises(RevisionIsImmutable, match=r"is published and cannot change\. Create a new revision"):
        revision.save()

    assert Revision.objects.get(pk=revision.pk).content == before


@pytest.mark.parametrize("fields", [{"published_at": None}, {"number": 7}, {"key": [0]}])
def test_published_revision_refuses_any_change(fields):
    revision = QuestionFactory().published_revision
    for name, value in fields.items():
        setattr(revision, name, value)

    with pytest.raises(RevisionIsImmutable):
        revision.save(update_fields=list(fields))

    stored = Revision.objects.values(*fields).get(pk=revision.pk)
    assert {name: stored[name] for name in fields} != fields


def test_copy_of_a_revision_read_before_it_was_published_cannot_overwrite_it():
    question = QuestionFactory(draft=True)
    stale = question.revisions.get()
    fresh = question.revisions.get()
    fresh.published_at = timezone.now()
    fresh.save()

    stale.set_content(make_content("other"))
    with pytest.raises(RevisionIsImmutable):
        stale.save()


def test_draft_revision_takes_new_content():
    draft = QuestionFactory(draft=True).revisions.get()

    draft.set_content(make_content("other"))
    draft.save()

    assert Revision.objects.get(pk=draft.pk).content == make_content("other")


def test_question_has_one_draft_at_most():
    question = QuestionFactory(draft=True)

    assert_refused(
        "one_unpublished_revision_per_question",
        lambda: RevisionFactory(question=question, number=2, published_at=None),
    )


def test_question_has_many_published_revisions_and_a_draft():
    question = QuestionFactory()

    RevisionFactory(question=question, number=2)
    RevisionFactory(question=question, number=3, published_at=None)

    assert [revision.number for revision in question.revisions.all()] == [3, 2, 1]


def test_revision_numbers_of_a_question_differ():
    question = QuestionFactory()

    assert_refused("one_revision_per_number", lambda: RevisionFactory(question=question, number=1))


def test_revision_being_served_cannot_be_deleted():
    revision = QuestionFactory().published_revision

    with pytest.raises(IntegrityError):
        revision.delete()


# --- Questions --------------------------------------------------------------------------------------


def test_published_question_needs_a_published_revision():
    question = QuestionFactory(draft=True)

    assert_refused(
        "published_question_has_a_published_revision",
        lambda: Question.objects.filter(pk=question.pk).update(status="published"),
    )


def test_published_questions_are_those_and_no_others():
    published = QuestionFactory()
    QuestionFactory(draft=True)
    Question.objects.filter(pk=QuestionFactory().pk).update(status="retired")

    assert list(Question.objects.published()) == [published]


def test_question_written_here_gets_a_code_of_its_own():
    first, second = Question.objects.create(), Question.objects.create()

    assert first.code != second.code
    assert first.code.startswith("q-")
    first.full_clean()


# --- Placements -------------------------------------------------------------------------------------


def test_placement_follows_its_task():
    task, other = TaskFactory(), TaskFactory()
    placement = QuestionTask.objects.create(question=QuestionFactory(), task=task)
    assert (placement.domain, placement.certification) == (task.domain, task.domain.certification)

    placement.task = other
    placement.save()

    placement.refresh_from_db()
    assert (placement.domain, placement.certification) == (other.domain, other.domain.certification)


def test_question_has_one_task_per_certification():
    domain = DomainFactory()
    question = QuestionFactory(task=TaskFactory(domain=domain))

    assert_refused(
        "one_task_per_question_and_certification",
        lambda: QuestionTask.objects.create(question=question, task=TaskFactory(domain=domain, code="9.9")),
    )


def test_question_may_serve_several_certifications():
    question = QuestionFactory(task=TaskFactory())

    QuestionTask.objects.create(question=question, task=TaskFactory())

    assert question.tasks.count() == 2


# --- Certifications ---------------------------------------------------------------------------------


@pytest.mark.parametrize("cut_score", [100, 750, 1000])
def test_cut_score_lies_on_the_scale(cut_score):
    certification = CertificationFactory(cut_score=cut_score)

    assert Certification.objects.get().cut_score == certification.cut_score


@pytest.mark.parametrize(
    "fields", [{"cut_score": 99}, {"cut_score": 1001}, {"scale_min": 750, "scale_max": 750, "cut_score": 750}]
)
def test_cut_score_beside_the_scale_is_refused(fields):
    assert_refused("certification_cut_score_lies_on_the_scale", lambda: CertificationFactory(**fields))


def test_domain_numbers_of_a_certification_differ():
    domain = DomainFactory()

    assert_refused(
        "one_domain_per_number", lambda: DomainFactory(certification=domain.certification, number=domain.number)
    )


def test_task_codes_of_a_domain_differ():
    task = TaskFactory()

    assert_refused("one_task_per_code", lambda: TaskFactory(domain=task.domain, code=task.code))


def test_names_say_what_a_person_looks_for():
    certification = CertificationFactory(code="cert-x", name="Certified X")
    task = TaskFactory(domain=DomainFactory(certification=certification, number=3, name="Models"), name="Train")
    question = QuestionFactory(code="ch01-q01", task=task)

    assert str(certification) == "CERT-X Certified X"
    assert str(task.domain) == "CERT-X 3 Models"
    assert task.domain.label == "3 Models"
    assert str(task) == "CERT-X 3.1 Train"
    assert str(question) == "ch01-q01"
    assert str(question.placements.get()) == "ch01-q01 in CERT-X 3.1 Train"
    assert str(question.published_revision) == "ch01-q01 revision 1"
