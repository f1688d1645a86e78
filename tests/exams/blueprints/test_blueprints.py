"""Quotas by domain and task, tags, and what the bank yields for them."""

from collections import Counter

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from exams.attempts.services.starting import start_attempt
from exams.blueprints.assembly import Quota, assemble, form_quotas
from exams.blueprints.models import Exam, ExamQuota
from exams.blueprints.queries.drawing import bank_of, exam_quotas, form_pool
from exams.blueprints.queries.fixed_forms import blueprint_check, mix_of
from exams.blueprints.services import draw_form
from exams.exceptions import PoolTooSmall, QuotasDoNotFit
from questions.models import Question, Tag
from tests.exams.blueprints.test_assembly import Item
from tests.exams.helpers import START, fill_task
from tests.factories import DomainFactory, ExamFactory, TaskFactory, UserFactory, make_exam
from tests.queries import count_queries

pytestmark = pytest.mark.django_db


@pytest.fixture
def exam():
    """Ten questions of a bank with the tasks 1.1, 1.2, 1.3 (twenty each) and 2.1 (ten)."""
    exam = ExamFactory(question_count=10)
    first, second = (DomainFactory(certification=exam.certification, number=number) for number in (1, 2))
    for domain, code, count in ((first, "1.1", 20), (first, "1.2", 20), (first, "1.3", 20), (second, "2.1", 10)):
        fill_task(TaskFactory(domain=domain, code=code), count)
    return exam


def domain_of(exam, number):
    return exam.certification.domains.get(number=number)


def ask(exam, **counts):
    """ask(exam, d2=4, t11=3): quotas for a domain and a task."""
    for name, count in counts.items():
        domain = domain_of(exam, int(name[1]))
        task = domain.tasks.get(code=f"{name[1]}.{name[2]}") if name[0] == "t" else None
        ExamQuota.objects.create(exam=exam, domain=domain, task=task, question_count=count)


def tasks_of(exam, seed=1):
    attempt = start_attempt(candidate=UserFactory(), exam=exam, now=START, seed=seed)
    return Counter(attempt.items.values_list("task__code", flat=True))


# --- Quotas -------------------------------------------------------------------------------------------------


def test_quotas_of_tasks_are_drawn_exactly(exam):
    ask(exam, t11=1, t12=6, t21=3)

    for seed in range(5):
        assert tasks_of(exam, seed) == {"1.1": 1, "1.2": 6, "2.1": 3}


def test_quota_of_a_domain_takes_any_of_its_tasks(exam):
    ask(exam, d1=8, d2=2)

    drawn = Counter()
    for seed in range(6):
        counts = tasks_of(exam, seed)
        assert (counts["2.1"], sum(counts.values())) == (2, 10)
        drawn += counts

    assert min(drawn["1.1"], drawn["1.2"], drawn["1.3"]) > 0


def test_quota_of_a_domain_is_for_its_tasks_without_one_of_their_own(exam):
    ask(exam, t11=2, d1=8)

    assert {quota.name: quota.total for quota in exam_quotas(exam)} == {"1 Domain 1, other tasks": 8, "1.1 Task 1.1": 2}
    for seed in range(5):
        counts = tasks_of(exam, seed)
        assert (counts["1.1"], counts["1.2"] + counts["1.3"]) == (2, 8)


def test_unscored_questions_are_shared_by_the_size_of_the_quotas(exam):
    exam.unscored_count = 5
    exam.save()
    ask(exam, t11=2, t12=4, t21=4)

    assert {quota.name: (quota.scored, quota.unscored) for quota in exam_quotas(exam)} == {
        "1.1 Task 1.1": (1, 1),
        "1.2 Task 1.2": (2, 2),
        "2.1 Task 2.1": (2, 2),
    }


@given(
    counts=st.lists(st.integers(1, 30), min_size=1, max_size=12),
    share=st.floats(0, 0.999),
    seed=st.integers(0, 2**62),
)
def test_a_form_has_what_its_quotas_say_whatever_they_are(counts, share, seed):
    totals = {(number, number * 10): count for number, count in enumerate(counts)}
    unscored = int(sum(counts) * share)
    quotas = form_quotas(totals, dict.fromkeys(totals, "x"), unscored)
    pool = [
        Item(number * 1000 + k, number, number * 10) for number, count in enumerate(counts) for k in range(count + 3)
    ]

    form = assemble(pool, quotas, seed=seed)

    assert sum(not is_scored for _, is_scored in form) == unscored
    assert Counter((item.domain_id, item.task_id) for item, _ in form) == totals
    assert all(quota.scored >= 0 for quota in quotas)


