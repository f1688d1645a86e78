"""Nobody becomes a member unasked, nobody learns who is registered, and what a cohort gives ends with membership."""

import datetime as dt

import pytest
from allauth.account.models import EmailAddress
from django.test import Client
from django.urls import reverse
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from accounts.models import AuditEvent, User
from exams.attempts.queries.terms import terms_of
from exams.attempts.services.extending import accommodate
from exams.attempts.services.starting import start_attempt
from exams.cohorts.models import Accommodation, Cohort, FormerMember, Invitation, Membership
from exams.cohorts.services import (
    Invitee,
    Standing,
    accept_invitation,
    decline_invitation,
    invite,
    join,
    leave,
    remove_member,
    standings,
    withdraw_invitation,
)
from exams.exceptions import ExamNotOpen, MembershipRefused
from tests.exams.helpers import MINUTE, START, client_of, close, finish
from tests.exams.pages import masked
from tests.exams.threads import at_once
from tests.factories import AssignmentFactory, CohortFactory, UserFactory, make_attempt, make_exam
from tests.queries import count_queries

pytestmark = pytest.mark.django_db

LATER = START + MINUTE


@pytest.fixture
def instructor():
    return UserFactory(instructor=True, name="Irene")


@pytest.fixture
def cohort(instructor):
    return CohortFactory(name="Spring 2027", instructor=instructor)


@pytest.fixture
def candidate():
    return UserFactory(email="anna@example.com", name="Anna")


@pytest.fixture
def invitation(cohort, instructor, candidate):
    invite(cohort=cohort, invitees=[Invitee(candidate.email)], by=instructor, now=START)
    return Invitation.objects.get()


def members(cohort):
    return set(cohort.candidates.all())


def people_page(cohort):
    return reverse("admin:exams_cohort_people", args=[cohort.pk])


def answer_page(invitation):
    return reverse("exams:invitation", args=[invitation.pk])


def actions():
    """Return what was done in cohorts."""
    subjects = {"cohort", "membership", "invitation", "accommodation", "attempt"}
    events = AuditEvent.objects.order_by("pk").values_list("action", flat=True)
    return [action for action in events if action.partition(".")[0] in subjects]


def remove(cohort, candidate, *, by, now=LATER):
    remove_member(cohort=cohort, candidate=candidate, by=by, now=now)


# --- What an instructor learns ---------------------------------------------------------------------------------


@pytest.fixture
def addresses(cohort):
    """Addresses that differ in who has them, and in nothing that an instructor may know."""
    UserFactory(email="known@example.com", name="Known")
    UserFactory(email="super@example.com", superuser=True)
    unverified = UserFactory(email="unverified@example.com")
    EmailAddress.objects.filter(user=unverified).update(verified=False)
    member = UserFactory(email="member@example.com")
    join(cohort=cohort, candidate=member, now=START)
    EmailAddress.objects.create(user=member, email="Second@Example.com", verified=True)
    removed = UserFactory(email="removed@example.com")
    join(cohort=cohort, candidate=removed, now=START)
    remove(cohort, removed, by=UserFactory())
    return ["known", "super", "unverified", "second", "removed", "nobody"]


def test_list_is_checked_and_invited_alike_whoever_has_the_addresses(cohort, instructor, addresses):
    client = client_of(instructor)
    client.post(people_page(cohort), {"action": "invite", "text": "email\nfirst@example.com"})  # fills Django's caches
    Invitation.objects.all().delete()
    for action in ("check", "invite"):
        seen = set()
        for name in addresses:
            with count_queries() as counted:
                response = client.post(people_page(cohort), {"action": action, "text": f"email\n{name}@example.com"})
            # The table of the dry run; an invitation only leads back to the page.
            shown = response.text.partition('id="dry-run"')[2].partition('id="by-link"')[0]
            seen.add((response.status_code, masked(shown).replace(f"{name}@example.com", "some"), counted.number))
        assert len(seen) == 1

    assert list(Invitation.objects.values_list("email", flat=True)) == sorted(f"{x}@example.com" for x in addresses)
    assert [person.email for person in cohort.candidates.all()] == ["member@example.com"]


