import pytest
from django.utils import timezone

from questions.models import Question, QuestionTask
from questions.queries import (
    Drawable,
    Window,
    drawable,
    fetch_drawable,
    known_tasks,
    published_counts,
    published_placements,
)
from questions.services import retire
from tests.factories import CertificationFactory, DomainFactory, QuestionFactory, TaskFactory
from tests.queries import count_queries

pytestmark = pytest.mark.django_db


# --- Known tasks --------------------------------------------------------------------------------------


def test_known_tasks_are_the_codes_of_each_certification():
    domain = DomainFactory(certification__code="cert-a", number=1)
    for code in ("1.1", "1.2"):
        TaskFactory(domain=domain, code=code)
    TaskFactory(domain=DomainFactory(certification=domain.certification, number=2), code="2.1")
    TaskFactory(domain__certification__code="cert-b", code="1.1")
    CertificationFactory(code="cert-c")

    assert known_tasks() == {"cert-a": {"1.1", "1.2", "2.1"}, "cert-b": {"1.1"}, "cert-c": set()}


def test_known_tasks_of_an_empty_bank_are_none():
    assert known_tasks() == {}


# --- Counts ----------------------------------------------------------------------------------------------


def test_published_counts_go_by_task_of_the_certification():
    first, second = TaskFactory(), TaskFactory()
    other_task = TaskFactory(domain=first.domain, code="1.9")
    questions = QuestionFactory.create_batch(3, task=first)
    QuestionFactory.create_batch(2, task=other_task)
    QuestionFactory(task=first, draft=True)
    retire(question=QuestionFactory(task=first), by=None, now=timezone.now())
    QuestionTask.objects.create(question=questions[0], task=second)

    assert published_counts(first.domain.certification) == {first.pk: 3, other_task.pk: 2}
    assert published_counts(second.domain.certification) == {second.pk: 1}


def test_published_counts_name_no_task_without_a_published_question():
    task = TaskFactory()
    QuestionFactory(task=task, draft=True)

    assert published_counts(task.domain.certification) == {}


@pytest.mark.parametrize("count", [1, 20])
def test_published_counts_take_one_query_for_few_and_for_many(count):
    task = TaskFactory()
    QuestionFactory.create_batch(count, task=task)

    with count_queries() as counted:
        counts = published_counts(task.domain.certification)

    assert counts == {task.pk: count}
    assert counted.number == 1


# --- Windows to draw from -----------------------------------------------------------------------------------


@pytest.fixture
def domain():
    return DomainFactory()


def place(domain, *draw_keys):
    """Put a published question at each of the draw keys and return them in this order."""
    task = domain.tasks.first() or TaskFactory(domain=domain)
    questions = QuestionFactory.create_batch(len(draw_keys), task=task)
    for question, draw_key in zip(questions, draw_keys, strict=True):
        question.placements.update(draw_key=draw_key)
    return questions


def window(domain, *, exclude=None, **fields):
    return Window(drawable(published_placements(), exclude=exclude), domain.pk, **fields)


def drawn(*windows):
    return {item.question_id for item in fetch_drawable(windows)}


def ids(*questions):
    return {question.pk for question in questions}


def test_drawable_says_what_assembly_needs(domain):
    (question,) = place(domain, 0.5)

    assert fetch_drawable([window(domain, start=0.1, limit=5)]) == [
        Drawable(
            question_id=question.pk,
            revision_id=question.published_revision_id,
            task_id=domain.tasks.get().pk,
            domain_id=domain.pk,
        )
    ]


@pytest.mark.parametrize("start", [0.0, 0.3, 0.5, 0.7, 0.999])
def test_window_wraps_around_wherever_it_starts(domain, start):
    questions = place(domain, 0.1, 0.3, 0.5, 0.7, 0.9)

    assert drawn(window(domain, start=start, limit=5)) == ids(*questions)


def test_window_has_as_many_after_its_start_as_its_limit(domain):
    a, b, c, _ = place(domain, 0.1, 0.3, 0.5, 0.7)

    assert drawn(window(domain, start=0.3, limit=2)) == ids(a, b, c)


def test_wrapped_part_of_a_window_begins_at_the_lowest_key(domain):
    a, b, *_ = place(domain, 0.1, 0.2, 0.3, 0.4)

    assert drawn(window(domain, start=0.95, limit=2)) == ids(a, b)


