"""How far a cohort is: the query, the table's order, and the files."""

import csv
import io

import pytest
from django.http import QueryDict
from openpyxl import load_workbook

from exams.attempts.models import Attempt
from exams.blueprints.rules import FULL
from exams.cohorts.models import Accommodation
from exams.results.admin.progress import arranged
from exams.results.queries.cohorts import assignments_of, by_domain, progress, progress_table
from exams.results.tables import csv_file, xlsx_file
from exams.scoring.estimates import wilson_interval
from exams.scoring.models import Score
from tests.exams.helpers import MINUTE, START, answer_all, close, discard, finish, sums_of
from tests.factories import AssignmentFactory, CohortFactory, UserFactory, make_attempt, make_exam
from tests.queries import count_queries

pytestmark = pytest.mark.django_db

NOW = START + 20 * MINUTE


def cells(cohort, now=NOW):
    return {row.candidate.name: row.cells for row in progress(cohort, now)}


@pytest.fixture
def cohort():
    """Anna has not begun, Ben is under way, Cleo waits for a score, Dora has 3 and then 2 of 4 right."""
    cohort = CohortFactory(members=[UserFactory(name=name) for name in ("Dora", "Ben", "Cleo", "Anna")])
    exam = make_exam(question_count=4)
    AssignmentFactory(cohort=cohort, exam=exam)
    people = {person.name: person for person in cohort.candidates.all()}
    answer_all(make_attempt(exam=exam, candidate=people["Ben"], now=START), right=1)
    close(make_attempt(exam=exam, candidate=people["Cleo"], now=START))
    for right in (3, 2):
        finish(make_attempt(exam=exam, candidate=people["Dora"], now=START, seed=right), right=right)
    make_attempt(exam=exam, now=START)  # somebody else's
    return cohort


@pytest.fixture(autouse=True)
def _no_scoring_by_itself(settings, monkeypatch):
    monkeypatch.setattr("exams.workers.request_scoring", lambda attempt_id: None)


# --- The query ---------------------------------------------------------------------------------------------------


def test_progress_tells_the_state_of_each_member(cohort):
    found = cells(cohort)

    assert list(found) == ["Anna", "Ben", "Cleo", "Dora"]
    assert {name: row[0].state for name, row in found.items()} == {
        "Anna": "not started", "Ben": "under way", "Cleo": "handed in", "Dora": "scored",
    }  # fmt: skip
    ben, dora = found["Ben"][0], found["Dora"][0]
    assert (ben.remaining, ben.answered, ben.asked, ben.score) == (600, 4, 4, None)
    assert (dora.begun, dora.score.correct, dora.counted.seed) == (2, 3, 3)


def test_of_two_scores_alike_the_later_counts(cohort):
    Score.objects.filter(attempt__seed=2).update(correct=3, earned=3 * FULL, is_passed=True)
    Attempt.objects.filter(seed=2).update(started_at=START + MINUTE)

    assert cells(cohort)["Dora"][0].counted.seed == 2


def test_score_stays_while_the_next_attempt_is_under_way(cohort):
    dora = cohort.candidates.get(name="Dora")
    make_attempt(exam=cohort.assignments.get().exam, candidate=dora, now=START + MINUTE)

    cell = cells(cohort)["Dora"][0]

    assert (cell.state, cell.begun, cell.score.correct) == ("under way", 3, 3)


def test_attempt_without_the_assignment_is_none_of_the_cohorts_business(cohort):
    exam = make_exam()
    anna = cohort.candidates.get(name="Anna")
    finish(make_attempt(exam=exam, candidate=anna, now=START))
    AssignmentFactory(cohort=cohort, exam=exam)

    assert [cell.state for cell in cells(cohort)["Anna"]] == ["not started", "not started"]


@pytest.mark.parametrize("assignments", [1, 3])
def test_progress_and_domains_take_eight_queries_for_one_member_and_for_fifty(assignments):
    numbers = []
    for count in (1, 50):
        cohort = CohortFactory(members=UserFactory.create_batch(count))
        for number in range(assignments):
            exam = make_exam(is_offered=False)
            assignment = AssignmentFactory(cohort=cohort, exam=exam)
            for place, person in enumerate(cohort.candidates.all()):
                attempt = make_attempt(exam=exam, candidate=person, now=START)
                if place % 2:
                    finish(attempt)
            Accommodation.objects.create(assignment=assignment, candidate=person, extra_time_percent=10 + number)
        with count_queries() as counted:
            by_domain(progress(cohort, NOW))
        numbers.append(counted.number)

    assert numbers[0] <= numbers[1] <= 8


