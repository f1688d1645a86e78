"""A cohort in the admin: whose it is, its people, its exams, more time, and what else instructors see through it."""

import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from exams.attempts.models import Extension
from exams.cohorts.models import Accommodation, Assignment, Cohort, Invitation, Membership
from tests.exams.helpers import MINUTE, START, client_of, finish
from tests.exams.pages import masked, opened
from tests.factories import AssignmentFactory, CohortFactory, UserFactory, make_attempt, make_exam
from tests.queries import count_queries

pytestmark = pytest.mark.django_db


def page(name, *args):
    return reverse(f"admin:exams_cohort_{name}", args=args)


@pytest.fixture
def instructor():
    return UserFactory(instructor=True)


@pytest.fixture
def client(instructor):
    return client_of(instructor)


@pytest.fixture
def cohort(instructor):
    return CohortFactory(name="Spring", instructor=instructor, members=[UserFactory(name="Anna")])


@pytest.fixture
def anna(cohort):
    return cohort.candidates.get(name="Anna")


@pytest.fixture
def assignment(cohort):
    return AssignmentFactory(cohort=cohort, exam=make_exam(title="Mock 1"))


@pytest.fixture
def attempt(clock, assignment, anna):
    return make_attempt(exam=assignment.exam, candidate=anna, now=START)


def history(cohort):
    """Return what the admin keeps of the changes of a cohort, the latest first."""
    entries = LogEntry.objects.filter(object_id=cohort.pk, content_type__model="cohort")
    return [entry.get_change_message() for entry in entries.order_by("-pk")]


# --- Whose it is ---------------------------------------------------------------------------------------------------

EMPTY_INLINE = {f"assignments-{name}": 0 for name in ("TOTAL_FORMS", "INITIAL_FORMS")}


def test_instructor_makes_a_cohort_and_teaches_it(client, instructor):
    client.post(page("add"), {"name": "Autumn", "invites_by_link": "on", **EMPTY_INLINE})

    cohort = Cohort.objects.get()
    assert (cohort.name, list(cohort.instructors.all())) == ("Autumn", [instructor])


def test_instructor_sees_their_own_cohorts_and_a_superuser_all(client, cohort):
    other = CohortFactory(instructor=UserFactory(instructor=True))

    assert list(client.get(page("changelist")).context["cl"].queryset) == [cohort]
    everyone = client_of(UserFactory(superuser=True)).get(page("changelist"))
    assert set(everyone.context["cl"].queryset) == {cohort, other}


def test_instructor_makes_nobody_else_an_instructor(client, cohort, instructor):
    other = UserFactory(instructor=True)

    save(client, cohort, {"name": "New", "instructors": [other.pk], **EMPTY_INLINE})

    cohort.refresh_from_db()
    assert (cohort.name, list(cohort.instructors.all())) == ("New", [instructor])


def test_superuser_says_who_teaches(cohort):
    other = UserFactory(instructor=True)
    fields = {"name": "Spring", "instructors": [other.pk], **EMPTY_INLINE}

    save(client_of(UserFactory(superuser=True)), cohort, fields)

    assert list(cohort.instructors.all()) == [other]


PAGES = ["people", "progress", "export", "member", "extend"]


def arguments(name, cohort_pk, assignment):
    more = {"export": ["csv"], "member": [assignment.cohort.candidates.get().pk], "extend": [assignment.pk]}
    return [cohort_pk, *more.get(name, [])]


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("method", ["get", "post"])
def test_cohort_of_another_is_as_absent_as_a_missing_one(assignment, name, method):
    client = client_of(UserFactory(instructor=True))

    foreign, missing = (
        getattr(client, method)(page(name, *arguments(name, pk, assignment)), {"action": "renew"})
        for pk in (assignment.cohort.pk, 987_654_321_987_654_321_987)
    )

    is_read_only = method == "post" and name in ("progress", "export")
    assert foreign.status_code == missing.status_code == (405 if is_read_only else 404)
    assert masked(foreign.text) == masked(missing.text)


@pytest.mark.parametrize("name", ["change", "history"])
def test_admins_own_pages_of_a_foreign_cohort_lead_where_those_of_a_missing_one_do(assignment, name):
    client = client_of(UserFactory(instructor=True))

    for pk in (assignment.cohort.pk, 987_654):
        assertRedirects(client.get(page(name, pk)), reverse("admin:index"))
        assert client.post(page("change", pk), {"name": "Mine", **EMPTY_INLINE}).status_code == 302
    assert Cohort.objects.get().name != "Mine"


