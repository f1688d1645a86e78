"""What a person has to do with cohorts."""

from allauth.account.models import EmailAddress
from django.db.models import Exists, OuterRef, QuerySet

from accounts.models import User
from exams.cohorts.models import Cohort, FormerMember, Invitation, Membership


def invitations_to(candidate: User) -> QuerySet[Invitation]:
    """Select the open invitations to an address that the candidate has verified, to cohorts they are not in.

    Where the candidate was removed, only an invitation made after the removal counts, whatever its address.
    """
    verified = EmailAddress.objects.filter(user=candidate, verified=True).values("email")
    memberships = Membership.objects.filter(cohort=OuterRef("cohort"), candidate=candidate)
    removals = FormerMember.objects.filter(
        cohort=OuterRef("cohort"), candidate=candidate, was_removed=True, ended_at__gte=OuterRef("invited_at")
    )
    return Invitation.objects.filter(
        ~Exists(memberships), ~Exists(removals), email__in=verified, declined_at=None, cohort__closed_at=None
    ).select_related("cohort", "invited_by")


def was_removed(cohort: Cohort, candidate: User) -> bool:
    return cohort.former_members.filter(candidate=candidate, was_removed=True).exists()


def memberships_of(candidate: User) -> QuerySet[Membership]:
    return Membership.objects.filter(candidate=candidate).select_related("cohort").order_by("cohort__name", "pk")
