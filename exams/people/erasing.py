"""Forgetting a person: what names them goes, what they took stays as nobody's. And what is too old goes by itself."""

import datetime as dt
from collections.abc import Sequence

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import ExtraTime, OutgoingMail, UsedTotpStep, User
from exams.cohorts.models import Cohort, Invitation, PendingJoin
from exams.cohorts.services import leave
from exams.exceptions import ErasureRefused
from exams.people.own_data import rows_in_the_log
from exams.study.models import Memory, Note, Practice, PracticeSet, SetAssignment, StudyPlan
from questions.models import ImportDraft, Question, QuestionEvent

FORMER_INSTRUCTOR, FORMER_CANDIDATE = "a former instructor", "a former candidate"
# So many inactive accounts are erased a day at most: each is some dozens of statements.
INACTIVE_A_DAY = 200


@transaction.atomic
def erase_person(*, person: User, by: User | None, now: dt.datetime) -> None:
    """Erase what names a person. Attempts, answers, scores and statistics stay, and what they wrote as an instructor.

    Nobody can log in to the account again. Raises `ErasureRefused` while an exam is under way, for the last superuser,
    and if it was done before.
    """
    # All superusers in one order: two of them who erase each other cannot both succeed.
    superusers = list(User.objects.select_for_update().filter(is_superuser=True, is_active=True).order_by("pk"))
    person = User.objects.select_for_update().get(pk=person.pk)
    _refuse(person, superusers)
    name, addresses = str(person), sorted({person.email, *_addresses(person)})
    targets = rows_in_the_log(person, name)
    for membership in list(person.memberships.all()):
        leave(cohort_id=membership.cohort_id, candidate=person, now=now)
    after = {"attempts": person.attempts.count(), "reports": person.problem_reports.count()}
    audit.record("person.erased", by=by, target=person, after=after)
    _erase_account(person, now)
    _erase_traces(person, name, addresses)
    # Last: what was done above has left its own events.
    audit.erase_names(person=person, about=audit.events_about(person, addresses=addresses, targets=targets))


def _refuse(person: User, superusers: Sequence[User]) -> None:
    if person.erased_at:
        raise ErasureRefused(_("This person has already been erased."))
    if superusers == [person]:
        raise ErasureRefused(_("The last superuser cannot be erased. Make somebody else a superuser first."))
    if attempt := person.attempts.in_progress().select_related("exam").first():
        raise ErasureRefused(
            _("“%(exam)s” is in progress until %(moment)s UTC. It must be submitted first.")
            % {"exam": attempt.exam, "moment": f"{attempt.deadline_at:%Y-%m-%d %H:%M}"}
        )


def _addresses(person: User) -> list[str]:
    return list(EmailAddress.objects.filter(user=person).values_list(Lower("email"), flat=True))


def _erase_account(person: User, now: dt.datetime) -> None:
    has_taught = person.is_staff or person.cohorts_taught.exists()
    person.groups.clear()
    person.user_permissions.clear()
    person.cohorts_taught.clear()
    person.email = f"erased-{person.pk}@erased.invalid"
    person.name = FORMER_INSTRUCTOR if has_taught else FORMER_CANDIDATE
    person.set_unusable_password()
    person.is_active = person.is_staff = person.is_superuser = False
    person.extra_time_percent, person.time_zone, person.declined_time_zone = 0, "UTC", ""
    person.language = ""
    person.extra_time_until = person.last_login = None
    person.erased_at = now
    person.save()
    # Of special terms the dates stay: until the last of them, what a key withholds is withheld from the others.
    person.accommodations.update(extra_time_percent=None)


