"""Promise 8: who saves a page that was opened before somebody else's save overwrites nothing, and loses nothing."""

import datetime as dt
import re

import pytest
from django.contrib.auth.models import Group, Permission
from django.urls import reverse
from django.utils import timezone

from accounts.versions import STALE
from exams.attempts.services.extending import accommodate, extend_attempt
from exams.blueprints.models import ExamQuota
from exams.blueprints.services import draw_form
from exams.cohorts.models import Accommodation
from questions.models import Tag
from questions.services import publish, save_draft, set_difficulty
from tests.exams.helpers import client_of
from tests.exams.pages import fields_of
from tests.factories import (
    AssignmentFactory,
    CohortFactory,
    QuestionFactory,
    TaskFactory,
    UserFactory,
    make_attempt,
    make_content,
    make_exam,
)

pytestmark = pytest.mark.django_db


class Page:
    """A page with a form, open in the browser of one person."""

    def __init__(self, user, url, form):
        self.client, self.url, self.form = client_of(user), url, form
        self.read(self.client.get(url))

    def read(self, response):
        self.fields = fields_of(response, self.form)

    def save(self, button=(), **changes):
        """Send the form as it is shown, with these changes; keep what is shown then."""
        self.fields |= changes
        response = self.client.post(self.url, {**self.fields, **dict([button] if button else [])})
        if response.status_code == 200:
            self.read(response)
        return response


def question_case():
    question = QuestionFactory(task=TaskFactory())
    url = reverse("admin:questions_question_change", args=[question.pk])

    def stored():
        return question.revisions.order_by("-number").first().stem, type(question).objects.get(
            pk=question.pk
        ).difficulty

    return url, "question_form", ("stem", "Theirs: which of these is right?"), ("difficulty", "hard"), stored


def exam_case():
    exam = make_exam()
    url = reverse("admin:exams_exam_change", args=[exam.pk])
    return url, "exam_form", ("minutes", "77"), ("cut_score", "701"), lambda: read(exam, "minutes", "cut_score")


def cohort_case():
    cohort = CohortFactory()
    url = reverse("admin:exams_cohort_change", args=[cohort.pk])

    def stored():
        cohort.refresh_from_db()
        return cohort.name, "on" if cohort.invites_by_link else ""

    return url, "cohort_form", ("name", "Their name"), ("invites_by_link", ""), stored


def person_case():
    person = UserFactory()
    url = reverse("admin:accounts_user_change", args=[person.pk])
    return (
        url,
        "user_form",
        ("name", "Their name"),
        ("time_zone", "Asia/Tokyo"),
        lambda: read(person, "name", "time_zone"),
    )


def group_case():
    mine, theirs = Permission.objects.order_by("pk")[:2]
    group = Group.objects.create(name="Readers")
    group.permissions.add(theirs)
    url = reverse("admin:auth_group_change", args=[group.pk])

    def stored():
        group.refresh_from_db()
        return group.name, str(group.permissions.get().pk)

    return url, "group_form", ("name", "Writers"), ("permissions", str(mine.pk)), stored


def tags_case():
    question = QuestionFactory(task=TaskFactory())
    question.tags.add(Tag.objects.create(name="old"))
    url = reverse("admin:questions_question_change", args=[question.pk])

    def stored():
        question.refresh_from_db()
        return question.tags.get().name, question.difficulty

    return url, "question_form", ("tag_names", "theirs"), ("difficulty", "hard"), stored


def read(row, *names):
    row.refresh_from_db()
    return tuple(str(getattr(row, name)) for name in names)


CASES = [question_case, exam_case, cohort_case, person_case, group_case, tags_case]


@pytest.mark.parametrize("case", CASES)
def test_save_of_a_page_that_was_opened_before_is_refused_with_both_versions(case):
    url, form, (their_field, theirs), (my_field, mine), stored = case()
    first, second = (Page(UserFactory(superuser=True), url, form) for _ in range(2))
    assert second.save(**{their_field: theirs}).status_code == 302
    before = stored()

    response = first.save(**{my_field: mine})

    assert response.status_code == 200
    assert str(STALE) in response.text
    assert {conflict.name: conflict.theirs for conflict in response.context["conflicts"]}[their_field] == theirs
    assert stored() == before
    assert first.fields.get(my_field, [""])[0] == mine  # what was typed is still there


