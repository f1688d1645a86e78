"""Importing: what a file would do, and that doing it does just that."""

import datetime as dt

import pytest
from django.core.management import CommandError, call_command

from questions import services
from questions.exceptions import QuestionRefused
from questions.formats.base import Defaults
from questions.formats.registry import FORMATS
from questions.models import Question, QuestionEvent, Revision, StemMark
from questions.queries import similar_questions
from questions.services.exporting import entry_of
from tests.factories import CertificationFactory, DomainFactory, QuestionFactory, TaskFactory, UserFactory, make_content

pytestmark = pytest.mark.django_db

NOW = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)
DEFAULTS = Defaults(valid_as_of=dt.date(2026, 1, 1))
HEAD = "id,stem,option_1,option_2,key,tasks,tags,difficulty,valid_as_of,explanation\n"
STEM = "Which soil holds the most water of all the soils in this garden?"
ROW = f"clay,{STEM},Clay,Sand,A,c:1.1,soil,easy,2026-01-02,It holds.\n"


@pytest.fixture
def task():
    certification = CertificationFactory(code="c")
    domain = DomainFactory(certification=certification)
    TaskFactory(domain=domain, code="1.2")
    return TaskFactory(domain=domain, code="1.1")


@pytest.fixture
def person():
    return UserFactory(instructor=True)


def read(rows=ROW, head=HEAD, name="csv"):
    return FORMATS[name].read((head + rows).encode(), DEFAULTS)


def run(rows=ROW, **options):
    return services.apply_import(read(rows), by=None, now=NOW, source="file.csv", **options)


def states(plan):
    return {row.code or row.place: row.state for row in plan.rows}


def test_new_question_is_written_as_a_draft_with_all_that_the_file_says(task, person):
    plan = services.apply_import(read(), by=person, now=NOW, source="file.csv")

    question = Question.objects.get(code="clay")
    assert states(plan) == {"clay": "new"}
    assert (question.status, question.difficulty, question.published_revision) == ("draft", "easy", None)
    assert [str(tag) for tag in question.tags.all()] == ["soil"]
    placement = question.placements.get()
    assert (placement.task, placement.domain, placement.certification) == (task, task.domain, task.domain.certification)
    assert question.revisions.get().created_by == person
    assert question.revisions.get().content.explanation == "It holds."
    event = question.events.get()
    assert (event.kind, event.by, event.at, event.text) == (QuestionEvent.Kind.IMPORTED, person, NOW, "file.csv")
    assert event.revision == question.revisions.get()
    assert similar_questions(question.revisions.get().stem, besides=None)[0].code == "clay"


def test_plan_writes_nothing(task):
    plan = services.plan_import(read())

    assert states(plan) == {"clay": "new"}
    assert plan.counts == {"refused": 0, "new": 1, "changed": 0, "kept": 0, "unchanged": 0}
    assert not Question.objects.exists()
    assert plan.rows[0].notes == ("before publication: rationale, references must be added or corrected.",)


def test_same_file_twice_changes_nothing(task, person):
    services.apply_import(read(), by=person, now=NOW, source="file.csv")

    assert states(run()) == {"clay": "unchanged"}
    assert Revision.objects.count() == QuestionEvent.objects.count() == 1


@pytest.mark.parametrize(
    ("old", "new", "changes"),
    [
        ("in this garden", "in that garden", ("stem",)),
        ("Sand", "Loam", ("options",)),
        (",A,c", ",B,c", ("key",)),
        ("c:1.1", "c:1.2", ("tasks",)),
        ("soil,easy", "clay-soil,easy", ("tags",)),
        ("easy", "hard", ("difficulty",)),
        ("It holds.", "It holds it.", ("explanation",)),
        ("2026-01-02", "2026-01-03", ("valid_as_of",)),
    ],
)
def test_change_in_the_file_is_named_and_made(task, person, old, new, changes):
    services.apply_import(read(), by=person, now=NOW, source="file.csv")
    changed = ROW.replace(old, new)
    assert changed != ROW

    plan = run(changed)

    assert [(row.state, row.changes) for row in plan.rows] == [("changed", changes)]
    assert states(run(changed)) == {"clay": "unchanged"}
    assert Question.objects.get().revisions.count() == 1


def test_published_question_keeps_serving_and_gets_a_draft(task):
    run()
    question = Question.objects.get()
    published = question.revisions.get()
    Revision.objects.filter(pk=published.pk).update(published_at=NOW)
    Question.objects.update(published_revision=published, status="published")

    run(ROW.replace("Sand", "Loam"))

    question.refresh_from_db()
    draft = question.revisions.get(published_at=None)
    assert (question.status, question.published_revision) == ("published", published)
    assert (draft.number, draft.options) == (2, ["Clay", "Loam"])
    assert published.content.options[1].text == "Sand"
    assert StemMark.objects.filter(question=question).exists()

    run(ROW)  # back to what is published: no draft is needed

    assert not question.revisions.filter(published_at=None).exists()


def test_question_edited_here_is_kept_unless_overwritten(task, person):
    run()
    question = Question.objects.get()
    content = question.revisions.get().content.model_copy(update={"explanation": "Written here."})
    services.save_draft(question=question, content=content, by=person, now=NOW)

    kept = run(ROW.replace("Sand", "Loam"))
    assert [(row.state, row.changes) for row in kept.rows] == [("kept", ("explanation", "options"))]
    assert Question.objects.get().revisions.get().content == content

    assert states(run(ROW.replace("Sand", "Loam"), overwrite=True)) == {"clay": "changed"}
    assert Question.objects.get().revisions.get().options == ["Clay", "Loam"]


