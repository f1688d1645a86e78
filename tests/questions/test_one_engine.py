"""The bank's own files and imports share one engine: one plan, one digest, one meaning of "edited here"."""

import datetime as dt
from importlib import import_module

import pytest
from django.apps import apps

from questions import services
from questions.bankfiles import read_bank
from questions.exceptions import QuestionRefused
from questions.formats.base import Defaults
from questions.formats.registry import FORMATS
from questions.models import Question, QuestionEvent, Task
from questions.queries import known_tasks
from questions.services.exporting import entry_of
from tests.factories import UserFactory
from tests.queries import count_queries
from tests.questions.bank_texts import CERTIFICATION, QUESTIONS, changed, earlier_digest, write_files

pytestmark = pytest.mark.django_db

NOW = dt.datetime(2026, 11, 21, 9, tzinfo=dt.UTC)
DEFAULTS = Defaults(valid_as_of=dt.date(2026, 1, 1))
NEW_STEM = ("Which shelf holds the atlas", "On which shelf lies the atlas")
OTHER_STEM = ("Which shelf holds the atlas", "On which shelf of the two is the atlas")


@pytest.fixture
def load(tmp_path):
    def load(*changes, **options):
        bank = read_bank(write_files(tmp_path, a=CERTIFICATION, b=changed(QUESTIONS, *changes)), known_tasks())
        assert bank.problems == []
        return services.load_bank(bank=bank, now=NOW, **options)

    return load


def bring(*changes, by=None, **options):
    """Import the same file as `load` loads."""
    read = FORMATS["yaml"].read(changed(QUESTIONS, *changes).encode(), DEFAULTS)
    return services.apply_import(read, by=by, now=NOW, source="questions.yaml", **options)


def first_one():
    return Question.objects.get(code="first-one")


def states(plan):
    return [row.state for row in plan.rows]


def set_difficulty():
    services.set_difficulty(question=first_one(), difficulty="hard")


def set_tags():
    services.set_tags(question=first_one(), names=["mine"])


def move():
    services.move_to_task(question=first_one(), task=Task.objects.get(code="1.2"))


def write():
    content = first_one().published_revision.content.model_copy(update={"explanation": "Mine."})
    services.save_draft(question=first_one(), content=content, by=UserFactory(), now=NOW)


EDITS = [set_difficulty, set_tags, move, write]


# --- Edited here ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("edit", EDITS)
@pytest.mark.parametrize("again", ["loaded", "imported"])
def test_whatever_was_edited_here_is_kept(load, edit, again):
    load()
    edit()
    before = entry_of(first_one())

    plan = load(NEW_STEM) if again == "loaded" else bring(NEW_STEM)

    assert states(plan) == ["kept", "unchanged"]
    assert entry_of(first_one()) == before


@pytest.mark.parametrize("edit", EDITS)
def test_whatever_was_edited_here_since_an_import_is_kept(load, edit):
    load()
    bring(NEW_STEM)
    services.publish(question=first_one(), by=None, now=NOW)
    edit()

    assert states(bring(OTHER_STEM)) == ["kept", "unchanged"]
    assert states(load(OTHER_STEM)) == ["kept", "unchanged"]


@pytest.mark.parametrize("edit", EDITS)
def test_overwritten_edit_is_in_the_history(load, edit):
    load()
    edit()
    before = entry_of(first_one()).model_dump(mode="json", exclude_defaults=True)

    load(overwrite=True)

    assert entry_of(first_one()).tags == ("cost", "storage")
    event = QuestionEvent.objects.filter(question=first_one(), kind="imported").first()
    assert (event.text, event.earlier) == ("the bank's files", before)


@pytest.mark.parametrize("by_a_person", [True, False])
@pytest.mark.parametrize("publish", [True, False])
def test_start_does_not_take_an_import_back(load, by_a_person, publish):
    load()
    bring(NEW_STEM, by=UserFactory(instructor=True) if by_a_person else None, publish=publish)
    before = entry_of(first_one())

    assert states(load()) == ["kept", "unchanged"]
    assert states(load(OTHER_STEM)) == ["kept", "unchanged"]
    assert entry_of(first_one()) == before


