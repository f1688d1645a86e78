"""The report: the score in words, the task to work on, first meetings and repeats, pace, confidence, the trend."""

import re
from fractions import Fraction

import pytest
from django.urls import reverse

from exams.attempts.models import Attempt
from exams.blueprints.models import Exam
from exams.blueprints.rules import PARTIAL_RULE
from exams.corrections.services import order_rescore, rescore_batch
from exams.results.queries.answering import answers_of
from exams.results.queries.pooled import pooled_of
from exams.results.queries.reporting import headline
from exams.results.queries.trends import trend
from exams.scoring.models import Score
from exams.scoring.services import score_attempt
from exams.study.models import Memory
from exams.study.queries.mastery import Share
from exams.study.services.learning import learn_due
from tests.exams.helpers import (
    MINUTE,
    START,
    answer_all,
    client_of,
    close,
    fill_task,
    finish,
    item_of,
    items_of,
    make_exam_of,
)
from tests.factories import (
    DomainFactory,
    ExamFactory,
    TaskFactory,
    UserFactory,
    make_attempt,
    make_content,
    make_exam,
)
from tests.queries import count_queries

pytestmark = pytest.mark.django_db

LATER = START + 60 * MINUTE


@pytest.fixture
def clock(clock):
    """It is an hour later: whatever was handed in is scored."""
    clock.move_to(LATER)
    return clock


def page_of(attempt):
    response = client_of(attempt.candidate).get(reverse("exams:attempt-result", args=[attempt.pk]))
    assert response.status_code == 200
    return response.text


