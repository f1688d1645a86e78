"""Who is in a cohort: joining by link, and by an address that turns out to be theirs."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from allauth.account.models import EmailAddress
from django.db import transaction
from django.db.models.functions import Lower

from accounts.models import User
from exams.models import Cohort, Invitation, Membership
from exams.models.cohorts import new_invite_token


@dataclass(frozen=True)
class Invitee:
    """One to invite; the address is in lower case."""

    email: str
    name: str = ""


class Standing(StrEnum):
    """What an address is to a cohort."""

    MEMBER = "member"
    INVITED = "invited"
    VERIFIED = "verified"  # of somebody who is not in the cohort yet
    UNKNOWN = "unknown"


def standings(*, cohort: Cohort, emails: Sequence[str]) -> dict[str, Standing]:
    """Return what each of these addresses (in lower case) is to the cohort: three queries."""
    people = _people(emails)
    members = set(cohort.memberships.filter(candidate__in=people.values()).values_list("candidate", flat=True))
    invited = set(cohort.invitations.values_list(Lower("email"), flat=True))

    def standing(email: str) -> Standing:
        if email in people:
            return Standing.MEMBER if people[email] in members else Standing.VERIFIED
        return Standing.INVITED if email in invited else Standing.UNKNOWN

    return {email: standing(email) for email in emails}


def _people(emails: Sequence[str]) -> dict[str, int]:
    """Return whose verified address each is; an address that nobody has verified is nobody's."""
    addresses = EmailAddress.objects.filter(verified=True).annotate(lower=Lower("email"))
    return dict(addresses.filter(lower__in=emails).values_list("lower", "user"))


@transaction.atomic
def invite(*, cohort: Cohort, invitees: Sequence[Invitee], now: dt.datetime) -> None:
    """Make members of those whose address is verified and invite the others. Doing it again changes nothing."""
    emails = [invitee.email for invitee in invitees]
    standing, people = standings(cohort=cohort, emails=emails), _people(emails)
    # Conflicts are ignored: who joins by the link, or is invited by a colleague, at this moment is one all the same.
    Membership.objects.bulk_create(
        [
            Membership(cohort=cohort, candidate_id=people[email], joined_at=now)
            for email in emails
            if standing[email] == Standing.VERIFIED
        ],
        ignore_conflicts=True,
    )
    Invitation.objects.bulk_create(
        [
            Invitation(cohort=cohort, email=invitee.email, name=invitee.name, invited_at=now)
            for invitee in invitees
            if standing[invitee.email] == Standing.UNKNOWN
        ],
        ignore_conflicts=True,
    )


@transaction.atomic
def accept_invitations(*, candidate: User, now: dt.datetime) -> int:
    """Make the candidate a member wherever an address they have verified was invited; return how many invitations."""
    verified = EmailAddress.objects.filter(user=candidate, verified=True).values(lower=Lower("email"))
    invitations = list(Invitation.objects.alias(lower=Lower("email")).filter(lower__in=verified))
    if not invitations:
        return 0
    Membership.objects.bulk_create(
        [Membership(cohort_id=row.cohort_id, candidate=candidate, joined_at=now) for row in invitations],
        ignore_conflicts=True,
    )
    name = next((row.name for row in invitations if row.name), "")
    User.objects.filter(pk=candidate.pk, name="").update(name=name)
    Invitation.objects.filter(pk__in=[row.pk for row in invitations]).delete()
    return len(invitations)


def join(*, cohort: Cohort, candidate: User, now: dt.datetime) -> bool:
    """Make the candidate a member; False if they were one. Whether they may is the caller's to ask."""
    _, is_new = Membership.objects.get_or_create(cohort=cohort, candidate=candidate, defaults={"joined_at": now})
    return is_new


def remove_member(*, cohort: Cohort, candidate: User) -> None:
    """End a membership. Attempts that were made in the cohort's assignments stay what they are."""
    Membership.objects.filter(cohort=cohort, candidate=candidate).delete()


def renew_link(*, cohort: Cohort) -> None:
    """Give the cohort a new link: the old one leads nowhere from now on."""
    Cohort.objects.filter(pk=cohort.pk).update(invite_token=new_invite_token())
