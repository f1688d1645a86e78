from io import StringIO

import pytest
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError

from questions.kinds import KINDS
from questions.management.commands.check_bank import Command as CheckBank
from questions.models import Certification, Question
from tests.factories import TaskFactory
from tests.questions.bank_texts import ANY_KIND, CERTIFICATION, QUESTIONS, changed, write_files
from tests.questions.test_loading import NEW_STEM, edit, first_one

# Only the tests of load_bank may use the database: pytest-django makes any query of the others an error.
uses_database = pytest.mark.django_db

TWO_PROBLEMS = changed(QUESTIONS, ("kind: single", "kind: essay"), ("difficulty: hard", "difficulty: huge"))


def run(command, *paths, **options):
    """Run a command and return what it wrote to stdout and to stderr."""
    out, err = StringIO(), StringIO()
    call_command(command, *map(str, paths), stdout=out, stderr=err, **options)
    return out.getvalue(), err.getvalue()


def run_refused(command, *paths, **options):
    """Run a command that fails and return its last word and what it wrote to stderr."""
    err = StringIO()
    with pytest.raises(CommandError) as refusal:
        call_command(command, *map(str, paths), stdout=StringIO(), stderr=err, **options)
    assert refusal.value.returncode == 1
    return str(refusal.value), err.getvalue()


# --- check_bank -----------------------------------------------------------------------------------------


def test_check_bank_says_what_the_bank_covers_and_asks_no_database(tmp_path):
    write_files(tmp_path, a=CERTIFICATION, b=QUESTIONS)

    out, err = run("check_bank", tmp_path)

    others = " 0" * (len(KINDS) - 2)
    assert err == ""
    assert [" ".join(line.split()) for line in out.splitlines()] == [
        "cert-a: Certified A",
        f"task {' '.join(KINDS)} all",
        f"1.1 Store data 1 0{others} 1",
        f"1.2 Move data 0 0{others} 0",
        f"2.1 Train models 0 1{others} 1",
        "chapter 1 Storage 1",
        "key positions of single questions: B 100%; the key is the longest option in 0/1",
        "0 questions name a renamed or closed service and have no service note",
        "0 of 2 questions with marked options give their key away by a cue",
        "guesser by surface, cross-validated (a group of fewer than 50 says little):",
        "2 questions, no problem",
    ]


def test_check_bank_names_every_problem_by_file_and_line(tmp_path):
    _, path = write_files(tmp_path, a=CERTIFICATION, b=TWO_PROBLEMS)

    message, err = run_refused("check_bank", tmp_path)

    assert err.splitlines() == [
        f"{path}:6: first-one.kind: {ANY_KIND} (found 'essay').",
        f"{path}:27: second-one.difficulty: Input should be 'easy', 'medium' or 'hard' (found 'huge').",
    ]
    assert message == "2 problems in 0 questions."


def test_check_bank_without_a_file_is_refused(tmp_path):
    message, err = run_refused("check_bank", tmp_path)

    assert err == ".:0: files: no .yaml file was found; name a file or folder that contains one.\n"
    assert message == "1 problems in 0 questions."


def test_check_bank_of_a_certification_without_questions_is_no_problem(tmp_path):
    write_files(tmp_path, a=CERTIFICATION)

    out, _ = run("check_bank", tmp_path)

    assert out.splitlines()[-1] == "0 questions, no problem"


def test_check_bank_checks_the_fixtures_unless_told(monkeypatch):
    monkeypatch.chdir(settings.BASE_DIR)

    assert run("check_bank", "--no-guesser") == run("check_bank", "fixtures", "--no-guesser")


@pytest.mark.parametrize(("text", "status"), [(QUESTIONS, None), (TWO_PROBLEMS, 1)])
def test_check_bank_tells_the_shell(tmp_path, capsys, text, status):
    write_files(tmp_path, a=CERTIFICATION, b=text)

    left_with = None
    try:
        CheckBank().run_from_argv(["manage.py", "check_bank", str(tmp_path), "--no-color"])
    except SystemExit as end:
        left_with = end.code

    assert left_with == status
    assert ("CommandError: 2 problems" in capsys.readouterr().err) == (status == 1)


