import datetime as dt

import pytest
from django.db.models import Max

from questions import services
from questions.bankfiles import Bank, FileProblem, read_bank
from questions.models import Certification, Domain, Question, QuestionTask, Revision, Task
from questions.queries import known_tasks
from questions.services import load_bank, publish, retire, save_draft
from tests.factories import QuestionFactory, TaskFactory, UserFactory, make_content
from tests.queries import count_queries
from tests.questions.bank_texts import CERTIFICATION, QUESTIONS, changed, write_files

pytestmark = pytest.mark.django_db

NOW = dt.datetime(2026, 11, 21, 9, tzinfo=dt.UTC)
LATER = NOW + dt.timedelta(days=1)
BOTH = ["first-one", "second-one"]
NEW_STEM = ("Which shelf holds the atlas", "On which shelf lies the atlas")


@pytest.fixture
def load(tmp_path):
    """load(*changes, …) loads the two questions of `bank_texts` with these changes to their text."""

    def load(*changes, certification=CERTIFICATION, now=NOW, overwrite=False):
        bank = read_bank(write_files(tmp_path, a=certification, b=changed(QUESTIONS, *changes)), known_tasks())
        assert bank.problems == []
        return load_bank(bank=bank, now=now, overwrite=overwrite)

    return load


def snapshot():
    """Return everything that loading writes."""
    models = (Certification, Domain, Task, Question, QuestionTask, Revision)
    return {model.__name__: list(model.objects.order_by("pk").values()) for model in models}


def states(plan):
    """Return the codes by state, those states alone that a row has."""
    found = {}
    for row in plan.rows:
        found.setdefault(row.state, []).append(row.code)
    return found


def first_one():
    return Question.objects.get(code="first-one")


def numbers_of(question):
    return list(question.revisions.order_by("number").values_list("number", flat=True))


# --- Loading for the first time ------------------------------------------------------------------------


def test_load_writes_all_that_the_files_say(load):
    report = load()

    assert states(report) == {"new": BOTH}
    certification = Certification.objects.get()
    assert (certification.code, certification.minutes, certification.cut_score) == ("cert-a", 20, 750)
    assert (certification.scale_min, certification.scale_max, certification.status) == (100, 1000, "active")
    assert list(Domain.objects.values_list("number", "name", "weight")) == [(1, "Data", 60), (2, "Models", 40)]
    assert list(Task.objects.values_list("domain__number", "code", "name")) == [
        (1, "1.1", "Store data"),
        (1, "1.2", "Move data"),
        (2, "2.1", "Train models"),
    ]
    question = first_one()
    assert (question.status, question.difficulty, sorted(map(str, question.tags.all()))) == (
        "published",
        "easy",
        ["cost", "storage"],
    )
    assert (question.source_id, question.source_chapter, question.source_title) == ("ch01-q01", 1, "Storage")
    assert [task.code for task in question.tasks.all()] == ["1.1"]


def test_loaded_question_is_published_now_by_nobody(load):
    load()

    revision = first_one().published_revision
    assert (revision.number, revision.published_at, revision.created_by) == (1, NOW, None)


def test_loaded_content_is_that_of_the_file(load, tmp_path):
    load()

    for entry in read_bank(write_files(tmp_path, b=QUESTIONS), {"cert-a": {"1.1", "2.1"}}).questions:
        content = Question.objects.get(code=entry.id).published_revision.content
        assert content.model_dump() == entry.model_dump(include=set(content.model_dump()))


def test_question_marked_draft_is_loaded_unpublished(load):
    load(("  kind: single\n", "  kind: single\n  status: draft\n"))

    question = first_one()
    assert (question.status, question.published_revision) == ("draft", None)
    assert [revision.published_at for revision in question.revisions.all()] == [None]


def test_question_of_two_certifications_is_placed_in_both(load):
    other = TaskFactory(code="5.5", domain__certification__code="cert-b")

    load(('cert-a: "1.1"', 'cert-a: "1.1", cert-b: "5.5"'))

    assert set(first_one().tasks.values_list("domain__certification__code", "code")) == {
        ("cert-a", "1.1"),
        ("cert-b", "5.5"),
    }
    assert other.placements.count() == 1


# --- Loading again -----------------------------------------------------------------------------------


def test_load_again_changes_nothing(load):
    load()
    before = snapshot()

    report = load(now=LATER)

    assert states(report) == {"unchanged": BOTH}
    assert snapshot() == before