@pytest.mark.parametrize("name", PAGES)
def test_staff_who_are_no_instructors_are_refused(assignment, name):
    url = page(name, *arguments(name, assignment.cohort.pk, assignment))

    assert client_of(UserFactory(is_staff=True)).get(url).status_code == 403


# --- What instructors see through their cohorts ----------------------------------------------------------------------


def test_instructor_sees_attempts_made_in_their_assignments_and_no_others(client, attempt, anna):
    others = [make_attempt(exam=make_exam(), candidate=anna), make_attempt(exam=attempt.exam)]
    foreign = AssignmentFactory(cohort=CohortFactory(instructor=UserFactory(instructor=True), members=[anna]))
    others.append(make_attempt(exam=foreign.exam, candidate=anna))

    assert list(client.get(reverse("admin:exams_attempt_changelist")).context["cl"].queryset) == [attempt]
    assert client.get(reverse("admin:exams_attempt_change", args=[attempt.pk])).status_code == 200
    for other in others:
        for name in ("change", "history"):
            assertRedirects(client.get(reverse(f"admin:exams_attempt_{name}", args=[other.pk])), reverse("admin:index"))
    everything = client_of(UserFactory(superuser=True)).get(reverse("admin:exams_attempt_changelist"))
    assert set(everything.context["cl"].queryset) == {attempt, *others}


def test_attempt_of_somebody_who_left_stays_visible_and_the_person_does_not(client, attempt, anna):
    Membership.objects.all().delete()

    assert client.get(reverse("admin:exams_attempt_change", args=[attempt.pk])).status_code == 200
    assertRedirects(client.get(reverse("admin:accounts_user_change", args=[anna.pk])), reverse("admin:index"))


# --- Its exams -------------------------------------------------------------------------------------------------------


def save(client, cohort, fields):
    url = page("change", cohort.pk)
    return client.post(url, {**opened(client, url), **fields})


def inline(*, initial=0, **fields):
    forms = {"assignments-TOTAL_FORMS": 1, "assignments-INITIAL_FORMS": initial}
    return {"name": "Spring", **forms, **{f"assignments-0-{name}": value for name, value in fields.items()}}


def test_instructor_assigns_an_exam_in_their_own_time_zone(client, cohort, instructor):
    instructor.time_zone = "Europe/Berlin"
    instructor.save()
    exam = make_exam(is_offered=False)
    window = {"opens_at": "2027-01-10T09:00", "closes_at": "2027-01-12T18:00"}

    save(client, cohort, inline(exam=exam.pk, attempts_allowed=2, **window))

    row = Assignment.objects.get()
    assert (row.exam, row.cohort, row.attempts_allowed) == (exam, cohort, 2)
    assert (row.opens_at.isoformat(), row.closes_at.isoformat()) == (
        "2027-01-10T08:00:00+00:00", "2027-01-12T17:00:00+00:00",
    )  # fmt: skip


def test_assignment_that_closes_before_it_opens_is_refused(client, cohort):
    window = {"opens_at": "2027-01-10T09:00", "closes_at": "2027-01-10T08:00"}

    response = save(client, cohort, inline(exam=make_exam().pk, **window))

    assertContains(response, "The assignment must open before it closes.")
    assert Assignment.objects.count() == 0


@pytest.mark.parametrize(
    ("what", "refusal"), [("DELETE", "following protected related objects: attempt"), ("exam", "has been started")]
)
def test_assignment_that_was_begun_neither_goes_nor_becomes_another_exam(
    client, cohort, assignment, attempt, what, refusal
):
    fields = {"id": assignment.pk, "cohort": cohort.pk, "exam": assignment.exam.pk}
    fields[what] = "on" if what == "DELETE" else make_exam().pk

    response = save(client, cohort, inline(initial=1, **fields))

    assertContains(response, refusal)
    assert Assignment.objects.get().exam == assignment.exam


def test_assignment_that_nobody_began_may_go(client, cohort, assignment):
    fields = {"id": assignment.pk, "cohort": cohort.pk, "exam": assignment.exam.pk, "DELETE": "on"}

    save(client, cohort, inline(initial=1, **fields))

    assert Assignment.objects.count() == 0


# --- Its people ------------------------------------------------------------------------------------------------------

LIST = "\r\n".join(
    [
        "Email;Name;Group",
        "known@example.com;Karl",
        "NEW@example.com;Nora",
        "not-an-address;Nobody",
        "new@example.com;",
        "",
    ]
)


