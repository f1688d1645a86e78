"""The statistics that workers keep: every score in them once, whatever happens, equal to a computation from scratch."""

import contextlib
import random
import re
from fractions import Fraction
from io import StringIO
from statistics import correlation, fmean, median

import pytest
from celery import current_app
from django.core.management import call_command
from django.db import OperationalError

from exams.attempts.models import Attempt
from exams.attempts.services.closing import submit_attempt
from exams.blueprints.rules import FULL
from exams.blueprints.services import draw_form
from exams.corrections.services import rescore_batch
from exams.scoring.models import Score
from exams.scoring.services import score_attempt
from exams.statistics import services as counting
from exams.statistics.models import ExamStatistics, QuestionStatistics
from exams.statistics.queries.statistics import due_statistics
from exams.statistics.services import count_scores, recount_scores, requeue_statistics
from exams.workers import COUNT_TASK
from questions.models import Revision
from tests.exams.corrections.test_rescoring import LATER, asked_about, correct, order, with_key
from tests.exams.helpers import MINUTE, START, make_exam_of, points_of
from tests.exams.threads import at_once
from tests.factories import QuestionFactory, UserFactory, make_attempt, make_content, takes
from tests.queries import count_queries

pytestmark = pytest.mark.django_db


def give_answers(attempt, chance, ability=0.6):
    """Answer an attempt at random, rightly as often as the ability says; some are left blank."""
    for item in attempt.items.select_related("revision"):
        key, count = item.revision.key, len(item.revision.options)
        wrong = [chance.randrange(count)] if takes(item.revision.kind, "key") else [None, *key[1:]]
        item.response = chance.choices([key, wrong, None], [ability, 0.9 - ability, 0.1])[0]
        item.seconds_spent = chance.randrange(5, 200)
        item.save()


def scored(exam, chance, **fields):
    """Return an attempt that was answered at random, and scored; every third was closed by its deadline."""
    attempt = make_attempt(exam=exam, candidate=UserFactory(), now=START, **fields)
    give_answers(attempt, chance, chance.random())
    now = attempt.deadline_at if chance.random() < 1 / 3 else START + MINUTE
    submit_attempt(candidate=attempt.candidate, attempt_id=attempt.pk, now=now)
    score_attempt(attempt_id=attempt.pk, now=now)
    return attempt


def mixed_exam(**fields):
    kinds = ["single", "multiple", "ordering", "matching", "single", "single"]
    contents = [make_content(f"{name} {number}", kind=name) for number, name in enumerate(kinds)]
    return make_exam_of(*contents, **fields)


def count_all(**options):
    while count_scores(now=LATER, **options):
        pass


def snapshot():
    """Return all that is stored, in a shape that can be compared."""
    exams = ExamStatistics.objects.order_by("exam", "form").values_list("exam", "form", "scores", "right", "empty")
    when = {"id", "computed_at", "tried_at", "waiting"}
    fields = [field.name for field in QuestionStatistics._meta.fields if field.name not in when]
    return list(QuestionStatistics.objects.order_by("revision_id").values(*fields)), list(exams)


# --- Against a computation from the rows --------------------------------------------------------------------------


def observations():
    """Return revision → what each candidate did with it: right, share of the rest, response, seconds; from all rows."""
    found = {}
    for attempt in Attempt.objects.filter(state="scored"):
        judged = points_of(attempt.scores.get(is_current=True))
        items = list(attempt.items.order_by("position"))
        answered = [item.position for item in items if item.response]
        for item in items:
            is_lost = attempt.closed_by == "deadline" and item.position > max(answered, default=0)
            if not answered or is_lost:
                continue
            rest = [judged[other.position] for other in items if other.is_scored and other != item]
            found.setdefault(item.revision_id, []).append(
                (judged[item.position], Fraction(sum(rest), len(rest)), item.response, item.seconds_spent)
            )
    return found


