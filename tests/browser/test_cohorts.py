"""A cohort from both sides: joined by link, the assigned exam taken, more time given and seen."""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from exams.attempts.models import Attempt, Extension
from exams.attempts.services.closing import submit_attempt
from exams.attempts.services.extending import extend_attempt
from exams.attempts.services.saving import Answer
from tests.browser.helpers import choose, come_back, expect_result, expect_saved, log_in, move_deadline, open_exam
from tests.factories import AssignmentFactory, CohortFactory, UserFactory, make_attempt, make_exam


@pytest.fixture
def instructor(live_server):
    return UserFactory(instructor=True)


@pytest.fixture
def cohort(instructor):
    return CohortFactory(name="Spring 2027", instructor=instructor)


@pytest.fixture
def assignment(cohort):
    return AssignmentFactory(cohort=cohort, exam=make_exam(title="Mock 1", is_offered=False), attempts_allowed=2)


def tab(context, user, url):
    log_in(context, user)
    page = context.new_page()
    page.goto(url)
    return page


def give_minutes(page, minutes, reason):
    group = page.get_by_role("group", name=re.compile("^More time for"))
    group.get_by_label("Reason").fill(reason)
    group.get_by_label("or minutes").fill(str(minutes))
    group.get_by_role("button", name="Give").click()
    expect(page.get_by_text(f"1 attempt under way in Mock 1 has {minutes} min more.")).to_be_visible()


def test_candidate_joins_by_link_and_gets_more_time_in_the_assigned_exam(new_context, instructor, cohort, assignment):
    candidate = UserFactory(name="Anna")
    page = tab(new_context(), candidate, reverse("exams:join", args=[cohort.invite_token]))
    page.get_by_role("button", name="Join as").click()
    expect(page.get_by_text("You have joined Spring 2027.")).to_be_visible()
    expect(page.get_by_role("heading", name="Assigned to you")).to_be_visible()
    page.get_by_role("link", name="Start exam").click()
    page.get_by_role("button", name="Start exam").click()
    expect(page.locator("#timer")).to_have_text(re.compile("^(30:00|29:)"))
    choose(page, 1, "A")
    expect_saved(page, 1)

    office = tab(new_context(), instructor, reverse("admin:exams_cohort_progress", args=[cohort.pk]))
    expect(office.get_by_role("cell").filter(has_text="under way, 1 of 4 answered")).to_be_visible()
    give_minutes(office, 7, "The projector failed.")

    choose(page, 2, "A")  # the next save brings the new time
    expect(page.locator("#timer")).to_have_text(re.compile("^3[67]:"))
    expect(page.locator("#announcer")).to_have_text(re.compile("You were given more time: 3[67]:"))
    attempt = Attempt.objects.get()
    assert (attempt.assignment, Extension.objects.get().minutes) == (assignment, 7)


def test_page_that_saves_nothing_learns_of_more_time_within_a_minute(new_context, instructor, assignment):
    attempt = attempt_of_a_member(assignment)
    context = new_context()
    context.clock.install()
    page = open_exam(context, attempt)
    office = tab(new_context(), instructor, reverse("admin:exams_cohort_progress", args=[assignment.cohort.pk]))
    give_minutes(office, 20, "A fire drill.")
    expect(page.locator("#timer")).to_have_text(re.compile("^(30:00|29:)"))

    page.clock.run_for(61_000)

    expect(page.locator("#timer")).to_have_text(re.compile("^(50:00|49:)"))


def test_page_does_not_hand_in_at_the_old_deadline(new_context, instructor, assignment):
    attempt = attempt_of_a_member(assignment)
    page = open_exam(new_context(), attempt)
    move_deadline(attempt, seconds=12)
    come_back(page)
    expect(page.locator("#timer")).to_have_text(re.compile("^0:"))
    office = tab(new_context(), instructor, reverse("admin:exams_cohort_progress", args=[assignment.cohort.pk]))
    give_minutes(office, 1, "A fire drill.")

    # The page counts down to what it was told, asks, and goes on.
    expect(page.locator("#timer")).to_have_text(re.compile(r"^(1:0|0:5)"), timeout=20_000)
    choose(page, 1, "B")
    expect_saved(page, 1)
    attempt.refresh_from_db()
    assert attempt.is_in_progress

    move_deadline(attempt, seconds=-2)
    come_back(page)
    expect_result(page, attempt)


def attempt_of_a_member(assignment):
    candidate = UserFactory(name="Anna")
    assignment.cohort.memberships.create(candidate=candidate, joined_at=assignment.created_at)
    return make_attempt(exam=assignment.exam, candidate=candidate)


