"""Joining a cohort by its link, and what its members see. Invitations and removal: test_membership.py."""

import re

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from accounts.models import User
from exams.cohorts.models import Cohort, Membership
from exams.cohorts.services import join, renew_link
from tests.exams.helpers import START, client_of
from tests.exams.pages import masked
from tests.exams.threads import at_once
from tests.factories import AssignmentFactory, CohortFactory, UserFactory, make_attempt

pytestmark = pytest.mark.django_db


def members(cohort):
    return set(cohort.candidates.all())


def link_of(cohort):
    return reverse("exams:join", args=[cohort.invite_token])


@pytest.fixture
def cohort():
    return CohortFactory(name="Spring 2027")


# --- The services ----------------------------------------------------------------------------------------------


def test_join_twice_is_once(cohort):
    candidate = UserFactory()

    assert join(cohort=cohort, candidate=candidate, now=START) is True
    assert join(cohort=cohort, candidate=candidate, now=START) is False

    assert list(Membership.objects.values_list("cohort", "candidate", "joined_at")) == [
        (cohort.pk, candidate.pk, START)
    ]


def test_joins_at_once_make_one_member(threaded_db):
    cohort, candidate = CohortFactory(), UserFactory()

    outcomes = at_once(*[lambda: join(cohort=cohort, candidate=candidate, now=START)] * 8)

    assert sorted(outcomes) == [False] * 7 + [True]


def test_new_link_ends_the_old_one(cohort):
    old = link_of(cohort)

    renew_link(cohort=cohort, by=UserFactory(instructor=True))

    client = client_of(UserFactory())
    assert client.get(old).status_code == 404
    assert client.get(link_of(Cohort.objects.get())).status_code == 200


# --- The link ----------------------------------------------------------------------------------------------------


def test_link_asks_and_then_joins(cohort):
    candidate = UserFactory()
    client = client_of(candidate)

    assertContains(client.get(link_of(cohort)), "Join Spring 2027?")
    assert members(cohort) == set()
    response = client.post(link_of(cohort), follow=True)

    assertRedirects(response, reverse("exams:home"))
    assertContains(response, "You have joined Spring 2027.")
    assert members(cohort) == {candidate}
    assertContains(client.get(link_of(cohort)), "You are in Spring 2027")


def test_link_that_is_switched_off_and_a_wrong_one_get_the_same_404(cohort):
    Cohort.objects.update(invites_by_link=False)
    client = client_of(UserFactory())

    for method in ("get", "post"):
        off, wrong = (getattr(client, method)(url) for url in (link_of(cohort), "/join/wrong/"))
        assert (off.status_code, wrong.status_code) == (404, 404)
        assert masked(off.text) == masked(wrong.text)
    assert members(cohort) == set()


def test_link_tells_nothing_before_the_log_in(cohort):
    there, missing = (Client().get(url, follow=True) for url in (link_of(cohort), "/join/wrong/"))

    for response in (there, missing):
        assert response.redirect_chain[0][0].startswith(reverse("account_login"))
        assertNotContains(response, "Spring 2027")


def test_log_in_leads_back_to_the_link(cohort):
    candidate, client = UserFactory(), Client()
    log_in = client.get(link_of(cohort)).url

    response = client.post(log_in, {"login": candidate.email, "password": "secret-word-1"})

    assertRedirects(response, link_of(cohort))


def test_sign_up_leads_back_to_the_link_although_an_e_mail_lies_between(cohort, mailoutbox):
    client = Client()
    client.get(link_of(cohort))
    word = "a-long-enough-word"
    client.post(reverse("account_signup"), {"email": "new@example.com", "password1": word, "password2": word})
    client.post(re.search(r"http://testserver(\S+)", mailoutbox[0].body)[1])

    response = client.post(reverse("account_login"), {"login": "new@example.com", "password": word}, follow=True)

    assert response.redirect_chain[-1][0] == link_of(cohort)
    assertContains(response, "Join Spring 2027?")
    assert client.get(reverse("exams:home")).status_code == 200  # once is enough


# --- The candidate's pages -------------------------------------------------------------------------------------------


@pytest.fixture
def assigned(cohort):
    """A member, and an exam that their cohort alone takes."""
    candidate = UserFactory()
    join(cohort=cohort, candidate=candidate, now=START)
    return candidate, AssignmentFactory(cohort=cohort, attempts_allowed=2)


def test_home_shows_what_is_assigned_in_the_persons_time_zone(clock, assigned):
    candidate, assignment = assigned
    User.objects.filter(pk=candidate.pk).update(time_zone="Asia/Tokyo")
    assignment.closes_at = START.replace(hour=15)
    assignment.save()

    response = client_of(candidate).get(reverse("exams:home"))

    for text in (
        "Assigned to you",
        assignment.exam.title,
        "Spring 2027",
        "Sun 22 Nov 2026, 00:00",
        "2 of 2 attempts left",
    ):
        assertContains(response, text)


@pytest.mark.parametrize("done", ["nothing", "under way", "taken"])
def test_home_says_how_far_an_assigned_exam_is(assigned, done):
    candidate, assignment = assigned
    client = client_of(candidate)
    if done != "nothing":
        attempt = make_attempt(exam=assignment.exam, candidate=candidate)
    if done == "taken":
        client.post(reverse("exams:attempt-hand-in", args=[attempt.pk]), {"then": "submit"})

    response = client.get(reverse("exams:home"))

    expected = {"nothing": "Start exam", "under way": "<strong>In progress</strong>", "taken": "Take it again"}
    for name, text in expected.items():
        assert (text in response.text) == (name == done)


def test_home_of_somebody_without_a_cohort_has_no_such_block(assigned):
    assertNotContains(client_of(UserFactory()).get(reverse("exams:home")), "Assigned to you")


@pytest.mark.parametrize(("name", "method"), [("exam-detail", "get"), ("exam-start", "post")])
def test_exam_of_a_cohort_is_to_others_as_absent_as_a_missing_one(assigned, name, method):
    candidate, assignment = assigned
    url = reverse(f"exams:{name}", args=[assignment.exam.slug])
    missing = reverse(f"exams:{name}", args=["none"])

    assert getattr(client_of(candidate), method)(url).status_code in (200, 302)
    client = client_of(UserFactory())
    foreign, absent = (getattr(client, method)(address) for address in (url, missing))
    assert (foreign.status_code, absent.status_code) == (404, 404)
    assert masked(foreign.text) == masked(absent.text)


def test_start_screen_says_for_whom_until_when_and_how_often(clock, assigned):
    candidate, assignment = assigned
    url = reverse("exams:exam-detail", args=[assignment.exam.slug])
    assignment.closes_at = START.replace(hour=15)
    assignment.save()
    client = client_of(candidate)

    for text in ("Spring 2027", "21 Nov 2026, 15:00", "2 of 2 left", "Start exam"):
        assertContains(client.get(url), text)
    for _ in range(2):
        attempt = make_attempt(exam=assignment.exam, candidate=candidate, now=START)
        client.post(reverse("exams:attempt-hand-in", args=[attempt.pk]), {"then": "submit"})
    assertContains(client.get(url), "You have used all your attempts")
    response = client.post(reverse("exams:exam-start", args=[assignment.exam.slug]), follow=True)
    assertContains(response, "You have used all 2 attempts at this exam.")


def test_exam_of_a_cohort_stands_on_no_public_list(assigned):
    _, assignment = assigned
    certification = reverse("exams:certification", args=[assignment.exam.certification.code])

    assertNotContains(Client().get(certification), assignment.exam.title)
