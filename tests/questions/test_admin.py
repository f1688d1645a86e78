"""The instructor's pages of questions: writing, preview while writing, steps of the review, many at once, the list."""

import re

import pytest
from django.urls import reverse
from django.utils import timezone

from questions.models import Question, QuestionTask, Tag
from questions.queries import version_of
from questions.services import publish, save_draft
from tests.exams.helpers import client_of
from tests.factories import QuestionFactory, TaskFactory, UserFactory, make_content
from tests.queries import count_queries
from tests.questions.admin_pages import ADD, LIST, LIVE, fields_of, filled, made, texts, url

pytestmark = pytest.mark.django_db


@pytest.fixture
def instructor():
    return UserFactory(instructor=True, name="Ina")


@pytest.fixture
def client(instructor):
    return client_of(instructor)


@pytest.fixture
def task():
    return TaskFactory(name="Sanitize data")


# --- Writing ------------------------------------------------------------------------------------------------


def test_draft_is_saved_with_its_author_tags_and_task(client, instructor, task):
    client.post(reverse(ADD), filled(client, task, tag_names="Kinesis, click data", case="A *case*."))

    question = made()
    revision = question.revisions.get()
    assert (question.status, revision.created_by, revision.case_text) == ("draft", instructor, "A *case*.")
    assert [str(tag) for tag in question.tags.all()] == ["click-data", "kinesis"]
    assert question.placements.get().task == task
    assert [event.kind for event in question.events.all()] == ["written"]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [("{label}", True), ("{label_lower}", True), ("  {beginning} ", True), ("CERT", False), ("nothing", False)],
)
def test_task_is_known_by_its_label_or_a_beginning_that_is_the_only_one(client, task, wanted, found):
    TaskFactory(domain=task.domain, code="9.9")
    label = str(task)
    value = wanted.format(label=label, label_lower=label.lower(), beginning=label[: -len("data")])

    response = client.post(reverse(ADD), filled(client, task, **{"placements-0-task": value}))

    assert Question.objects.filter(placements__task=task).exists() is found
    if not found:
        assert "Choose one from the list, for example" in response.text
        assert value.strip() in response.text


def test_second_task_of_a_certification_is_refused(client, task):
    other = TaskFactory(domain=task.domain, code="9.9")
    fields = {"placements-TOTAL_FORMS": 2, "placements-1-task": str(other), "placements-1-id": ""}

    response = client.post(reverse(ADD), filled(client, task, **fields))

    assert "Choose one task per certification" in response.text


@pytest.mark.parametrize("tags", ["c++, ++", "x" * 51, "日本"])
def test_tag_that_cannot_be_one_is_refused(client, task, tags):
    assert "is not a valid tag" in client.post(reverse(ADD), filled(client, task, tag_names=tags)).text


def test_matching_question_is_written_with_matches_and_decoys(client, task):
    fields = {"kind": "matching", "option_1_match": "x", "option_2_match": "y", "decoys": "z\n\n z \n"}
    client.post(reverse(ADD), filled(client, task, **fields))

    content = made().revisions.get().content
    assert ([option.match for option in content.options], content.decoys) == (["x", "y"], ("z",))
    assert fields_of(client.get(url("change", made())))["decoys"] == "z"


def test_what_the_kind_does_not_have_is_left_out_and_named(client, task):
    fields = {"kind": "ordering", "option_2_match": "y", "decoys": "z"}
    response = client.post(reverse(ADD), filled(client, task, **fields), follow=True)

    assert made().revisions.get().content.decoys == ()
    told = "do not use it: the key mark of option 1, the match of option 2, the decoys."
    assert [text for text in texts(response) if told in text]


def test_places_move_options_without_javascript(client, task):
    fields = {"option_3_text": "Other", "option_3_place": "1", "option_1_place": "8"}
    client.post(reverse(ADD), filled(client, task, **fields))

    content = made().revisions.get().content
    assert [(option.text, option.key) for option in content.options] == [
        ("Other", False), ("That", False), ("This", True),
    ]  # fmt: skip


