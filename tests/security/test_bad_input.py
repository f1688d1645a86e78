"""What no honest browser sends: refused or ignored, nothing stored, never 500. On SQLite and on PostgreSQL."""

import pytest
from django.contrib import admin
from django.core.files.uploadedfile import SimpleUploadedFile
from django.forms import CharField
from django.test import Client
from django.urls import reverse

from accounts.models import User
from questions import services
from questions.models import Question
from tests.exams.helpers import client_of, item_of, posted
from tests.exams.pages import fields_of, opened
from tests.queries import count_queries
from tests.security.routes import all_routes

pytestmark = pytest.mark.django_db

NUL = "a\0b"
SECRET = "secret-word-1"


def quiet(client):
    client.raise_request_exception = False
    return client


# --- Fields nobody asked for ------------------------------------------------------------------------------------------

RIGHTS = {
    "is_staff": "on",
    "is_superuser": "on",
    "is_active": "",
    "extra_time_percent": "300",
    "groups": "1",
    "user_permissions": "1",
    "id": "1",
    "pk": "1",
    "email": "new@example.com",
    "password": "other-word-1",
}


def rights_of(user):
    user.refresh_from_db()
    return (
        user.email,
        user.is_staff,
        user.is_superuser,
        user.is_active,
        user.extra_time_percent,
        user.password,
        user.groups.count(),
        user.user_permissions.count(),
    )


def test_preferences_change_nothing_but_name_and_time_zone(world):
    before = rights_of(world.candidate)

    client, url = world.client("candidate"), reverse("accounts:preferences")
    client.post(url, {**opened(client, url), **RIGHTS, "name": "New", "time_zone": "UTC"})

    assert rights_of(world.candidate) == before
    assert world.candidate.name == "New"


def test_instructor_changes_nothing_of_a_candidate(world):
    before = rights_of(world.candidate)
    url = reverse("admin:accounts_user_change", args=[world.candidate.pk])

    world.client("instructor").post(url, {**RIGHTS, "name": "New", "time_zone": "UTC", "extra_time_percent": "25"})

    after = rights_of(world.candidate)
    assert after == before
    assert world.candidate.name != "New"


def test_instructor_does_not_make_a_question_look_published(world):
    question = world.question
    url = reverse("admin:questions_question_change", args=[question.pk])
    client = world.client("instructor")
    fields = fields_of(client.get(url), "question_form")

    client.post(url, {**fields, "status": "retired", "published_revision": "", "source_id": "other", "draw_key": "1"})

    before = (question.status, question.published_revision_id, question.source_id)
    question.refresh_from_db()
    assert (question.status, question.published_revision_id, question.source_id) == before


# --- Answers ----------------------------------------------------------------------------------------------------------


def state_of(attempt):
    return list(attempt.items.order_by("position").values_list("response", "sequence", "is_flagged", "struck"))


@pytest.mark.parametrize(
    "changes",
    [
        {"q1-choice": "8"}, {"q1-choice": "4"}, {"q1-choice": "-1"}, {"q1-choice": NUL}, {"q1-choice": "9" * 400},
        {"q1-choice": ["0", "1"]}, {"q1-struck": "7"}, {"q1-sequence": "9" * 400}, {"q1-sequence": "1e3"},
        {"q1-sequence": ["x", "y"]}, {"q1-page": NUL}, {"q1-page": "<script>"}, {"q1-page": "a" * 33},
        {"q1-count": "-1"}, {"q1-seconds": "999999999"}, {"q1-seconds": NUL}, {"q1-sequence": ""},
    ],
    ids=str,
)  # fmt: skip
@pytest.mark.parametrize("name", ["exams:answer-save", "exams:attempt-hand-in"])
def test_answer_that_no_page_sends_is_refused_and_not_stored(world, name, changes):
    before = state_of(world.attempt)

    response = quiet(world.client("candidate")).post(
        world.url(name), {**posted(item_of(world.attempt), 1), **changes, "then": "submit"}
    )

    world.attempt.refresh_from_db()
    assert response.status_code == 400
    assert state_of(world.attempt) == before
    assert world.attempt.state == "in_progress"