@pytest.mark.parametrize("case", CASES)
def test_refused_page_is_merged_field_by_field_with_one_click(case):
    url, form, (their_field, theirs), (my_field, mine), stored = case()
    first, second = (Page(UserFactory(superuser=True), url, form) for _ in range(2))
    second.save(**{their_field: theirs})
    first.save(**{my_field: mine})

    assert first.save(("_continue", "1")).status_code == 302

    assert stored() == (theirs, mine)


@pytest.mark.parametrize("case", CASES)
def test_refused_page_is_saved_whole_with_one_click(case):
    url, form, (their_field, theirs), (my_field, mine), stored = case()
    first, second = (Page(UserFactory(superuser=True), url, form) for _ in range(2))
    original = stored()[0]
    second.save(**{their_field: theirs})
    first.save(**{my_field: mine})

    assert first.save(("take-all", "mine")).status_code == 302

    assert stored() == (original, mine)


@pytest.mark.parametrize("case", CASES)
def test_third_save_between_two_of_a_refused_page_is_not_overwritten_either(case):
    url, form, (their_field, theirs), (my_field, mine), stored = case()
    first, second = (Page(UserFactory(superuser=True), url, form) for _ in range(2))
    second.save(**{their_field: theirs})
    first.save(**{my_field: mine})
    third = Page(UserFactory(superuser=True), url, form)
    third.save(**{their_field: f"{theirs}1"})

    assert first.save(("_continue", "1")).status_code == 200

    assert stored()[0] == f"{theirs}1"


@pytest.mark.parametrize("case", CASES)
def test_page_without_its_version_overwrites_nothing(case):
    url, form, _, (my_field, mine), stored = case()
    page = Page(UserFactory(superuser=True), url, form)
    before = stored()
    page.fields["opened"] = "nonsense"

    assert page.save(**{my_field: mine}).status_code == 200

    assert stored() == before


def test_same_change_by_two_is_no_conflict():
    url, form, (their_field, theirs), _, stored = exam_case()
    first, second = (Page(UserFactory(superuser=True), url, form) for _ in range(2))
    second.save(**{their_field: theirs})

    assert first.save(**{their_field: theirs}).status_code == 302

    assert stored()[0] == theirs


def test_text_that_both_changed_is_shown_side_by_side():
    url, form, *_ = question_case()
    first, second = (Page(UserFactory(instructor=True), url, form) for _ in range(2))
    second.save(stem="Which of these four is right?")

    response = first.save(stem="Which one of these is right?")

    (conflict,) = response.context["conflicts"]
    assert (conflict.label, conflict.take) == ("Stem", "mine")
    assert re.search(r"<ins\s*>", response.text)
    assert re.search(r"<del\s*>", response.text)
    assert first.save(("_continue", "1"), **{"take-stem": "theirs"}).status_code == 302
    assert Page(UserFactory(instructor=True), url, form).fields["stem"] == ["Which of these four is right?"]


# --- Rows on the page of another ----------------------------------------------------------------------------------


@pytest.fixture
def quota():
    exam = make_exam(question_count=4)
    domain = exam.certification.domains.first()
    return ExamQuota.objects.create(exam=exam, domain=domain, question_count=4)


def test_row_that_somebody_else_changed_is_not_changed_back(quota):
    url = reverse("admin:exams_exam_change", args=[quota.exam_id])
    first, second = (Page(UserFactory(superuser=True), url, "exam_form") for _ in range(2))
    assert second.save(question_count="3", **{"quotas-0-question_count": "3"}).status_code == 302

    response = first.save(title="Mine")

    assert response.status_code == 200
    quota.refresh_from_db()
    assert quota.question_count == 3
    assert any(conflict.name == "quotas-0-question_count" for conflict in response.context["conflicts"])


def test_row_that_somebody_else_changed_is_not_deleted_unseen(quota):
    url = reverse("admin:exams_exam_change", args=[quota.exam_id])
    first, second = (Page(UserFactory(superuser=True), url, "exam_form") for _ in range(2))
    second.save(question_count="3", **{"quotas-0-question_count": "3"})

    response = first.save(**{"quotas-0-DELETE": "on"})

    assert response.status_code == 200
    assert ExamQuota.objects.filter(pk=quota.pk).exists()


def test_assignment_whose_window_somebody_else_moved_keeps_it():
    assignment = AssignmentFactory()
    url = reverse("admin:exams_cohort_change", args=[assignment.cohort_id])
    first, second = (Page(UserFactory(superuser=True), url, "cohort_form") for _ in range(2))
    assert second.save(**{"assignments-0-attempts_allowed": "2"}).status_code == 302

    assert first.save(name="Mine").status_code == 200

    assignment.refresh_from_db()
    assert assignment.attempts_allowed == 2