def words(page):
    """Return what a page says, without its markup."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", page)).strip()


def part_of(page, heading):
    """Return the words of the section that a heading names."""
    sections = re.findall(r"<section.*?</section>", page, re.DOTALL)
    return words(next(section for section in sections if f'="{heading}-title"' in section))


def shares_of(page, kind="bar-words"):
    return [words(share) for share in re.findall(rf'<p class="{kind}">(.*?)</p>', page, re.DOTALL)]


def exam_of_tasks(*counts, **fields):
    """Return an exam that asks so many questions of each task of one domain."""
    exam = ExamFactory(question_count=sum(counts), **fields)
    domain = DomainFactory(certification=exam.certification, number=1, name="The domain", weight=100)
    for number, count in enumerate(counts, start=1):
        fill_task(TaskFactory(domain=domain, code=f"1.{number}", name=f"Task {number}"), count)
    return exam


def answered(exam, right, *, candidate=None, now=START, **fields):
    """Return a scored attempt at an exam of tasks: `right` says how many of each task."""
    attempt = make_attempt(exam=exam, now=now, **({"candidate": candidate} if candidate else {}))
    wrong = []
    for code, number in right.items():
        items = list(attempt.items.filter(task__code=code).order_by("position"))
        wrong += [item.pk for item in items[number:]]
    attempt.items.update(response=[1], seconds_spent=60, **fields)
    attempt.items.filter(pk__in=wrong).update(response=[0])
    close(attempt)
    score_attempt(attempt_id=attempt.pk, now=now + 11 * MINUTE)
    attempt.refresh_from_db()
    return attempt


# --- The score in words -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("right", "where", "words_of_it"),
    [
        (20, "clearly_below", "Clearly below the pass mark"),
        (33, "below", "Below the pass mark"),
        (35, "just_below", "Just under the pass mark"),
        (37, "just_above", "Just above the pass mark"),
        (40, "above", "Above the pass mark"),
        (49, "clearly_above", "Clearly above the pass mark"),
    ],
)
def test_result_opens_with_where_the_score_is(clock, right, where, words_of_it):
    attempt = answered(exam_of_tasks(50), {"1.1": right})

    page = page_of(attempt)

    assert headline(attempt, attempt.scores.get()).where == where
    assert words(re.search(r"<h1>(.*?)</h1>", page, re.DOTALL)[1]) == words_of_it
    is_open = not where.startswith("clearly")
    assert ("so this result alone does not tell pass from fail" in words(page)) == is_open


def test_result_exactly_at_the_mark_says_so(clock):
    attempt = answered(exam_of_tasks(4, cut_score=775), {"1.1": 3})

    assert words(re.search(r"<h1>(.*?)</h1>", page_of(attempt), re.DOTALL)[1]) == "At the pass mark"


def test_result_gives_the_range_of_a_similar_exam(clock):
    attempt = answered(exam_of_tasks(50, cut_score=720), {"1.1": 34})

    said = words(page_of(attempt))

    # Wilson for 34 of 50: 54.19 to 79.24 %.
    assert "A similar exam would likely score 588–813. The pass mark of 720 is within that range" in said
    assert "712, likely 588 to 813, pass mark 720" in page_of(attempt)


def test_result_names_whose_it_is_on_paper(clock):
    attempt = answered(exam_of_tasks(4), {"1.1": 3}, candidate=UserFactory(name="", email="who@example.com"))

    assert '<p class="on-paper">who@example.com</p>' in page_of(attempt)


def test_result_leads_to_the_misses_and_to_a_practice_of_them(clock):
    attempt = answered(exam_of_tasks(4), {"1.1": 1})
    page = page_of(attempt)

    assert "Review your 3 misses" in words(page)
    assert f'action="{reverse("exams:attempt-retry", args=[attempt.pk])}"' in page


def test_result_without_a_miss_leads_to_the_questions(clock):
    page = page_of(answered(exam_of_tasks(4), {"1.1": 4}))

    assert "misses" not in words(page)
    assert "Review the questions" in words(page)


# --- The task to work on ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("right", "task", "why"),
    [
        ({"1.1": 8, "1.2": 5}, "1.2 Task 2", "the one most surely below the pass mark"),
        ({"1.1": 10, "1.2": 7}, "1.2 Task 2", "No task is surely below the pass mark."),
        ({"1.1": 10, "1.2": 12}, "1.1 Task 1", "Every task with enough answers is above the pass mark."),
    ],
)
def test_result_names_one_task_and_says_why(clock, right, task, why):
    attempt = answered(exam_of_tasks(10, 12), right)

    focus = part_of(page_of(attempt), "focus")

    assert task in focus
    assert why in focus


def test_task_to_work_on_comes_with_its_share_and_a_practice_of_it(clock):
    attempt = answered(exam_of_tasks(10, 12), {"1.1": 8, "1.2": 5})
    page = page_of(attempt)

    assert "5 of 12 (42 %, 19–68 %) · below the pass line" in part_of(page, "focus")
    form = page[page.index(f'action="{reverse("exams:practice-start")}"') :]
    assert f'name="tasks" value="{attempt.items.filter(task__code="1.2").first().task_id}"' in form
    assert f'name="certification" value="{attempt.exam.certification.code}"' in form


def test_practice_of_the_task_starts_with_one_click(clock):
    attempt = answered(exam_of_tasks(10, 12), {"1.1": 8, "1.2": 5})
    task = attempt.items.filter(task__code="1.2").first().task
    page_of(attempt)

    client_of(attempt.candidate).post(
        reverse("exams:practice-start"), {"certification": attempt.exam.certification.code, "tasks": task.pk}
    )

    practice = attempt.candidate.practices.get()
    assert set(practice.items.values_list("task", flat=True)) == {task.pk}


def test_with_few_answers_no_task_is_named(clock):
    page = page_of(answered(exam_of_tasks(4, 4), {"1.1": 4, "1.2": 1}))

    assert "There are not enough answers yet to name one task. It takes 8 first answers" in part_of(page, "focus")
    assert "Practice this task" not in page


def test_answers_of_several_exams_are_pooled_into_one_weak_task(clock):
    """The finding: seven attempts, none of which alone tells a weak domain."""
    candidate, exam = UserFactory(), make_exam(per_domain=16, weights=(50, 50), question_count=8)
    for number in range(4):
        right = {"1.1": 4, "2.1": 1}
        attempt = answered(exam, right, candidate=candidate, now=START + number * 12 * MINUTE)
    learn_due(now=LATER)

    page = page_of(attempt)

    assert ["not enough answers yet" in share for share in shares_of(page)] == [True] * 4
    assert "4 of 16 (25 %, 10–49 %) · below the pass line" in part_of(page, "focus")


def test_repeats_do_not_move_the_task_to_work_on(clock):
    candidate, exam = UserFactory(), exam_of_tasks(10, 12)
    answered(exam, {"1.1": 8, "1.2": 5}, candidate=candidate)
    again = answered(exam, {"1.1": 0, "1.2": 12}, candidate=candidate, now=START + 20 * MINUTE)
    learn_due(now=LATER)

    assert "1.2 Task 2 5 of 12" in part_of(page_of(again), "focus")


def test_pooled_answers_are_those_of_today_by_task_and_domain(clock):
    attempt = answered(exam_of_tasks(10, 12), {"1.1": 8, "1.2": 5})
    learn_due(now=LATER)
    task_ids = {item.task.code: item.task_id for item in attempt.items.select_related("task")}

    pooled = pooled_of(attempt.candidate, attempt.exam.certification, Fraction(72, 100), LATER)

    assert (pooled.of_task(task_ids["1.1"]), pooled.of_task(task_ids["1.2"])) == (Share(8, 10), Share(5, 12))
    assert pooled.of_domain([task_ids["1.1"]]) == pooled.total == Share(13, 22)
    assert pooled.of_task(0) == pooled.of_domain([0]) == Share()


# --- First meetings and repeats ---------------------------------------------------------------------


@pytest.fixture
def repeated(clock):
    """An attempt at ten questions: three right of four that were answered wrongly before, and four of six new ones."""
    candidate, exam = UserFactory(), exam_of_tasks(4)
    answered(exam, {"1.1": 0}, candidate=candidate)
    task = exam.certification.domains.get().tasks.get()
    fill_task(task, 6)
    larger = ExamFactory(certification=exam.certification, question_count=10)
    attempt = make_attempt(exam=larger, candidate=candidate, now=START + 20 * MINUTE)
    met = set(Memory.objects.values_list("question", flat=True)) or set(
        candidate.attempts.get(exam=exam).items.values_list("question", flat=True)
    )
    items = items_of(attempt)
    old, new = ([item for item in items if (item.question_id in met) == is_old] for is_old in (True, False))
    attempt.items.update(response=[0])
    attempt.items.filter(pk__in=[item.pk for item in [*old[:3], *new[:4]]]).update(response=[1])
    close(attempt)
    score_attempt(attempt_id=attempt.pk, now=START + 40 * MINUTE)
    learn_due(now=LATER)
    attempt.refresh_from_db()
    return attempt


def test_repeats_are_apart_from_first_meetings_and_both_are_shown(repeated):
    page = page_of(repeated)

    both = ["7 of 10, including 3 of 4 repeats", "4 of 6 (67 %, 30–90 %) · borderline"]
    assert shares_of(page) == both * 2
    assert "New to you: 4 of 6. Met before: 3 of 4." in words(page)


def test_repeats_do_not_count_among_first_answers(repeated):
    # Four wrong ones at first, and four right of six: the repeats that went well change nothing.
    assert shares_of(page_of(repeated), "share-words") == ["4 of 10 (40 %, 17–69 %) · below the pass line"] * 3


def test_all_met_before_says_so(clock):
    candidate, exam = UserFactory(), exam_of_tasks(4)
    answered(exam, {"1.1": 0}, candidate=candidate)
    again = answered(exam, {"1.1": 4}, candidate=candidate, now=START + 20 * MINUTE)

    page = page_of(again)

    assert "You had met all of these questions before" in words(page)
    assert shares_of(page) == ["4 of 4, all of them repeats"] * 2


def test_without_repeats_nothing_is_said_of_them(clock):
    said = words(page_of(answered(exam_of_tasks(4), {"1.1": 2})))

    assert "repeat" not in said.split("How we estimate")[0].replace("Repeats do not count", "")


# --- Learning ---------------------------------------------------------------------------------------


def test_report_learns_from_its_score_before_a_worker_has(clock):
    attempt = answered(exam_of_tasks(8), {"1.1": 2})

    assert "2 of 8" in part_of(page_of(attempt), "focus")
    assert (Memory.objects.count(), Score.objects.get().learn_at) == (8, None)


def test_report_is_there_though_nothing_could_be_learned(clock, monkeypatch):
    attempt = answered(exam_of_tasks(8), {"1.1": 2})

    def fail(**_arguments):
        raise ValueError("the model is broken")

    monkeypatch.setattr("exams.study.services.learning.learn", fail)

    assert "Estimated score" in page_of(attempt)
    assert Score.objects.get().learning_error == "ValueError: the model is broken"


@pytest.mark.parametrize("setting", ["show_score", "show_key"])
def test_report_learns_nothing_from_what_is_withheld(clock, setting):
    attempt = answered(exam_of_tasks(8, **{setting: Exam.Release.NEVER}), {"1.1": 2})

    page = page_of(attempt)

    assert Memory.objects.count() == 0
    assert "2 of 8 (25 %, 7–59 %) · below the pass line" not in shares_of(page, "share-words")


# --- What only the key tells ------------------------------------------------------------------------


def changed_attempt(exam, **fields):
    """Four answers: wrong → right, right → wrong, sure and right, unsure and wrong, the last one in haste."""
    attempt = make_attempt(exam=exam, now=START, **fields)
    rows = [
        {"first_response": [0], "response": [1]},
        {"first_response": [1], "response": [0]},
        {"first_response": [1], "response": [1], "is_sure": True},
        {"first_response": [0], "response": [0], "is_sure": False, "seconds_spent": 5},
    ]
    for position, row in enumerate(rows, start=1):
        attempt.items.filter(position=position).update(**{"seconds_spent": 600, **row})
    close(attempt)
    score_attempt(attempt_id=attempt.pk, now=START + 11 * MINUTE)
    attempt.refresh_from_db()
    return attempt


def test_confidence_and_changes_are_told(clock):
    confidence = part_of(page_of(changed_attempt(exam_of_tasks(4, minutes=40))), "confidence")

    assert "Sure 1 time, right 1 of 1 (100 %, 21–100 %)." in confidence
    assert "Unsure 1 time, right 0 of 1 (0 %, 0–79 %)." in confidence
    assert "For 2 answers you said neither." in confidence
    assert "Changed answers: 1 right → wrong, 1 wrong → right, 0 without effect." in confidence


def test_quick_misses_are_told(clock):
    pace = part_of(page_of(changed_attempt(exam_of_tasks(4, minutes=40))), "pace")

    assert "1 of your 2 wrong answers took less than half the time there was." in pace
    assert "there were 10 min for each" in pace


@pytest.mark.parametrize("setting", [Exam.Release.NEVER, Exam.Release.AFTER_WINDOW])
def test_confidence_changes_and_misses_are_not_told_while_the_key_is_not(clock, setting):
    """Whoever is sure of one answer alone would read of that one whether it is right."""
    page = page_of(changed_attempt(exam_of_tasks(4, minutes=40, show_key=setting)))

    assert "Estimated score" in page
    assert "Confidence" not in page
    assert "right → wrong" not in page
    assert "wrong answers" not in page
    assert "On average, you spent 7 min 31 s on each of the 4 questions you read" in words(page)


def test_what_an_exam_in_progress_asks_is_left_out(clock):
    """The score was known before the other exam began; who was right when sure is not told of what is asked now."""
    attempt = changed_attempt(exam_of_tasks(4, minutes=40))
    score = attempt.scores.get()
    sure = item_of(attempt, 3)
    fixed = ExamFactory(
        certification=attempt.exam.certification, question_count=1, form_kind=Exam.FormKind.FIXED, unscored_count=0
    )
    form = fixed.forms.create(number=1, seed=3, created_at=START)
    form.questions.create(position=1, question=sure.question, task=sure.task, is_scored=True)
    make_attempt(exam=fixed, candidate=attempt.candidate, now=LATER)

    answers = answers_of(attempt, score, is_key_shown=True)
    said = words(page_of(attempt))

    assert [answer.is_right for answer in answers.each] == [True, False, None, False]
    assert answers.hidden == 1
    assert "Sure 1 time" not in said
    assert "1 question is left out here: it is part of an exam in progress." in said


def test_first_answers_are_judged_by_the_corrected_key(clock):
    attempt = changed_attempt(exam_of_tasks(4, minutes=40))
    item = item_of(attempt, 2)
    order_rescore(
        old_revision=item.revision, rule="credit", by=UserFactory(instructor=True), reason="Two readings.", now=LATER
    )
    rescore_batch(rescore_id=item.question.rescores.get().pk, now=LATER)

    confidence = part_of(page_of(attempt), "confidence")

    assert "Changed answers: 0 right → wrong, 1 wrong → right, 1 without effect." in confidence


# --- Points, practice, pace -------------------------------------------------------------------------


def test_with_part_marks_this_exam_counts_points_and_first_answers_what_is_entirely_right(clock):
    content = make_content(kind="multiple")
    exam = make_exam_of(*[content] * 5, scoring_rule=PARTIAL_RULE)
    attempt = make_attempt(exam=exam, now=START)
    for item in items_of(attempt):
        attempt.items.filter(pk=item.pk).update(response=item.revision.key[:1])
    close(attempt)
    score_attempt(attempt_id=attempt.pk, now=START + 11 * MINUTE)
    attempt.refresh_from_db()

    page = page_of(attempt)

    assert shares_of(page)[0].startswith("2.5 of 5 (50 %")
    assert shares_of(page, "share-words")[0].startswith("0 of 5 (0 %")
    assert "an answer counts if it is entirely correct; the numbers of this exam are points" in words(page)


def test_practice_of_a_domain_has_a_report_without_a_score(clock):
    exam = exam_of_tasks(8)
    exam.domain = exam.certification.domains.get()
    exam.save()
    attempt = answered(exam, {"1.1": 3})

    page = page_of(attempt)

    assert f"<h1>{exam.title}</h1>" in " ".join(page.split()).replace("<h1> ", "<h1>").replace(" </h1>", "</h1>")
    assert "Estimated" not in page
    assert "1.1 Task 1 3 of 8" in part_of(page, "focus")


def test_pace_is_of_the_time_the_candidate_had(clock):
    candidate = UserFactory(extra_time_percent=50)
    attempt = answered(exam_of_tasks(8, minutes=80), {"1.1": 8}, candidate=candidate)

    pace = part_of(page_of(attempt), "pace")

    assert "you spent 1 min on each of the 8 questions you read; there were 15 min for each" in pace
    assert "1–2" in pace


def test_questions_that_were_not_read_cost_their_marks(clock):
    attempt = make_attempt(exam=exam_of_tasks(8), now=START)
    attempt.items.filter(position__lte=5).update(response=[1], seconds_spent=90)
    Attempt.objects.filter(pk=attempt.pk).update(state="submitted", submitted_at=LATER, closed_by="deadline")
    score_attempt(attempt_id=attempt.pk, now=LATER)

    pace = part_of(page_of(Attempt.objects.get(pk=attempt.pk)), "pace")

    assert "3 questions were not read. That is 3 marks lost without a try." in pace


def test_without_times_there_is_no_pace(clock):
    attempt = make_attempt(exam=exam_of_tasks(8), now=START)
    answer_all(attempt, right=4)
    attempt.items.update(seconds_spent=0)
    close(attempt)
    score_attempt(attempt_id=attempt.pk, now=START + 11 * MINUTE)

    assert "pace-title" not in page_of(attempt)


# --- The trend --------------------------------------------------------------------------------------


def trend_of(*rights, marks=None):
    candidate, exam = UserFactory(), exam_of_tasks(10)
    for number, right in enumerate(rights):
        attempt = answered(exam, {"1.1": right}, candidate=candidate, now=START + number * 20 * MINUTE)
        if marks:
            Attempt.objects.filter(pk=attempt.pk).update(cut_score=marks[number])
    return attempt, trend(attempt, LATER)


def test_trend_has_an_axis_near_the_data_and_a_pass_line_with_its_number(clock):
    attempt, drawn = trend_of(5, 6)  # 550 and 640, the mark is 750

    assert [tick.value for tick in drawn.axis.ticks] == [550, 600, 650, 700, 750]
    assert [(line.x1, line.x2, line.y1) for line in drawn.pass_lines] == [("12.0", "100.0", "28.0")]
    page = page_of(attempt)
    assert words(re.search(r'<text class="pass-label".*?</text>', page, re.DOTALL)[0]) == "pass 750"
    assert "21 Nov" in page
    assert re.findall(r"<td>(.*?)</td>", page) == ["21 Nov 2026, 09:10 UTC", "21 Nov 2026, 09:30 UTC"]


def test_trend_shows_that_the_pass_mark_has_changed(clock):
    attempt, drawn = trend_of(5, 6, 6, marks=[700, 750, 750])

    assert (len(drawn.pass_lines), drawn.is_one_mark, drawn.shown_mark) == (2, False, "750")
    assert drawn.pass_lines[0].x2 == drawn.pass_lines[1].x1
    assert "The pass mark changed between these attempts." in words(page_of(attempt))


@pytest.mark.parametrize(("count", "labelled"), [(2, [0, 1]), (4, [0, 1, 2, 3]), (5, [0, 4]), (12, [0, 11])])
def test_trend_labels_no_more_than_a_phone_has_room_for(clock, count, labelled):
    _attempt, drawn = trend_of(*[5] * count)

    assert [number for number, point in enumerate(drawn.points) if point.is_labelled] == labelled


def test_trend_puts_the_label_of_a_low_point_below_it(clock):
    _attempt, drawn = trend_of(8, 3, 8)

    assert [float(point.label_y) > float(point.y) for point in drawn.points] == [False, True, False]


# --- Queries ----------------------------------------------------------------------------------------


def test_report_takes_as_many_queries_whatever_was_learned_and_repeated(clock):
    numbers = []
    for attempts, size in ((2, 4), (5, 30)):
        candidate, exam = UserFactory(), make_exam(per_domain=size, question_count=size)
        for number in range(attempts):
            attempt = make_attempt(exam=exam, candidate=candidate, now=START + number * 20 * MINUTE)
            finish(attempt, right=size // 2)
        clock.move_to(START + 120 * MINUTE)
        learn_due(now=START + 120 * MINUTE)
        client, url = client_of(candidate), reverse("exams:attempt-result", args=[attempt.pk])
        with count_queries() as counted:
            assert client.get(url).status_code == 200
        numbers.append(counted.number)

    assert numbers[0] == numbers[1] <= 13
