"""Practice by chapter, and reading a chapter after its questions were answered."""

import re

import pytest
from django.urls import reverse
from django.utils import timezone

from exams.attempts.services.closing import submit_attempt
from exams.attempts.services.saving import Answer, save_answer
from exams.blueprints.models import Exam
from exams.blueprints.queries.drawing import exam_quotas
from exams.blueprints.queries.fixed_forms import mix_of
from exams.blueprints.services import create_standard_exams
from exams.scoring.services import score_attempt
from tests.factories import (
    CertificationFactory,
    DomainFactory,
    ExamFactory,
    QuestionFactory,
    TaskFactory,
    UserFactory,
    make_attempt,
    make_content,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def certification():
    """Chapter 1 has two questions in domain 1 and one in domain 2; chapter 2 has one."""
    certification = CertificationFactory(study_material="A guide")
    first, second = (TaskFactory(domain=DomainFactory(certification=certification, number=number)) for number in (1, 2))
    for number, (chapter, task) in enumerate([(1, first), (1, second), (1, first), (2, second)], start=1):
        QuestionFactory(
            code=f"item-{number}",
            task=task,
            content=make_content(f"item-{number}"),
            source_id=f"ch0{chapter}-q{number}",
            source_chapter=chapter,
            source_title=f"Title {chapter}",
        )
    QuestionFactory(task=first)  # of no chapter
    return certification


def practice_of(certification, chapter=1, count=3):
    return ExamFactory(certification=certification, chapter=chapter, question_count=count)


def answered_attempt(exam, candidate, positions):
    attempt = make_attempt(exam=exam, candidate=candidate)
    for position in positions:
        answer = Answer(position=position, chosen=(0,))
        save_answer(candidate=candidate, attempt_id=attempt.pk, answer=answer, now=timezone.now())
    submit_attempt(candidate=candidate, attempt_id=attempt.pk, now=timezone.now())
    score_attempt(attempt_id=attempt.pk, now=timezone.now())
    return attempt


def chapter_page(client, certification, number=1):
    return client.get(reverse("exams:chapter", args=[certification.code, number]))


def test_practice_of_a_chapter_draws_its_questions_and_no_other(certification):
    attempt = make_attempt(exam=practice_of(certification))

    assert sorted(attempt.items.values_list("question__code", flat=True)) == ["item-1", "item-2", "item-3"]


def test_quotas_of_a_chapter_follow_its_own_mix(certification):
    quotas = exam_quotas(practice_of(certification))

    assert [(quota.name, quota.total) for quota in quotas] == [("1 Domain 1", 2), ("2 Domain 2", 1)]


def test_practice_of_a_chapter_without_questions_says_so(certification):
    _, (refusal,) = mix_of(practice_of(certification, chapter=9))

    assert (refusal.needed, refusal.available) == (3, 0)


def test_standard_exams_have_one_per_chapter_at_the_pace_of_the_real_exam(certification):
    create_standard_exams(certification)

    chapters = Exam.objects.filter(chapter__isnull=False).order_by("chapter")
    # 20 minutes for 10 questions: 2 each.
    assert list(chapters.values_list("title", "question_count", "minutes")) == [
        (f"{certification.code.upper()} chapter 1: Title 1", 3, 6),
        (f"{certification.code.upper()} chapter 2: Title 2", 1, 2),
    ]


def test_certification_without_study_material_shows_no_chapters(client, certification):
    certification.study_material = ""
    certification.save()

    assert "By chapter" not in client.get(reverse("exams:certification", args=[certification.code])).text


def test_certification_page_is_public_and_counts_by_chapter(client, certification):
    page = client.get(reverse("exams:certification", args=[certification.code])).text
    page = re.sub(r">\s+<", "><", page)

    assert '1 Title 1</th><td class="align-right">3</td>' in page
    assert '2 Title 2</th><td class="align-right">1</td>' in page


def test_chapter_shows_only_what_was_answered_and_scored(client, certification):
    candidate = UserFactory()
    attempt = answered_attempt(practice_of(certification), candidate, positions=[1, 2])
    shown = set(attempt.items.filter(position__in=[1, 2]).values_list("question__code", flat=True))
    (hidden,) = set(attempt.items.filter(position=3).values_list("question__code", flat=True))
    client.force_login(candidate)

    page = chapter_page(client, certification).text

    assert {code for code in ("item-1", "item-2", "item-3", "item-4") if f"Because 1 of {code}" in page} == shown
    assert hidden not in page
    assert "1 of the 3 questions is hidden: you have not answered it yet" in page


def test_chapter_shows_nothing_of_an_attempt_under_way_or_of_someone_else(client, certification):
    exam, candidate = practice_of(certification), UserFactory()
    answered_attempt(exam, UserFactory(), positions=[1, 2, 3])
    attempt = make_attempt(exam=exam, candidate=candidate)
    answer = Answer(position=1, chosen=(0,))
    save_answer(candidate=candidate, attempt_id=attempt.pk, answer=answer, now=timezone.now())
    client.force_login(candidate)

    page = chapter_page(client, certification).text

    assert "Because" not in page
    assert "once you have answered them" in page


def test_chapter_needs_a_log_in_and_must_exist(client, certification):
    assert chapter_page(client, certification).status_code == 302

    client.force_login(UserFactory())

    assert chapter_page(client, certification, number=9).status_code == 404


def test_result_of_a_practice_is_a_share_and_no_score(client, certification):
    candidate = UserFactory()
    attempt = answered_attempt(practice_of(certification), candidate, positions=[1])
    client.force_login(candidate)

    page = client.get(reverse("exams:attempt-result", args=[attempt.pk])).text

    assert "there is no score here" in page
    assert "Estimated score" not in page
    assert "pass mark of" not in page