def test_standing_of_an_address_is_what_the_cohorts_pages_show(cohort, instructor, addresses):
    rows = [Invitation(cohort=cohort, email=f"{x}@Example.com", invited_at=START) for x in ("invited", "declined")]
    rows[1].declined_at = START
    Invitation.objects.bulk_create(rows)
    elsewhere = CohortFactory(members=[UserFactory(email="elsewhere@example.com")])
    Invitation.objects.create(cohort=elsewhere, email="new@example.com", invited_at=START)
    names = ["member", "invited", "declined", "elsewhere", "new", *addresses]

    found = standings(cohort=cohort, emails=[f"{name}@example.com" for name in names])

    unknown = [Standing.UNKNOWN] * (2 + len(addresses))
    assert list(found.values()) == [Standing.MEMBER, Standing.INVITED, Standing.DECLINED, *unknown]


def test_invited_person_is_nobody_to_the_instructor(cohort, instructor, invitation, candidate):
    candidate.name, candidate.extra_time_percent = "Secret Name", 25
    candidate.save()
    client = client_of(instructor)

    pages = [
        client.get(people_page(cohort)),
        client.get(reverse("admin:exams_cohort_progress", args=[cohort.pk])),
        client.get(reverse("admin:exams_cohort_export", args=[cohort.pk, "csv"])),
        client.get(reverse("admin:accounts_user_changelist")),
        client.get(reverse("admin:accounts_user_changelist"), {"q": "anna"}),
    ]

    assert [response.status_code for response in pages] == [200] * 5
    for response in pages:
        assert "Secret Name" not in response.content.decode()
    assert client.get(reverse("admin:exams_cohort_member", args=[cohort.pk, candidate.pk])).status_code == 404


def test_inviting_again_renews_the_date_and_makes_no_second_row(cohort, instructor, invitation):
    invite(cohort=cohort, invitees=[Invitee("anna@example.com")], by=instructor, now=LATER)

    assert list(Invitation.objects.values_list("pk", "invited_at")) == [(invitation.pk, LATER)]


# --- What the invited person does --------------------------------------------------------------------------------


def test_home_shows_who_invites_to_what(cohort, invitation, candidate):
    response = client_of(candidate).get(reverse("exams:home"))

    for text in ("Irene invites you to Spring 2027", "Accept as anna@example.com", "Decline"):
        assertContains(response, text)
    assert members(cohort) == set()


def test_log_in_and_confirmation_of_an_address_make_no_member(cohort, instructor, candidate, invitation):
    Client().post(reverse("account_login"), {"login": candidate.email, "password": "secret-word-1"})

    assert (members(cohort), Invitation.objects.count()) == (set(), 1)


def test_accepting_makes_a_member_once(cohort, invitation, candidate, instructor):
    client = client_of(candidate)

    response = client.post(answer_page(invitation), {"answer": "accept"}, follow=True)

    assertRedirects(response, reverse("exams:home"))
    assertContains(response, "You have joined Spring 2027.")
    assertContains(client.post(answer_page(invitation), {"answer": "accept"}, follow=True), "no longer open")
    assert (members(cohort), Invitation.objects.count()) == ({candidate}, 0)
    event = AuditEvent.objects.get(action="membership.accepted")
    assert (event.actor, event.target_name) == (candidate, "Anna in Spring 2027")


def test_superuser_is_asked_like_everybody(cohort, instructor):
    superuser = UserFactory(superuser=True)

    invite(cohort=cohort, invitees=[Invitee(superuser.email)], by=instructor, now=START)

    assert members(cohort) == set()
    accept_invitation(candidate=superuser, invitation_id=Invitation.objects.get().pk, now=LATER)
    assert members(cohort) == {superuser}


@pytest.mark.parametrize(("name", "expected"), [("", "Anna A."), ("Anna", "Anna")])
def test_accepting_fills_in_a_missing_name_and_changes_no_other(cohort, name, expected):
    candidate = UserFactory(email="anna@example.com", name=name)
    invitation = Invitation.objects.create(cohort=cohort, email="anna@example.com", name="Anna A.", invited_at=START)
    shown = client_of(candidate).get(reverse("exams:home"))

    accept_invitation(candidate=candidate, invitation_id=invitation.pk, now=LATER)

    assert ("Your name will be “Anna A.”" in shown.text) == (not name)
    assert User.objects.get(pk=candidate.pk).name == expected


