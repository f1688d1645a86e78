from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _

INSTRUCTOR_PERMISSIONS = [
    "add_question",
    "change_question",
    "view_question",
    "add_questiontask",
    "change_questiontask",
    "delete_questiontask",
    "view_questiontask",
    "view_revision",
    "view_certification",
    "view_domain",
    "view_task",
    "view_skill",
]


def grant_permissions(**kwargs: Any) -> None:
    from accounts.roles import grant_to_instructors

    grant_to_instructors("questions", INSTRUCTOR_PERMISSIONS)


class QuestionsConfig(AppConfig):
    name = "questions"
    verbose_name = _("Question bank")

    def ready(self) -> None:
        post_migrate.connect(grant_permissions, sender=self)