def test_what_the_file_does_not_speak_of_stays(task, person):
    run()

    plan = services.plan_import(read("clay,Which clay?,Clay,Sand\n", head="id,stem,option_1,option_2\n"))

    assert plan.rows[0].changes == ("stem", "key")
    assert plan.rows[0].entry.tasks == {"c": "1.1"}
    assert plan.rows[0].entry.explanation == "It holds."


def test_refused_questions_stop_the_others_unless_skipped(task):
    rows = ROW + "loam,Which loam?,Loam,Loam,A\n"
    with pytest.raises(QuestionRefused, match="1 question was refused"):
        run(rows)
    assert not Question.objects.exists()

    plan = run(rows, skip_refused=True)

    assert states(plan) == {"clay": "new", "row 3": "refused"}
    assert "make every option different" in str(plan.rows[1].problems[0])
    assert Question.objects.count() == 1


def test_id_twice_and_unknown_task_are_refused_with_place_and_remedy(task):
    elsewhere = ROW.replace("clay,", "x,").replace("c:1.1", "c:9")

    plan = services.plan_import(read(ROW + ROW.replace("most", "least") + elsewhere))

    assert states(plan) == {"clay": "refused", "x": "refused"}
    assert [str(problem) for row in plan.rows for problem in row.problems] == [
        "id: appears twice in the file, first at row 2; give each question its own.",
        "tasks: unknown task “9” of c; the known ones are 1.1, 1.2.",
    ]


def test_plan_that_is_out_of_date_is_not_carried_out(task):
    plan = services.plan_import(read())
    run()

    with pytest.raises(QuestionRefused, match="changed since"):
        run(ROW, expected=plan.fingerprint)


def test_near_duplicates_in_bank_and_file_are_named(task):
    run()
    again = ROW.replace("clay,", "copy,") + ROW.replace("clay,", "other,").replace("this garden", "our garden")

    plan = services.plan_import(read(again))

    notes = [note for row in plan.rows for note in row.notes if "stem is" in note]
    assert any("like that of clay, which is in the bank" in note for note in notes)
    assert any("like that of copy in this file" in note for note in notes)


def test_id_of_quite_another_question_is_refused_unless_overwritten(task):
    run()
    other = read(ROW.replace(STEM, "Who rows?").replace("Clay,Sand", "Ann,Bob"))

    plan = services.plan_import(other)

    assert states(plan) == {"clay": "refused"}
    assert str(plan.rows[0].problems[0]).startswith(f"id: belongs to another question, “{STEM[:60]}”; change the id")
    assert states(services.plan_import(other, overwrite=True)) == {"clay": "changed"}


@pytest.mark.parametrize("publish", [False, True])
def test_published_in_yaml_is_published_only_when_asked(task, publish):
    entry = entry_of(QuestionFactory(task=task, code="a", content=make_content()))
    data = FORMATS["yaml"].write([entry])
    other = data.replace(b"id: a\n", b"id: b\n")

    services.apply_import(FORMATS["yaml"].read(other, DEFAULTS), by=None, now=NOW, source="f", publish=publish)

    question = Question.objects.get(code="b")
    assert question.status == ("published" if publish else "draft")
    assert (question.published_revision is not None) == publish


def test_number_of_queries_does_not_grow_with_the_questions(task, django_assert_max_num_queries):
    def rows(count):
        return "".join(ROW.replace("clay,", f"q{n},").replace("Sand", f"Sand {n}") for n in range(count))

    with django_assert_max_num_queries(45):
        run(rows(3))
    with django_assert_max_num_queries(45):
        run(rows(120))
    with django_assert_max_num_queries(45):
        run(rows(120).replace("It holds.", "It keeps."))


# --- Commands ------------------------------------------------------------------------------------------------------


def test_command_prints_the_table_and_writes(task, tmp_path, capsys, person):
    path = tmp_path / "questions.csv"
    path.write_text(HEAD + ROW)

    call_command("import_questions", path, "--dry-run")
    counts = "1 questions in CSV: 0 refused, 1 new, 0 changed, 0 kept, 0 unchanged; nothing was written"
    assert counts in capsys.readouterr().out
    assert not Question.objects.exists()

    call_command("import_questions", path, "--by", person.email)
    assert "new       row 2      clay" in capsys.readouterr().out
    assert Question.objects.get().events.get().by == person


def test_command_fails_when_something_is_refused(task, tmp_path, capsys):
    path = tmp_path / "questions.csv"
    path.write_text(HEAD + ROW + "loam,Which loam?,Loam,Loam,A\n")

    with pytest.raises(CommandError, match="1 question was refused"):
        call_command("import_questions", path)
    assert not Question.objects.exists()
    assert "✗ options: “loam” appears 2 times" in capsys.readouterr().out

    with pytest.raises(CommandError, match="1 question was refused"):
        call_command("import_questions", path, "--skip-refused")
    assert Question.objects.count() == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--by", "nobody@example.com"], "There is no user"),
        (["--task", "c"], "names no task"),
        (["--format", "xlsx"], "zip"),
    ],
)
def test_command_says_what_is_wrong_with_its_arguments(task, tmp_path, arguments, message):
    path = tmp_path / "questions.csv"
    path.write_text(HEAD + ROW)

    with pytest.raises(CommandError, match=message):
        call_command("import_questions", path, *arguments)


def test_export_command_writes_what_import_reads(task, tmp_path, capsys):
    run()
    path = tmp_path / "questions.txt"

    call_command("export_questions", "--format", "aiken", "--certification", "c", "--output", path)

    assert path.read_text().endswith("A. Clay\nB. Sand\nANSWER: A\n")
    assert "1 questions written, 0 left out" in capsys.readouterr().err
    with pytest.raises(CommandError, match="no certification"):
        call_command("export_questions", "--certification", "none")