def test_declining_is_kept_and_a_list_does_not_ask_again(cohort, invitation, candidate, instructor):
    client = client_of(candidate)

    response = client.post(answer_page(invitation), {"answer": "decline"}, follow=True)

    assertContains(response, "You have declined the invitation to Spring 2027.")
    assertNotContains(response, "Accept as")
    invite(cohort=cohort, invitees=[Invitee(candidate.email)], by=instructor, now=LATER)
    assertNotContains(client.get(reverse("exams:home")), "Accept as")
    assertContains(client_of(instructor).get(people_page(cohort)), "<td>declined</td>")
    assert members(cohort) == set()
    with pytest.raises(MembershipRefused):
        accept_invitation(candidate=candidate, invitation_id=invitation.pk, now=LATER)


def test_answer_that_is_neither_yes_nor_no_changes_nothing(cohort, invitation, candidate):
    client_of(candidate).post(answer_page(invitation), {"answer": "perhaps"})

    assert (members(cohort), Invitation.objects.get().declined_at) == (set(), None)


def test_invitation_of_another_and_a_missing_one_look_alike(cohort, invitation):
    other = UserFactory()
    EmailAddress.objects.create(user=other, email="ANNA@example.com", verified=False)
    client = client_of(other)

    for answer in ("accept", "decline"):
        foreign, missing = (
            client.post(url, {"answer": answer}, follow=True)
            for url in (answer_page(invitation), "/invitations/987654/")
        )
        assertContains(foreign, "This invitation is no longer open.")
        assert masked(foreign.text) == masked(missing.text)
    assert (members(cohort), Invitation.objects.get().declined_at) == (set(), None)


def test_withdrawn_invitation_cannot_be_accepted(cohort, invitation, candidate, instructor):
    withdraw_invitation(invitation=invitation, by=instructor)

    with pytest.raises(MembershipRefused):
        accept_invitation(candidate=candidate, invitation_id=invitation.pk, now=LATER)
    assert actions()[-1] == "invitation.withdrawn"


def test_invitation_to_a_closed_cohort_waits_until_it_is_opened_again(cohort, invitation, candidate):
    Cohort.objects.update(closed_at=START)
    assertNotContains(client_of(candidate).get(reverse("exams:home")), "Accept as")
    with pytest.raises(MembershipRefused):
        accept_invitation(candidate=candidate, invitation_id=invitation.pk, now=LATER)

    Cohort.objects.update(closed_at=None)

    assert accept_invitation(candidate=candidate, invitation_id=invitation.pk, now=LATER).cohort == cohort


def test_accepting_and_withdrawing_at_once_never_leave_both(threaded_db):
    for _ in range(5):
        candidate, by, cohort = UserFactory(), UserFactory(), CohortFactory()
        invitation = Invitation.objects.create(cohort=cohort, email=candidate.email, invited_at=START)

        accepted, _ = at_once(
            lambda c=candidate, i=invitation: accept_invitation(candidate=c, invitation_id=i.pk, now=LATER),
            lambda i=invitation, by=by: withdraw_invitation(invitation=i, by=by),
        )

        assert cohort.invitations.count() == 0
        assert cohort.memberships.count() == (0 if isinstance(accepted, MembershipRefused) else 1)


def test_accepting_while_the_cohort_is_deleted_is_refused_or_goes_with_it(threaded_db):
    for _ in range(5):
        candidate, cohort = UserFactory(), CohortFactory()
        invitation = Invitation.objects.create(cohort=cohort, email=candidate.email, invited_at=START)

        accepted, _ = at_once(
            lambda c=candidate, i=invitation: accept_invitation(candidate=c, invitation_id=i.pk, now=LATER),
            lambda pk=cohort.pk: Cohort.objects.filter(pk=pk).delete(),
        )

        assert isinstance(accepted, Membership | MembershipRefused)


