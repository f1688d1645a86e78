"""What tests of exams share: a bank made at once, answers as pages send them, attempts brought to their end."""

import datetime as dt
import re
from fractions import Fraction

from django.test import Client
from django.urls import reverse

from exams.attempts.models import Attempt, AttemptItem
from exams.attempts.services.closing import submit_attempt
from exams.attempts.services.saving import Answer, save_form
from exams.blueprints.rules import FULL
from exams.results.queries.outcomes import current_score, outcomes_of
from exams.results.queries.reviewing import reviewed_items
from exams.scoring.models import JudgedAnswer
from exams.scoring.queries import summed_by_domain, tallies_of
from exams.scoring.services import score_attempt
from questions.kinds import kind_of
from questions.models import Question, QuestionTask, Revision
from tests.exams.pages import masked
from tests.factories import (
    CertificationFactory,
    DomainFactory,
    ExamFactory,
    QuestionFactory,
    TaskFactory,
    make_content,
)

START = dt.datetime(2026, 11, 21, 9, 0, tzinfo=dt.UTC)
SECOND = dt.timedelta(seconds=1)
MINUTE = dt.timedelta(minutes=1)


def fill_task(task, count):
    """Publish `count` questions in the task with a handful of statements."""
    known = Question.objects.count()
    questions = Question.objects.bulk_create(Question(code=f"bulk-{known + number}") for number in range(count))
    revisions = []
    for question in questions:
        revision = Revision(question=question, number=1, published_at=START)
        revision.set_content(make_content(question.code))
        revisions.append(revision)
    for question, revision in zip(questions, Revision.objects.bulk_create(revisions), strict=True):
        question.published_revision, question.status = revision, Question.Status.PUBLISHED
    Question.objects.bulk_update(questions, ["published_revision", "status"])
    QuestionTask.objects.bulk_create(
        QuestionTask(question=question, task=task, domain=task.domain, certification=task.domain.certification)
        for question in questions
    )
    return questions


def make_mls_exam(*, forms=1, **fields):
    """Return an exam like MLS-C01, with a bank that suffices for so many forms without a repeat and not for more."""
    certification = CertificationFactory(question_count=65, unscored_count=15, minutes=180)
    for number, (weight, in_a_form) in enumerate([(20, 13), (24, 16), (36, 23), (20, 13)], start=1):
        domain = DomainFactory(certification=certification, number=number, weight=weight)
        fill_task(TaskFactory(domain=domain), forms * in_a_form)
    return ExamFactory(certification=certification, question_count=65, unscored_count=15, minutes=180, **fields)


def make_exam_of(*contents, **fields):
    """Return an exam that asks just these questions."""
    exam = ExamFactory(question_count=len(contents), **fields)
    task = TaskFactory(domain=DomainFactory(certification=exam.certification, number=1))
    for content in contents:
        QuestionFactory(task=task, content=content)
    return exam


def items_of(attempt):
    return list(attempt.items.select_related("revision").order_by("position"))


def of_kind(attempt, kind):
    return attempt.items.select_related("revision").filter(revision__kind=kind).order_by("position")[0]


def item_of(attempt, position=1):
    return attempt.items.select_related("revision", "question").get(position=position)


def shown_key(item):
    """Return the numbers under which the attempt shows the right options."""
    return tuple(sorted(item.option_order.index(own) for own in item.revision.key))


def shown_wrong(item):
    """Return the number under which the attempt shows some wrong option."""
    return (next(number for number, own in enumerate(item.option_order) if own not in item.revision.key),)


def right_answer(item):
    """Return what a page would send for the right answer, whatever the kind: fields of an `Answer`."""
    if "key" in kind_of(item.revision.kind).parts:
        return {"chosen": shown_key(item)}
    return {"places": tuple(item.revision.key[own] for own in item.option_order)}


