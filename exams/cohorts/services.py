"""Who is in a cohort: by accepting an invitation, or by joining with its link; and how a membership ends.

Every change locks the cohort's row first, so accepting, joining, removing, withdrawing and deleting the cohort follow
one another: whatever comes second sees what the first one did.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import User
from exams.cohorts.models import (
    Accommodation,
    Cohort,
    FormerMember,
    Invitation,
    Membership,
    PendingJoin,
    new_invite_token,
)
from exams.cohorts.queries import invitations_to, was_removed
from exams.exceptions import MembershipRefused


@dataclass(frozen=True)
class Invitee:
    """One to invite; the address is normalized."""

    email: str
    name: str = ""


class Standing(StrEnum):
    """What an address is to a cohort, as far as its instructors may know."""

    MEMBER = "member"
    INVITED = "invited"
    DECLINED = "declined"
    UNKNOWN = "unknown"


def standings(*, cohort: Cohort, emails: Sequence[str]) -> dict[str, Standing]:
    """Return what each of these normalized addresses is to the cohort: two queries.

    Only what the cohort's own pages show is read. A registered address, another address of a member and one that
    nobody has are all `UNKNOWN`, so neither the answer nor its time tells them apart.
    """
    members = set(cohort.memberships.values_list("candidate__email", flat=True))
    invitations = dict(cohort.invitations.values_list("email", "declined_at"))

    def standing(email: str) -> Standing:
        if email in members:
            return Standing.MEMBER
        if email in invitations:
            return Standing.DECLINED if invitations[email] else Standing.INVITED
        return Standing.UNKNOWN

    return {email: standing(email) for email in emails}


@transaction.atomic
def invite(*, cohort: Cohort, invitees: Sequence[Invitee], by: User, now: dt.datetime) -> None:
    """Invite these addresses. Doing it again renews the date; whoever is in or has declined is left alone."""
    cohort = _locked(cohort)
    standing = standings(cohort=cohort, emails=[invitee.email for invitee in invitees])
    # A removed person needs an invitation that is newer than the removal, and the old one may still be in the list.
    again = [email for email, known in standing.items() if known == Standing.INVITED]
    cohort.invitations.filter(email__in=again).update(invited_at=now, invited_by=by)
    Invitation.objects.bulk_create(
        Invitation(cohort=cohort, email=invitee.email, name=invitee.name, invited_at=now, invited_by=by)
        for invitee in invitees
        if standing[invitee.email] == Standing.UNKNOWN
    )
    audit.record("cohort.invited", by=by, target=cohort, after={"addresses": len(invitees)})


@transaction.atomic
def withdraw_invitation(*, invitation: Invitation, by: User) -> None:
    _locked(invitation.cohort)
    audit.record("invitation.withdrawn", by=by, target=invitation)
    invitation.delete()


@transaction.atomic
def accept_invitation(*, candidate: User, invitation_id: int, now: dt.datetime) -> Membership:
    """Make the candidate a member; only the person whose verified address was invited can do so.

    Raises `MembershipRefused` if the invitation is somebody else's, was withdrawn, or is older than a removal.
    """
    invitation = _own_invitation(candidate, invitation_id)
    if not candidate.name and invitation.name:
        User.objects.filter(pk=candidate.pk, name="").update(name=invitation.name)
    invitation.delete()
    membership = _join(invitation.cohort, candidate, now)
    audit.record("membership.accepted", by=candidate, target=membership)
    return membership


@transaction.atomic
def decline_invitation(*, candidate: User, invitation_id: int, now: dt.datetime) -> Invitation:
    """Say no to an invitation. Raises `MembershipRefused` as accepting does."""
    invitation = _own_invitation(candidate, invitation_id)
    invitation.declined_at = now
    invitation.save(update_fields=["declined_at"])
    audit.record("invitation.declined", by=candidate, target=invitation)
    return invitation


def _own_invitation(candidate: User, invitation_id: int) -> Invitation:
    """Return an open invitation of the candidate's with its cohort locked; it is read again under the lock."""
    own = invitations_to(candidate).filter(pk=invitation_id)
    if seen := own.first():
        _locked(seen.cohort)
        if invitation := own.first():
            return invitation
    raise MembershipRefused(_("This invitation is no longer open."))