def test_accepting_and_being_removed_at_once_leave_one_of_both(threaded_db):
    for _ in range(5):
        candidate, by, cohort = UserFactory(), UserFactory(), CohortFactory()
        join(cohort=cohort, candidate=candidate, now=START)
        invitation = Invitation.objects.create(cohort=cohort, email=candidate.email, invited_at=START)

        at_once(
            lambda c=candidate, i=invitation: accept_invitation(candidate=c, invitation_id=i.pk, now=LATER),
            lambda c=candidate, of=cohort, by=by: remove(of, c, by=by),
        )

        assert (cohort.memberships.count(), cohort.former_members.count()) == (0, 1)


# --- The end of a membership -------------------------------------------------------------------------------------


@pytest.fixture
def member(cohort, candidate):
    join(cohort=cohort, candidate=candidate, now=START)
    return candidate


@pytest.fixture
def assignment(cohort):
    return AssignmentFactory(cohort=cohort, exam=make_exam(is_offered=False, minutes=30))


def test_removed_member_keeps_the_attempts(member, assignment, instructor):
    attempt = make_attempt(exam=assignment.exam, candidate=member)

    remove(assignment.cohort, member, by=instructor)

    attempt.refresh_from_db()
    assert (members(assignment.cohort), attempt.assignment) == (set(), assignment)


@pytest.mark.parametrize("when", ["old link", "renewed link", "old link, posted"])
def test_removed_member_does_not_rejoin_by_a_link(cohort, member, instructor, when):
    client = client_of(member)
    remove(cohort, member, by=instructor)
    if when == "renewed link":
        client_of(instructor).post(people_page(cohort), {"action": "renew"})
        cohort.refresh_from_db()
    url = reverse("exams:join", args=[cohort.invite_token])

    response = client.post(url) if when.endswith("posted") else client.get(url)

    assert response.status_code == 404
    assert masked(response.text) == masked(client.get("/join/wrong/").text)
    with pytest.raises(MembershipRefused):
        join(cohort=cohort, candidate=member, now=LATER)
    assert members(cohort) == set()


def test_removed_member_rejoins_by_a_newer_invitation_only(cohort, member, instructor):
    second = EmailAddress.objects.create(user=member, email="second@example.com", verified=False)
    Invitation.objects.create(cohort=cohort, email="second@example.com", invited_at=START)
    Invitation.objects.create(cohort=cohort, email=member.email, invited_at=START)
    remove(cohort, member, by=instructor)
    second.verified = True
    second.save()
    old = Invitation.objects.get()
    with pytest.raises(MembershipRefused):
        accept_invitation(candidate=member, invitation_id=old.pk, now=LATER + MINUTE)
    assertNotContains(client_of(member).get(reverse("exams:home")), "Accept as")

    invite(cohort=cohort, invitees=[Invitee("second@example.com")], by=instructor, now=LATER + MINUTE)
    accept_invitation(candidate=member, invitation_id=old.pk, now=LATER + MINUTE)

    assert (members(cohort), FormerMember.objects.count()) == ({member}, 0)


def test_removal_hides_no_invitation_of_an_address_that_instructors_do_not_know(cohort, member, instructor):
    EmailAddress.objects.create(user=member, email="second@example.com", verified=True)
    for email in ("second@example.com", member.email.upper()):
        Invitation.objects.create(cohort=cohort, email=email, invited_at=START)

    remove(cohort, member, by=instructor)

    assert list(Invitation.objects.values_list("email", flat=True)) == ["second@example.com"]


def test_member_leaves_and_may_come_back_by_the_link(cohort, member):
    client = client_of(member)
    assertContains(client.get(reverse("exams:cohorts")), "Leave Spring 2027")

    response = client.post(reverse("exams:cohort-leave", args=[cohort.pk]), follow=True)

    assertContains(response, "You have left Spring 2027.")
    assertContains(response, "You are not in a cohort.")
    assert (members(cohort), FormerMember.objects.get().was_removed, actions()[-1]) == (set(), False, "membership.left")
    assert client.get(reverse("exams:join", args=[cohort.invite_token])).status_code == 200
    assert join(cohort=cohort, candidate=member, now=LATER) is True


