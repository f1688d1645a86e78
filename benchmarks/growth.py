"""Does it get slower as it fills? Times of requests with a small and a large bank, and with few and many attempts.

In one process, without a web server, on PostgreSQL with synthetic rows.
Usage: .ci/with_services.py python -m benchmarks.growth
"""

import datetime as dt
import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from benchmarks import harness
from benchmarks.harness import copy_rows, execute, expect_status, table

RUNS = 15
BANKS = (1_000, 10_000, 100_000)
ATTEMPTS = (1_000, 100_000, 1_000_000)
ITEMS_OF = 50


def median_of(measure: Callable[[], Any], runs: int = RUNS) -> float:
    """Return the median wall-clock milliseconds of a call, after one that warms up."""
    measure()
    times = []
    for _ in range(runs):
        begun = time.perf_counter()
        measure()
        times.append(1000 * (time.perf_counter() - begun))
    return statistics.median(times)


# --- Synthetic rows, made by the database from one of each kind ----------------------------------------


def grow_bank(size: int) -> None:
    """Fill the certification's tasks evenly up to `size` questions, copies of the bank's real ones."""
    execute(
        """
        WITH model AS (SELECT array_agg(id ORDER BY id) AS ids FROM questions_revision WHERE number = 1),
             task AS (SELECT array_agg(t.id ORDER BY t.id) AS ids FROM questions_task t
                      JOIN questions_domain d ON d.id = t.domain_id
                      JOIN questions_certification c ON c.id = d.certification_id WHERE c.code = 'mls-c01'),
             number AS (SELECT generate_series((SELECT count(*) FROM questions_question) + 1, %s) AS n),
             question AS (INSERT INTO questions_question (code, status, difficulty, source_id, source_title,
                              loaded_digest, created_at, updated_at)
                          SELECT 'grown-' || n, 'draft', 'medium', '', '', '', now(), now() FROM number
                          RETURNING id),
             ranked AS (SELECT id, row_number() OVER () AS n FROM question),
             revision AS (INSERT INTO questions_revision (question_id, number, kind, shuffle_options, case_text, stem,
                              options, choices, key, rationales, explanation, service_note, "references",
                              valid_as_of, created_at,
                              published_at)
                          SELECT ranked.id, 1, r.kind, r.shuffle_options, r.case_text, r.stem, r.options, r.choices,
                                 r.key, r.rationales, r.explanation, r.service_note, r."references",
                                 r.valid_as_of, now(), now()
                          FROM ranked, model, questions_revision r
                          WHERE r.id = model.ids[1 + ranked.n %% array_length(model.ids, 1)])
        INSERT INTO questions_questiontask (question_id, task_id, domain_id, certification_id, draw_key)
        SELECT ranked.id, t.id, d.id, d.certification_id, random() FROM ranked, task, questions_task t
        JOIN questions_domain d ON d.id = t.domain_id
        WHERE t.id = task.ids[1 + ranked.n %% array_length(task.ids, 1)]
        """,
        size,
    )
    execute(
        "UPDATE questions_question q SET status = 'published', published_revision_id = r.id FROM questions_revision r"
        " WHERE r.question_id = q.id AND q.published_revision_id IS NULL AND r.published_at IS NOT NULL"
    )
    execute("VACUUM ANALYZE")


def grow_attempts(size: int, model: UUID, per_candidate: int = 20) -> None:
    """Copy one scored attempt, with its items and score, up to `size`; each candidate has `per_candidate` of them."""
    execute(
        "INSERT INTO accounts_user (password, is_superuser, email, name, is_active, is_staff, extra_time_percent,"
        " time_zone, joined_at) SELECT '!', false, 'grown-' || n || '@example.com', 'Grown ' || n, true, false, 0,"
        " 'UTC', now() FROM generate_series((SELECT count(*) FROM accounts_user), %s / %s) AS n ON CONFLICT DO NOTHING",
        size,
        per_candidate,
    )
    execute(
        """
        CREATE TEMPORARY TABLE grown AS
        SELECT gen_random_uuid() AS id, n, (u.ids)[1 + n / %s %% array_length(u.ids, 1)] AS candidate_id
        FROM generate_series((SELECT count(*)::int FROM exams_attempt), %s - 1) AS n,
             (SELECT array_agg(id ORDER BY id) AS ids FROM accounts_user WHERE email LIKE 'grown-%%') AS u
        """,
        per_candidate,
        size,
    )
    # Columns as the models have them, whatever they are: only what differs is named.
    copy_rows("exams_attempt", "id", model, {"id": "g.id", "candidate_id": "g.candidate_id", **_shifted()})
    copy_rows("exams_score", "attempt_id", model, {"attempt_id": "g.id", "id": None})
    # The items of one attempt in so many: all of them would take most of the time of this benchmark to load.
    copy_rows(
        "exams_attemptitem", "attempt_id", model, {"attempt_id": "g.id", "id": None}, f" AND g.n %% {ITEMS_OF} = 0"
    )
    # Each of these has its judged answers, which belong to its own score and items.
    of_item = "(SELECT i.id FROM exams_attemptitem i WHERE i.attempt_id = g.id AND i.question_id = m.question_id)"
    of_score = "(SELECT s.id FROM exams_score s WHERE s.attempt_id = g.id)"
    own = {"id": None, "candidate_id": "g.candidate_id", "item_id": of_item, "score_id": of_score}
    copy_rows("exams_judgedanswer", "score_id", score_of(model), own, f" AND g.n %% {ITEMS_OF} = 0")
    execute("DROP TABLE grown")
    execute("VACUUM ANALYZE")


def score_of(model: UUID) -> int:
    from exams.scoring.models import Score

    return Score.objects.get(attempt=model).pk


