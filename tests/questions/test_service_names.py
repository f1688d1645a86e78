"""The table of services: hints for outdated names, and the command that finds questions by age and by service."""

import datetime as dt

import pytest
from django.conf import settings

from questions.bankfiles import read_bank
from questions.linting import lint
from questions.service_names import is_named_in, known_services, service_called, unnoted
from tests.factories import CertificationFactory, QuestionFactory, TaskFactory, make_content
from tests.questions.bank_texts import CERTIFICATION, QUESTIONS, changed, write_files
from tests.questions.test_commands import run, run_refused


def test_table_is_read_among_the_files_of_the_bank():
    bank = read_bank([settings.BASE_DIR / "fixtures" / "services.yaml"])

    assert (bank.problems, bank.questions) == ([], [])
    assert len({name for service in known_services() for name in service.names}) == sum(
        len(service.names) for service in known_services()
    )


def test_table_with_an_unknown_status_is_refused(tmp_path):
    text = 'schema: 1\nservices:\n- {name: Amazon X, status: gone, since: "2026"}\n'

    (problem,) = read_bank(write_files(tmp_path, a=text)).problems

    assert str(problem).endswith(
        "a.yaml:3: services.0.status: Input should be 'active', 'closed' or 'ended' (found 'gone')."
    )


@pytest.mark.parametrize(
    ("text", "name", "is_named"),
    [
        ("It reads Kinesis  Data\nAnalytics.", "Amazon Kinesis Data Analytics", True),
        ("Amazon Kinesis Data Analytics", "Amazon Kinesis Data Analytics", True),
        ("It makes a forecast of sales", "Amazon Forecast", False),
        ("With Amazon Forecast", "Amazon Forecast", True),
        ("SageMaker Model Monitors", "Amazon SageMaker Model Monitor", False),
    ],
)
def test_name_is_found_as_texts_write_it(text, name, is_named):
    assert is_named_in(text, name) is is_named


@pytest.mark.parametrize("name", ["Amazon Kinesis Data Analytics", "kinesis data analytics", "AMAZON  DATA FIREHOSE"])
def test_service_is_known_by_any_of_its_names(name):
    assert service_called(name) in known_services()


@pytest.mark.parametrize(
    ("stem", "message"),
    [
        (
            "A team runs Kinesis Data Analytics. What now?",
            "“Amazon Kinesis Data Analytics” is called Amazon Managed Service for Apache Flink (since 2023-08); use "
            "that name, or add a service note.",
        ),
        (
            "A team starts with Amazon Kendra. What now?",
            "“Amazon Kendra” takes no new customers (since 2026-07-30); ask about today's way, or say so in the "
            "service note.",
        ),
        ("A team has AWS DeepLens. What now?", "“AWS DeepLens” ended (2024-01); ask about today's way"),
    ],
)
def test_outdated_name_without_a_service_note_gets_a_hint(stem, message):
    content = make_content(stem=stem, service_note="")

    (hint,) = [problem for problem in lint(content) if problem.field == "service_note"]

    assert hint.message.startswith(message)
    assert unnoted(content.model_copy(update={"service_note": "It has another name."})) == []


def test_name_of_today_gets_no_hint():
    assert unnoted(make_content(stem="What does Amazon Data Firehose do?", service_note="")) == []


# --- bank_ages ----------------------------------------------------------------------------------------------


@pytest.fixture
def files(tmp_path):
    dated = ("valid_as_of: 2026-11-20", "valid_as_of: 2020-01-31")
    named = ("explanation: Tools carry.", "explanation: Tools carry, says Kinesis Data Firehose.")
    return write_files(tmp_path, a=CERTIFICATION, b=changed(QUESTIONS, dated, named))


def test_ages_are_counted_by_month_and_service(files):
    out, _err = run("bank_ages", *files)

    assert out.splitlines()[:2] == ["checked in 2020-01: 1 questions", "checked in 2026-11: 1 questions"]
    assert "Amazon Data Firehose (active since 2024-02): 1 questions, the oldest checked on 2020-01-31" in out


def test_questions_of_a_service_are_found_by_its_name_of_today_with_their_place(files):
    out, _err = run("bank_ages", *files, "--service", "Amazon Data Firehose")

    lines = out.splitlines()
    assert lines[0].startswith("Amazon Data Firehose, formerly Amazon Kinesis Data Firehose, Amazon Kinesis Firehose")
    assert (lines[1].split()[0], lines[1].split()[-2:], lines[2]) == (
        "2020-01-31",
        ["second-one", "cert-a:2.1"],
        "1 questions",
    )


@pytest.mark.parametrize(("days", "codes"), [("1000", ["second-one"]), ("100000", [])])
def test_questions_older_than_some_days_are_listed(files, days, codes):
    out, _err = run("bank_ages", *files, "--older-than", days)

    assert [line.split()[3] for line in out.splitlines()[:-1]] == codes


def test_service_that_the_table_does_not_know_is_looked_for_as_it_is_written(files):
    out, _err = run("bank_ages", *files, "--service", "heavy boxes")

    assert "second-one" in out


@pytest.mark.django_db
def test_without_files_the_published_questions_count(settings):
    task = TaskFactory()
    QuestionFactory(task=task, code="old", content=make_content(valid_as_of=dt.date(2021, 5, 1)))
    QuestionFactory(task=task, code="draft", draft=True)

    out, _err = run("bank_ages", "--older-than", "30")

    assert [line.split()[3] for line in out.splitlines()[:-1] if "old" in line] == ["old"]
    assert "draft" not in out


@pytest.mark.django_db
def test_certification_without_questions_is_refused():
    CertificationFactory(code="cert-x")

    message, _err = run_refused("bank_ages", "--certification", "cert-x")

    assert message == "No question belongs to the certification cert-x."
