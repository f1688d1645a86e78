"""Defining an exam in the admin: its quotas, the check, previews and fixed forms."""

from io import BytesIO

import pytest
from django.urls import reverse
from pypdf import PdfReader

from exams.attempts.services.starting import start_attempt
from exams.blueprints.models import Exam, ExamQuota
from exams.blueprints.queries.fixed_forms import form_version
from exams.blueprints.services import draw_form
from questions.models import Question, Tag
from tests.exams.attempts.test_no_key_leaves_early import CANARY, secret_content
from tests.exams.helpers import START, client_of, fill_task
from tests.exams.pages import opened
from tests.factories import DomainFactory, ExamFactory, QuestionFactory, TaskFactory, UserFactory
from tests.queries import count_queries

pytestmark = pytest.mark.django_db


@pytest.fixture
def exam():
    """Six questions; domain 1 has the tasks 1.1 and 1.2, domain 2 has 2.1, with eight questions each."""
    exam = ExamFactory(question_count=6, title="Six")
    first, second = (DomainFactory(certification=exam.certification, number=number) for number in (1, 2))
    for domain, code in ((first, "1.1"), (first, "1.2"), (second, "2.1")):
        fill_task(TaskFactory(domain=domain, code=code), 8)
    return exam


@pytest.fixture
def client():
    return client_of(UserFactory(instructor=True))


def address(name, exam, *args):
    return reverse(f"admin:exams_exam_{name}", args=[exam.pk, *args])


def said(page):
    return [str(message) for message in page.context["messages"]]


def part(exam, name):
    """part(exam, "1.2") is a task, part(exam, "1") a domain: return domain and task."""
    domain = exam.certification.domains.get(number=name[0])
    return domain, domain.tasks.get(code=name) if len(name) > 1 else None


def send(client, exam, *quotas, **changes):
    """Send the exam's page as its form has it, with rows (domain, task, count); return the page that comes."""
    page = client.get(address("change", exam))
    form = page.context["adminform"].form
    fields = {name: form[name].value() for name in form.fields} | changes
    data = {name: value for name, value in fields.items() if value is not None and value is not False and value != []}
    for name in ("opens_at", "closes_at"):
        if data.get(name):
            data[name] = data[name].strftime("%Y-%m-%dT%H:%M")
    data |= {"quotas-TOTAL_FORMS": len(quotas), "quotas-INITIAL_FORMS": 0}
    for number, (domain, task, count) in enumerate(quotas):
        data |= {
            f"quotas-{number}-domain": domain.pk,
            f"quotas-{number}-task": task.pk if task else "",
            f"quotas-{number}-question_count": count,
        }
    url = address("change", exam)
    return client.post(url, {**opened(client, url), **data}, follow=True)


def save(client, exam, *quotas, **changes):
    """Send the exam's page as `send` does; return what the page then says."""
    response = send(client, exam, *quotas, **changes)
    return said(response) if response.redirect_chain else errors_of(response)


def errors_of(response):
    formset = response.context["inline_admin_formsets"][0].formset
    errors = [
        *formset.non_form_errors(),
        *(str(e) for form in formset.forms for row in form.errors.values() for e in row),
    ]
    return [*errors, *(str(e) for row in response.context["errors"] for e in row if str(e) not in errors)]


# --- Tags -------------------------------------------------------------------------------------------------------


def test_tags_are_written_as_names_and_shown_as_names(client, exam):
    for name in ("cloud", "old", "soil-types"):
        Tag.objects.create(name=name)

    save(client, exam, include_tags="Soil types, cloud", exclude_tags=" old ")

    assert [tag.name for tag in exam.include_tags.all()] == ["cloud", "soil-types"]
    assert [tag.name for tag in exam.exclude_tags.all()] == ["old"]
    assert 'value="cloud, soil-types"' in client.get(address("change", exam)).text

    save(client, exam, include_tags="", exclude_tags="old")

    assert (exam.include_tags.count(), exam.exclude_tags.count()) == (0, 1)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("cloud, clod, cluod", "No question was ever tagged “clod”, “cluod”."),
        ("cloud, !!", "“!!” is not a valid tag"),
        ("x" * 51, "is not a valid tag. Use up to 50 letters"),
    ],
)
def test_tag_that_is_none_is_refused_and_what_was_typed_stays(client, exam, text, problem):
    exam.include_tags.add(Tag.objects.create(name="cloud"))

    page = send(client, exam, include_tags=text)

    assert any(problem in line for line in errors_of(page)), errors_of(page)
    assert f'name="include_tags" value="{text}"' in " ".join(page.text.split())
    assert [tag.name for tag in exam.include_tags.all()] == ["cloud"]