def test_changed_question_gets_a_new_revision_and_keeps_the_old_one(load):
    load()
    old = first_one().published_revision

    report = load(NEW_STEM, now=LATER)

    assert states(report) == {"changed": ["first-one"], "unchanged": ["second-one"]}
    question = first_one()
    assert numbers_of(question) == [1, 2]
    assert question.published_revision.stem.startswith("On which shelf")
    assert question.published_revision.published_at == LATER
    assert Revision.objects.values().get(pk=old.pk) == {
        name: value for name, value in vars(old).items() if not name.startswith("_")
    }


def test_load_back_and_forth_adds_a_revision_each_time(load):
    load()
    load(NEW_STEM)
    load()

    question = first_one()
    assert numbers_of(question) == [1, 2, 3]
    assert question.published_revision.stem.startswith("Which shelf")


def test_change_beside_the_content_makes_no_revision(load):
    load()
    served = first_one().published_revision

    report = load(("difficulty: easy", "difficulty: hard"), ("[storage, cost]", "[shelves]"), now=LATER)

    question = first_one()
    assert states(report)["changed"] == ["first-one"]
    assert (question.difficulty, list(map(str, question.tags.all()))) == ("hard", ["shelves"])
    assert question.published_revision == served
    assert numbers_of(question) == [1]


def test_moved_question_counts_in_its_new_task_only(load):
    load()

    load(('cert-a: "1.1"', 'cert-a: "1.2"'))

    assert [task.code for task in first_one().tasks.all()] == ["1.2"]


def test_changed_question_keeps_its_place_in_the_draw(load):
    load()
    before = first_one().placements.values().get()

    load(NEW_STEM)

    assert first_one().placements.values().get() == before


def test_source_removed_from_the_file_is_removed(load):
    load()

    load(("  source: {id: ch01-q01, chapter: 1, title: Storage}\n", ""))

    question = first_one()
    assert (question.source_id, question.source_chapter, question.source_title) == ("", None, "")


def test_changed_certification_is_updated_in_place(load):
    load()
    ids = list(Task.objects.values_list("pk", flat=True))
    text = changed(CERTIFICATION, ("minutes: 20", "minutes: 25"), ("name: Data", "name: All data"))
    text = changed(text, ("weight: 60", "weight: 55"), ("weight: 40", "weight: 45"), ("Store data", "Keep data"))

    load(certification=text)

    assert Certification.objects.get().minutes == 25
    assert list(Domain.objects.values_list("name", "weight")) == [("All data", 55), ("Models", 45)]
    assert Task.objects.get(code="1.1").name == "Keep data"
    assert list(Task.objects.values_list("pk", flat=True)) == ids


def test_question_that_left_the_files_stays(load, tmp_path):
    load()
    first_half = QUESTIONS.partition("- id: second-one")[0]

    report = load_bank(bank=read_bank(write_files(tmp_path, a=CERTIFICATION, b=first_half)), now=LATER)

    assert states(report) == {"unchanged": ["first-one"]}
    assert Question.objects.get(code="second-one").status == "published"


def test_draft_of_the_file_is_published_when_the_file_says_so(load):
    load(("  kind: single\n", "  kind: single\n  status: draft\n"))

    load(now=LATER)

    question = first_one()
    assert (question.status, question.published_revision.published_at) == ("published", LATER)
    assert numbers_of(question) == [1]


def test_retired_question_stays_retired_when_its_file_changes(load):
    load()
    retire(question=first_one(), by=None, now=NOW)

    load(NEW_STEM)

    question = first_one()
    assert question.status == "retired"
    assert question.published_revision.number == 1
    assert question.revisions.get(published_at=None).stem.startswith("On which shelf")


# --- What was edited here is kept ------------------------------------------------------------------------


def edit(question, mark, *, published):
    save_draft(question=question, content=make_content(mark), by=UserFactory(), now=NOW)
    if published:
        publish(question=question, by=None, now=NOW)


@pytest.mark.parametrize("published", [True, False])
def test_question_edited_here_is_kept_and_reported(load, published):
    load()
    edit(first_one(), "mine", published=published)
    before = snapshot()

    report = load(NEW_STEM)

    assert states(report) == {"kept": ["first-one"], "unchanged": ["second-one"]}
    assert snapshot() == before


def test_question_edited_here_stays_when_its_file_is_loaded_again(load):
    load()
    edit(first_one(), "mine", published=True)
    before = snapshot()

    load()

    assert snapshot() == before