# --- Other forms ----------------------------------------------------------------------------------------------------


def test_preferences_in_two_tabs():
    person = UserFactory(name="Old")
    url = reverse("accounts:preferences")
    first, second = (client_of(person) for _ in range(2))
    opened = fields_of(first.get(url), "")["opened"]
    second.post(url, {"name": "New", "time_zone": "UTC", "opened": opened})

    response = first.post(url, {"name": "Old", "time_zone": "Asia/Tokyo", "opened": opened})

    assert str(STALE) in response.text
    assert read(person, "name", "time_zone") == ("New", "UTC")


def test_accommodation_that_somebody_else_gave_meanwhile_is_shown_not_replaced():
    member, teacher = UserFactory(), UserFactory(instructor=True)
    assignment = AssignmentFactory(cohort=CohortFactory(instructor=teacher, members=[member]))
    url = reverse("admin:exams_cohort_member", args=[assignment.cohort_id, member.pk])
    page = client_of(teacher)
    page.get(url)
    rights = {"extra_time_percent": 50, "closes_at": None, "attempts_allowed": None}
    accommodate(assignment=assignment, candidate=member, by=teacher, now=timezone.now(), **rights)

    prefix = assignment.pk
    response = page.post(
        url, {"assignment": prefix, f"{prefix}-attempts_allowed": "3", f"{prefix}-extra_time_percent": ""}
    )

    assert str(STALE) in response.text
    kept = Accommodation.objects.get()
    assert (kept.extra_time_percent, kept.attempts_allowed) == (50, None)


# --- Pages that decide ------------------------------------------------------------------------------------------------


@pytest.fixture
def draft():
    question = QuestionFactory(task=TaskFactory())
    save_draft(question=question, content=make_content("read"), by=UserFactory(instructor=True), now=timezone.now())
    return question


STEPS = ["approve_and_publish", "approve", "publish", "send_back", "send_to_review", "retire", "restore"]


@pytest.mark.parametrize("step", STEPS)
def test_step_decides_about_the_text_that_was_read(draft, step):
    reviewer = UserFactory(instructor=True)
    client = client_of(reviewer)
    page = reverse("admin:questions_question_change", args=[draft.pk])
    draft.reviewer = reviewer
    draft.save()
    seen = client.get(page).context["seen"]
    save_draft(question=draft, content=make_content("unseen"), by=UserFactory(instructor=True), now=timezone.now())
    before = draft.events.count()
    fields = {
        "step": step,
        "_confirmed": "1",
        "text": "Read.",
        "seen": seen,
        "reviewer": UserFactory(instructor=True).pk,
        "revision": 1,
    }

    response = client.post(reverse("admin:questions_question_step", args=[draft.pk]), fields, follow=True)

    assert "after you opened the page" in response.text
    draft.refresh_from_db()
    assert (draft.published_revision.number, draft.status, draft.reviewer) == (1, "published", reviewer)
    assert draft.events.count() == before


@pytest.mark.parametrize("action", ["publish_selected", "retire_selected", "difficulty_selected"])
def test_bulk_action_leaves_out_what_changed_since_it_was_listed(draft, action):
    other = QuestionFactory(task=TaskFactory())
    save_draft(question=other, content=make_content("other"), by=UserFactory(instructor=True), now=timezone.now())
    client, url = client_of(UserFactory(superuser=True)), reverse("admin:questions_question_changelist")
    chosen = {"action": action, "_selected_action": [draft.pk, other.pk]}
    listed = client.post(url, chosen)
    save_draft(question=draft, content=make_content("unseen"), by=UserFactory(instructor=True), now=timezone.now())

    fields = {**fields_of(listed, ""), "difficulty": "hard", "_confirmed": "1", **chosen}
    client.post(url, fields)

    draft.refresh_from_db()
    other.refresh_from_db()
    changed = {
        "publish_selected": lambda question: question.published_revision.number == 2,
        "retire_selected": lambda question: question.status == "retired",
        "difficulty_selected": lambda question: question.difficulty == "hard",
    }[action]
    assert (changed(draft), changed(other)) == (False, True)


MORE_ACTIONS = {
    "move_selected": lambda question: question.placements.filter(task__name="Elsewhere").exists(),
    "review_selected": lambda question: question.reviewer is not None,
}


