from collections import Counter
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone

from exams.attempts.services.closing import submit_attempt
from exams.attempts.services.starting import start_attempt
from exams.blueprints.models import Exam
from exams.blueprints.services import create_standard_exams
from questions.bankfiles import find_files, read_bank
from questions.models import Certification
from questions.services import load_bank
from tests.factories import UserFactory

# By domain, scored and unscored: 50 and 15 questions shared out by the weights.
QUOTAS = {
    "mls-c01": ({1: 10, 2: 12, 3: 18, 4: 10}, {1: 3, 2: 4, 3: 5, 4: 3}),
    "mla-c01": ({1: 14, 2: 13, 3: 11, 4: 12}, {1: 4, 2: 4, 3: 3, 4: 4}),
    "mla-c02": ({1: 14, 2: 12, 3: 12, 4: 12}, {1: 4, 2: 4, 3: 4, 4: 3}),
}
FORMS = {"mls-c01": 4, "mla-c01": 4, "mla-c02": 5}


@pytest.mark.django_db
def test_full_forms_in_a_row_share_no_question_and_have_exact_quotas():
    load_bank(bank=read_bank(find_files([Path(settings.BASE_DIR, "fixtures")])), now=timezone.now())
    for code, (scored, unscored) in QUOTAS.items():
        create_standard_exams(Certification.objects.get(code=code))
        exam, candidate = Exam.objects.get(slug=f"{code}-full"), UserFactory()
        met = []

        for _ in range(FORMS[code]):
            attempt = start_attempt(candidate=candidate, exam=exam, now=timezone.now())
            submit_attempt(candidate=candidate, attempt_id=attempt.pk, now=timezone.now())
            rows = attempt.items.values_list("question_id", "task__domain__number", "is_scored")
            assert (code, Counter(domain for _, domain, is_scored in rows if is_scored)) == (code, scored)
            assert (code, Counter(domain for _, domain, is_scored in rows if not is_scored)) == (code, unscored)
            met += [question for question, _, _ in rows]

        assert (code, len(met), len(set(met))) == (code, 65 * FORMS[code], 65 * FORMS[code])