def test_question_written_here_is_kept(load):
    QuestionFactory(code="first-one", content=make_content("mine"))

    report = load()

    assert states(report) == {"kept": ["first-one"], "new": ["second-one"]}
    assert first_one().published_revision.content == make_content("mine")


@pytest.mark.parametrize("published", [True, False])
def test_overwrite_takes_the_text_of_the_file(load, published):
    load()
    edit(first_one(), "mine", published=published)

    report = load(NEW_STEM, now=LATER, overwrite=True)

    question = first_one()
    assert states(report) == {"changed": ["first-one"], "unchanged": ["second-one"]}
    assert question.published_revision.stem.startswith("On which shelf")
    assert question.published_revision.created_by is None
    assert not question.revisions.filter(published_at=None).exists()


def test_overwrite_keeps_the_revisions_published_before(load):
    load()
    edit(first_one(), "mine", published=True)

    load(NEW_STEM, overwrite=True)

    assert [revision.stem[:12] for revision in first_one().revisions.order_by("number")] == [
        "Which shelf ",
        make_content("mine").stem[:12],
        "On which she",
    ]


def test_overwrite_takes_over_a_question_written_here(load):
    QuestionFactory(code="first-one", content=make_content("mine"))

    report = load(overwrite=True)

    question = first_one()
    assert states(report) == {"changed": ["first-one"], "new": ["second-one"]}
    assert question.published_revision.stem.startswith("Which shelf")
    assert [task.code for task in question.tasks.all()] == ["1.1"]


def test_question_is_kept_no_longer_once_it_was_overwritten(load):
    load()
    edit(first_one(), "mine", published=True)
    load(NEW_STEM, overwrite=True)

    report = load(("winter", "summer"))

    # It was edited once, but not since it was last loaded.
    assert states(report) == {"changed": ["first-one"], "unchanged": ["second-one"]}


def test_overwrite_puts_the_text_of_an_unchanged_file_back(load):
    load()
    edit(first_one(), "mine", published=True)

    load(overwrite=True)

    # "--overwrite takes the file's text": also when the file is the one that was loaded.
    assert first_one().published_revision.stem.startswith("Which shelf")


# --- All or nothing ---------------------------------------------------------------------------------------


def test_bank_with_a_problem_is_not_loaded(load, tmp_path):
    bank = read_bank(write_files(tmp_path, a=CERTIFICATION, b=QUESTIONS))
    bank.problems.append(FileProblem(tmp_path, 1, "x", "is wrong."))

    with pytest.raises(ValueError, match="a bank with problems cannot be loaded"):
        load_bank(bank=bank, now=NOW)

    assert Certification.objects.count() + Question.objects.count() == 0


def test_failure_at_the_last_question_leaves_nothing_new(load, monkeypatch):
    load()
    before = snapshot()

    def fail_at_second(*, question, by, now):
        if question.code == "second-one":
            raise RuntimeError("the disk is full")
        return publish(question=question, by=by, now=now)

    monkeypatch.setattr(services.reviewing, "publish", fail_at_second)
    with pytest.raises(RuntimeError, match="the disk is full"):
        load(
            NEW_STEM,
            ("difficulty: hard", "difficulty: medium"),
            certification=changed(CERTIFICATION, ("minutes: 20", "minutes: 25")),
        )

    assert snapshot() == before


# --- Cost ---------------------------------------------------------------------------------------------------


def many(count):
    """Return a file of `count` questions with stems that are nothing like each other."""
    head, _, rest = QUESTIONS.partition("- id: first-one\n")
    body = rest.partition("- id: second-one")[0]
    stems = (" ".join(f"word{number}x{place}" for place in range(8)) for number in range(count))
    questions = (body.replace("Which shelf holds the atlas that nobody has", stem) for stem in stems)
    return head + "".join(f"- id: many-{number}\n{question}" for number, question in enumerate(questions))


@pytest.mark.parametrize("count", [1, 30])
def test_load_again_costs_the_same_with_few_and_with_many_questions(tmp_path, count):
    bank = read_bank(write_files(tmp_path, a=CERTIFICATION, b=many(count)))
    load_bank(bank=bank, now=NOW)

    with count_queries() as counted:
        report = load_bank(bank=bank, now=NOW)

    assert report.counts["unchanged"] == count
    assert counted.number <= 20


def test_empty_bank_loads_nothing():
    assert load_bank(bank=Bank(), now=NOW).rows == ()
    assert Question.objects.aggregate(Max("pk")) == {"pk__max": None}