def test_list_is_shown_as_a_table_before_anything_happens(client, cohort):
    UserFactory(email="known@example.com")
    file = SimpleUploadedFile("people.csv", b"\xef\xbb\xbf" + LIST.encode())

    response = client.post(page("people", cohort.pk), {"action": "check", "file": file})

    for text in (
        "2 accepted, 2 refused",
        "will be invited",
        "line 4 is not an email address.",
        "line 5 appears twice in the list",
        "Ignored columns: group",
        "The site sends no email",
    ):
        assertContains(response, text)
    assert (cohort.memberships.count(), Invitation.objects.count()) == (1, 0)


def test_confirmed_list_makes_invitations_and_no_members(client, instructor, cohort, anna):
    known = UserFactory(email="known@example.com")
    text = f"{LIST}\r\n{anna.email};"
    checked = client.post(page("people", cohort.pk), {"action": "check", "text": text})

    response = client.post(
        page("people", cohort.pk), {"action": "invite", "text": checked.context["found"].as_text}, follow=True
    )

    assertContains(response, "2 people were invited. 1 person is already in the cohort.")
    assert not cohort.candidates.filter(pk=known.pk).exists()
    assert list(Invitation.objects.values_list("email", "name", "invited_by")) == [
        ("known@example.com", "Karl", instructor.pk), ("new@example.com", "Nora", instructor.pk),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "The submitted file is empty."),
        (b"name\nAnna\n", "The first line must name the columns"),
        (b"email\n", "The list is empty"),
        (b"email\n\xff\xfe\xfa\n", "is not UTF-8"),
        (b"email\na\0b\n", "NUL character"),
        (b'email,name\n"a@example.com,Anna\n' + b"x" * 200_000, "cannot be read as CSV|is not an email address"),
        (b"email\n" + b"".join(b"p%d@example.com\n" % n for n in range(2001)), "At most 2,000 people"),
        (b"email\n" + b"x" * 1_000_001, "larger than 1 MB"),
    ],
)
def test_bad_file_is_refused_with_its_reason(client, cohort, content, message):
    response = client.post(
        page("people", cohort.pk), {"action": "check", "file": SimpleUploadedFile("people.csv", content)}
    )

    assert response.status_code == 200
    assert any(part in response.text for part in message.split("|"))
    assert (cohort.memberships.count(), Invitation.objects.count()) == (1, 0)


def test_members_and_invitations_are_removed(client, cohort, anna):
    invitation = Invitation.objects.create(cohort=cohort, email="new@example.com", invited_at=START)
    elsewhere = CohortFactory(members=[UserFactory()])
    hers = Invitation.objects.create(cohort=elsewhere, email="new@example.com", invited_at=START)

    client.post(page("people", cohort.pk), {"action": "remove", "id": anna.pk})
    client.post(page("people", cohort.pk), {"action": "withdraw", "id": invitation.pk})
    assert history(cohort) == ["Withdrew the invitation of new@example.com.", f"Removed {anna.email}."]
    assertContains(client.get(page("history", cohort.pk)), f"Removed {anna.email}.")
    assert (cohort.memberships.count(), list(Invitation.objects.all())) == (0, [hers])

    for action, pk in [
        ("remove", elsewhere.candidates.get().pk),
        ("withdraw", hers.pk),
        ("remove", "²"),
        ("remove", ""),
    ]:
        assert client.post(page("people", cohort.pk), {"action": action, "id": pk}).status_code == 404
    assert (elsewhere.memberships.count(), elsewhere.invitations.count()) == (1, 1)


def test_link_is_shown_and_renewed(client, cohort):
    assertContains(client.get(page("people", cohort.pk)), f"http://testserver/join/{cohort.invite_token}/")

    response = client.post(page("people", cohort.pk), {"action": "renew"}, follow=True)

    assertNotContains(response, cohort.invite_token)
    assertContains(response, Cohort.objects.get().invite_token)
    assert history(cohort) == ["Made a new link."]


def test_link_that_is_switched_off_is_not_shown(client, cohort):
    save(client, cohort, {"name": "Spring", **EMPTY_INLINE})

    response = client.get(page("people", cohort.pk))

    assertNotContains(response, cohort.invite_token)
    assertContains(response, "switched off")


