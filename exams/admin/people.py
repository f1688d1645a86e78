from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.admin import UserAdmin
from accounts.models import User
from exams.access import own_cohorts
from exams.models import Membership

admin.site.unregister(User)


@admin.register(User)
class MemberAdmin(UserAdmin):
    """To an instructor people are the members of their cohorts; accounts, which knows no cohorts, leaves that open."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        people = super().get_queryset(request)
        if request.user.is_superuser:
            return people
        members = Membership.objects.filter(cohort__in=own_cohorts(request.user))
        return people.filter(pk__in=members.values("candidate"))
