"""The pages of the admin on which questions come in and go out as files."""

import datetime as dt

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from questions.admin.import_forms import MAX_UPLOAD
from questions.formats.base import Defaults
from questions.formats.registry import FORMATS
from questions.models import ImportDraft, Question
from tests.exams.helpers import client_of
from tests.factories import CertificationFactory, DomainFactory, QuestionFactory, TaskFactory, UserFactory

pytestmark = pytest.mark.django_db

IMPORT, EXPORT = "admin:questions_question_import", "admin:questions_question_export"
HEAD = "id,stem,option_1,option_2,key\n"
GOOD = f"{HEAD}clay,Which soil holds water?,Clay,Sand,A\n"
MIXED = f"{GOOD}loam,Which loam?,Loam,Loam,A\n"


@pytest.fixture
def person():
    return UserFactory(instructor=True)


@pytest.fixture
def client(person):
    return client_of(person)


def upload(client, data=GOOD, name="questions.csv", **fields):
    file = SimpleUploadedFile(name, data if isinstance(data, bytes) else data.encode())
    return client.post(reverse(IMPORT), {"file": file, "format": "", "task": "", "tags": "", **fields})


def check_url():
    return reverse("admin:questions_question_import_check", args=[ImportDraft.objects.get().pk])


def confirm(client, **fields):
    fingerprint = client.get(check_url()).context["fingerprint"]
    return client.post(check_url(), {"apply": "1", "fingerprint": fingerprint, **fields})


def test_upload_is_looked_at_then_confirmed(client, person):
    page = upload(client)
    assert page["Location"] == check_url()
    assert not Question.objects.exists()

    looked = client.get(check_url())
    assert dict(looked.context["counts"])["new"] == 1
    assert "Import 1 question" in looked.content.decode()

    done = confirm(client)

    assert done.status_code == 200
    assert "questions.csv was imported" in done.content.decode()
    question = Question.objects.get()
    assert (question.code, question.status, question.events.get().by) == ("clay", "draft", person)
    assert not ImportDraft.objects.exists()


def test_task_and_tags_of_the_form_are_given_to_the_questions(client):
    task = TaskFactory(domain=DomainFactory(certification=CertificationFactory(code="c")))

    upload(client, task=str(task), tags="Summer 2026, soil")
    confirm(client)

    question = Question.objects.get()
    assert [placement.task for placement in question.placements.all()] == [task]
    assert [str(tag) for tag in question.tags.all()] == ["soil", "summer-2026"]


def test_refused_question_is_named_and_left_out(client):
    upload(client, MIXED)
    page = client.get(check_url())
    assert page.context["rows"][0].state == "refused"
    assert "make every option different" in page.content.decode()
    assert "loam Which loam?" in page.content.decode()
    assert "Import 1 question, leave out 1" in page.content.decode()

    confirm(client)
    assert [question.code for question in Question.objects.all()] == ["clay"]


def test_refused_ones_can_be_downloaded(client):
    upload(client, MIXED)

    page = client.get(reverse("admin:questions_question_import_refused", args=[ImportDraft.objects.get().pk]))

    assert page["Content-Disposition"] == 'attachment; filename="refused.csv"'
    assert page.content.decode("utf-8-sig").splitlines() == [
        "place,question,field,problem",
        "row 3,loam Which loam?,options,“loam” appears 2 times; make every option different.",
    ]


def test_bank_that_changed_since_is_looked_at_again(client):
    upload(client)
    fingerprint = client.get(check_url()).context["fingerprint"]
    QuestionFactory(code="clay")

    page = client.post(check_url(), {"apply": "1", "fingerprint": fingerprint})

    assert page.status_code == 409
    assert "The bank has changed" in page.content.decode()
    assert ImportDraft.objects.exists()


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.csv", b"", "empty"),
        ("a.csv", b"stem,colour\n", "an unknown column, “colour”"),
        ("a.csv", "stem,ö".encode("latin-1"), "is not UTF-8"),
        ("a.pdf", b"%PDF", "Unknown file extension"),
        ("a.xlsx", b"no zip", "zip"),
        ("a.xml", b"<!DOCTYPE a [<!ENTITY b 'c'>]><quiz>&b;</quiz>", ""),
        ("a.yaml", b"[" * 10_000, "is nested too deeply"),
    ],
)
def test_bad_file_is_refused_in_the_form(client, name, data, message):
    page = upload(client, data, name)

    assert page.status_code == 200
    (errors,) = page.context["form"].errors.values()
    assert message in errors[0]
    assert not ImportDraft.objects.exists()


