"""What is edited later changes no result of an attempt that was started before."""

import re
from types import SimpleNamespace

import pytest
from django.core.exceptions import ValidationError

from exams.attempts.models import Attempt, AttemptItem
from exams.attempts.services.closing import sweep
from exams.scoring.models import Score
from exams.scoring.services import score_attempt
from questions.models import Certification, Domain, Task
from questions.services import publish, retire, save_draft
from tests.exams.helpers import MINUTE, SECOND, START, finish, item_of, result_pages, sums_of
from tests.factories import DomainFactory, TaskFactory, make_attempt, make_content, make_exam

NOW = START + MINUTE


@pytest.fixture
def past(db, clock):
    """A scored attempt with an unscored question, and another certification to move things to."""
    attempt = make_attempt(exam=make_exam(question_count=6, unscored_count=2), now=START)
    finish(attempt, right=3)
    elsewhere = TaskFactory(domain=DomainFactory(number=7), code="7.1")
    return SimpleNamespace(attempt=attempt, exam=attempt.exam, elsewhere=elsewhere, question=item_of(attempt).question)


def edit(thing, **fields):
    """Save an edit as a form does."""
    for name, value in fields.items():
        setattr(thing, name, value)
    thing.full_clean()
    thing.save()


def new_revision(past):
    content = make_content("corrected", kind="multiple", options=make_content("y").options[::-1])
    save_draft(question=past.question, content=content, by=None, now=NOW)


def corrected_and_published(past):
    keys = make_content("corrected").options
    content = make_content("corrected", options=(keys[1], *keys[2:], keys[0]))
    save_draft(question=past.question, content=content, by=None, now=NOW)
    publish(question=past.question, by=None, now=NOW)


EDITS = {
    "time": lambda past: edit(past.exam, minutes=5, opens_at=START, closes_at=START + SECOND, is_offered=False),
    "numbers": lambda past: edit(past.exam, question_count=60, unscored_count=0, prefers_unseen=False),
    "pass mark": lambda past: edit(past.exam, cut_score=150),
    "scale": lambda past: edit(past.exam, scale_min=0, scale_max=2000, cut_score=1999),
    "certification's pass mark": lambda past: Certification.objects.update(cut_score=100, scale_max=500),
    "weights": lambda past: Domain.objects.update(weight=7),
    "draft": new_revision,
    "corrected key": corrected_and_published,
    "retired": lambda past: retire(question=past.question, by=None, now=NOW),
    "other task": lambda past: edit(past.question.placements.get(), task=past.elsewhere),
    "other exam guide": lambda past: past.question.placements.all().delete(),
    "extra time": lambda past: edit(past.attempt.candidate, extra_time_percent=300),
    "scoring again": lambda past: score_attempt(attempt_id=past.attempt.pk, now=NOW),
    "sweep": lambda past: sweep(now=START + 9000 * MINUTE),
}


@pytest.mark.parametrize("what", EDITS)
def test_no_later_edit_changes_result_or_review_of_an_old_attempt(past, what):
    before = result_pages(past.attempt), list(Score.objects.values()), list(AttemptItem.objects.values())

    EDITS[what](past)

    past.attempt = Attempt.objects.get(pk=past.attempt.pk)
    assert (result_pages(past.attempt), list(Score.objects.values()), list(AttemptItem.objects.values())) == before


@pytest.mark.parametrize("what", ["certification", "domain", "chapter"])
def test_exam_that_was_taken_keeps_what_its_results_are_about(past, what):
    other = {
        "certification": past.elsewhere.domain.certification,
        "domain": past.exam.certification.domains.first(),
        "chapter": 3,
    }
    setattr(past.exam, what, other[what])

    with pytest.raises(ValidationError, match="has been taken"):
        past.exam.full_clean()


@pytest.mark.parametrize("what", ["domain renumbered", "task renumbered"])
def test_renumbering_the_exam_guide_drops_no_part_of_an_old_report(past, what):
    def tallies():
        return sorted(
            re.findall(r'<p class="bar-words">\s*<strong>(\d+ of \d+)</strong>', result_pages(past.attempt)[0])
        )

    before = tallies()
    assert len(before) == 4
    if what == "domain renumbered":
        edit(past.exam.certification.domains.get(number=1), number=5)
    else:
        edit(Task.objects.get(domain__certification=past.exam.certification, code="1.1"), code="1.9")

    assert tallies() == before


@pytest.mark.parametrize("what", ["corrected key", "retired", "other task", "pass mark", "scale"])
def test_attempt_under_way_is_scored_by_what_it_was_shown(past, what):
    attempt = make_attempt(exam=past.exam, now=START)
    question = item_of(attempt).question

    EDITS[what](SimpleNamespace(exam=past.exam, question=question, elsewhere=past.elsewhere))

    score = finish(attempt, right=6)
    assert (score.correct, score.unscored_correct, score.scaled, score.is_passed) == (4, 2, 1000, True)
    assert sorted(sums_of(score)) == [1, 2]
