import factory
from django.utils import timezone

from exams.attempts.services.starting import start_attempt
from exams.blueprints.models import Exam
from exams.cohorts.models import Assignment, Cohort, Membership
from tests.factories.accounts import UserFactory
from tests.factories.questions import CertificationFactory, DomainFactory, QuestionFactory, TaskFactory


class ExamFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Exam

    slug = factory.Sequence(lambda number: f"exam-{number}")
    title = factory.LazyAttribute(lambda exam: f"Exam {exam.slug}")
    certification = factory.SubFactory(CertificationFactory)
    question_count = 4
    unscored_count = 0
    minutes = 30


def make_exam(*, per_domain=4, weights=(50, 50), **fields):
    """Return an exam whose certification has one domain (with one task and `per_domain` questions) per weight."""
    exam = ExamFactory(**fields)
    for number, weight in enumerate(weights, start=1):
        domain = DomainFactory(certification=exam.certification, number=number, weight=weight)
        QuestionFactory.create_batch(per_domain, task=TaskFactory(domain=domain))
    return exam


def make_attempt(*, exam=None, candidate=None, now=None, seed=1):
    """Return an attempt under way, started now unless `now` says otherwise."""
    return start_attempt(
        candidate=candidate or UserFactory(), exam=exam or make_exam(), now=now or timezone.now(), seed=seed
    )


class CohortFactory(factory.django.DjangoModelFactory):
    """A cohort of `instructor=`, if one is given, with these `members=`."""

    class Meta:
        model = Cohort
        skip_postgeneration_save = True

    name = factory.Sequence(lambda number: f"Cohort {number}")
    created_at = factory.LazyFunction(timezone.now)

    @classmethod
    def _create(cls, model_class, *args, instructor=None, members=(), **fields):
        cohort = model_class.objects.create(**fields)
        if instructor is not None:
            cohort.instructors.add(instructor)
        Membership.objects.bulk_create(
            Membership(cohort=cohort, candidate=member, joined_at=cohort.created_at) for member in members
        )
        return cohort


class AssignmentFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Assignment

    cohort = factory.SubFactory(CohortFactory)
    exam = factory.LazyFunction(lambda: make_exam(is_offered=False))
    created_at = factory.LazyFunction(timezone.now)
