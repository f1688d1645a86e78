from typing import Any

from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in
from django.db.models.signals import post_migrate

INSTRUCTOR_PERMISSIONS = [
    "add_exam",
    "change_exam",
    "view_exam",
    "view_attempt",
    "view_attemptitem",
    "view_score",
    "add_rescore",
    "view_rescore",
    "add_cohort",
    "change_cohort",
    "view_cohort",
    "add_assignment",
    "change_assignment",
    "delete_assignment",
    "view_assignment",
    "change_problemreport",
    "view_problemreport",
    "view_questionstatistics",
]


def grant_permissions(**kwargs: Any) -> None:
    from accounts.roles import grant_to_instructors

    grant_to_instructors("exams", INSTRUCTOR_PERMISSIONS)
    grant_to_instructors("accounts", ["view_user", "change_user"])


def accept_invitations(*, user: Any = None, email_address: Any = None, **kwargs: Any) -> None:
    """An address was verified, or somebody logged in, perhaps after an operator has verified theirs."""
    from django.utils import timezone

    from exams import services

    services.accept_invitations(candidate=user or email_address.user, now=timezone.now())


class ExamsConfig(AppConfig):
    name = "exams"
    verbose_name = "Exams"

    def ready(self) -> None:
        # Services ask for a task by its name; the web process must know it as well as a worker does.
        from allauth.account.signals import email_confirmed

        from exams import tasks  # noqa: F401

        post_migrate.connect(grant_permissions, sender=self)
        email_confirmed.connect(accept_invitations)
        user_logged_in.connect(accept_invitations)