def test_next_question_starts_with_what_the_last_was_filed_under(client, task):
    fields = {"difficulty": "hard", "tag_names": "a, b", "kind": "multiple", "option_2_key": "on", "_addanother": "1"}
    response = client.post(reverse(ADD), filled(client, task, **fields), follow=True)

    again = fields_of(response)
    assert (again["difficulty"], again["tag_names"], again["kind"]) == ("hard", "a, b", "multiple")
    assert (again["placements-0-task"], "stem" in again) == (str(task), False)
    assert again["code"] != "new-one"
    again |= {"code": "second", "stem": "Another?", "option_1_text": "1", "option_2_text": "2"}
    client.post(reverse(ADD), again)
    assert QuestionTask.objects.get(question__code="second").task == task


@pytest.mark.parametrize(
    "query", ["task=x", "task=99999999999999999999", "kind=nothing", "difficulty=<b>", "tag_names=%00"]
)
def test_strange_start_of_a_new_question_is_never_a_fault(client, query):
    assert client.get(f"{reverse(ADD)}?{query}").status_code in (200, 400)


def test_two_person_rule_holds_in_the_form(client, task, settings):
    settings.TWO_PERSON_RULE = True
    fields = {f"option_{n}_rationale": "Because." for n in (1, 2)} | {"explanation": "E.", "references": "A | B"}

    response = client.post(reverse(ADD), filled(client, task, _publish="1", **fields), follow=True)

    assert any("was saved but not published. You wrote revision 1" in text for text in texts(response))
    assert made().status == "draft"


# --- Preview while writing ------------------------------------------------------------------------------------


def live(client, task, **changes):
    response = client.post(reverse(LIVE), filled(client, task, **changes))
    assert response.status_code == 200
    return response.text


def test_preview_shows_both_views_and_stores_nothing(client, task):
    page = live(client, task, stem="Which **store**?", case="A case.", option_1_rationale="It fits.")

    asked, reviewed = page.split("In the review")
    assert "<strong>store</strong>" in asked
    assert 'type="radio"' in asked
    assert "It fits." not in asked
    assert "It fits." in reviewed
    assert "✓ correct answer" in reviewed
    assert Question.objects.count() == 0


@pytest.mark.parametrize("kind", ["single", "multiple", "ordering", "matching"])
def test_preview_takes_every_kind_and_whatever_is_filled(client, task, kind):
    for changes in ({}, {"option_1_match": "x", "decoys": "y"}, {"option_1_text": "", "option_2_text": "", "stem": ""}):
        assert "In the exam" in live(client, task, kind=kind, **changes)


def test_preview_says_what_is_missing_and_what_could_be_better(client, task):
    page = live(client, task, option_1_key="", option_2_text="All of the above", stem="Which is not it?")

    assert "<b>Option 2</b>: “All of the above” tests logic" in page
    assert "<b>Stem</b>: “not” is easily overlooked" in page
    assert "<b>Key</b>: no key; mark the right option" in page
    assert "<b>Option 1, rationale</b>: “This” has no rationale" in page
    assert 'data-summary="5 missing for publication, 2 to look at."' in page


def test_preview_of_an_empty_form_says_what_forbids_to_save_it(client, task):
    page = live(client, task, stem="", kind="nothing", references="no bar", option_1_text="", valid_as_of="x")

    assert "Correct these errors before you save" in page
    assert "Line 1 lacks a title or a section" in page


def test_preview_names_the_near_duplicate_but_not_the_question_itself(client, task):
    stem = "A company keeps streaming click data for a year and queries it with SQL at low cost. Which store fits?"
    question = QuestionFactory(draft=True, revision=None, code="the-same")
    save_draft(question=question, content=make_content(stem=stem), by=None, now=timezone.now())

    assert "the-same</a> (100 % alike)" in live(client, task, stem=stem)
    assert "the-same</a>" not in live(client, task, stem=stem, question=str(question.pk), code="the-same")


