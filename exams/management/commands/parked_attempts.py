import datetime as dt
from argparse import ArgumentParser
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from exams.attempts.models import Attempt
from exams.corrections.queries import parked_rescores
from exams.corrections.services import requeue_rescores
from exams.operating.queries import backlog
from exams.scoring.services import requeue_parked
from exams.statistics.models import ExamStatistics, QuestionStatistics
from exams.statistics.queries.statistics import parked_statistics
from exams.statistics.services import requeue_statistics

STATISTICS: dict[str, type[Any]] = {"question": QuestionStatistics, "exam": ExamStatistics}


class Command(BaseCommand):
    help = "Show what could not be scored, re-scored or computed, and why; put it back once the reason is mended."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--requeue",
            action="append",
            metavar="ID",
            help="Put this back, by its id as shown, or `all`; may be repeated.",
        )

    def handle(self, *args: Any, requeue: list[str] | None, **options: Any) -> None:
        now = timezone.now()
        if requeue:
            self.requeue(requeue, read_ids(requeue), now)
            return
        for attempt in Attempt.objects.parked().select_related("exam").order_by("submitted_at"):
            self.stdout.write(
                f"{attempt.pk}\n"
                f"    candidate {attempt.candidate_id}, exam {attempt.exam.slug}, tries {attempt.scoring_tries}\n"
                f"    handed in {moment(attempt.submitted_at)}, last asked for {moment(attempt.scoring_requested_at)}\n"
                f"    {attempt.scoring_error}"
            )
        self.show_rescores()
        self.show_statistics()
        counts = backlog(now)
        self.stdout.write(
            f"parked {counts.parked}, due for scoring {counts.due}"
            + (f" (the oldest since {moment(counts.oldest_due_at)})" if counts.due else "")
            + f", open {counts.open}, of them overdue {counts.overdue}"
        )

    def show_rescores(self) -> None:
        for failure in parked_rescores().select_related("rescore__question"):
            self.stdout.write(
                f"rescore-{failure.pk}\n"
                f"    attempt {failure.attempt_id}, question {failure.rescore.question.code}, tries {failure.tries}\n"
                f"    last tried {moment(failure.tried_at)}\n"
                f"    {failure.error}"
            )

    def show_statistics(self) -> None:
        for name, model in STATISTICS.items():
            for row in parked_statistics(model).order_by("pk"):
                self.stdout.write(
                    f"{name}-{row.pk}\n"
                    f"    statistics of {row}, tries {row.tries}\n"
                    f"    last tried {moment(row.tried_at)}\n"
                    f"    {row.error}"
                )

    def requeue(self, wanted: list[str], ids: "Ids | None", now: dt.datetime) -> None:
        attempts = requeue_parked(now=now, only=ids.attempts if ids else None)
        rescores = requeue_rescores(now=now, only=ids.numbers["rescore"] if ids else None)
        statistics = requeue_statistics(
            only={model: ids.numbers[name] for name, model in STATISTICS.items()} if ids else None
        )
        done = [str(attempt_id) for attempt_id in attempts] + [f"rescore-{pk}" for pk in rescores]
        done += [f"{name}-{pk}" for name, model in STATISTICS.items() for pk in statistics[model]]
        for name in done:
            self.stdout.write(f"put back: {name}")
        missing = {text for text in wanted if text != "all"} - set(done)
        if missing and "all" not in wanted:
            raise CommandError(f"not parked: {', '.join(sorted(missing))}")
        self.stdout.write(f"{len(done)} put back; the workers were asked for their scores")


@dataclass(frozen=True)
class Ids:
    """What an operator names: attempts by their ids, everything else by its kind and number."""

    attempts: list[UUID]
    numbers: dict[str, set[int]]


def read_ids(texts: list[str]) -> Ids | None:
    """Return what is named, or None for all. Raises `CommandError` for an unknown id."""
    if "all" in texts:
        return None
    ids = Ids([], {name: set() for name in ("rescore", *STATISTICS)})
    for text in texts:
        name, _, number = text.partition("-")
        try:
            if name in ids.numbers:
                ids.numbers[name].add(int(number))
            else:
                ids.attempts.append(UUID(text))
        except ValueError as error:
            raise CommandError("--requeue takes the id as it is shown, or `all`") from error
    return ids


def moment(at: Any) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC" if at else "never"
