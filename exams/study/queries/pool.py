"""Which questions a candidate may practise, and which of them the builder asks for."""

from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import User
from exams.attempts.queries.meeting import open_items, open_questions
from exams.study.criteria import Criteria, Pool
from exams.study.models import Memory, Note
from questions.models import Certification, Question, QuestionTask
from questions.queries import published_placements


def practisable(candidate: User | int, certification: Certification | int) -> QuerySet[QuestionTask]:
    """Select where the questions count that the candidate may practise now.

    Not those reserved for exams, nor what an exam under way asks, nor what shares its case.
    """
    cases = open_items(candidate).exclude(revision__case_text="").values("revision__case_text")
    return (
        published_placements()
        .filter(certification=certification, question__is_reserved=False)
        .exclude(question_id__in=open_questions(candidate))
        .exclude(question__published_revision__case_text__in=cases)
    )


def asked_now(candidate: User | int) -> Exists:
    """Tell of an item of a practice whether an exam under way asks its question, or shares its case."""
    return Exists(
        open_items(candidate).filter(
            Q(question=OuterRef("question"))
            | (Q(revision__case_text=OuterRef("revision__case_text")) & ~Q(revision__case_text=""))
        )
    )


def matching(candidate: User, certification: Certification | int, criteria: Criteria) -> QuerySet[QuestionTask]:
    """Select what these criteria choose from, of what the candidate may practise now."""
    rows = practisable(candidate, certification)
    # Domains and single tasks of others together.
    places = Q(domain__in=criteria.domains) | Q(task__in=criteria.tasks)
    if criteria.domains or criteria.tasks:
        rows = rows.filter(places)
    columns = {
        "question__source_chapter__in": criteria.chapters,
        "question__difficulty__in": criteria.difficulties,
        "question__in": criteria.questions,
    }
    rows = rows.filter(**{name: values for name, values in columns.items() if values})
    if criteria.tags:
        tagged = Question.tags.through.objects.filter(question=OuterRef("question_id"), tag__in=criteria.tags)
        rows = rows.filter(Exists(tagged))
    return _of_pool(rows, candidate, criteria.pool)


_OF_MEMORY = {
    Pool.MISSED: Q(is_right=False),
    Pool.MISSED_AGAIN: Q(misses__gt=1),
    Pool.UNSURE: Q(is_sure=False),
}


def _of_pool(rows: QuerySet[QuestionTask], candidate: User, pool: Pool) -> QuerySet[QuestionTask]:
    if pool is Pool.ALL:
        return rows
    if pool is Pool.MARKED:
        marked = Note.objects.filter(candidate=candidate, question=OuterRef("question_id"), is_bookmarked=True)
        return rows.filter(Exists(marked))
    known: Any = Memory.objects.filter(candidate=candidate, question=OuterRef("question_id"))
    return rows.exclude(Exists(known)) if pool is Pool.UNSEEN else rows.filter(Exists(known.filter(_OF_MEMORY[pool])))