# --- load_bank -------------------------------------------------------------------------------------------


@uses_database
def test_load_bank_loads_and_counts(tmp_path):
    write_files(tmp_path, a=CERTIFICATION, b=QUESTIONS)

    out, err = run("load_bank", tmp_path)

    assert (out, err) == ("1 certifications; questions: 2 new, 0 changed, 0 unchanged, 0 kept\n", "")
    assert Question.objects.published().count() == 2


@uses_database
def test_load_bank_again_changes_nothing(tmp_path):
    write_files(tmp_path, a=CERTIFICATION, b=QUESTIONS)
    run("load_bank", tmp_path)

    out, _ = run("load_bank", tmp_path)

    assert out == "1 certifications; questions: 0 new, 0 changed, 2 unchanged, 0 kept\n"


@uses_database
def test_load_bank_names_what_it_wrote_when_asked(tmp_path):
    write_files(tmp_path, a=CERTIFICATION, b=QUESTIONS.partition("- id: second-one")[0])
    run("load_bank", tmp_path)
    write_files(tmp_path, b=changed(QUESTIONS, NEW_STEM))

    out, _ = run("load_bank", tmp_path, verbosity=2)

    assert out.splitlines() == [
        "changed: first-one",
        "new: second-one",
        "1 certifications; questions: 1 new, 1 changed, 0 unchanged, 0 kept",
    ]


@uses_database
def test_load_bank_keeps_what_was_edited_and_says_how_not_to(tmp_path):
    write_files(tmp_path, a=CERTIFICATION, b=QUESTIONS)
    run("load_bank", tmp_path)
    edit(first_one(), "mine", published=True)
    write_files(tmp_path, b=changed(QUESTIONS, NEW_STEM))

    out, _ = run("load_bank", tmp_path)

    assert out.splitlines() == [
        "kept: first-one was edited here; --overwrite takes the file's text",
        "1 certifications; questions: 0 new, 0 changed, 1 unchanged, 1 kept",
    ]
    assert run("load_bank", tmp_path, overwrite=True)[0] == (
        "1 certifications; questions: 0 new, 1 changed, 1 unchanged, 0 kept\n"
    )
    assert first_one().published_revision.stem.startswith("On which shelf")


@uses_database
def test_load_bank_with_a_problem_names_it_and_loads_nothing(tmp_path):
    *_, path = write_files(tmp_path, a=CERTIFICATION, b=QUESTIONS, c="questions: [\n")

    message, err = run_refused("load_bank", tmp_path)

    assert err.startswith(f"{path}:2: YAML: ")
    assert message == "1 problems; nothing was loaded."
    assert Certification.objects.count() + Question.objects.count() == 0


@uses_database
def test_load_bank_knows_the_tasks_in_the_database(tmp_path):
    domain = TaskFactory(code="1.1", domain__certification__code="cert-a").domain
    TaskFactory(code="2.1", domain=domain)
    (path,) = write_files(tmp_path, b=QUESTIONS)

    out, _ = run("load_bank", path)

    assert out == "0 certifications; questions: 2 new, 0 changed, 0 unchanged, 0 kept\n"


@uses_database
def test_load_bank_of_a_task_that_nobody_knows_is_refused(tmp_path):
    TaskFactory(code="1.1", domain__certification__code="cert-a")
    (path,) = write_files(tmp_path, b=QUESTIONS)

    message, err = run_refused("load_bank", path)

    assert err == f"{path}:23: second-one.tasks: unknown task “2.1” of cert-a; the known ones are 1.1.\n"
    assert message == "1 problems; nothing was loaded."


@uses_database
def test_load_bank_wants_a_path():
    with pytest.raises(CommandError, match="the following arguments are required: paths"):
        run("load_bank")