def test_cohort_of_others_and_a_missing_one_are_left_alike(cohort, member):
    client = client_of(UserFactory())

    foreign, missing = (
        client.post(reverse("exams:cohort-leave", args=[pk]), follow=True) for pk in (cohort.pk, 987_654)
    )

    assertContains(foreign, "You are not in this cohort.")
    assert masked(foreign.text) == masked(missing.text)
    assert members(cohort) == {member}


@pytest.mark.parametrize("how", ["removed", "left"])
def test_what_a_cohort_gave_ends_with_the_membership(cohort, member, assignment, instructor, how):
    given = {"extra_time_percent": 100, "closes_at": START + dt.timedelta(days=9), "attempts_allowed": 9}
    accommodate(assignment=assignment, candidate=member, by=instructor, now=START, **given)
    if how == "removed":
        remove(cohort, member, by=instructor)
    else:
        leave(cohort_id=cohort.pk, candidate=member, now=LATER)

    assert Accommodation.objects.count() == 0
    event = AuditEvent.objects.get(action=f"membership.{how}")
    assert event.before["accommodations"] == [
        {"assignment": assignment.pk, **given, "closes_at": "2026-11-30T09:00:00+00:00"}
    ]
    with pytest.raises(ExamNotOpen):
        start_attempt(candidate=member, exam=assignment.exam, now=LATER)
    with pytest.raises(MembershipRefused):
        accommodate(assignment=assignment, candidate=member, by=instructor, now=LATER, **given)
    invite(cohort=cohort, invitees=[Invitee(member.email)], by=instructor, now=LATER + MINUTE)
    accept_invitation(candidate=member, invitation_id=Invitation.objects.get().pk, now=LATER + MINUTE)
    assert terms_of(member, assignment.exam, LATER).extra_time_percent == 0


def test_start_that_meets_a_removal_makes_no_attempt_after_it(threaded_db):
    by, exam = UserFactory(), make_exam(is_offered=False)
    for _ in range(5):
        candidate = UserFactory()
        assignment = AssignmentFactory(cohort=CohortFactory(members=[candidate]), exam=exam)

        started, _ = at_once(
            lambda c=candidate: start_attempt(candidate=c, exam=exam, now=START),
            lambda c=candidate, of=assignment.cohort, by=by: remove(of, c, by=by),
        )

        assert isinstance(started, ExamNotOpen) or started.assignment == assignment
        with pytest.raises(ExamNotOpen):
            start_attempt(candidate=UserFactory(), exam=exam, now=LATER)


# --- Only its own assignments ------------------------------------------------------------------------------------


def test_assignment_that_opens_in_2099_closes_no_exam_that_is_offered_to_all(member, cohort):
    exam = make_exam(minutes=30, attempts_allowed=1)
    far = dt.datetime(2099, 1, 1, tzinfo=dt.UTC)
    assignment = AssignmentFactory(cohort=cohort, exam=exam, opens_at=far, attempts_allowed=5)
    Accommodation.objects.create(assignment=assignment, candidate=member, extra_time_percent=300, attempts_allowed=9)
    page = client_of(member).get(reverse("exams:exam-detail", args=[exam.slug]))

    attempt = close(start_attempt(candidate=member, exam=exam, now=START))

    assertContains(page, "Start exam")
    assertContains(page, "Spring 2027 takes this exam from")
    assert (attempt.assignment, attempt.extra_time_percent, attempt.deadline_at) == (None, 0, START + 30 * MINUTE)
    terms = terms_of(member, exam, LATER)
    assert (terms.state(LATER), terms.assignment) == ("used", None)