def test_instructor_invites_by_a_list_and_gives_who_accepts_more_time(new_context, instructor, cohort, assignment):
    anna = UserFactory(name="Anna", email="anna@example.com")
    page = tab(new_context(), instructor, reverse("admin:exams_cohort_people", args=[cohort.pk]))
    page.get_by_label("or its text").fill("email,name\nanna@example.com,Anna\nnew@example.com,Nora\nwrong,Nobody\n")
    page.get_by_role("button", name="Check the list").click()
    expect(page.get_by_text("2 accepted, 1 refused")).to_be_visible()
    page.get_by_role("button", name="Do this for 2 people").click()
    expect(page.get_by_text("2 people were invited.")).to_be_visible()
    hers = tab(new_context(), anna, reverse("exams:home"))
    hers.get_by_role("button", name="Accept as anna@example.com").click()
    expect(hers.get_by_text("You have joined Spring 2027.")).to_be_visible()
    page.reload()
    attempt = make_attempt(exam=assignment.exam, candidate=anna)

    page.get_by_role("link", name="Anna", exact=True).click()
    page.get_by_label("Extra time (%)").fill("50")
    page.get_by_role("button", name="Save").click()

    expect(page.get_by_text("The attempt under way has 15 more minutes.")).to_be_visible()
    before = attempt.deadline_at
    attempt.refresh_from_db()
    assert (attempt.deadline_at - before).total_seconds() == 15 * 60


def test_instructor_removes_a_member_and_makes_a_new_link_in_two_steps_each(new_context, instructor, cohort):
    cohort.memberships.create(candidate=UserFactory(name="Anna"), joined_at=cohort.created_at)
    page = tab(new_context(), instructor, reverse("admin:exams_cohort_people", args=[cohort.pk]))
    sure = page.get_by_role("button", name="Remove Anna")
    expect(sure).to_be_hidden()

    page.get_by_text("Remove…").click()
    sure.click()

    expect(page.get_by_text("Nobody yet.")).to_be_visible()
    old = page.locator(".invite-link").inner_text()
    page.get_by_text("Make a new link…").click()
    page.get_by_role("button", name="Make a new link").click()
    expect(page.locator(".invite-link")).not_to_have_text(old)


def test_instructor_makes_a_cohort_and_assigns_an_exam(new_context, instructor):
    make_exam(title="Mock 2", is_offered=False)
    page = tab(new_context(), instructor, reverse("admin:exams_cohort_add"))
    page.get_by_label("Name").fill("Autumn")
    page.get_by_role("button", name="Add another Assignment").click()
    page.locator("#id_assignments-0-exam").select_option(label="Mock 2")
    page.locator("#id_assignments-0-closes_at").fill("2027-03-01T18:00")
    page.get_by_role("button", name="Save and continue editing").click()

    expect(page.get_by_text("was added successfully")).to_be_visible()
    row = instructor.cohorts_taught.get().assignments.get()
    assert (row.exam.title, f"{row.closes_at:%Y-%m-%d %H:%M}") == ("Mock 2", "2027-03-01 18:00")


def busy_cohort(instructor):
    """A cohort with every state in its table."""
    people = [UserFactory(name=f"{name} Example-Longname") for name in ("Anna", "Ben", "Cleo", "Dora")]
    cohort = CohortFactory(name="Spring 2027", instructor=instructor, members=people)
    cohort.invitations.create(email="somebody-with-a-long-address@example.com", invited_at=cohort.created_at)
    for number in (1, 2, 3):
        exam = make_exam(title=f"Mock exam number {number}", is_offered=False)
        AssignmentFactory(cohort=cohort, exam=exam)
        for person in people[: number + 1]:
            attempt = make_attempt(exam=exam, candidate=person)
            if person != people[0]:
                answers = [Answer(position=position, chosen=(1,)) for position in (1, 2, 3)]
                submit_attempt(candidate=person, attempt_id=attempt.pk, answers=answers, now=attempt.started_at)
    running = Attempt.objects.in_progress().first()
    extend_attempt(attempt_id=running.pk, minutes=5, reason="A fire drill.", by=instructor, now=running.started_at)
    return cohort, people


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_pages_of_a_cohort_can_be_read_by_everyone(new_context, instructor, axe, width, scheme):
    cohort, people = busy_cohort(instructor)
    urls = {
        "changelist": reverse("admin:exams_cohort_changelist"),
        "add": reverse("admin:exams_cohort_add"),
        "member": reverse("admin:exams_cohort_member", args=[cohort.pk, people[0].pk]),
        **{name: reverse(f"admin:exams_cohort_{name}", args=[cohort.pk]) for name in ("change", "people", "progress")},
    }
    context = new_context(width=width, color_scheme=scheme)
    log_in(context, instructor)
    page = context.new_page()
    for name, url in urls.items():
        page.goto(url)
        check(page, axe, name)
    page.goto(urls["people"])
    page.get_by_label("or its text").fill("email,name\nanna@example.com,Anna\nwrong,Nobody\n")
    page.get_by_role("button", name="Check the list").click()
    check(page, axe, "dry run")


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_candidates_pages_of_a_cohort_can_be_read_by_everyone(new_context, instructor, axe, width, scheme):
    cohort, people = busy_cohort(instructor)
    context = new_context(width=width, color_scheme=scheme)
    page = tab(context, people[1], reverse("exams:home"))
    check(page, axe, "home")
    page.goto(reverse("exams:exam-detail", args=[cohort.assignments.last().exam.slug]))
    check(page, axe, "start screen")
    page.goto(reverse("exams:join", args=[CohortFactory(name="Another cohort with a long name").invite_token]))
    check(page, axe, "join")


def check(page, axe, name):
    assert (name, axe(page)) == (name, [])
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), f"{name} scrolls sideways"
