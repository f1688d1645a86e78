"""Who may do what. An instructor is a member of one group; each app grants that group what it needs."""

from collections.abc import Iterable

from django.contrib.auth.models import Group, Permission
from django.db import transaction

from accounts.models import User

INSTRUCTORS = "Instructors"


def grant_to_instructors(app_label: str, codenames: Iterable[str]) -> None:
    """Give the instructors' group these permissions of one app. Idempotent; called after every migrate."""
    group, _ = Group.objects.get_or_create(name=INSTRUCTORS)
    permissions = Permission.objects.filter(content_type__app_label=app_label, codename__in=codenames)
    group.permissions.add(*permissions)


@transaction.atomic
def make_instructor(user: User) -> None:
    """Let this person into the admin with an instructor's permissions."""
    user.is_staff = True
    user.save(update_fields=["is_staff"])
    group, _ = Group.objects.get_or_create(name=INSTRUCTORS)
    user.groups.add(group)