def test_import_follows_the_loader_and_an_earlier_import(load):
    load()

    assert states(bring(NEW_STEM)) == ["changed", "unchanged"]
    assert states(bring(OTHER_STEM)) == ["changed", "unchanged"]


@pytest.mark.parametrize("edit", [set_difficulty, lambda: bring(("difficulty: easy", "difficulty: hard"))])
def test_edit_that_came_into_the_bank_is_no_longer_an_edit(load, edit):
    load()
    edit()

    assert states(load(("difficulty: easy", "difficulty: hard"))) == ["unchanged", "unchanged"]
    events = QuestionEvent.objects.count()
    assert states(load(("difficulty: easy", "difficulty: hard"))) == ["unchanged", "unchanged"]
    assert QuestionEvent.objects.count() == events
    assert states(load(("difficulty: easy", "difficulty: medium"))) == ["changed", "unchanged"]


def test_adopted_draft_stays_approved(load, settings):
    settings.TWO_PERSON_RULE = True
    author, reviewer = UserFactory(instructor=True), UserFactory(instructor=True)
    load(("  kind: single\n", "  kind: single\n  status: draft\n"))
    content = first_one().revisions.get().content.model_copy(update={"explanation": "Mine."})
    services.save_draft(question=first_one(), content=content, by=author, now=NOW)
    services.send_to_review(question=first_one(), reviewer=reviewer, by=author, now=NOW)
    services.approve(question=first_one(), by=reviewer, now=NOW)

    plan = load(("  kind: single\n", "  kind: single\n  status: draft\n"), ("Dust and cats tell.", "Mine."))

    assert states(plan) == ["unchanged", "unchanged"]
    services.publish(question=first_one(), by=author, now=NOW)


def test_edit_that_was_exported_and_imported_is_still_an_edit(load):
    load()
    set_difficulty()
    bring(("difficulty: easy", "difficulty: hard"))

    assert states(load()) == ["kept", "unchanged"]


# --- The bank's files -----------------------------------------------------------------------------------------------


def test_id_of_the_bank_is_the_same_question_whatever_its_text(load):
    load()

    plan = load(("Which shelf holds the atlas that nobody has opened since last winter?", "Who rows?"))

    assert states(plan) == ["changed", "unchanged"]


def test_draft_in_review_is_not_published_by_a_start(load):
    load(("  kind: single\n", "  kind: single\n  status: draft\n"))
    reviewer, author = UserFactory(instructor=True), UserFactory(superuser=True)
    services.send_to_review(question=first_one(), reviewer=reviewer, by=author, now=NOW)

    assert states(load()) == ["unchanged", "unchanged"]
    assert first_one().status == "in_review"


def test_draft_that_was_imported_is_published_when_asked(load):
    load()
    bring(NEW_STEM)

    assert [row.changes for row in bring(NEW_STEM, publish=True).rows] == [("status",), ()]
    assert first_one().published_revision.stem.startswith("On which shelf")


def test_draft_that_was_approved_stays_so_when_its_file_publishes_it(load, settings):
    settings.TWO_PERSON_RULE = True
    author, reviewer = UserFactory(instructor=True), UserFactory(instructor=True)
    load()
    bring(NEW_STEM, by=author)
    services.send_to_review(question=first_one(), reviewer=reviewer, by=author, now=NOW)
    services.approve(question=first_one(), by=reviewer, now=NOW)

    plan = bring(NEW_STEM, by=author, publish=True)

    assert (plan.rows[0].changes, plan.rows[0].notes) == (("status",), ())
    assert first_one().published_revision.stem.startswith("On which shelf")


