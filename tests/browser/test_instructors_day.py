"""A day of an instructor without superuser rights: from a question that is written to the last report answered."""

import csv
import io
import re

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from exams.attempts.models import Attempt
from questions.models import Question
from tests.browser.helpers import expect_result, expect_saved, fill_log_in, go_to, log_in
from tests.browser.test_instructor import choose_task, fill_option, messages
from tests.factories import ExamFactory, QuestionFactory, TaskFactory, UserFactory

STEM = "A company keeps **click data** for a year and asks about it with SQL, seldom. Which store costs the least?"
STORES = {"Amazon S3": "Cheap, and Athena asks it.", "Amazon Redshift": "A cluster is paid for while nobody asks."}
REASON = "The key named Amazon Redshift; the documents say Amazon S3."
REPORT = "A cluster for a question a month? Amazon S3 with Athena costs less."
ANSWER = "You are right. The key is corrected and your score was re-scored."

MOODLE = """<?xml version="1.0" encoding="UTF-8"?>
<quiz>
  <question type="category"><category><text>$course$/top/Streams</text></category></question>
  <question type="multichoice">
    <name><text>Shards</text></name>
    <questiontext format="html"><text><![CDATA[<p>What bounds the <b>throughput</b>?</p>]]></text></questiontext>
    <generalfeedback format="html"><text>A stream is as wide as its shards.</text></generalfeedback>
    <single>true</single>
    <answer fraction="100"><text>Its shards</text><feedback><text>Each takes 1 MB a second.</text></feedback></answer>
    <answer fraction="0"><text>Its name</text><feedback><text>No.</text></feedback></answer>
  </question>
  <question type="matching">
    <name><text>Who does what</text></name>
    <questiontext format="html"><text>Match the service.</text></questiontext>
    <subquestion format="html"><text>Keeps files</text><answer><text>Amazon S3</text></answer></subquestion>
    <subquestion format="html"><text>Asks with SQL</text><answer><text>Amazon Athena</text></answer></subquestion>
  </question>
</quiz>
"""


@pytest.fixture
def task(live_server):
    return TaskFactory(domain__name="Data", name="Choose a store")


@pytest.fixture
def exam(task):
    QuestionFactory(task=task)
    return ExamFactory(certification=task.domain.certification, question_count=2, title="Friday mock", is_offered=False)


def test_instructor_writes_has_reviewed_assigns_corrects_and_answers(new_context, settings, task, exam):
    settings.TWO_PERSON_RULE = True
    instructor, reviewer = UserFactory(name="Ines", instructor=True), UserFactory(name="Rolf", instructor=True)
    candidate = UserFactory(name="Carla")
    assert not any(person.is_superuser for person in (instructor, reviewer))
    desk = new_context().new_page()
    desk.goto(reverse("admin:index"))
    fill_log_in(desk, instructor)
    second, theirs = (tab(new_context(), person) for person in (reviewer, candidate))

    question = write(desk, task)
    is_reviewed(desk, second, question)
    assign(desk, theirs, exam)
    attempt = take(theirs, candidate, question)
    report(theirs, attempt, question)

    correct_key(desk, second)
    rescore(desk)
    answer(desk, question)
    reads_what_came_of_it(theirs, attempt)


def tab(context, user):
    log_in(context, user)
    return context.new_page()


def open_admin(page, model, *, add=False):
    """Go where the admin's own front page leads."""
    page.goto(reverse("admin:index"))
    row = page.locator("#content-main").get_by_role("row", name=model)
    row.get_by_role("link", name="Add" if add else model, exact=not add).click()


def live(page, name):
    return page.locator("#live").get_by_role("region", name=name)


def write(desk, task):
    """The question as it is first written, with the wrong key."""
    open_admin(desk, "Questions", add=True)
    desk.get_by_label("Code:").fill("cheap-store")
    desk.get_by_label("Stem:").fill(STEM)
    choose_task(desk, 0, task)
    for number, (store, rationale) in enumerate(STORES.items(), start=1):
        fill_option(desk, number, store, rationale=rationale, is_key=store == "Amazon Redshift")
    desk.get_by_label("Explanation:").fill("Storage and queries are paid for apart.")
    expect(live(desk, "In the exam").get_by_role("strong")).to_have_text("click data")
    expect(live(desk, "In the exam")).not_to_contain_text("Athena asks it")
    expect(live(desk, "In the review").locator(".is-key")).to_contain_text("Amazon Redshift")
    expect(desk.locator(".live-notes")).to_contain_text("a reference is missing; name a document and its section.")
    desk.get_by_label("References:").fill("Amazon Athena User Guide | Pricing")
    expect(desk.locator(".live-notes")).to_contain_text("Nothing is missing for publication.")
    desk.get_by_role("button", name="Save and continue editing").click()
    expect(messages(desk)).to_contain_text("was added successfully")
    return Question.objects.get(code="cheap-store")


def step(page, name, *, text="", reviewer=""):
    if text:
        page.get_by_label("Comment").fill(text)
    if reviewer:
        page.get_by_label("Reviewer").select_option(label=reviewer)
    page.get_by_role("button", name=name, exact=True).click()


