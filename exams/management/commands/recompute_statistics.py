from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from exams.statistics.services import count_scores, recount_scores


class Command(BaseCommand):
    help = "Compute all statistics of questions and exams again; may be broken off, the workers finish it."

    def handle(self, *args: Any, **options: Any) -> None:
        total = recount_scores()
        while count_scores(now=timezone.now()):
            pass
        self.stdout.write(f"the statistics of {total} questions, forms and exams are computed from all answers")
