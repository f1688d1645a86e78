from typing import Any

from django.contrib.auth.management.commands import changepassword

from accounts import audit
from accounts.models import User


class Command(changepassword.Command):
    """Django's own; whose password was set is in the audit log."""

    def handle(self, *args: Any, **options: Any) -> Any:
        said = super().handle(*args, **options)
        if person := User.objects.filter(email__iexact=options["username"] or "").first():
            audit.record("user.password_changed", by=None, target=person)
        return said
