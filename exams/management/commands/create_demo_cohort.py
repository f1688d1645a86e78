from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from exams.blueprints.models import Exam
from exams.cohorts import services
from exams.cohorts.models import Assignment, Cohort

CANDIDATE, INSTRUCTOR, EXAM = "candidate@example.com", "instructor@example.com", "mls-c01-full"


class Command(BaseCommand):
    help = "Create a cohort of the demo people with an assigned exam, if there is none yet. Only in the demo settings."

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        if not getattr(settings, "DEMO", False):
            raise CommandError("The demo cohort exists in the demo settings only; add one in the admin.")
        if Cohort.objects.exists():
            return
        now = timezone.now()
        people = {user.email: user for user in User.objects.filter(email__in=[CANDIDATE, INSTRUCTOR])}
        exam = Exam.objects.filter(slug=EXAM).first()
        if len(people) < 2 or exam is None:
            self.stdout.write(f"No demo cohort: it needs both demo people and the exam {EXAM}.")
            return
        cohort = Cohort.objects.create(name="Demo cohort", created_at=now)
        cohort.instructors.add(people[INSTRUCTOR])
        services.join(cohort=cohort, candidate=people[CANDIDATE], now=now)
        Assignment.objects.create(cohort=cohort, exam=exam, created_at=now)
