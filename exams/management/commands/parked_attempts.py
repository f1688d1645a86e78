from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from exams.queries import backlog, parked_attempts
from exams.services import requeue_parked


class Command(BaseCommand):
    help = "Show which attempts could not be scored, and why; put them back once the reason is mended."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--requeue", action="append", metavar="ID", help="Put this attempt back (may be repeated), or `all`."
        )

    def handle(self, *args: Any, requeue: list[str] | None, **options: Any) -> None:
        now = timezone.now()
        if requeue:
            self.requeue(requeue, requeue_parked(now=now, only=read_ids(requeue)))
            return
        for attempt in parked_attempts().select_related("exam").order_by("submitted_at"):
            self.stdout.write(
                f"{attempt.pk}\n"
                f"    candidate {attempt.candidate_id}, exam {attempt.exam.slug}, tries {attempt.scoring_tries}\n"
                f"    handed in {moment(attempt.submitted_at)}, last asked for {moment(attempt.scoring_requested_at)}\n"
                f"    {attempt.scoring_error}"
            )
        counts = backlog(now)
        self.stdout.write(
            f"parked {counts.parked}, due for scoring {counts.due}"
            + (f" (the oldest since {moment(counts.oldest_due_at)})" if counts.due else "")
            + f", open {counts.open}, of them overdue {counts.overdue}"
        )

    def requeue(self, wanted: list[str], done: list[UUID]) -> None:
        for attempt_id in done:
            self.stdout.write(f"put back: {attempt_id}")
        missing = {UUID(text) for text in wanted if text != "all"} - set(done)
        if missing and "all" not in wanted:
            raise CommandError(f"not parked: {', '.join(map(str, sorted(missing)))}")
        self.stdout.write(f"{len(done)} put back; the workers were asked for their scores")


def read_ids(texts: list[str]) -> list[UUID] | None:
    """Return the named attempts, or None for all. Raises `CommandError` at what is no attempt's id."""
    try:
        return None if "all" in texts else [UUID(text) for text in texts]
    except ValueError as error:
        raise CommandError("--requeue takes the id of an attempt, or `all`") from error


def moment(at: Any) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC" if at else "never"