@pytest.mark.parametrize("position", [0, 5, 999, 10**6, 10**30])
def test_answer_to_a_question_that_is_not_there_is_absent(world, position):
    url = f"/attempts/{world.attempt.pk}/answers/{position}/"
    fields = {name.replace("q1-", f"q{position}-"): value for name, value in posted(item_of(world.attempt), 1).items()}

    assert quiet(world.client("candidate")).post(url, fields).status_code == 404


def test_hand_in_with_a_question_of_nobody_stores_nothing(world):
    before = state_of(world.attempt)
    fields = {name.replace("q1-", "q77-"): value for name, value in posted(item_of(world.attempt), 1).items()}

    response = quiet(world.client("candidate")).post(world.url("exams:attempt-hand-in"), {**fields, "then": "stay"})

    assert response.status_code < 500
    assert state_of(world.attempt) == before


# --- Bodies -----------------------------------------------------------------------------------------------------------

MILLION = 1_000_000
POSTS = [
    "account_login",
    "account_signup",
    "account_reset_password",
    "accounts:preferences",
    "exams:answer-save",
    "exams:attempt-hand-in",
    "exams:exam-start",
    "admin:questions_question_add",
]


ROLE_OF = {"admin": "superuser", "accounts": "candidate", "exams": "candidate"}


@pytest.mark.parametrize("name", [name for name in POSTS if name != "exams:exam-start"])  # reads no body
def test_oversized_body_is_refused(world, name):
    client = quiet(Client() if name.startswith("account_") else world.client(ROLE_OF[name.partition(":")[0]]))
    body = b"name=" + b"a" * (3 * MILLION)
    users, questions, answers = User.objects.count(), Question.objects.count(), state_of(world.attempt)

    too_long = client.post(world.url(name), body, content_type="application/x-www-form-urlencoded")
    too_many = client.post(world.url(name), b"a=1&" * 4000, content_type="application/x-www-form-urlencoded")
    parts = b"".join(b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n' for _ in range(4000)) + b"--x--"
    many_parts = client.post(world.url(name), parts, content_type="multipart/form-data; boundary=x")

    assert [answer.status_code for answer in (too_long, too_many, many_parts)] == [413] * 3
    assert all("Nothing was stored" in answer.text for answer in (too_long, too_many, many_parts))
    assert (User.objects.count(), Question.objects.count(), state_of(world.attempt)) == (users, questions, answers)


def test_body_with_files_has_a_limit_too(world, settings):
    settings.MAX_BODY_BYTES = 5000
    client = world.client("superuser")
    url = world.url("admin:questions_question_add")

    fits, too_large = (
        quiet(client).post(url, {"upload": SimpleUploadedFile("bank.yaml", b"a" * size)}) for size in (4000, 5000)
    )

    assert [answer.status_code for answer in (fits, too_large)] == [200, 413]


@pytest.mark.parametrize("length", ["", "x", "-1", "99999999999999999999", "9" * 5000, "²"])
def test_strange_length_is_never_a_fault(length):
    assert quiet(Client()).get("/", CONTENT_LENGTH=length).status_code in (200, 413)


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", b'{"q1-choice": {"$ne": 1}}'),
        ("text/plain", b"\xff\xfe\x00"),
        ("multipart/form-data; boundary=x", b"--x\r\nbroken"),
        ("multipart/form-data", b""),
        ("application/x-www-form-urlencoded", b"%ff%fe=%00&q1-sequence=%C3"),
        ("application/x-www-form-urlencoded; charset=utf-7", b"a=1"),
    ],
)
@pytest.mark.parametrize("name", POSTS)
def test_malformed_body_is_never_a_fault(world, name, content_type, body):
    client = quiet(Client() if name.startswith("account_") else world.client(ROLE_OF[name.partition(":")[0]]))
    users, questions = User.objects.count(), Question.objects.count()

    response = client.post(world.url(name), body, content_type=content_type)

    assert response.status_code < 500
    assert (User.objects.count(), Question.objects.count()) == (users, questions)


