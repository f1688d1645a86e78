"""The privacy page names all that is stored about people: a new table, cookie or part of the log needs its words."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.urls import reverse

from tests.exams.people.test_erasing import columns_to_people

pytestmark = pytest.mark.django_db

ACCOUNT = "Email addresses, name, time zone, language, password (as a hash), second factors, and your last log-in time"
LOG, DECIDED = "Audit log: who did what, from which IP address, and what changed", "Questions you wrote or reviewed"
COHORTS, TERMS = "Cohorts you are or were in, and invitations to your address", "Extra time and other special terms"
STUDY = "Practice: your plan, sets, answers, notes, and what you remember of each question"
ATTEMPTS, REPORTS = "Attempts: questions, answers, flags, times, scores", "Problem reports"

# Each table that leads to a person, and what the page calls it.
TABLES = {
    "account.EmailAddress": ACCOUNT,
    "mfa.Authenticator": ACCOUNT,
    "accounts.UsedTotpStep": ACCOUNT,
    "accounts.User_groups": ACCOUNT,
    "accounts.User_user_permissions": ACCOUNT,
    "accounts.ExtraTime": TERMS,
    "exams.Accommodation": TERMS,
    "exams.Extension": "extra time you granted",
    "accounts.AuditEvent": LOG,
    "admin.LogEntry": LOG,
    "usersessions.UserSession": "Sessions",
    "exams.Attempt": ATTEMPTS,
    "exams.JudgedAnswer": ATTEMPTS,
    "exams.ProblemReport": REPORTS,
    "exams.StudyPlan": STUDY,
    "exams.Practice": STUDY,
    "exams.PracticeSet": STUDY,
    "exams.SetAssignment": STUDY,
    "exams.Memory": STUDY,
    "exams.Note": STUDY,
    "exams.Membership": COHORTS,
    "exams.FormerMember": COHORTS,
    "exams.PendingJoin": COHORTS,
    "exams.Invitation": COHORTS,
    "exams.Cohort_instructors": COHORTS,
    "exams.ExamForm": "forms you drew",
    "exams.Rescore": DECIDED,
    "questions.ImportDraft": DECIDED,
    "questions.Question": DECIDED,
    "questions.QuestionEvent": DECIDED,
    "questions.Revision": DECIDED,
}
# Where the site sets a cookie itself, and what the page says of it; then the cookies that Django sets.
COOKIES = {
    "accounts/devices.py": "marks this browser as one you have used, for a year",
    "accounts/schemes.py": "after you choose a light or dark display, a cookie that remembers it for a year",
    "exams/cohorts/joining.py": "one with a cohort’s link while you log in",
    "exams/attempts/views/keeping.py": "one with answers that could not be saved",
    "session": "a session cookie, which keeps you logged in",
    "csrf": "protects against forged forms (CSRF)",
    "language": "after you choose a language, a cookie that remembers it for a year",
    "messages": "one with messages to you",
}
DJANGOS = {"session", "csrf", "language", "messages"}


@pytest.fixture
def words(client):
    """The page as one line, its tags left out."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", client.get(reverse("exams:privacy")).text))


def test_every_table_that_leads_to_a_person_is_named(words):
    assert {field.model._meta.label for field in columns_to_people()} == set(TABLES)
    assert [label for label, said in TABLES.items() if said not in words] == []


def test_every_cookie_is_named(words):
    root = Path(settings.BASE_DIR)
    setting = {
        str(path.relative_to(root))
        for room in ("accounts", "config", "exams", "questions")
        for path in (root / room).rglob("*.py")
        if re.search(r"\.set_(signed_)?cookie\(", path.read_text())
    }

    assert setting == set(COOKIES) - DJANGOS
    assert [name for name, said in COOKIES.items() if said not in words] == []


@pytest.mark.parametrize(
    "said",
    [
        "Server log: time, page address, your account number, and IP address",  # lines of the audit log are shipped
        "Mail to you",
        "the address and subject for 30 days",
        f"{settings.AUDIT_RETENTION_DAYS} days; your name and IP address only until your account is deleted",
    ],
)
def test_mail_and_logs_are_named_with_what_they_hold(words, said):
    assert said in words