def test_file_that_is_too_large_is_refused(client):
    page = upload(client, b"x" * (MAX_UPLOAD + 1))

    assert page.context["form"].errors["file"] == [
        "The file is larger than 10 MB. Split it, or import it from the command line."
    ]


def test_file_is_its_uploaders_alone(client):
    upload(client)

    other = client_of(UserFactory(superuser=True))

    assert other.get(check_url()).status_code == 404
    assert other.post(check_url(), {"apply": "1"}).status_code == 404


def test_file_can_be_thrown_away_and_is_forgotten_after_a_day(client, person):
    upload(client)
    client.post(check_url(), {"discard": "1"})
    assert not ImportDraft.objects.exists()

    old = ImportDraft.objects.create(
        by=person, name="old", format="csv", data=GOOD.encode(), created_at=timezone.now() - dt.timedelta(hours=25)
    )
    upload(client)
    assert not ImportDraft.objects.filter(pk=old.pk).exists()


def test_text_of_the_file_is_never_markup(client):
    upload(client, f"{HEAD}x,<script>alert(1)</script> which?,A,<b>A</b>,C\n", "<img src=x>.csv")

    page = client.get(check_url()).content.decode()

    assert "<script>alert" not in page
    assert "<img src=x>" not in page


@pytest.mark.parametrize("name", ["csv", "xlsx"])
def test_template_can_be_imported_as_it_is(client, name):
    page = client.get(reverse("admin:questions_question_import_template", args=[name]))

    read = FORMATS[name].read(page.content, Defaults(valid_as_of=dt.date(2026, 1, 1)))
    assert [question.entry.id for question in read] == ["example-1"]
    assert client.get("/admin/questions/question/import/template/nothing/").status_code == 404


@pytest.mark.parametrize("name", FORMATS)
def test_all_questions_can_be_exported_in_any_format(client, name):
    QuestionFactory(code="clay", task=TaskFactory(domain=DomainFactory(certification=CertificationFactory(code="c"))))

    page = client.post(reverse(EXPORT), {"format": name})

    assert page["Content-Disposition"].startswith('attachment; filename="questions.')
    (read,) = FORMATS[name].read(page.content, Defaults(valid_as_of=dt.date(2026, 1, 1)))
    assert read.entry is not None


def test_export_page_says_what_is_left_out(client):
    QuestionFactory(code="empty", revision=None, draft=True)

    page = client.get(reverse(EXPORT), {"format": "aiken"}).content.decode()

    assert "0 questions in the file, 1 left out" in page
    assert "<strong>empty</strong> it has no content yet" in page


def test_selected_questions_are_exported(client):
    first, second = QuestionFactory(code="first"), QuestionFactory(code="second")
    chosen = {"action": "export_selected", "_selected_action": [first.pk]}

    page = client.post(reverse("admin:questions_question_changelist"), chosen)
    form = page.context["form"]
    assert form.initial["codes"] == "first"

    data = client.post(reverse(EXPORT), {"format": "yaml", "codes": "first"}).content
    assert b"id: first" in data
    assert f"id: {second.code}".encode() not in data


def test_queries_of_the_pages_do_not_grow(client, django_assert_max_num_queries):
    for count in (2, 60):
        ImportDraft.objects.all().delete()
        upload(client, HEAD + "".join(f"q{n},Which soil number {n}?,Clay,Sand,A\n" for n in range(count)))
        with django_assert_max_num_queries(16):
            client.get(check_url())