# --- NUL bytes: PostgreSQL does not store them ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "/%00", "/certifications/a%00/", "/exams/%00/", "/attempts/%00/", "/accounts/login/?next=%00",
        "/accounts/confirm-email/%00/", "/accounts/password/reset/key/1-%00/",
        "/accounts/password/reset/key/zzzzzzzzzzzzz-a/",
        "/attempts/?show=%00", "/?%00=%00",
    ],
)  # fmt: skip
def test_nul_in_an_address_is_never_a_fault(world, url):
    assert quiet(world.client("candidate")).get(url).status_code < 500


CHANGE_LISTS = [name for name in all_routes() if name.endswith("_changelist")]


@pytest.mark.parametrize("name", CHANGE_LISTS)
@pytest.mark.parametrize(
    "query", ["q=%00", "q=a%00b", "p=%00", "o=%00", "id__exact=%00", "status__exact=%00", "state__exact=%00",
              "domain=%00", "domain=x", "difficulty__exact=%00", "certification__id__exact=%00", "all=%00",
              "items__question__id__exact=%00", "started_at__year=%00", "started_at__year=99999999999", "user__id=x",
              "is_staff__exact=%00", "type__exact=%00", "password__startswith=a", "e=1", "p=999999999999999999999"]
)  # fmt: skip
def test_query_of_a_list_in_the_admin_is_never_a_fault(world, name, query):
    response = quiet(world.client("superuser")).get(f"{world.url(name)}?{query}")

    assert response.status_code in (200, 302, 400)


@pytest.mark.parametrize("name", CHANGE_LISTS)
@pytest.mark.parametrize("chosen", ["x", NUL, "9" * 40])
def test_action_on_nothing_is_never_a_fault(world, name, chosen):
    for action in ("delete_selected", "publish_selected", "retire_selected", NUL):
        fields = {"action": action, "_selected_action": chosen, "index": "0", "select_across": "0"}
        assert quiet(world.client("superuser")).post(world.url(name), fields).status_code < 500


@pytest.mark.parametrize("object_id", ["%00", "x", "9" * 40, "_00", "..%2f..%2fetc%2fpasswd"])
def test_strange_object_in_the_admin_is_absent(world, object_id):
    client = quiet(world.client("superuser"))
    for name in CHANGE_LISTS:
        for page in ("change/", "history/", "delete/", "preview/", "step/", "revisions/", "password/", ""):
            assert client.get(f"{world.url(name)}{object_id}/{page}").status_code < 500, (name, page)


def test_real_fault_while_a_list_is_shown_or_an_action_runs_stays_a_fault(world, monkeypatch):
    def fail(*args, **kwargs):
        raise ValueError("a mistake of ours")

    client, url = quiet(world.client("superuser")), world.url("admin:questions_question_changelist")
    with monkeypatch.context() as patch:
        patch.setattr(Question, "__str__", fail)
        patch.setattr(type(admin.site.get_model_admin(Question)), "stem_start", fail)
        assert client.get(url).status_code == 500
    monkeypatch.setattr(services, "retire", fail)
    fields = {"action": "retire_selected", "_selected_action": str(world.question.pk), "index": "0", "_confirmed": "1"}
    assert client.post(url, fields).status_code == 500


@pytest.mark.parametrize("cookie", ["sessionid", "csrftoken", "messages"])
@pytest.mark.parametrize("value", ['"abcdefgh\\000ijkl"', "\\", "a" * 5000, "é"])
def test_strange_cookie_is_never_a_fault(cookie, value):
    client = quiet(Client(headers={"cookie": f"{cookie}={value}"}))

    assert client.get("/").status_code in (200, 400)
    assert client.get("/accounts/preferences/").status_code in (302, 400)


