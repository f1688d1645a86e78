from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from accounts import audit
from accounts.models import User
from accounts.roles import make_instructor

DEMO_USERS = [
    ("candidate@example.com", "demo-candidate-1", "Demo candidate", False),
    ("instructor@example.com", "demo-instructor-1", "Demo instructor", True),
]


class Command(BaseCommand):
    help = "Create the demo candidate and the demo instructor. Only in the demo settings: their passwords are public."

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        if not getattr(settings, "DEMO", False):
            raise CommandError("Demo users exist in the demo settings only; use createsuperuser or sign up.")
        for email, password, name, is_instructor in DEMO_USERS:
            if User.objects.filter(email=email).exists():
                continue
            user = User.objects.create_user(email, password, name=name)
            EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
            if is_instructor:
                make_instructor(user)
            audit.record("user.added", by=None, target=user, after={"is_staff": user.is_staff})
