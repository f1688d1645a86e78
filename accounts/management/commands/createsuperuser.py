from typing import Any

from django.contrib.auth.management.commands import createsuperuser

from accounts import audit
from accounts.models import User


class Command(createsuperuser.Command):
    """Django's own; who was made is in the audit log."""

    def handle(self, *args: Any, **options: Any) -> None:
        before = set(User.objects.filter(is_superuser=True).values_list("pk", flat=True))
        super().handle(*args, **options)
        for person in User.objects.filter(is_superuser=True).exclude(pk__in=before):
            audit.record("user.added", by=None, target=person, after={"is_staff": True, "is_superuser": True})