@transaction.atomic
def join(*, cohort: Cohort, candidate: User, now: dt.datetime) -> bool:
    """Make a member of the candidate, who has the cohort's link; False if they were one.

    Raises `MembershipRefused` for a removed member, and if the link has changed or was switched off meanwhile.
    """
    locked = _locked(cohort)
    if locked.memberships.filter(candidate=candidate).exists():
        return False
    is_current = locked.invites_by_link and not locked.closed_at and locked.invite_token == cohort.invite_token
    if not is_current or was_removed(locked, candidate):
        raise MembershipRefused(_("This link no longer works."))
    locked.invitations.filter(email=candidate.email).delete()
    audit.record("membership.joined_by_link", by=candidate, target=_join(locked, candidate, now))
    return True


def remember_link(*, candidate: User, token: str, now: dt.datetime) -> None:
    """Keep the link by which a new candidate came until they have logged in. It makes nobody a member."""
    cohort = Cohort.objects.filter(invite_token=token, invites_by_link=True, closed_at=None).first()
    if cohort:
        PendingJoin.objects.update_or_create(
            candidate=candidate, defaults={"cohort": cohort, "token": token, "at": now}
        )


def take_link(*, candidate: User) -> str:
    """Return the token of the link that a candidate came by, once; empty if there is none or it has changed."""
    pending = PendingJoin.objects.filter(candidate=candidate).select_related("cohort").first()
    if pending is None:
        return ""
    pending.delete()
    cohort = pending.cohort
    leads_there = cohort.invites_by_link and cohort.closed_at is None and cohort.invite_token == pending.token
    return pending.token if leads_there else ""


def _join(cohort: Cohort, candidate: User, now: dt.datetime) -> Membership:
    FormerMember.objects.filter(cohort=cohort, candidate=candidate).delete()
    return Membership.objects.create(cohort=cohort, candidate=candidate, joined_at=now)


@transaction.atomic
def remove_member(*, cohort: Cohort, candidate: User, by: User, now: dt.datetime) -> None:
    """End a membership. Attempts that were made in the cohort's assignments stay what they are."""
    cohort = _locked(cohort)
    # Only the address that instructors see: if others vanished too, that would tell whose they are.
    cohort.invitations.filter(email=candidate.email).delete()
    _end_membership(cohort, candidate, by, now, was_removed=True)


@transaction.atomic
def leave(*, cohort_id: int, candidate: User, now: dt.datetime) -> Cohort:
    """End one's own membership; the link or an invitation lets the person back in. Raises `MembershipRefused`."""
    membership = Membership.objects.select_related("cohort").filter(cohort=cohort_id, candidate=candidate).first()
    if membership is None:
        raise MembershipRefused(_("You are not in this cohort."))
    cohort = _locked(membership.cohort)
    _end_membership(cohort, candidate, candidate, now, was_removed=False)
    return cohort


def _end_membership(cohort: Cohort, candidate: User, by: User, now: dt.datetime, *, was_removed: bool) -> None:
    membership = cohort.memberships.filter(candidate=candidate).first()
    if membership is None:
        raise MembershipRefused(_("This person is no longer in the cohort."))
    # What the cohort gave ends with the membership; an attempt under way has pinned its time.
    given = Accommodation.objects.filter(assignment__cohort=cohort, candidate=candidate)
    before: dict[str, Any] = {
        "joined_at": membership.joined_at.isoformat(),
        "accommodations": [row.given for row in given],
    }
    action = "membership.removed" if was_removed else "membership.left"
    audit.record(action, by=by, target=membership, before=before)
    given.delete()
    FormerMember.objects.update_or_create(
        cohort=cohort,
        candidate=candidate,
        defaults={"joined_at": membership.joined_at, "ended_at": now, "was_removed": was_removed},
    )
    membership.delete()


@transaction.atomic
def renew_link(*, cohort: Cohort, by: User) -> None:
    """Give the cohort a new link: the old one leads nowhere from now on."""
    _locked(cohort)
    Cohort.objects.filter(pk=cohort.pk).update(invite_token=new_invite_token())
    audit.record("cohort.link_renewed", by=by, target=cohort)


def _locked(cohort: Cohort) -> Cohort:
    locked = Cohort.objects.select_for_update(no_key=True).filter(pk=cohort.pk).first()
    if locked is None:
        raise MembershipRefused(_("This cohort no longer exists."))
    return locked