def test_assemble_gives_a_question_to_its_tasks_quota_and_never_to_the_domains():
    pool = [Item(1, 1, 11), Item(2, 1, 12), Item(3, 1, 13)]
    quotas = [Quota(1, "other", 2, 0), Quota(1, "task", 1, 0, task_id=11)]

    for seed in range(20):
        assert {item.question_id for item, _ in assemble(pool, quotas, seed=seed)} == {1, 2, 3}
    with pytest.raises(PoolTooSmall, match="“other”"):
        assemble(pool[:2], quotas, seed=1)


def test_quotas_that_do_not_add_up_refuse_a_start_and_say_so(exam):
    ask(exam, t11=3)

    with pytest.raises(QuotasDoNotFit, match="do not add up"):
        tasks_of(exam)
    assert [str(refusal) for refusal in mix_of(exam)[1]] == [
        "The quotas of this exam do not add up to its number of questions."
    ]


def test_quota_the_bank_cannot_fill_is_named(exam):
    exam.question_count = 30
    exam.save()
    ask(exam, t11=21, d2=9)

    (refusal,) = mix_of(exam)[1]

    assert str(refusal) == "The bank has 20 published questions in “1.1 Task 1.1”; this exam needs 21."


# --- Tags -----------------------------------------------------------------------------------------------------


@pytest.fixture
def tags(exam):
    """The tag `old` for the first fifteen of task 1.1, `cloud` for all of 1.1 and 2.1; `none` for nothing."""
    old, cloud, none = (Tag.objects.create(name=name) for name in ("old", "cloud", "none"))
    first = Question.objects.filter(placements__task__code="1.1").order_by("pk")
    old.questions.set(first[:15])
    cloud.questions.set(Question.objects.filter(placements__task__code__in=["1.1", "2.1"]))
    return {"old": old, "cloud": cloud, "none": none}


def available(exam):
    return {row.quota.name: row.available for row in blueprint_check(exam).quotas}


def test_tags_narrow_what_is_drawn(exam, tags):
    ask(exam, d1=5, d2=5)
    assert available(exam) == {"1 Domain 1": 60, "2 Domain 2": 10}

    exam.include_tags.add(tags["cloud"])
    assert available(exam) == {"1 Domain 1": 20, "2 Domain 2": 10}
    exam.include_tags.add(tags["old"])  # one of these, not all
    assert available(exam) == {"1 Domain 1": 20, "2 Domain 2": 10}
    exam.exclude_tags.add(tags["old"])
    assert available(exam) == {"1 Domain 1": 5, "2 Domain 2": 10}

    for seed in range(5):
        attempt = start_attempt(candidate=UserFactory(), exam=exam, now=START, seed=seed)
        names = [set(item.question.tags.values_list("name", flat=True)) for item in attempt.items.all()]
        assert names == [{"cloud"}] * 10


def test_tag_that_no_question_has_leaves_nothing_to_include_and_all_after_excluding(exam, tags):
    ask(exam, d1=5, d2=5)
    exam.exclude_tags.add(tags["none"])
    assert available(exam) == {"1 Domain 1": 60, "2 Domain 2": 10}

    exam.include_tags.add(tags["none"])
    assert available(exam) == {"1 Domain 1": 0, "2 Domain 2": 0}


def test_tags_hold_for_weights_and_chapters_too(exam, tags):
    Question.objects.update(source_chapter=3)
    exam.chapter, exam.question_count = 3, 3
    exam.save()
    exam.include_tags.add(tags["cloud"])

    # Twenty in domain 1 and ten in domain 2 have the tag.
    assert {quota.name: quota.total for quota in exam_quotas(exam)} == {"1 Domain 1": 2, "2 Domain 2": 1}


# --- Reading the bank -------------------------------------------------------------------------------------------