@pytest.mark.parametrize("bounds", [{"start": 0.3, "limit": 2}, {"start": 0.95, "limit": 3}, {"start": 0, "limit": 9}])
@pytest.mark.parametrize("is_one_task", [False, True])
@pytest.mark.parametrize("left_out", [0, 1, 2])
def test_window_reads_what_the_orm_reads(domain, bounds, is_one_task, left_out):
    task, *others = (TaskFactory(domain=domain, code=f"9.{number}") for number in range(3))
    for number, of in enumerate([task, *others]):
        for key in (0.1, 0.2, 0.3, 0.95):
            QuestionFactory(task=of).placements.update(draw_key=key + number / 100)
    seen = list(Question.objects.values_list("pk", flat=True)[:5])
    exclude = Question.objects.filter(pk__in=seen).values("pk")
    tasks = {"task_id": task.pk if is_one_task else None, "without_tasks": [other.pk for other in others[:left_out]]}

    items = fetch_drawable([window(domain, exclude=exclude, **bounds, **tasks)])

    rows = QuestionTask.objects.filter(domain=domain).exclude(task__in=tasks["without_tasks"])
    rows = rows.exclude(question__in=seen).order_by("draw_key").values_list("question", flat=True)
    if is_one_task:
        rows = rows.filter(task=task)
    start, limit = bounds["start"], bounds["limit"]
    expected = [*rows.filter(draw_key__gte=start)[:limit], *rows.filter(draw_key__lt=start)[:limit]]
    assert sorted(item.question_id for item in items) == sorted(expected)
    assert all(item.is_new for item in items)


@pytest.mark.parametrize(("limit", "expected"), [(1, 2), (3, 6), (100, 40)])
def test_windows_read_no_more_than_twice_their_limit(domain, limit, expected):
    place(domain, *(number / 40 for number in range(40)))

    assert len(fetch_drawable([window(domain, start=0.5, limit=limit)])) == expected


def test_question_in_two_windows_is_drawable_once(domain):
    questions = place(domain, 0.1, 0.5)

    windows = [window(domain, start=0.0, limit=5), window(domain, start=0.3, limit=5)]

    assert sorted(item.question_id for item in fetch_drawable(windows)) == sorted(ids(*questions))


def test_only_published_questions_are_drawable(domain):
    published, retired = place(domain, 0.2, 0.4)
    retire(question=retired, by=None, now=timezone.now())
    QuestionFactory(task=domain.tasks.get(), draft=True)
    in_review = QuestionFactory(task=domain.tasks.get(), draft=True)
    Question.objects.filter(pk=in_review.pk).update(status=Question.Status.IN_REVIEW)

    assert drawn(window(domain, start=0.0, limit=10)) == ids(published)


def test_questions_of_other_domains_are_not_drawable(domain):
    (question,) = place(domain, 0.5)
    place(DomainFactory(certification=domain.certification), 0.5)
    place(DomainFactory(), 0.5)

    assert drawn(window(domain, start=0.0, limit=10)) == ids(question)


def test_question_of_two_certifications_is_drawable_with_the_task_of_the_domain(domain):
    (question,) = place(domain, 0.5)
    other = TaskFactory()
    QuestionTask.objects.create(question=question, task=other)

    (item,) = fetch_drawable([window(other.domain, start=0.0, limit=10)])

    assert (item.question_id, item.task_id, item.domain_id) == (question.pk, other.pk, other.domain.pk)


def test_excluded_questions_do_not_use_up_the_limit(domain):
    a, b, c = place(domain, 0.1, 0.2, 0.3)
    seen = Question.objects.filter(pk__in=ids(a, b)).values("pk")

    assert drawn(window(domain, start=0.0, limit=1, exclude=seen)) == ids(c)


def test_excluding_nothing_leaves_all(domain):
    questions = place(domain, 0.1, 0.2)

    assert drawn(window(domain, start=0.0, limit=5, exclude=Question.objects.none().values("pk"))) == ids(*questions)
    assert drawn(window(domain, start=0.0, limit=5, exclude=Question.objects.filter(code="none").values("pk"))) == ids(
        *questions
    )


def test_empty_domain_gives_nothing(domain):
    assert fetch_drawable([window(domain, start=0.5, limit=5)]) == []


def test_no_window_gives_nothing():
    # A certification without domains: its exams are refused as too small, not with a database error.
    assert fetch_drawable([]) == []


@pytest.mark.parametrize("count", [1, 30])
def test_all_windows_are_read_in_one_query(count):
    domains = DomainFactory.create_batch(4)
    for domain in domains:
        place(domain, *(number / count for number in range(count)))
    seen = Question.objects.filter(code="none").values("pk")

    with count_queries() as counted:
        items = fetch_drawable(
            [
                part
                for domain in domains
                for part in [
                    window(domain, start=0.4, limit=100, exclude=seen),
                    window(domain, start=0.8, limit=100),
                ]
            ]
        )

    assert len(items) == 4 * count
    assert counted.number == 1


def test_drawing_loads_no_content(domain):
    place(domain, 0.1)

    with count_queries() as counted:
        fetch_drawable([window(domain, start=0.0, limit=5)])

    (sql,) = counted.statements
    for column in ("stem", "options", "key", "rationales", "explanation"):
        assert f'"{column}"' not in sql
