from collections import Counter
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone

from exams.models import Exam
from exams.services import create_standard_exams, start_attempt, submit_attempt
from questions.bankfiles import find_files, read_bank
from questions.models import Certification
from questions.services import load_bank
from tests.factories import UserFactory


@pytest.mark.django_db
def test_three_full_mls_forms_in_a_row_share_no_question_and_have_exact_quotas():
    load_bank(bank=read_bank(find_files([Path(settings.BASE_DIR, "fixtures")])), now=timezone.now())
    create_standard_exams(Certification.objects.get(code="mls-c01"))
    exam, candidate = Exam.objects.get(slug="mls-c01-full"), UserFactory()
    met = []

    for _ in range(3):
        attempt = start_attempt(candidate=candidate, exam=exam, now=timezone.now())
        submit_attempt(candidate=candidate, attempt_id=attempt.pk, now=timezone.now())
        rows = attempt.items.values_list("question_id", "task__domain__number", "is_scored")
        assert Counter(domain for _, domain, is_scored in rows if is_scored) == {1: 10, 2: 12, 3: 18, 4: 10}
        assert Counter(domain for _, domain, is_scored in rows if not is_scored) == {1: 3, 2: 4, 3: 5, 4: 3}
        met += [question for question, _, _ in rows]

    assert len(met) == len(set(met)) == 195
