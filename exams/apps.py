from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _

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
    grant_to_instructors("accounts", ["view_user"])


def remember_link(request: Any, user: Any, **kwargs: Any) -> None:
    """Somebody signed up who came by a cohort's link; the mail may be confirmed in another browser."""
    from django.utils import timezone

    from exams.cohorts import joining, services

    if token := joining.kept(request):
        services.remember_link(candidate=user, token=token, now=timezone.now())


class ExamsConfig(AppConfig):
    name = "exams"
    verbose_name = _("Exams")

    def ready(self) -> None:
        # Services ask for a task by its name; the web process must know it as well as a worker does.
        from allauth.account.signals import user_signed_up

        from exams import tasks  # noqa: F401

        post_migrate.connect(grant_permissions, sender=self)
        user_signed_up.connect(remember_link)