@pytest.mark.parametrize("pk", ["", "x", "0", "99999999999999999999", "-1", "²"])
def test_preview_for_a_question_that_is_not_there_is_one_of_a_new_one(client, task, pk):
    assert "In the exam" in live(client, task, question=pk)


def test_preview_takes_a_bounded_number_of_queries_whatever_the_bank(client, task):
    stem = "A company keeps streaming click data for a year and queries it with SQL at low cost. Which store fits?"
    fields = filled(client, task, stem=stem)
    counts = []
    for number in (1, 30):
        for n in range(number):
            question = QuestionFactory(draft=True, revision=None)
            save_draft(question=question, content=make_content(stem=f"{stem} {n}"), by=None, now=timezone.now())
        with count_queries() as counted:
            client.post(reverse(LIVE), fields)
        counts.append(counted.number)

    assert counts[0] == counts[1] <= 8


def test_who_may_only_look_gets_no_preview_of_a_form(task):
    staff = client_of(UserFactory(is_staff=True))

    assert staff.post(reverse(LIVE), {"stem": "x"}).status_code == 403


def test_very_long_texts_are_refused_and_not_rendered(client, task):
    page = live(client, task, stem="*" * 20_001)

    assert "at most 20000 characters" in page
    assert "*" * 100 not in page


# --- Steps ------------------------------------------------------------------------------------------------------


def step(client, question, name, **fields):
    return client.post(url("step", question), {"step": name, "seen": seen(question), **fields}, follow=True)


def seen(question):
    """Return what a page opened now sends along to say which version it showed."""
    return version_of(Question.objects.get(pk=question.pk))


@pytest.mark.parametrize(("waiting", "link"), [(10, None), (11, "All 11 of them")])
def test_first_page_leads_to_all_that_waits_for_review_once_it_cannot_list_it(client, instructor, task, waiting, link):
    Question.objects.filter(
        pk__in=[question.pk for question in QuestionFactory.create_batch(waiting, draft=True, task=task)]
    ).update(reviewer=instructor, status="in_review")

    found = re.search(r'review=mine">\s*([^<]+?)\s*<', client.get(reverse("admin:index")).text)

    assert (found and found[1]) == link


STEPS_OF_AUTHORS = {"comment", "send_to_review", "send_back", "publish", "retire", "copy"}


def steps_offered(page):
    return set(re.findall(r'name="step" value="(\w+)"', page))


def test_author_is_not_offered_to_approve_where_two_people_must_agree(client, instructor, task, settings):
    settings.TWO_PERSON_RULE = True
    question = QuestionFactory(draft=True, task=task)
    save_draft(question=question, content=make_content("mine"), by=instructor, now=timezone.now())
    step(client, question, "send_to_review", reviewer=UserFactory(instructor=True).pk)

    assert steps_offered(client.get(url("change", question)).text) == STEPS_OF_AUTHORS