@pytest.mark.parametrize(
    ("window", "attempts", "is_assigned"),
    [
        ({}, None, True),  # both may be started: the assignment
        ({"opens_at": START + MINUTE}, None, False),
        ({"closes_at": START}, None, False),
        ({}, 1, False),  # used up
    ],
)
def test_of_an_assignment_and_the_offered_exam_what_can_be_started_holds(member, cohort, window, attempts, is_assigned):
    exam = make_exam()
    assignment = AssignmentFactory(cohort=cohort, exam=exam, attempts_allowed=attempts, **window)
    if attempts:
        close(start_attempt(candidate=member, exam=exam, now=START))

    attempt = start_attempt(candidate=member, exam=exam, now=START)

    assert attempt.assignment == (assignment if is_assigned else None)


def test_accommodation_changes_no_other_exam(member, assignment):
    other = make_exam(minutes=30)
    Accommodation.objects.create(assignment=assignment, candidate=member, extra_time_percent=300, attempts_allowed=9)

    terms = terms_of(member, other, START)

    assert (terms.extra_time_percent, terms.attempts_allowed, terms.assignment) == (0, None, None)


# --- What stays ----------------------------------------------------------------------------------------------------


def test_what_removed_people_took_stays_in_progress_and_files(cohort, member, assignment, instructor):
    gone = UserFactory(name="Gone before former members were kept")
    join(cohort=cohort, candidate=gone, now=START)
    for person in (member, gone):
        finish(make_attempt(exam=assignment.exam, candidate=person, now=START), right=3)
    remove(cohort, member, by=instructor)
    Membership.objects.filter(candidate=gone).delete()
    leaver = UserFactory(name="Left")
    join(cohort=cohort, candidate=leaver, now=START)
    make_attempt(exam=assignment.exam, candidate=leaver, now=START)
    leave(cohort_id=cohort.pk, candidate=leaver, now=LATER)
    client = client_of(instructor)

    page = client.get(reverse("admin:exams_cohort_progress", args=[cohort.pk]))
    file = client.get(reverse("admin:exams_cohort_export", args=[cohort.pk, "csv"])).content.decode()

    assert [(row.candidate, row.status) for row in page.context["table"].rows] == [
        (member, "removed"), (gone, "removed"), (leaver, "left"),
    ]  # fmt: skip
    assertContains(page, "(removed)", count=2)
    assert [line.split(",")[2] for line in file.splitlines()] == ["status", "removed", "removed", "left"]
    theirs = client.get(reverse("admin:exams_cohort_member", args=[cohort.pk, member.pk]))
    assertContains(theirs, "3 of 4 right")
    assertNotContains(theirs, 'class="accommodation"')


def test_removed_person_who_took_nothing_is_in_no_table(cohort, member, assignment, instructor):
    remove(cohort, member, by=instructor)

    client = client_of(instructor)
    assertContains(client.get(reverse("admin:exams_cohort_progress", args=[cohort.pk])), "Nobody is in this cohort yet")
    assert client.get(reverse("admin:exams_cohort_member", args=[cohort.pk, member.pk])).status_code == 404
    assertContains(client.get(people_page(cohort)), "No longer members (1)")


def test_who_was_let_in_and_what_was_given_is_written_down(cohort, instructor, candidate, assignment):
    invite(cohort=cohort, invitees=[Invitee(candidate.email)], by=instructor, now=START)
    invitation = Invitation.objects.get()
    decline_invitation(candidate=candidate, invitation_id=invitation.pk, now=START)
    join(cohort=cohort, candidate=candidate, now=START)
    attempt = make_attempt(exam=assignment.exam, candidate=candidate, now=START)
    given = {"extra_time_percent": 50, "closes_at": None, "attempts_allowed": None}
    accommodate(assignment=assignment, candidate=candidate, by=instructor, now=LATER, **given)
    remove(cohort, candidate, by=instructor)

    assert actions() == [
        "cohort.invited", "invitation.declined", "membership.joined_by_link", "accommodation.given", "attempt.extended",
        "membership.removed",
    ]  # fmt: skip
    event = AuditEvent.objects.get(action="attempt.extended")
    assert (event.actor, event.target_id) == (instructor, str(attempt.pk))
    assert (event.before, event.after) == (
        {"deadline_at": "2026-11-21T09:30:00+00:00"},
        {"deadline_at": "2026-11-21T09:45:00+00:00", "reason": "Extra time is now 50 %."},
    )