# --- Quotas -----------------------------------------------------------------------------------------------------


def test_quotas_are_saved_with_the_exam(client, exam):
    said = save(client, exam, (*part(exam, "1.1"), 2), (*part(exam, "1"), 1), (*part(exam, "2"), 3))

    assert said == [f'The exam “<a href="/admin/exams/exam/{exam.pk}/change/">Six</a>” was changed successfully.']
    rows = ExamQuota.objects.values_list("domain__number", "task__code", "question_count")
    assert sorted(rows, key=str) == [(1, "1.1", 2), (1, None, 1), (2, None, 3)]


@pytest.mark.parametrize(
    ("names", "problem"),
    [
        (["1.1:2", "2:3"], "The quotas ask for 5 questions, but the exam has 6. Make the numbers agree."),
        (["1:3", "1:3"], "There are 2 quotas for “"),
        (["1.1:3", "1.1:3"], "Please correct the duplicate data"),
        (["1.1:2", "1.2:2", "1:2"], "has its own quota, which leaves no questions for the quota of the whole domain."),
        (["1:0", "2:6"], "Ensure this value is greater than or equal to 1."),
    ],
)
def test_quotas_that_make_no_sense_are_refused_with_the_reason(client, exam, names, problem):
    rows = [(*part(exam, name), int(count)) for name, _, count in (text.partition(":") for text in names)]

    said = save(client, exam, *rows)

    assert any(problem in line for line in said), said
    assert not ExamQuota.objects.exists()


def test_quota_of_a_task_of_another_domain_is_refused(client, exam):
    (first, _), (_, task) = part(exam, "1"), part(exam, "2.1")

    (said,) = [line for line in save(client, exam, (first, task, 6)) if "is not a task of" in line]

    assert said.endswith("Choose the domain that the task belongs to.")


def test_quota_of_another_certification_is_refused(client, exam):
    foreign = DomainFactory()

    assert any("is not a domain of the exam's certification" in line for line in save(client, exam, (foreign, None, 6)))


def test_quota_outside_the_practised_domain_is_refused(client, exam):
    (first, _), (second, _) = part(exam, "1"), part(exam, "2")

    assert any("covers one domain only" in line for line in save(client, exam, (second, None, 6), domain=first.pk))


def test_explanations_before_the_key_are_refused(client, exam):
    said = save(client, exam, show_key="never")

    assert any("cannot appear before the key" in line for line in said)
    exam.refresh_from_db()
    assert exam.show_key == "at_once"


# --- What is warned of ------------------------------------------------------------------------------------------


def test_saving_warns_of_what_the_bank_cannot_fill(client, exam):
    said = save(client, exam, (*part(exam, "1.1"), 9), (*part(exam, "2"), 1), question_count=10)

    assert said[0] == (
        "The exam was saved, but nobody can start it yet. The bank has 8 published questions in “1.1 Task 1.1”; "
        "this exam needs 9."
    )


def test_saving_warns_of_a_window_that_never_ends(client, exam):
    said = save(client, exam, show_score="after_window", show_key="after_window", show_explanations="never")

    assert "it has no closing time" in said[0]


def test_saving_warns_of_a_fixed_exam_without_a_form(client, exam):
    assert "it has no usable fixed form" in save(client, exam, form_kind="fixed")[0]

    draw_form(exam=exam, by=UserFactory(), now=START)

    assert len(save(client, exam, form_kind="fixed")) == 1