def test_the_pool_is_one_query_of_windows_with_quotas_and_tags_and_does_not_grow(exam, tags):
    ask(exam, t11=2, t12=2, d1=2, d2=4)
    exam.include_tags.add(tags["cloud"], tags["old"])
    exam.exclude_tags.add(tags["none"])
    sizes = []
    for added in (0, 500, 500):
        for question in fill_task(domain_of(exam, 2).tasks.get(), added):
            question.tags.add(tags["cloud"])
        quotas, bank = exam_quotas(exam), bank_of(exam)
        with count_queries() as counted:
            sizes.append(len(form_pool(quotas, bank=bank, seed=3)))
        assert counted.number == 1

    assert sizes[0] < sizes[1] <= sizes[0] + 200
    assert sizes[2] <= sizes[0] + 200


def test_windows_with_tags_and_tasks_are_ranges_of_the_index(exam, tags):
    ask(exam, t12=6, d2=4)
    exam.exclude_tags.add(tags["old"])
    fill_task(domain_of(exam, 1).tasks.get(code="1.2"), 3000)
    quotas, bank = exam_quotas(exam), bank_of(exam)
    with CaptureQueriesContext(connection) as captured:
        form_pool(quotas, bank=bank, seed=1)
    (sql,) = (query["sql"] for query in captured)
    # Two quotas, two parts each; the bank is written once.
    assert (sql.count("EXISTS"), sql.count(" AS part_")) == (1, 4)

    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("ANALYZE questions_questiontask, questions_question, questions_question_tags")
        cursor.execute(f"EXPLAIN {'' if connection.vendor == 'postgresql' else 'QUERY PLAN '}{sql}")
        plan = "\n".join(str(row) for row in cursor.fetchall())
    assert "draw_from_a_domain" in plan
    assert "CTE Scan" not in plan  # PostgreSQL's name for a bank that was read whole, and SQLite's:
    assert "MATERIALIZE" not in plan


# --- The check ----------------------------------------------------------------------------------------------------


def test_check_counts_the_disjoint_forms_by_the_scarcest_quota(exam):
    ask(exam, t11=3, d1=4, d2=3)

    check = blueprint_check(exam)

    # 20 // 3, 40 // 4, 10 // 3.
    assert (check.is_filled, check.disjoint_forms, check.further_forms) == (True, 3, 3)


def test_check_says_how_many_forms_are_left_beside_those_drawn(exam):
    ask(exam, t11=3, d1=4, d2=3)
    drawn = [draw_form(exam=exam, by=UserFactory(), now=START, seed=seed) for seed in range(4)]

    # The number of disjoint forms was right: three of them repeat nothing, the fourth must.
    assert [repeated for _, repeated in drawn] == [0, 0, 0, 2]
    assert blueprint_check(exam).disjoint_forms == 3
    assert blueprint_check(exam).further_forms == 0


def test_check_of_a_bank_too_small(exam):
    ask(exam, t11=7, d2=3)
    Question.objects.filter(placements__task__code="1.1").update(status="retired")

    check = blueprint_check(exam)

    assert (check.is_filled, check.disjoint_forms) == (False, 0)
    assert [(row.available, row.is_short) for row in check.quotas if row.quota.name.startswith("1.1")] == [(0, True)]


def test_check_takes_as_many_queries_for_much_as_for_little(exam):
    numbers = []
    ask(exam, t11=3, d1=4, d2=3)
    for forms in (1, 6):
        for seed in range(forms):
            draw_form(exam=exam, by=UserFactory(), now=START, seed=seed)
        fresh = Exam.objects.select_related("certification", "domain").get(pk=exam.pk)
        with count_queries() as counted:
            blueprint_check(fresh)
        numbers.append(counted.number)

    assert numbers[0] == numbers[1] <= 8


def test_practice_of_one_domain_may_have_quotas_of_its_tasks(exam):
    exam.domain, exam.question_count = domain_of(exam, 1), 5
    exam.save()
    ask(exam, t11=1, t13=4)

    assert tasks_of(exam) == {"1.1": 1, "1.3": 4}


def test_exam_without_quotas_is_as_it_was():
    exam = make_exam(per_domain=4, weights=(50, 50))

    assert [(quota.total, quota.task_id) for quota in exam_quotas(exam)] == [(2, None), (2, None)]