def test_nul_in_every_field_of_every_form_is_refused(world):
    client = quiet(world.client("superuser"))
    visitor = quiet(Client())
    people, questions = User.objects.count(), Question.objects.count()
    forms = {
        visitor: {
            "account_login": ["login", "password"],
            "account_signup": ["email", "password1", "password2"],
            "account_reset_password": ["email"],
        },
        client: {
            "accounts:preferences": ["name", "time_zone"],
            "account_email": ["email"],
            "account_change_password": ["oldpassword", "password1", "password2"],
            "account_reauthenticate": ["password"],
        },
    }
    for browser, pages in forms.items():
        for name, fields in pages.items():
            sent = dict.fromkeys(fields, NUL) | {"action_add": "", "next": NUL}
            assert (name, browser.post(world.url(name), sent).status_code < 500) == (name, True)
            sent = dict.fromkeys(fields, "a@example.com\0") | {"action_add": "", "time_zone": "UTC"}
            assert (name, browser.post(world.url(name), sent).status_code < 500) == (name, True)

    assert (User.objects.count(), Question.objects.count()) == (people, questions)
    world.superuser.refresh_from_db()
    assert "\0" not in world.superuser.name


@pytest.mark.parametrize(
    ("name", "form"),
    [("questions_question", "question_form"), ("exams_exam", "exam_form"), ("accounts_user", "user_form"),
     ("auth_group", "group_form")],
)  # fmt: skip
def test_nul_in_each_field_of_the_admin_is_refused(world, name, form):
    client = quiet(world.client("superuser"))
    url = world.url(f"admin:{name}_change")
    model = world.object_of(type(world.candidate)) if name == "accounts_user" else None
    fields = fields_of(client.get(url), form)
    page = client.get(url)
    texts = [bound for bound in page.context["adminform"].form.fields.items() if isinstance(bound[1], CharField)]

    assert texts
    for field, _ in texts:
        assert (field, client.post(url, {**fields, field: NUL}).status_code) == (field, 200)
    assert model is None or "\0" not in model.email


@pytest.mark.parametrize(
    ("name", "form"),
    [("exams_exam", "exam_form"), ("exams_cohort", "cohort_form"), ("questions_question", "question_form"),
     ("accounts_user", "user_form")],
)  # fmt: skip
def test_made_up_number_of_rows_is_refused_before_it_costs(world, name, form):
    client, url = world.client("superuser"), world.url(f"admin:{name}_change")
    fields = fields_of(client.get(url), form)
    numbers = {key: "32767" for key in fields if key.endswith("-TOTAL_FORMS")}

    with count_queries() as counted:
        response = client.post(url, fields | numbers)

    (inline,) = response.context["inline_admin_formsets"]
    assert len(inline.formset.forms) == 200
    assert inline.formset.non_form_errors()[0].startswith("Please submit at most")
    assert counted.number < 600


# --- Where to go next -------------------------------------------------------------------------------------------------

ELSEWHERE = ["https://evil.example/", "//evil.example/", "///evil.example", "http:evil.example", "javascript:alert(1)",
             "\\\\evil.example", "/\\evil.example", "https:///evil.example", " //evil.example",
             "//testserver@evil.example",              "data:text/html,x"]  # fmt: skip


@pytest.mark.parametrize("address", ELSEWHERE)
@pytest.mark.parametrize("where", ["field", "query"])
def test_nothing_leads_to_another_site(world, address, where):
    def sent(client, url, **fields):
        if where == "field":
            return client.post(url, {**fields, "next": address})
        return client.post(url, fields, query_params={"next": address})

    log_in = sent(Client(), reverse("account_login"), login=world.other.email, password=SECRET)
    log_out = sent(client_of(world.other), reverse("account_logout"))
    again = sent(world.client("other"), reverse("account_reauthenticate"), password=SECRET)

    assert [answer.status_code for answer in (log_in, log_out, again)] == [302] * 3
    assert {answer.url for answer in (log_in, log_out, again)} == {"/"}