def wrong_answer(item):
    """Return a complete answer that is wrong, as above: places and matches are one too high, the highest is 0."""
    if "key" in kind_of(item.revision.kind).parts:
        return {"chosen": shown_wrong(item)}
    count = len(item.revision.choices or item.revision.options)
    return {"places": tuple((place + 1) % count for place in right_answer(item)["places"])}


def answer_to(item, *chosen, **fields):
    """Return an answer of a page that knows the item as it is in the database."""
    known = {"position": item.position, "sequence": item.sequence, "page": "a", "count": 1}
    return Answer(**{"chosen": chosen, **known, **fields})


def posted(item, *chosen, places=(), text="", sequence=None, page="a", count=1, seconds=0, flag=False, struck=()):
    """Return the fields a page posts for one question."""
    prefix = f"q{item.position}"
    data = {
        f"{prefix}-choice": list(chosen),
        f"{prefix}-place": ["" if place is None else place for place in places],
        f"{prefix}-struck": list(struck),
        f"{prefix}-sequence": item.sequence if sequence is None else sequence,
        f"{prefix}-page": page,
        f"{prefix}-count": count,
        f"{prefix}-seconds": seconds,
    }
    return data | ({f"{prefix}-text": text} if text else {}) | ({f"{prefix}-flag": "on"} if flag else {})


def answer_all(attempt, *, right):
    """Answer every question a minute after the start, the first `right` of them rightly."""
    answers = [
        answer_to(item, **(right_answer(item) if number < right else wrong_answer(item)))
        for number, item in enumerate(items_of(attempt))
    ]
    save_form(candidate=attempt.candidate, attempt_id=attempt.pk, answers=answers, now=attempt.started_at + MINUTE)


def close(attempt, *, now=None):
    """Hand in ten minutes after the start."""
    submit_attempt(candidate=attempt.candidate, attempt_id=attempt.pk, now=now or attempt.started_at + 10 * MINUTE)
    attempt.refresh_from_db()
    return attempt


def finish(attempt, *, right=0):
    """Answer, hand in and score; return the score."""
    answer_all(attempt, right=right)
    close(attempt)
    score = score_attempt(attempt_id=attempt.pk, now=attempt.started_at + 11 * MINUTE)
    attempt.refresh_from_db()
    assert attempt.state == Attempt.State.SCORED
    return score


def points_of(score):
    """Return position → what the answer earned of its point."""
    answers = score.answers.order_by("item__position")
    return {answer.item.position: Fraction(answer.earned, FULL) for answer in answers.select_related("item")}


def sums_of(score):
    """Return domain → [points, questions], of the scored ones."""
    sums = summed_by_domain(tallies_of([score])[score.pk])
    return {number: [tally.points, tally.total] for (number, _), tally in sums.items()}


def discard(attempts):
    """Make attempts undone, as only tests may: what people took is protected from deletion."""
    JudgedAnswer.objects.filter(item__attempt__in=attempts).delete()
    AttemptItem.objects.filter(attempt__in=attempts).delete()
    attempts.delete()


def client_of(user, **kwargs):
    """Return a browser in which this person is logged in."""
    client = Client(**kwargs)
    client.force_login(user)
    return client


# What all first answers say is of today: it changes with every answer, and with the exam guide.
OF_TODAY = re.compile(r'<(section|div) class="[^"]*\bpooled\b.*?</\1>', re.DOTALL)


def result_pages(attempt):
    """Return what the candidate reads as result and review, without the ids and tokens of each answer, and without
    what the result says of other attempts."""
    client = client_of(attempt.candidate)
    names = ("exams:attempt-result", "exams:review-all")
    pages = [client.get(reverse(name, args=[attempt.pk])).text for name in names]
    return [OF_TODAY.sub("", masked(page[page.index("<main") :])) for page in pages]


def reviewed(attempt):
    """Return the questions of a scored attempt as its review shows them now."""
    score = current_score(attempt)
    return reviewed_items(attempt, score, outcomes_of(attempt, score))