def test_domains_add_up_over_the_attempts_that_count(cohort):
    anna = cohort.candidates.get(name="Anna")
    finish(make_attempt(exam=cohort.assignments.get().exam, candidate=anna, now=START), right=4)

    (summary,) = by_domain(progress(cohort, NOW))

    scores = Score.objects.filter(attempt__candidate__name__in=["Anna", "Dora"]).exclude(attempt__seed=2)
    tallies = {code: [0, 0] for code in ("1", "2")}
    for score in scores:
        for number, (correct, total) in sums_of(score).items():
            tallies[str(number)][0] += correct
            tallies[str(number)][1] += total
    assert {row.code: [row.correct, row.total] for row in summary.rows} == tallies
    assert (summary.people, sum(correct for correct, _ in tallies.values())) == (2, 7)
    for row in summary.rows:
        assert (row.low / 100, row.high / 100) == pytest.approx(wilson_interval(row.correct, row.total))
        assert row.verdict == "few"


# --- The order ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", "Anna Ben Cleo Dora"),
        ("sort=-name", "Dora Cleo Ben Anna"),
        ("sort={pk}", "Dora Anna Ben Cleo"),
        ("sort=-{pk}", "Dora Anna Ben Cleo"),
        ("sort=999", "Anna Ben Cleo Dora"),
        ("sort=nonsense&state=nonsense", "Anna Ben Cleo Dora"),
        ("state=under+way", "Ben"),
        ("state=scored", "Dora"),
        ("q=CLE", "Cleo"),
        ("q=@example.com&state=not+started", "Anna"),
        ("q=nobody", ""),
    ],
)
def test_table_is_filtered_and_sorted(cohort, query, names):
    assignments = assignments_of(cohort)

    table = arranged(progress(cohort, NOW), assignments, QueryDict(query.format(pk=assignments[0].pk)))

    assert [row.candidate.name for row in table.rows] == names.split()
    assert table.total == 4


def test_best_estimate_goes_first_and_the_other_way_round(cohort):
    exam = cohort.assignments.get().exam
    for name, right in (("Anna", 4), ("Ben", 1)):
        person = cohort.candidates.get(name=name)
        discard(Attempt.objects.filter(candidate=person, state="in_progress"))
        finish(make_attempt(exam=exam, candidate=person, now=START), right=right)
    assignments = assignments_of(cohort)

    def order(sort):
        table = arranged(progress(cohort, NOW), assignments, QueryDict(f"sort={sort}{assignments[0].pk}"))
        return [row.candidate.name for row in table.rows], table.columns[1].order, table.columns[1].query

    assert order("") == (["Anna", "Dora", "Ben", "Cleo"], "descending", f"sort=-{assignments[0].pk}")
    assert order("-") == (["Ben", "Dora", "Anna", "Cleo"], "ascending", f"sort={assignments[0].pk}")


# --- The files ---------------------------------------------------------------------------------------------------


def read_csv(content):
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))


def read_xlsx(content):
    return list(load_workbook(io.BytesIO(content)).active.iter_rows(values_only=True))


def test_files_hold_a_row_for_each_member_and_exam(cohort):
    table = progress_table(progress(cohort, NOW))
    rows = [dict(zip(table[0], row, strict=True)) for row in table[1:]]

    assert [(row["name"], row["state"], row["attempts"]) for row in rows] == [
        ("Anna", "not started", 0), ("Ben", "under way", 1), ("Cleo", "submitted", 1), ("Dora", "scored", 2),
    ]  # fmt: skip
    ben, dora = rows[1], rows[3]
    assert (ben["started (UTC)"], ben["answered"], ben["asked"]) == ("2026-11-21 09:00", 4, 4)
    assert (dora["submitted (UTC)"], dora["right"], dora["scored questions"], dora["right (%)"]) == (
        "2026-11-21 09:10", 3, 4, 75.0,
    )  # fmt: skip
    assert (dora["estimate"], dora["passed"]) == (775, "yes")
    code = cohort.assignments.get().exam.certification.code
    assert sum(dora[f"{code} {number} Domain {number}: right"] for number in (1, 2)) == 3
    assert sum(dora[f"{code} {number} Domain {number}: of"] for number in (1, 2)) == 4
    assert [len(row) for row in read_csv(csv_file(table))] == [len(table[0])] * 5
    assert [list(row) for row in read_xlsx(xlsx_file(table))] == table


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", "\r="])
def test_files_hold_no_live_formula(start):
    text = f'{start}HYPERLINK("http://example.com")'

    for cell in (read_csv(csv_file([["name"], [text]]))[1][0], read_xlsx(xlsx_file([["name"], [text]]))[1][0]):
        assert cell.lstrip().startswith("'")  # before the sign itself, whatever blanks lead to it
    book = load_workbook(io.BytesIO(xlsx_file([["name"], [text], ["\x07bell"]])))
    assert {cell.data_type for row in book.active.iter_rows() for cell in row} == {"s"}


def test_name_that_no_workbook_can_hold_is_cleaned():
    assert read_xlsx(xlsx_file([["name"], ["An\x07na\x00"]]))[1] == ("Anna",)