def _shifted() -> dict[str, str]:
    """Spread the attempts over the last two years: a minute or more between one and the next."""
    return {name: f"m.{name} - g.n * interval '10 minutes'" for name in ("started_at", "deadline_at", "submitted_at")}


# --- What is measured -----------------------------------------------------------------------------------


def page(browser: Any, path: str) -> Callable[[], None]:
    return lambda: expect_status(browser.get(path, secure=True), 200)


def measure_bank() -> dict[str, float]:
    """Start an attempt, as a candidate who has had one before, and look at pages that count or list the bank."""
    from django.test import Client
    from django.utils import timezone

    from accounts.models import User
    from exams.attempts.services.closing import submit_attempt
    from exams.attempts.services.starting import start_attempt
    from exams.blueprints.models import Exam

    exam = Exam.objects.get(slug="mls-c01-full")
    candidate = User.objects.get_or_create(email="before@example.com")[0]

    def start() -> None:
        attempt = start_attempt(candidate=candidate, exam=exam, now=timezone.now())
        times.append(time.perf_counter())
        submit_attempt(candidate=candidate, attempt_id=attempt.pk, now=timezone.now())

    milliseconds = []
    for _ in range(RUNS):
        times: list[float] = [time.perf_counter()]
        start()
        milliseconds.append(1000 * (times[1] - times[0]))
    client, questions = Client(headers={"host": "localhost"}), "/admin/questions/question/"
    instructor = signed_in_instructor()
    return {
        "start an attempt": statistics.median(milliseconds[1:]),
        "home page": median_of(page(client, "/")),
        "certification page": median_of(page(client, "/certifications/mls-c01/")),
        "admin: questions": median_of(page(instructor, questions)),
        "admin: questions of a domain": median_of(page(instructor, f"{questions}?domain=1")),
        "admin: one question by its code": median_of(page(instructor, f"{questions}?q=mls-ch01-q01")),
        "admin: questions with two words": median_of(page(instructor, f"{questions}?q=kinesis+firehose")),
    }


def signed_in_instructor() -> Any:
    from django.conf import settings
    from django.test import Client

    from accounts.models import User

    client = Client(headers={"host": "localhost"})
    staff = User.objects.get_or_create(email="staff@example.com", is_staff=True, is_superuser=True)[0]
    client.force_login(staff, settings.AUTHENTICATION_BACKENDS[0])
    return client


def scored_attempt() -> UUID:
    from django.utils import timezone

    from accounts.models import User
    from exams.attempts.services.closing import submit_attempt
    from exams.attempts.services.starting import start_attempt
    from exams.blueprints.models import Exam
    from exams.scoring.services import score_attempt

    candidate = User.objects.create(email="grown-0@example.com")
    exam = Exam.objects.get(slug="mls-c01-full")
    attempt = start_attempt(candidate=candidate, exam=exam, now=timezone.now() - dt.timedelta(hours=1))
    attempt.items.update(response=[1], sequence=1, seconds_spent=60)
    submit_attempt(candidate=candidate, attempt_id=attempt.pk, now=timezone.now())
    score_attempt(attempt_id=attempt.pk, now=timezone.now())
    return attempt.pk


def measure_attempts(model: UUID) -> dict[str, float]:
    from django.conf import settings
    from django.test import Client
    from django.utils import timezone

    from exams.attempts.models import Attempt
    from exams.attempts.services import closing as services
    from exams.statistics.models import ExamStatistics, QuestionStatistics
    from exams.statistics.services import compute_exam, compute_question, count_scores, recount_scores

    client, instructor = Client(headers={"host": "localhost"}), signed_in_instructor()
    attempt = Attempt.objects.get(pk=model)
    exam = attempt.exam_id
    recount_scores()
    while count_scores(now=timezone.now(), limit=1_000):
        pass
    row, exam_row = QuestionStatistics.objects.latest("reached"), ExamStatistics.objects.get(exam=exam)
    client.force_login(attempt.candidate, settings.AUTHENTICATION_BACKENDS[0])
    return {
        "sweep": median_of(lambda: services.sweep(now=timezone.now())),
        "result page": median_of(page(client, f"/attempts/{model}/result/")),
        "review page": median_of(page(client, f"/attempts/{model}/review/")),
        "history": median_of(page(client, "/attempts/")),
        "statistics: one question": median_of(lambda: compute_question(row)),
        "statistics: one exam": median_of(lambda: compute_exam(exam_row)),
        "admin: a question's statistics": median_of(
            page(instructor, f"/admin/exams/questionstatistics/{row.pk}/change/")
        ),
        "admin: attempts": median_of(page(instructor, "/admin/exams/attempt/")),
        "admin: attempts of an exam": median_of(page(instructor, f"/admin/exams/attempt/?exam__id__exact={exam}")),
    }


def show(unit: str, sizes: Sequence[int], results: Sequence[dict[str, float]]) -> None:
    rows = [
        [name, *(result[name] for result in results), f"{results[-1][name] / results[0][name]:.2f}×"]
        for name in results[0]
    ]
    table(["ms, median", *(f"{size:,} {unit}" for size in sizes), "largest / smallest"], rows)


def main() -> None:
    harness.set_up_django()
    harness.load_bank()
    model = scored_attempt()
    filled = []
    for size in ATTEMPTS:
        begun = time.monotonic()
        grow_attempts(size, model)
        print(f"{size:,} attempts loaded in {time.monotonic() - begun:.0f} s", flush=True)
        filled.append(measure_attempts(model))
        print(filled[-1], flush=True)
    show("scored attempts", ATTEMPTS, filled)
    grown = []
    for size in BANKS:
        grow_bank(size)
        grown.append(measure_bank())
        print(grown[-1], flush=True)
    show("questions", BANKS, grown)


if __name__ == "__main__":
    main()