def test_page_of_the_exam_says_whether_the_bank_fills_it(client, exam):
    page = client.get(address("change", exam)).text
    assert "The bank has questions for 2 forms without a common question." in page

    draw_form(exam=exam, by=UserFactory(), now=START)
    page = client.get(address("change", exam)).text
    assert "1 more form can be drawn without a question of the existing forms." in page

    Question.objects.filter(placements__domain__number=2).update(status="retired")
    page = client.get(address("change", exam)).text
    assert "<strong>No.</strong>" in page
    assert "is no longer published" in page
    assert "Draw a form" not in page


def test_new_exam_has_no_check_yet(client):
    assert "Can the bank fill it?" not in client.get(reverse("admin:exams_exam_add")).text


def test_page_of_the_exam_takes_as_many_queries_for_many_forms_and_quotas(client, exam):
    numbers = []
    for forms, quotas in ((1, ["1:3", "2:3"]), (5, ["1.1:2", "1:1", "2:3"])):
        ExamQuota.objects.all().delete()
        for name, _, count in (text.partition(":") for text in quotas):
            domain, task = part(exam, name)
            ExamQuota.objects.create(exam=exam, domain=domain, task=task, question_count=int(count))
        for seed in range(forms):
            draw_form(exam=exam, by=UserFactory(), now=START, seed=seed)
        with count_queries() as counted:
            client.get(address("change", exam))
        numbers.append(counted.number)

    assert numbers[0] == numbers[1]


# --- Preview and forms ----------------------------------------------------------------------------------------


@pytest.fixture
def secret_exam(exam):
    Question.objects.all().update(status="retired")
    for domain in exam.certification.domains.all():
        for number in range(6):
            kind = "single" if number % 2 else "multiple"
            mark = f"{domain.number}-{number}"
            QuestionFactory(code=mark, task=domain.tasks.first(), content=secret_content(mark, kind))
    return exam


def test_preview_shows_a_form_as_candidates_see_it_and_the_key_when_asked(client, secret_exam):
    url = address("preview", secret_exam)

    plain, with_key = client.get(url, {"seed": 5}).text, client.get(url, {"seed": 5, "key": ""}).text

    assert plain.count("Question ") >= 6
    assert CANARY not in plain
    assert "is-key" not in plain
    assert with_key.count(f"{CANARY} explanation") == 6
    assert plain.count("Stem ") == with_key.count("Stem ") == 6


def test_preview_is_the_same_for_a_seed_and_differs_between_seeds(client, secret_exam):
    def stems(seed):
        page = client.get(address("preview", secret_exam), {"seed": seed})
        return [
            (item.shown.code, [option.html for option in item.shown.solved.options]) for item in page.context["items"]
        ]

    assert stems(5) == stems(5)
    assert stems(5) != stems(6)
    assert not secret_exam.forms.exists()


@pytest.mark.parametrize("seed", ["", "x", "-1", "9" * 30, "²"])
def test_preview_of_a_seed_that_is_none_draws_some_form(client, secret_exam, seed):
    assert len(client.get(address("preview", secret_exam), {"seed": seed}).context["items"]) == 6


def test_preview_of_what_cannot_be_filled_says_why(client, exam):
    Question.objects.update(status="retired")

    page = client.get(address("preview", exam), follow=True)

    assert said(page) == ["The bank has 0 published questions in “1 Domain 1”; this exam needs 3."]


def test_form_is_drawn_changed_and_deleted_on_its_pages(client, exam):
    page = client.post(address("draw", exam), follow=True)
    form = exam.forms.get()
    assert page.redirect_chain == [(address("form", exam, 1), 302)]
    assert said(page) == ["Form 1 was drawn."]

    before = form.questions.get(position=2).question
    page = client.post(address("form_replace", exam, 1), {"position": 2, "seen": form_version(form)}, follow=True)
    after = form.questions.get(position=2).question
    assert after != before
    assert said(page) == [f"Question 2 is now {after.code}."]

    again = {"position": 2, "code": f" {before.code} ", "seen": form_version(form)}
    client.post(address("form_replace", exam, 1), again, follow=True)
    assert form.questions.get(position=2).question == before

    page = client.post(address("form_delete", exam, 1), {"seen": form_version(form)}, follow=True)
    assert said(page) == ["Form 1 was deleted."]
    assert not exam.forms.exists()