@pytest.mark.parametrize("name", ["people", "progress", "changelist"])
def test_page_takes_as_many_queries_for_fifty_members_as_for_one(client, instructor, name):
    numbers = []
    for count in (1, 50):
        Cohort.objects.all().delete()
        cohort = CohortFactory(instructor=instructor, members=UserFactory.create_batch(count))
        AssignmentFactory(cohort=cohort)
        Invitation.objects.bulk_create(
            Invitation(cohort=cohort, email=f"n{number}@example.com", invited_at=START) for number in range(count)
        )
        with count_queries() as counted:
            assert client.get(page(name, *([] if name == "changelist" else [cohort.pk]))).status_code == 200
        numbers.append(counted.number)

    assert numbers[0] == numbers[1] <= 14


# --- How far they are, and more time ---------------------------------------------------------------------------------


def test_progress_page_shows_members_by_exams(client, cohort, attempt, clock):
    clock.move_to(START + 10 * MINUTE)

    response = client.get(page("progress", cohort.pk))

    for text in (
        "Anna",
        "Mock 1",
        "under way",
        "0 of 4 answered",
        "20 min left",
        "More time for everyone under way in Mock 1 (1)",
    ):
        assertContains(response, text)


def test_progress_page_closes_what_is_overdue(client, cohort, attempt, clock):
    clock.move_to(START + 60 * MINUTE)

    assertNotContains(client.get(page("progress", cohort.pk)), "under way</strong>")


@pytest.mark.parametrize(("file_format", "start"), [("csv", b"\xef\xbb\xbfname,"), ("xlsx", b"PK")])
def test_progress_is_downloaded(client, cohort, assignment, file_format, start):
    response = client.get(page("export", cohort.pk, file_format))

    assert response.content.startswith(start)
    assert response.headers["Content-Disposition"] == f'attachment; filename="spring-progress.{file_format}"'


def test_unknown_file_format_is_404(client, cohort):
    assert client.get(page("export", cohort.pk, "exe")).status_code == 404


def extend(client, assignment, **fields):
    url = page("extend", assignment.cohort.pk, assignment.pk)
    last = Extension.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    return client.post(url, {"reason": "Fire drill.", "last": last, **fields}, follow=True)


@pytest.mark.parametrize(
    ("fields", "minutes"), [({"quick": 5}, 5), ({"minutes": 7}, 7), ({"quick": 10, "minutes": 7}, 10)]
)
def test_instructor_gives_more_time_to_one_or_to_all(client, instructor, assignment, attempt, fields, minutes):
    response = extend(client, assignment, **fields)
    assertContains(response, f"1 attempt under way in Mock 1 has {minutes} min more.")

    response = extend(client, assignment, attempt=attempt.pk, **fields)
    assertContains(response, f"{minutes} more minutes were given.")

    attempt.refresh_from_db()
    assert attempt.deadline_at == START + (30 + 2 * minutes) * MINUTE
    assert set(Extension.objects.values_list("minutes", "reason", "by")) == {(minutes, "Fire drill.", instructor.pk)}


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({}, "Enter the number of minutes."),
        ({"minutes": 0}, "greater than or equal to 1"),
        ({"minutes": 601}, "less than or equal to 600"),
        ({"minutes": "²"}, "Enter a whole number"),
        ({"quick": 6}, "Select a valid choice"),
        ({"quick": 5, "reason": " "}, "reason: This field is required."),
        ({"quick": 5, "reason": "x" * 301}, "at most 300 characters"),
    ],
)
def test_wrong_extension_is_refused_with_its_reason(client, assignment, attempt, fields, message):
    assertContains(extend(client, assignment, **fields), message)

    attempt.refresh_from_db()
    assert (attempt.deadline_at, Extension.objects.count()) == (START + 30 * MINUTE, 0)


def test_extension_of_an_attempt_outside_the_assignment_is_404(client, assignment, attempt):
    other = make_attempt(exam=assignment.exam, now=START)

    for chosen in (other.pk, "nonsense"):
        assert extend(client, assignment, attempt=chosen, quick=5).status_code == 404
    assert Extension.objects.count() == 0


def test_extension_of_what_has_ended_says_so(client, assignment, attempt):
    finish(attempt)

    assertContains(extend(client, assignment, attempt=attempt.pk, quick=5), "This attempt is over.")
    assertContains(extend(client, assignment, quick=5), "0 attempts under way in Mock 1 have 5 min more.")


# --- One member ------------------------------------------------------------------------------------------------------


def test_member_page_shows_domains_and_the_attempt_that_counts(client, cohort, attempt, anna):
    finish(attempt, right=3)

    response = client.get(page("member", cohort.pk, anna.pk))

    for text in (
        "3 of 4 right",
        "Domain 1",
        "not enough answers yet",
        reverse("admin:exams_attempt_change", args=[attempt.pk]),
    ):
        assertContains(response, text)