def test_review_from_draft_to_candidates(client, instructor, task):
    question = QuestionFactory(draft=True, task=task)
    reviewer = UserFactory(instructor=True, name="Rita")
    theirs = client_of(reviewer)
    assert "For you to review" not in theirs.get(reverse("admin:index")).text

    step(client, question, "send_to_review", reviewer=reviewer.pk, text="Please look at <b>this</b>.")
    assert question.code in theirs.get(reverse("admin:index")).text
    assert question.code in theirs.get(f"{reverse(LIST)}?review=mine").text
    assert question.code not in client.get(f"{reverse(LIST)}?review=mine").text
    page = theirs.get(url("change", question)).text
    assert "waiting for <strong>your review</strong>" in page
    assert steps_offered(page) == {*STEPS_OF_AUTHORS, "approve", "approve_and_publish"}
    assert "to Rita: Please look at &lt;b&gt;this&lt;/b&gt;." in page

    step(theirs, question, "comment", text="Which region?")
    done = step(theirs, question, "approve_and_publish")

    assert texts(done) == [f"{question} is approved and published."]
    question.refresh_from_db()
    assert question.status == "published"
    assert "For you to review" not in theirs.get(reverse("admin:index")).text


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"step": "send_back", "text": "No."}, "Nothing was changed. This question is not in review"),
        ({"step": "send_to_review"}, "Nothing was changed. Choose a reviewer."),
        ({"step": "send_to_review", "reviewer": "987654"}, "Nothing was changed. reviewer: Select a valid choice."),
        ({"step": "nothing"}, "Nothing was changed. step: Select a valid choice."),
        ({}, "Nothing was changed. step: This field is required."),
        ({"step": "comment", "text": "x" * 4001}, "Nothing was changed. text: Ensure this value has at most"),
        ({"step": "restore", "revision": "9"}, "Nothing was changed. This revision does not exist."),
        ({"step": "restore"}, "Nothing was changed. This revision does not exist."),
        ({"step": "restore", "revision": str(10**30)}, "Nothing was changed. revision: Ensure this value is less"),
    ],
)
def test_step_that_cannot_be_taken_is_refused_in_words(client, task, fields, said):
    question = QuestionFactory(draft=True, task=task)

    (text,) = texts(client.post(url("step", question), {"seen": seen(question), **fields}, follow=True))

    assert text.startswith(said)
    assert question.events.count() == 0


def test_staff_who_may_only_look_takes_no_step(task):
    question = QuestionFactory(draft=True, task=task)
    looker = UserFactory(is_staff=True)
    looker.user_permissions.add(*permissions("view_question"))

    assert client_of(looker).post(url("step", question), {"step": "retire"}).status_code == 403
    assert 'name="step"' not in client_of(looker).get(url("change", question)).text


def permissions(*codenames):
    from django.contrib.auth.models import Permission

    return Permission.objects.filter(codename__in=codenames)


def test_copy_opens_as_a_draft(client, task):
    question = QuestionFactory(task=task, content=make_content("a"))

    page = step(client, question, "copy")

    copy = Question.objects.get(copied_from=question)
    assert page.redirect_chain[-1][0] == url("change", copy)
    assert (copy.status, copy.revisions.get().content) == ("draft", make_content("a"))


def test_revisions_stand_side_by_side_and_an_old_one_is_made_the_draft(client, task):
    question = QuestionFactory(task=task, content=make_content("a"))
    save_draft(question=question, content=make_content("b<i>"), by=None, now=timezone.now())

    page = client.get(url("revisions", question)).text
    assert {("del", "a"), ("ins", "b&lt;i&gt;")} <= set(re.findall(r"<(del|ins)\s*>([^<]*)</", page))
    rows = re.findall(r"<tr( class=.is-changed.)?>\s*<th scope=.row.>", page)
    assert rows == sorted(rows, reverse=True)  # what changed comes first
    assert set(rows) == {"", ' class="is-changed"'}
    publish(question=question, by=None, now=timezone.now())
    step(client, question, "restore", revision="1")

    assert question.revisions.get(number=3).content == make_content("a")
    assert "brought back an earlier revision" in client.get(url("change", question)).text


@pytest.mark.parametrize("query", ["old=9", "new=x", "old=-1", "new=1000000000000000000000", "old="])
def test_revision_that_is_not_there_is_404(client, task, query):
    question = QuestionFactory(task=task)

    assert client.get(f"{url('revisions', question)}?{query}").status_code == 404


# --- Many at once -----------------------------------------------------------------------------------------------


def bulk(client, name, questions, **fields):
    versions = {f"seen-{question.pk}": seen(question) for question in questions}
    data = {"action": name, "_selected_action": [question.pk for question in questions], **versions, **fields}
    return client.post(reverse(LIST), data, follow=True)


def test_action_asks_first_and_does_nothing_until_then(client, task):
    questions = QuestionFactory.create_batch(2, draft=True, task=task)

    page = bulk(client, "publish_selected", questions, index="0")

    assert "2 questions." in page.text
    assert all(question.code in page.text for question in questions)
    assert not Question.objects.published().exists()