def test_drawing_says_what_a_form_repeats(client, exam):
    for seed in range(2):
        draw_form(exam=exam, by=UserFactory(), now=START, seed=seed)

    page = client.post(address("draw", exam), follow=True)

    # Of sixteen in domain 1 and eight in domain 2, six and six stand in the first two forms.
    assert said(page) == [
        "Form 3 was drawn.",
        "1 of its questions is in an earlier form, too: the bank has no others.",
    ]


def test_form_that_was_taken_says_so_and_has_no_buttons(client, exam):
    exam.form_kind = Exam.FormKind.FIXED
    exam.save()
    draw_form(exam=exam, by=UserFactory(), now=START)
    start_attempt(candidate=UserFactory(), exam=exam, now=START)

    page = client.get(address("form", exam, 1)).text
    assert "It has been taken 1 time and can no longer change." in page
    assert "Replace" not in page
    assert "Delete" not in page
    for name, data in (("form_replace", {"position": 1}), ("form_delete", {})):
        page = client.post(address(name, exam, 1), data, follow=True)
        assert "has been taken" in said(page)[-1]


@pytest.mark.parametrize("position", ["", "x", "0", "99", "9" * 40, "²"])
def test_replacing_at_a_place_that_is_none_is_refused(client, exam, position):
    form, _ = draw_form(exam=exam, by=UserFactory(), now=START)

    fields = {"position": position, "seen": form_version(form)}
    page = client.post(address("form_replace", exam, 1), fields, follow=True)

    assert "has no question" in said(page)[-1]


def test_form_and_key_are_sent_as_files_with_their_names(client, secret_exam):
    draw_form(exam=secret_exam, by=UserFactory(), now=START)

    for name, file, has_key in (("form_pdf", "form-1", False), ("key_pdf", "form-1-key", True)):
        response = client.get(address(name, secret_exam, 1))
        assert response["Content-Type"] == "application/pdf"
        assert response["Content-Disposition"] == f'attachment; filename="{secret_exam.slug}-{file}.pdf"'
        assert "no-store" in response["Cache-Control"]
        text = "".join(page.extract_text() for page in PdfReader(BytesIO(response.content)).pages)
        assert (CANARY in text) == has_key


def test_form_names_what_paper_has_no_letter_for(client, exam):
    Question.objects.first().revisions.update(stem="x")
    draw_form(exam=exam, by=UserFactory(), now=START)
    assert "The PDF cannot show these characters" not in client.get(address("form", exam, 1)).text

    exam.forms.get().questions.get(position=1).question.revisions.update(stem="What is 漢字?")
    assert "The PDF cannot show these characters: 字 漢" in client.get(address("form", exam, 1)).text


@pytest.mark.parametrize("name", ["form", "form_pdf", "key_pdf"])
def test_pages_of_a_form_take_as_many_queries_for_a_long_one(client, name):
    numbers = []
    for count in (2, 40):
        exam = ExamFactory(question_count=count)
        fill_task(TaskFactory(domain=DomainFactory(certification=exam.certification, number=1)), count)
        draw_form(exam=exam, by=UserFactory(), now=START)
        with count_queries() as counted:
            client.get(address(name, exam, 1))
        numbers.append(counted.number)

    assert numbers[0] == numbers[1] <= 12


def test_who_may_only_look_at_exams_draws_no_form_and_sees_no_key(exam):
    from django.contrib.auth.models import Permission

    viewer = UserFactory(is_staff=True)
    viewer.user_permissions.add(Permission.objects.get(codename="view_exam"))
    draw_form(exam=exam, by=viewer, now=START)
    client = client_of(viewer)

    assert client.get(address("change", exam)).status_code == 200
    for name in ("preview", "form", "form_pdf", "key_pdf"):
        args = [] if name == "preview" else [1]
        assert client.get(address(name, exam, *args)).status_code == 403
    for name in ("draw", "form_delete", "form_replace"):
        args = [] if name == "draw" else [1]
        assert client.post(address(name, exam, *args)).status_code == 403
    assert exam.forms.count() == 1