def _erase_traces(person: User, name: str, addresses: Sequence[str]) -> None:
    Invitation.objects.alias(lower=Lower("email")).filter(lower__in=addresses).delete()
    EmailAddress.objects.filter(user=person).delete()
    Authenticator.objects.filter(user=person).delete()
    ExtraTime.objects.filter(user=person).delete()  # its reasons speak of the person's health
    ImportDraft.objects.filter(by=person).delete()
    PendingJoin.objects.filter(candidate=person).delete()
    _erase_study(person)
    waiting = Question.objects.filter(reviewer=person)
    waiting.filter(status=Question.Status.IN_REVIEW).update(status=Question.Status.DRAFT)
    waiting.update(reviewer=None)
    for event in QuestionEvent.objects.filter(kind=QuestionEvent.Kind.SENT_TO_REVIEW, text__startswith=f"to {name}"):
        event.text = f"to {FORMER_INSTRUCTOR}{event.text.removeprefix(f'to {name}')}"
        event.save(update_fields=["text"])
    # Whatever changes an account is told by mail: here that would name who is being forgotten.
    OutgoingMail.objects.alias(lower=Lower("recipient")).filter(lower__in=addresses).delete()
    UsedTotpStep.objects.filter(user=person).delete()
    UserSession.objects.filter(user=person).delete()
    # Not every session is listed, and it says in its data alone whose it is. All are read, for this is done rarely.
    for session in Session.objects.iterator():
        if session.get_decoded().get("_auth_user_id") == str(person.pk):
            session.delete()
    _erase_history(person, addresses)


def _erase_study(person: User) -> None:
    """Take away what a person planned, noted and remembers. What they practised stays, without the words they gave it,
    and so do the sets that others were given."""
    for model in (StudyPlan, Note, Memory):
        model.objects.filter(candidate=person).delete()
    given = SetAssignment.objects.filter(set=OuterRef("pk"))
    PracticeSet.objects.filter(~Exists(given), owner=person).delete()
    Practice.objects.filter(candidate=person).update(title="")


def _erase_history(person: User, addresses: Sequence[str]) -> None:
    """Take the person out of the history that the admin keeps of each page."""
    own = Q(content_type__app_label="accounts", content_type__model="user", object_id=str(person.pk))
    named = Q()
    for address in addresses:
        named |= Q(object_repr__icontains=address) | Q(change_message__icontains=address)
    for entry in LogEntry.objects.filter(own | named):
        if entry.object_id == str(person.pk) or any(entry.object_repr.lower().find(a) >= 0 for a in addresses):
            entry.object_repr = person.name
        if any(address in entry.change_message.lower() for address in addresses):
            entry.change_message = ""
        entry.save(update_fields=["object_repr", "change_message"])


def erase_inactive(*, days: int, now: dt.datetime) -> int:
    """Erase candidates who have not logged in for so many days, and return how many; 0 days: nobody."""
    if not days:
        return 0
    since = now - dt.timedelta(days=days)
    last_seen = Q(last_login__lt=since) | Q(last_login=None, joined_at__lt=since)
    inactive = User.objects.filter(last_seen, erased_at=None, is_staff=False, is_superuser=False)
    # Who takes exams or practises in a session that lasts is not inactive.
    inactive = inactive.exclude(attempts__started_at__gte=since).exclude(practices__started_at__gte=since)
    erased = 0
    for person in inactive.order_by("pk").distinct()[:INACTIVE_A_DAY]:
        try:
            erase_person(person=person, by=None, now=now)
        except ErasureRefused:
            continue
        erased += 1
    return erased


def apply_retention(*, audit_days: int, inactive_days: int, now: dt.datetime) -> None:
    """Delete what has been kept for long enough, as the settings say; 0 keeps it for good."""
    erase_inactive(days=inactive_days, now=now)
    if audit_days:
        audit.delete_older_than(moment=now - dt.timedelta(days=audit_days))


def cohorts_left_alone(person: User) -> list[Cohort]:
    """Return the cohorts that nobody would teach without this person."""
    taught = Cohort.objects.filter(instructors=person, closed_at=None)
    return [cohort for cohort in taught if not cohort.instructors.exclude(pk=person.pk).exists()]
