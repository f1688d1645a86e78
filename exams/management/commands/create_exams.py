from typing import Any

from django.core.management.base import BaseCommand

from exams.blueprints.services import create_standard_exams
from questions.models import Certification


class Command(BaseCommand):
    help = "Create the standard exams of every certification whose bank can fill them; existing exams stay as they are."

    def handle(self, *args: Any, **options: Any) -> None:
        for certification in Certification.objects.all():
            for exam in create_standard_exams(certification):
                self.stdout.write(f"new exam: {exam}")