def test_publishing_many_reports_those_that_are_refused(client, task):
    ready = QuestionFactory(draft=True, task=task, code="ready")
    unready = QuestionFactory(draft=True, task=task, code="unready", content=make_content(explanation=""))

    page = bulk(client, "publish_selected", [ready, unready], _confirmed="1", text="All checked.")

    done, refused = texts(page)
    assert done == "1 question was published."
    assert refused.startswith("1 question could not be processed.")
    assert "unready: explanation: the explanation is missing" in refused
    assert list(Question.objects.published()) == [ready]
    assert ready.events.get().text == "All checked."


def test_two_person_rule_holds_for_many(client, instructor, task, settings):
    settings.TWO_PERSON_RULE = True
    question = QuestionFactory(draft=True, revision=None, task=task)
    save_draft(question=question, content=make_content(), by=instructor, now=timezone.now())

    page = bulk(client, "publish_selected", [question], _confirmed="1")

    assert "You wrote revision 1" in texts(page)[0]


@pytest.mark.parametrize(
    ("name", "fields", "state", "said"),
    [
        ("retire_selected", {"text": "Old."}, {"status": "retired"}, "3 questions were retired."),
        ("review_selected", {"reviewer": "them"}, {"status": "in_review"}, "3 questions were sent to review."),
        (
            "tag_selected",
            {"add": "New tag", "remove": "old"},
            {"tags__name": "new-tag"},
            "The tags of 3 questions were changed.",
        ),
        ("move_selected", {"task": "other"}, {"placements__task__code": "9.9"}, "3 questions were moved."),
        (
            "difficulty_selected",
            {"difficulty": "hard"},
            {"difficulty": "hard"},
            "The difficulty of 3 questions was set.",
        ),
    ],
)
def test_each_action_does_what_it_says_to_all(client, instructor, task, name, fields, state, said):
    questions = QuestionFactory.create_batch(3, draft=True, task=task)
    bystander = QuestionFactory(draft=True, task=task)
    for question in questions:
        question.tags.add(Tag.objects.get_or_create(name="old")[0])
    if "task" in fields:
        fields = {"task": str(TaskFactory(domain=task.domain, code="9.9"))}
    if "reviewer" in fields:
        fields = {"reviewer": instructor.pk}

    page = bulk(client, name, questions, _confirmed="1", **fields)

    assert texts(page)[0] == said
    assert set(Question.objects.filter(**state)) == set(questions)
    assert bystander.code not in str(texts(page))
    assert not (name == "tag_selected" and Question.objects.filter(tags__name="old").exists())


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("review_selected", {"reviewer": ""}),
        ("move_selected", {"task": "nothing"}),
        ("difficulty_selected", {"difficulty": "x"}),
        ("tag_selected", {"add": "++"}),
    ],
)
def test_action_without_what_it_needs_asks_again(client, task, name, fields):
    question = QuestionFactory(draft=True, task=task)

    page = bulk(client, name, [question], _confirmed="1", **fields)

    assert "errorlist" in page.text
    assert question.events.count() == 0


def test_too_many_at_once_are_refused(client, task, monkeypatch):
    monkeypatch.setattr("questions.admin.bulk.MOST_AT_ONCE", 2)
    questions = QuestionFactory.create_batch(3, draft=True, task=task)

    page = bulk(client, "retire_selected", questions, _confirmed="1")

    assert "Choose fewer" in texts(page)[0]
    assert not Question.objects.filter(status="retired").exists()


def test_staff_who_may_only_look_has_no_actions(task):
    question = QuestionFactory(draft=True, task=task)
    looker = UserFactory(is_staff=True)
    looker.user_permissions.add(*permissions("view_question"))

    bulk(client_of(looker), "retire_selected", [question], _confirmed="1")

    question.refresh_from_db()
    assert question.status == "draft"