@pytest.mark.parametrize("action", MORE_ACTIONS)
def test_action_on_a_question_that_somebody_changed_meanwhile_is_refused(draft, action):
    other = QuestionFactory(task=TaskFactory())
    save_draft(question=other, content=make_content("other"), by=UserFactory(instructor=True), now=timezone.now())
    task = TaskFactory(domain=draft.placements.get().task.domain, code="99.9", name="Elsewhere")
    client, url = client_of(UserFactory(superuser=True)), reverse("admin:questions_question_changelist")
    chosen = {"action": action, "_selected_action": [draft.pk, other.pk]}
    listed = client.post(url, chosen)
    set_difficulty(question=draft, difficulty="hard")

    sent = {"task": str(task), "reviewer": UserFactory(instructor=True).pk, "_confirmed": "1"}
    response = client.post(url, {**fields_of(listed, ""), **sent, **chosen}, follow=True)

    assert "after you opened the page" in response.text
    draft.refresh_from_db()
    other.refresh_from_db()
    assert [MORE_ACTIONS[action](question) for question in (draft, other)] == [False, True]


def test_tags_are_added_to_those_that_somebody_else_gave_meanwhile(draft):
    draft.tags.add(Tag.objects.create(name="old"))
    client, url = client_of(UserFactory(superuser=True)), reverse("admin:questions_question_changelist")
    chosen = {"action": "tag_selected", "_selected_action": [draft.pk]}
    listed = client.post(url, chosen)
    draft.tags.add(Tag.objects.create(name="theirs"))

    client.post(url, {**fields_of(listed, ""), **chosen, "add": "mine", "remove": "old", "_confirmed": "1"})

    assert set(draft.tags.values_list("name", flat=True)) == {"mine", "theirs"}


def test_rescore_is_ordered_by_the_key_that_was_read():
    teacher = UserFactory(instructor=True)
    attempt = make_attempt()
    question = attempt.items.first().question
    client, url = client_of(teacher), reverse("admin:exams_rescore_offer", args=[question.pk])
    page = fields_of(client.get(url), "")
    save_draft(question=question, content=make_content("newer"), by=teacher, now=timezone.now())
    publish(question=question, by=teacher, now=timezone.now())

    fields = {**page, "rule": "credit", "reason": "It was wrong"}
    response = client.post(url, fields, follow=True)

    assert "was published after you opened the page" in response.text
    assert not question.rescores.exists()


@pytest.mark.parametrize("act", ["replace", "delete"])
def test_form_that_somebody_else_changed_is_neither_changed_nor_deleted(act):
    exam = make_exam(form_kind="fixed", per_domain=9)
    teacher = UserFactory(superuser=True)
    form, _ = draw_form(exam=exam, by=teacher, now=timezone.now())
    client = client_of(teacher)
    seen = client.get(reverse("admin:exams_exam_form", args=[exam.pk, 1])).context["seen"]
    replace = reverse("admin:exams_exam_form_replace", args=[exam.pk, 1])
    client.post(replace, {"position": 1, "code": "", "seen": seen})
    before = list(form.questions.values_list("question", flat=True))

    url = reverse(f"admin:exams_exam_form_{act}", args=[exam.pk, 1])
    response = client.post(url, {"position": 1, "code": "", "seen": seen}, follow=True)

    assert "after you opened the page" in response.text
    assert list(form.questions.values_list("question", flat=True)) == before


def test_time_is_not_given_twice_by_two_who_did_not_know_of_each_other():
    member, teacher = UserFactory(), UserFactory(instructor=True)
    assignment = AssignmentFactory(cohort=CohortFactory(instructor=teacher, members=[member]))
    attempt = make_attempt(exam=assignment.exam, candidate=member)
    deadline = attempt.deadline_at
    client, url = client_of(teacher), reverse("admin:exams_cohort_extend", args=[assignment.cohort_id, assignment.pk])
    how = {"minutes": 10, "by": UserFactory(instructor=True), "now": timezone.now()}
    extend_attempt(attempt_id=attempt.pk, reason="Fire drill", **how)

    for chosen in ({"attempt": attempt.pk}, {}):
        fields = {"reason": "Fire drill", "minutes": 10, "last": 0, **chosen}
        assert "after you opened the page" in client.post(url, fields, follow=True).text

    attempt.refresh_from_db()
    assert attempt.deadline_at - deadline == dt.timedelta(minutes=10)
