import datetime as dt

import factory
from django.utils import timezone

from questions.content import Option, QuestionContent, Reference
from questions.kinds import kind_of
from questions.models import Certification, Domain, Question, QuestionTask, Revision, Skill, Task


class CertificationFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Certification

    code = factory.Sequence(lambda number: f"cert-{number}")
    name = factory.LazyAttribute(lambda certification: f"Certified {certification.code}")
    status = Certification.Status.ACTIVE
    question_count = 10
    unscored_count = 2
    minutes = 20
    cut_score = 750


class DomainFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Domain

    certification = factory.SubFactory(CertificationFactory)
    number = factory.Sequence(lambda number: number + 1)
    name = factory.LazyAttribute(lambda domain: f"Domain {domain.number}")
    weight = 50


class TaskFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Task

    domain = factory.SubFactory(DomainFactory)
    code = factory.LazyAttribute(lambda task: f"{task.domain.number}.1")
    name = factory.LazyAttribute(lambda task: f"Task {task.code}")


class SkillFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Skill

    task = factory.SubFactory(TaskFactory)
    position = factory.Sequence(lambda number: number + 1)
    code = factory.LazyAttribute(lambda skill: f"{skill.task.code}.{skill.position}")
    name = factory.LazyAttribute(lambda skill: f"Skill {skill.code}")


ANSWERS = {
    "numeric": {"value": "2.5", "tolerance": "0.5", "unit": "ms"},
    "short_text": {"accepted": ("Amazon S3", "S3"), "ignore_case": True},
}


# How many options are right in a question of a kind that marks them.
KEY_COUNTS = {"single": 1, "multiple": 2}


def takes(kind, part):
    """Tell whether a question of this kind has `options`, a `key`, a `match`, `decoys` or an `answer`."""
    return part in kind_of(kind).parts


def make_content(mark="x", kind="single", **changes):
    """Return publishable content; every text bears the mark.

    The key is, for `single`, index 1 of four; for `multiple` 1 and 2; `ordering` is written in order; `matching` has
    four prompts, the first two with the same match, and a decoy. Kinds whose answer is typed have it in `ANSWERS`.
    """
    if takes(kind, "answer"):
        changes = {"options": (), "answer": ANSWERS[kind], **changes}
    keys = {1, 2} if KEY_COUNTS.get(kind) == 2 else {1} if takes(kind, "key") else set()
    matches = [f"Match {letter} of {mark}" for letter in "CCAD"] if takes(kind, "match") else [""] * 4
    fields = {
        "kind": kind,
        "stem": f"Stem {mark}: which of these is right?",
        "options": tuple(
            Option(
                text=f"Option {number} of {mark}",
                key=number in keys,
                match=matches[number],
                rationale=f"Because {number} of {mark}.",
            )
            for number in range(4)
        ),
        "decoys": (f"Match B of {mark}",) if takes(kind, "match") else (),
        "explanation": f"The point of {mark}.",
        "references": (Reference(title=f"Guide to {mark}", section="Basics"),),
        "valid_as_of": dt.date(2026, 11, 21),
        **changes,
    }
    return QuestionContent(**fields)


class RevisionFactory(factory.django.DjangoModelFactory):
    """A published revision; `content=` gives another content, `published_at=None` a draft."""

    class Meta:
        model = Revision

    question = factory.SubFactory("tests.factories.questions.QuestionFactory", draft=True, revision=None)
    number = 1
    published_at = factory.LazyFunction(timezone.now)

    @classmethod
    def _create(cls, model_class, *args, content=None, **fields):
        revision = model_class(**fields)
        revision.set_content(content or make_content(revision.question.code))
        revision.save()
        return revision


class QuestionFactory(factory.django.DjangoModelFactory):
    """A published question in `task`, with a published revision of `content`. Trait: `draft`."""

    class Meta:
        model = Question
        skip_postgeneration_save = True

    code = factory.Sequence(lambda number: f"question-{number}")

    @classmethod
    def _create(cls, model_class, *args, task=None, content=None, draft=False, revision=True, **fields):
        question = model_class.objects.create(**fields)
        if task is not None:
            QuestionTask.objects.create(question=question, task=task)
        if revision:
            published_at = None if draft else timezone.now()
            revision = RevisionFactory(question=question, content=content, published_at=published_at)
            if not draft:
                question.published_revision = revision
                question.status = Question.Status.PUBLISHED
                question.save()
        return question