def assert_stored_is_what_the_rows_say():
    expected = observations()
    stored = {row.revision_id: row for row in QuestionStatistics.objects.all() if row.reached}
    assert set(stored) == set(expected)
    for revision_id, seen in expected.items():
        row, item, rest = stored[revision_id], [s[0] for s in seen], [float(s[1]) for s in seen]
        assert (row.reached, row.right, row.share_right) == (len(seen), sum(item), fmean(item))
        seconds = [s[3] for s in seen if s[2]]
        assert row.median_seconds == (median(seconds) if seconds else None)
        is_defined = len(seen) >= 30 and len(set(item)) == 2 and len(set(rest)) > 1
        assert (row.discrimination is not None) == is_defined
        if is_defined:
            assert row.discrimination == pytest.approx(correlation(item, rest), abs=1e-9)
        revision = Revision.objects.get(pk=revision_id)
        if takes(revision.kind, "key"):
            columns = [sum(column) for column in zip(*row.cells.values(), strict=True)]
            assert columns[3:] == [sum(option in (s[2] or []) for s in seen) for option in range(4)]
    for row in ExamStatistics.objects.all():
        attempts = Attempt.objects.filter(exam=row.exam, form=row.form, state="scored")
        given = attempts.filter(items__response__isnull=False).distinct()
        scores = [score for attempt in given for score in attempt.scores.filter(is_current=True)]
        pairs = [f"{score.correct}/{score.total}" for score in scores]
        assert row.scores == {pair: pairs.count(pair) for pair in pairs}
        assert row.empty == attempts.count() - given.count()
        judged = [
            (str(answer.question_id), answer.earned // FULL)
            for score in scores
            for answer in score.answers.filter(is_scored=True)
        ]
        right = {question: sum(points for of, points in judged if of == question) for question, _ in judged}
        assert row.right == ({question: count for question, count in right.items() if count} if row.form else {})


@pytest.mark.parametrize("seed", range(3))
def test_counting_in_pieces_with_rescores_and_failures_is_counting_from_scratch(seed, monkeypatch):
    chance = random.Random(seed)
    exam, instructor = mixed_exam(unscored_count=1), UserFactory(instructor=True)
    fixed = mixed_exam(form_kind="fixed")
    draw_form(exam=fixed, by=instructor, now=START, seed=1)
    question = exam.certification.placements.get(question__revisions__stem__startswith="Stem single 4").question
    for number in range(44):
        scored(chance.choice([exam, exam, exam, fixed]), chance, seed=number)
        if chance.random() < 0.3:
            fail_once(monkeypatch, chance)
        if chance.random() < 0.5:
            count_scores(now=LATER, limit=chance.randrange(1, 9))
        if number == 20:
            correct(question, with_key(make_content("single 4"), 3))
            order(question, instructor)
        if number == 35:
            order(question, instructor, rule="credit")
    count_all(limit=7)
    assert Score.objects.filter(rescore__isnull=False, is_counted=True).exists()
    assert not Score.objects.filter(is_current=True, is_counted=False).exists()
    assert_stored_is_what_the_rows_say()
    in_pieces = snapshot()

    call_command("recompute_statistics", stdout=(said := StringIO()))

    assert re.match(r"the statistics of \d+ questions, forms and exams are computed", said.getvalue())
    assert snapshot() == in_pieces


def fail_once(monkeypatch, chance):
    """Let the next counting end as if the worker were killed, after some of what it writes."""
    place = chance.choice(["_add_waiting", "compute_question", "compute_exam"])
    real = getattr(counting, place)

    def killed(*args):
        real(*args)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, contextlib.suppress(KeyboardInterrupt):
        patch.setattr(counting, place, killed)
        count_scores(now=LATER, limit=5)


def test_scores_are_marked_in_the_transaction_that_says_what_is_due(monkeypatch):
    """Were the mark committed first, a kill behind it would lose a score; what is due twice is only computed again."""
    scored(make_exam_of(make_content("x"), make_content("y")), random.Random(1))

    def killed(*args):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(counting, "_add_waiting", killed)
        with pytest.raises(KeyboardInterrupt):
            count_scores(now=LATER)

    assert Score.objects.filter(is_counted=False).count() == 1
    count_all()
    assert_stored_is_what_the_rows_say()


# --- Exactly once -------------------------------------------------------------------------------------------------


def test_counting_again_changes_nothing():
    scored(mixed_exam(), random.Random(1))
    assert count_scores(now=LATER) == 1 + 6 + 1  # the score, its questions, its exam
    before = snapshot()

    assert count_scores(now=LATER) == 0
    current_app.tasks[COUNT_TASK].apply()

    assert snapshot() == before


def test_rescored_attempt_moves_from_the_old_score_to_the_new():
    exam, question = asked_about()
    attempt = scored(exam, random.Random(1))
    attempt.items.filter(question=question).update(response=[2])
    Score.objects.all().delete()
    Attempt.objects.update(state="submitted", closed_by="candidate")
    score_attempt(attempt_id=attempt.pk, now=START + MINUTE)
    count_all()
    old = question.published_revision
    before = QuestionStatistics.objects.get(revision=old)
    correct(question, with_key(make_content("x"), 2))
    order(question, UserFactory(instructor=True))
    assert QuestionStatistics.objects.get(revision=old).right == before.right == 0

    count_all()

    after = QuestionStatistics.objects.get(revision=old)
    assert (after.reached, after.right) == (1, 1)
    assert_stored_is_what_the_rows_say()


def test_attempts_under_way_and_scores_that_are_due_are_not_counted():
    exam = mixed_exam()
    make_attempt(exam=exam)
    waiting = make_attempt(exam=exam, candidate=UserFactory(), now=START)
    submit_attempt(candidate=waiting.candidate, attempt_id=waiting.pk, now=START + MINUTE)

    assert count_scores(now=LATER) == 0
    assert snapshot() == ([], [])


def test_scoring_itself_touches_no_statistics():
    attempt = make_attempt(exam=mixed_exam(), now=START)
    submit_attempt(candidate=attempt.candidate, attempt_id=attempt.pk, now=START + MINUTE)

    with count_queries() as counted:
        score_attempt(attempt_id=attempt.pk, now=START + MINUTE)

    assert [sql for sql in counted.statements if "statistics" in sql or "counting" in sql] == []


def test_forms_and_drawn_attempts_are_kept_apart():
    exam, instructor = mixed_exam(form_kind="fixed"), UserFactory(instructor=True)
    forms = [draw_form(exam=exam, by=instructor, now=START, seed=seed)[0] for seed in (1, 2)]
    attempts = [scored(exam, random.Random(seed), seed=seed) for seed in range(4)]
    exam.form_kind = "drawn"
    exam.save()
    attempts.append(scored(exam, random.Random(9)))
    used = {attempt.form_id for attempt in attempts}

    count_all()

    rows = ExamStatistics.objects.filter(exam=exam)
    assert {row.form_id for row in rows} == used
    assert used <= {None, *(form.pk for form in forms)}
    assert rows.get(form=None).right == {}
    assert sum(sum(row.scores.values()) + row.empty for row in rows) == 5


@pytest.mark.django_db(transaction=True)
def test_workers_that_count_side_by_side_count_each_score_once(threaded_db):
    exam, chance = mixed_exam(), random.Random(3)
    for seed in range(9):
        scored(exam, chance, seed=seed)

    outcomes = at_once(*[lambda: count_scores(now=LATER, limit=2)] * 4, recount_scores)

    assert [outcome for outcome in outcomes if isinstance(outcome, Exception)] == []
    count_all()
    assert_stored_is_what_the_rows_say()


@pytest.mark.django_db(transaction=True)
def test_rescoring_while_counting_ends_in_the_new_scores(threaded_db):
    exam, question = asked_about()
    for seed in range(6):
        scored(exam, random.Random(seed), seed=seed)
    correct(question, with_key(make_content("x"), 2))
    instructor = UserFactory(instructor=True)
    rescore = order(question, instructor, run=False)

    outcomes = at_once(
        lambda: count_scores(now=LATER, limit=3),
        lambda: rescore_batch(rescore_id=rescore.pk, now=LATER),
        lambda: count_scores(now=LATER, limit=3),
    )

    assert [outcome for outcome in outcomes if isinstance(outcome, Exception)] == []
    rescore_batch(rescore_id=rescore.pk, now=LATER)
    count_all(limit=2)
    assert_stored_is_what_the_rows_say()


def test_number_of_queries_does_not_grow_with_the_number_of_answers():
    exam, chance = mixed_exam(), random.Random(5)
    numbers = []
    for size in (1, 6):
        for seed in range(size):
            scored(exam, chance, seed=seed)
        count_all()
        recount_scores()
        with count_queries() as counted:
            count_scores(now=LATER)
        numbers.append(counted.number)

    assert numbers[0] == numbers[1]


@pytest.mark.parametrize(
    ("counted", "waiting", "age", "is_due"),
    [
        (0, 1, None, True),
        (49, 1, 0, True),
        (100, 1, 1, False),
        (100, 2, 1, True),
        (65_000, 1_299, 59, False),
        (65_000, 1_300, 1, True),
        (65_000, 1, 60, True),
        (65_000, 0, 600, False),
    ],
)
def test_statistics_of_many_answers_wait_until_it_is_worth_it(counted, waiting, age, is_due):
    computed_at = None if age is None else LATER - age * MINUTE
    revision = QuestionFactory().published_revision
    QuestionStatistics.objects.create(revision=revision, counted=counted, waiting=waiting, computed_at=computed_at)

    assert due_statistics(QuestionStatistics, LATER).exists() is is_due


# --- What fails -----------------------------------------------------------------------------------------------------


def poisoned(exam):
    """Make one question of the exam impossible to judge again; return its revision."""
    revision = Revision.objects.filter(question__placements__certification=exam.certification).first()
    Revision.objects.filter(pk=revision.pk).update(kind="essay")
    return revision


def test_question_that_cannot_be_computed_holds_up_no_other_and_is_parked(caplog):
    exam = mixed_exam()
    scored(exam, random.Random(1))
    revision = poisoned(exam)

    for tries in range(QuestionStatistics.MAX_TRIES + 3):
        count_scores(now=LATER + 2 * tries * MINUTE)

    row = QuestionStatistics.objects.get(revision=revision)
    assert (row.tries, row.is_parked, row.waiting) == (5, True, 1)
    assert row.error.startswith("UnknownKind: there is no kind of question “essay”")
    others = QuestionStatistics.objects.exclude(pk=row.pk)
    assert set(others.values_list("waiting", "tries")) == {(0, 0)}
    assert ExamStatistics.objects.get().waiting == 0
    assert caplog.text.count("could not be computed") == 5


def test_question_that_failed_is_tried_a_minute_later_not_at_once():
    exam = mixed_exam()
    scored(exam, random.Random(1))
    revision = poisoned(exam)

    count_all()

    assert QuestionStatistics.objects.get(revision=revision).tries == 1


def test_parked_question_is_computed_once_it_is_mended_and_put_back():
    exam = mixed_exam()
    scored(exam, random.Random(1))
    revision = poisoned(exam)
    for tries in range(6):
        count_scores(now=LATER + 2 * tries * MINUTE)
    Revision.objects.filter(pk=revision.pk).update(kind=revision.kind)
    count_scores(now=LATER + 60 * MINUTE)
    assert QuestionStatistics.objects.get(revision=revision).is_parked

    row = QuestionStatistics.objects.get(revision=revision)
    assert requeue_statistics() == {QuestionStatistics: [row.pk], ExamStatistics: []}
    count_all()

    row = QuestionStatistics.objects.get(revision=revision)
    assert (row.tries, row.error, row.waiting) == (0, "", 0)
    assert_stored_is_what_the_rows_say()


def test_database_out_of_reach_parks_no_statistic(monkeypatch):
    scored(mixed_exam(), random.Random(1))

    def gone(row):
        raise OperationalError("the connection is gone")

    with monkeypatch.context() as patch:
        patch.setattr(counting, "compute_question", gone)
        with pytest.raises(OperationalError):
            count_scores(now=LATER)

    assert set(QuestionStatistics.objects.values_list("tries", "error")) == {(0, "")}
    count_all()
    assert_stored_is_what_the_rows_say()


def test_task_is_asked_for_every_minute():
    schedule = current_app.conf.beat_schedule["statistics"]

    assert (schedule["task"], schedule["schedule"]) == (COUNT_TASK, 60.0)
    assert schedule["task"] in current_app.tasks