def test_member_page_tells_who_gave_more_time_and_why(client, cohort, instructor, assignment, attempt, anna):
    extend(client, assignment, quick=5)

    response = client.get(page("member", cohort.pk, anna.pk))

    assert [row.minutes for row in response.context["extensions"]] == [5]
    for text in ("Extra minutes given", "Fire drill.", str(instructor)):
        assertContains(response, text)


def test_accommodation_is_stored_and_lengthens_the_attempt_under_way(client, cohort, assignment, attempt, anna):
    prefix = assignment.pk
    fields = {
        "assignment": prefix,
        f"{prefix}-extra_time_percent": 50,
        f"{prefix}-closes_at": "2027-01-10T09:00",
        f"{prefix}-attempts_allowed": 3,
    }

    response = client.post(page("member", cohort.pk, anna.pk), fields, follow=True)

    assertContains(response, "Saved. The attempt under way has 15 more minutes.")
    attempt.refresh_from_db()
    assert attempt.deadline_at == START + 45 * MINUTE
    row = Accommodation.objects.get()
    assert (row.candidate, row.extra_time_percent, row.attempts_allowed) == (anna, 50, 3)
    assert row.closes_at.isoformat() == "2027-01-10T09:00:00+00:00"
    assert history(cohort) == [
        f"{anna.email} in Mock 1: Extra time (%) 50; May start until 10 Jan 2027, 09:00 UTC; Attempts allowed 3."
        " The attempt under way has 15 minutes more."
    ]

    fields |= {f"{prefix}-extra_time_percent": 0, f"{prefix}-closes_at": ""}
    url = page("member", cohort.pk, anna.pk)
    client.post(url, {**fields, **opened(client, url)})

    assert history(cohort)[0] == f"{anna.email} in Mock 1: Extra time (%) 0; May start until as all."


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("extra_time_percent", 301, "At most 300 percent extra time."),
        ("extra_time_percent", -1, "greater than or equal to 0"),
        ("extra_time_percent", "10" * 12, ""),
        ("attempts_allowed", 0, "greater than or equal to 1"),
        ("closes_at", "soon", "Enter a valid date/time."),
    ],
)
def test_wrong_accommodation_is_refused_with_its_reason(client, cohort, assignment, anna, field, value, message):
    fields = {"assignment": assignment.pk, f"{assignment.pk}-{field}": value}

    response = client.post(page("member", cohort.pk, anna.pk), fields)

    assertContains(response, message)
    assert Accommodation.objects.count() == 0


def test_accommodation_in_a_foreign_assignment_is_nothing(client, cohort, assignment, anna):
    foreign = AssignmentFactory()

    client.post(page("member", cohort.pk, anna.pk), {"assignment": foreign.pk, f"{foreign.pk}-extra_time_percent": 50})

    assert Accommodation.objects.count() == 0


def test_person_who_is_no_member_has_no_page(client, cohort):
    assert client.get(page("member", cohort.pk, UserFactory().pk)).status_code == 404


# --- Hostile names ---------------------------------------------------------------------------------------------------


def test_names_are_text_on_every_page(client, instructor):
    hostile = "<script>alert(1)</script>"
    person = UserFactory(name=hostile)
    cohort = CohortFactory(name=hostile, instructor=instructor, members=[person])
    exam = make_exam(title=hostile)
    AssignmentFactory(cohort=cohort, exam=exam)
    cohort.invitations.create(email="new@example.com", name=hostile, invited_at=START)
    make_attempt(exam=exam, candidate=person)
    theirs = client_of(person)

    pages = [
        client.get(page("changelist")),
        client.get(page("change", cohort.pk)),
        client.get(page("people", cohort.pk)),
        client.post(page("people", cohort.pk), {"action": "check", "text": f"email,{hostile}\na@b.example,{hostile}"}),
        client.get(page("progress", cohort.pk)),
        client.get(page("progress", cohort.pk), {"q": hostile}),
        client.get(page("member", cohort.pk, person.pk)),
        theirs.get(reverse("exams:home")),
        theirs.get(reverse("exams:join", args=[cohort.invite_token])),
        theirs.post(reverse("exams:join", args=[cohort.invite_token]), follow=True),
    ]

    for response in pages:
        assertContains(response, "&lt;script&gt;alert(1)")
        assertNotContains(response, hostile)