@pytest.mark.parametrize("publish", [True, False])
def test_draft_that_nobody_approved_is_not_published_by_its_author(load, settings, publish):
    settings.TWO_PERSON_RULE = True
    author = UserFactory(instructor=True)
    load()
    bring(NEW_STEM, by=author, publish=publish)

    plan = bring(NEW_STEM, by=author, publish=True)

    assert "not published: You wrote revision 2" in plan.rows[0].notes[0]
    assert first_one().published_revision.number == 1


def test_load_again_asks_little_of_a_certification_too(load):
    load()

    with count_queries() as counted:
        load()

    assert counted.number <= 18


def test_plan_to_publish_is_another_plan_than_one_for_drafts(load):
    load()
    text = changed(QUESTIONS, ("- id: first-one", "- id: third-one"), NEW_STEM)
    read = FORMATS["yaml"].read(text.encode(), DEFAULTS)

    expected = services.plan_import(read).fingerprint

    with pytest.raises(QuestionRefused, match="Check the file again"):
        services.apply_import(read, by=None, now=NOW, source="f", publish=True, expected=expected)


MATCHING = [
    ("  kind: single\n", "  kind: matching\n  decoys: [Zoo, Attic]\n"),
    ("- text: The upper one\n", "- text: The upper one\n    match: Dust\n"),
    ("    key: true\n    rationale: The cat sleeps there.", "    match: Cat\n    rationale: The cat sleeps there."),
]
NUMERIC = [
    ("  kind: single\n", "  kind: numeric\n  answer: {value: 2.50, tolerance: 2 %, unit: ms}\n"),
    (QUESTIONS[QUESTIONS.index("  options:\n  - text: The upper") : QUESTIONS.index("  explanation: Dust")], ""),
]
SHORT = [
    ("  kind: single\n", "  kind: short_text\n  answer: {accepted: [S3, Amazon S3], ignore_case: true}\n"),
    NUMERIC[1],
]
ORDERING = [
    ("  kind: single\n", "  kind: ordering\n"),
    ("    key: true\n    rationale: The cat", "    rationale: The cat"),
]


@pytest.mark.parametrize("status", ["draft", "published"])
@pytest.mark.parametrize(
    "changes",
    [
        MATCHING,
        NUMERIC,
        SHORT,
        ORDERING,
        [("tags: [storage, cost]", "tags: [storage, cost, storage]")],
        [("title: Storage}", 'title: " Storage "}')],
        [("Dust and cats tell.", '"Dust\\r\\nand cats tell. "')],
    ],
    ids=["matching", "numeric", "short_text", "ordering", "tag twice", "spaces", "line ends"],
)
def test_what_was_loaded_is_what_the_file_says(load, changes, status):
    changes = [*changes, ("  difficulty: easy\n", f"  difficulty: easy\n  status: {status}\n")]
    load(*changes)

    assert states(load(*changes)) == ["unchanged", "unchanged"]
    assert first_one().loaded_digest == entry_of(first_one()).digest


# --- Databases of earlier versions -----------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["published", "draft"])
def test_digest_of_earlier_loads_becomes_the_one_digest(load, tmp_path, status):
    change = ("  kind: single\n", f"  kind: single\n  status: {status}\n")
    load(change)
    entries = read_bank(write_files(tmp_path, a=CERTIFICATION, b=changed(QUESTIONS, change))).questions
    for entry in entries:
        Question.objects.filter(code=entry.id).update(loaded_digest=earlier_digest(entry))
    services.set_difficulty(question=Question.objects.get(code="second-one"), difficulty="easy")
    QuestionEvent.objects.filter(kind="imported").update(text="")

    import_module("questions.migrations.0015_one_digest").settle(apps, None)

    # What was edited here has a digest that nothing has.
    digests = dict(Question.objects.values_list("code", "loaded_digest"))
    assert digests == {"first-one": entries[0].digest, "second-one": earlier_digest(entries[1])}
    assert states(load(change, NEW_STEM, ("difficulty: hard", "difficulty: medium"))) == ["changed", "kept"]
