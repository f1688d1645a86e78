from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from exams.services import count_scores, recount_scores


class Command(BaseCommand):
    help = "Count all scores anew for the statistics of questions and exams; may be broken off, the workers finish it."

    def handle(self, *args: Any, **options: Any) -> None:
        recount_scores(now=timezone.now())
        total = 0
        while counted := count_scores(now=timezone.now()):
            total += counted
        self.stdout.write(f"{total} scores counted")