def is_reviewed(desk, second, question):
    """Nobody publishes what nobody else has read; who wrote it publishes it when somebody has."""
    step(desk, "Publish the draft")
    expect(messages(desk)).to_contain_text("Somebody else must approve or publish it: send it to review.")
    step(desk, "Send to review", text="Is the stem clear?", reviewer="Rolf")
    expect(messages(desk)).to_contain_text("Rolf was asked to review the question.")

    second.goto(reverse("admin:index"))
    second.get_by_role("region", name="For you to review").get_by_role("link", name="cheap-store").click()
    expect(second.get_by_text("waiting for your review")).to_be_visible()
    step(second, "Comment", text="Clear to me.")
    expect(second.locator(".events")).to_contain_text("Clear to me.")
    step(second, "Approve")
    expect(messages(second)).to_contain_text("is approved and can be published.")

    desk.reload()
    expect(desk.locator(".events")).to_contain_text("Clear to me.")
    step(desk, "Publish the draft")
    expect(messages(desk)).to_contain_text("is published.")
    kinds = [event.kind for event in question.events.order_by("pk")]
    assert kinds[-4:] == ["sent_to_review", "commented", "approved", "published"]


def assign(desk, theirs, exam):
    """A new cohort with the exam; its link is enough for a candidate to be in it."""
    open_admin(desk, "Cohorts", add=True)
    desk.get_by_label("Name").fill("Autumn")
    desk.get_by_role("button", name="Add another Assignment").click()
    desk.locator("#id_assignments-0-exam").select_option(label=exam.title)
    desk.get_by_role("button", name="Save and continue editing").click()
    expect(messages(desk)).to_contain_text("was added successfully")
    desk.get_by_role("link", name="People").click()
    theirs.goto(desk.locator(".invite-link").inner_text())
    theirs.get_by_role("button", name="Join as").click()
    expect(theirs.get_by_text("You have joined Autumn.")).to_be_visible()


def take(theirs, candidate, question):
    """The member starts the assigned exam and answers rightly what the key calls wrong."""
    theirs.get_by_role("link", name="Start exam").click()
    theirs.get_by_role("button", name="Start exam").click()
    expect(theirs.locator("#exam-foot")).to_be_visible()
    attempt = Attempt.objects.get(candidate=candidate)
    assert attempt.assignment.cohort.name == "Autumn"
    position = attempt.items.get(question=question).position
    go_to(theirs, position)
    theirs.locator(f"#q{position} label[for]").filter(has_text="Amazon S3").click()
    expect_saved(theirs, position)
    theirs.get_by_role("button", name="Finish exam").click()
    theirs.get_by_role("button", name="Submit now").click()
    expect_result(theirs, attempt)
    expect(theirs.get_by_role("region", name="Estimated score")).to_contain_text("0 of 2 scored questions correct")
    return attempt


def report(theirs, attempt, question):
    theirs.get_by_role("link", name="Review the questions").click()
    position = attempt.items.get(question=question).position
    theirs.get_by_role("navigation", name="Questions").get_by_role("link", name=f"{position} wrong", exact=True).click()
    article = theirs.get_by_role("article").filter(has_text="click data")
    expect(article).to_contain_text("✗ wrong")
    article.get_by_text("Report a problem").click()
    article.get_by_label("What is wrong?").select_option("wrong_key")
    article.get_by_label("Tell us more").fill(REPORT)
    article.get_by_role("button", name="Send report").click()
    expect(theirs.get_by_text("Thank you. Your report")).to_be_visible()
    expect(article).to_contain_text("An instructor will look at it")


def correct_key(desk, second):
    """From the queue of reports to the question, whose next revision the second person publishes."""
    desk.goto(reverse("admin:index"))
    desk.get_by_role("link", name="1 question with open problem reports").click()
    desk.get_by_role("row").filter(has_text="cheap-store").get_by_role("link").click()
    expect(desk.get_by_text(REPORT)).to_be_visible()
    desk.get_by_role("link", name="Open the question").click()
    desk.locator("#id_option_1_key").check()
    desk.locator("#id_option_2_key").uncheck()
    desk.get_by_role("button", name="Save and continue editing").click()
    expect(desk.get_by_text("the text below is the draft of revision 2")).to_be_visible()
    step(desk, "Send to review", text="The key was wrong.", reviewer="Rolf")

    second.reload()
    step(second, "Approve and publish", text="It was.")
    expect(messages(second)).to_contain_text("is approved and published.")


def rescore(desk):
    desk.reload()
    expect(desk.get_by_text("1 scored attempt still uses the key of revision 1.")).to_be_visible()
    desk.get_by_role("link", name="See them and re-score").click()
    older = desk.get_by_role("region", name="Revision 1")
    expect(older).to_contain_text("Friday mock (1)")
    older.get_by_label("Reason").fill(REASON)
    older.get_by_role("button", name="Judge by the corrected key").click()
    expect(messages(desk)).to_contain_text("The scores will be updated in the background.")
    desk.get_by_role("link", name="See the result").click()
    expect(desk.get_by_text("1 re-scored; 1 with a different score")).to_be_visible()


def answer(desk, question):
    desk.goto(reverse("admin:exams_problemreport_question", args=[question.pk]))
    desk.get_by_label("Answer", exact=True).fill(ANSWER)
    desk.get_by_role("radio", name="corrected").check()
    desk.get_by_role("button", name="Answer the chosen reports").click()
    expect(messages(desk)).to_contain_text("1 report of cheap-store was answered.")
    expect(desk.get_by_text("There are no open reports.")).to_be_visible()


def reads_what_came_of_it(theirs, attempt):
    theirs.reload()
    article = theirs.get_by_role("article").filter(has_text="click data")
    expect(article).to_contain_text("✓ correct")
    expect(article.locator(".report")).to_contain_text(ANSWER)
    theirs.goto(reverse("exams:attempt-result", args=[attempt.pk]))
    correction = theirs.get_by_role("region", name="Your score was corrected")
    expect(correction).to_contain_text(REASON)
    expect(correction).to_contain_text(re.compile(r"Before: 100\s+\(0 of 2\)[^N]*Now: 550\s+\(1 of 2\)"))
    assert [(score.version, score.correct) for score in attempt.scores.order_by("version")] == [(1, 0), (2, 1)]


# --- Files ------------------------------------------------------------------------------------------------------------


def test_instructor_imports_a_table_mends_what_was_refused_and_imports_from_moodle(new_context, task):
    desk = tab(new_context(), UserFactory(instructor=True))
    certification = task.domain.certification.code
    rows = [table_row(number, f"{certification}:{task.code}") for number in range(200)]
    key, tasks = rows[56]["key"], rows[142]["tasks"]
    rows[56]["key"], rows[142]["tasks"] = "E", f"{certification}:9.9"

    look_at(desk, "autumn.csv", as_csv(rows))
    expect(counts(desk)).to_contain_text(["2 refused", "198 new"])
    refused = desk.locator(".import-refused")
    expect(refused).to_have_count(2)
    expect(refused.nth(0)).to_contain_text("table-056")
    expect(refused.nth(0)).to_contain_text("key")
    expect(refused.nth(1)).to_contain_text("table-142")
    expect(refused.nth(1)).to_contain_text("9.9")
    assert Question.objects.count() == 0
    desk.get_by_role("button", name="Import 198 questions, leave out 2").click()
    expect(desk.get_by_text("autumn.csv was imported.")).to_be_visible()
    assert Question.objects.filter(status="draft", placements__task=task).count() == 198

    rows[56]["key"], rows[142]["tasks"] = key, tasks
    look_at(desk, "autumn.csv", as_csv(rows))
    expect(counts(desk)).to_contain_text(["2 new", "198 unchanged"])
    desk.get_by_role("button", name="Import 2 questions").click()
    expect(desk.get_by_text("autumn.csv was imported.")).to_be_visible()
    assert Question.objects.filter(status="draft", placements__task=task).count() == 200
    desk.get_by_role("link", name="table-142").click()
    desk.get_by_role("link", name="table-142").click()
    expect(live(desk, "In the review").locator(".is-key")).to_contain_text("Answer 142-1")

    look_at(desk, "streams.xml", MOODLE.encode(), task=task)
    expect(counts(desk)).to_contain_text(["2 new"])
    desk.get_by_role("button", name="Import 2 questions").click()
    expect(desk.get_by_text("streams.xml was imported.")).to_be_visible()
    shards = Question.objects.get(revisions__stem="What bounds the **throughput**?")
    assert shards.revisions.get().content.options[0].key
    assert {*Question.objects.exclude(code__startswith="table-").values_list("revisions__kind", flat=True)} == {
        "single",
        "matching",
    }


def table_row(number, task):
    return {
        "id": f"table-{number:03}",
        "tasks": task,
        "stem": f"Service number {number * number}: what is it for in chapter {number}?",
        "key": "ABCD"[number % 4] if number != 142 else "B",
        **{f"option_{option}": f"Answer {number}-{option - 1}" for option in range(1, 5)},
        **{f"rationale_{option}": f"Because of {number} and {option}." for option in range(1, 5)},
        "explanation": f"The point of {number}.",
        "references": f"Guide | Chapter {number}",
        "valid_as_of": "2026-11-21",
    }


def as_csv(rows):
    buffer = io.StringIO(newline="")
    table = csv.DictWriter(buffer, list(rows[0]))
    table.writeheader()
    table.writerows(rows)
    return buffer.getvalue().encode()


def look_at(desk, name, data, *, task=None):
    open_admin(desk, "Questions")
    desk.get_by_role("link", name="Import", exact=True).click()
    desk.get_by_label("File").set_input_files({"name": name, "mimeType": "application/octet-stream", "buffer": data})
    if task:
        desk.get_by_label("Task").fill(str(task))
    desk.get_by_role("button", name="Check the file").click()
    expect(desk.get_by_role("heading", name=f"Import {name}")).to_be_visible()


def counts(desk):
    return desk.locator(".import-counts li")
