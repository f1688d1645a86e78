"""Who gets what: every route of the URL conf × role × method. A route without a row fails.

A cell is `GET/POST`: a status, `in` for "log in first", `→` for sent on to another page. POST carries no field, so 200
is a form shown again with what is missing, 400 what is incomplete. A row of five cells gives another
instructor, who made nothing, what the first one gets.
"""

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from tests.exams.pages import masked
from tests.factories import UserFactory
from tests.security.routes import all_routes, model_of

pytestmark = pytest.mark.django_db

ROLES = ["anonymous", "candidate", "other", "instructor", "other_instructor", "superuser", "invited", "removed"]
# Who was invited and has not accepted, and who was removed, get what anybody else gets; but the link has ended for the
# latter.
REMOVED = {"exams:join": "404/404"}

PUBLIC = ["200/405"] * 5
READ = ["in/405"] + ["200/405"] * 4
OWN_PAGE = ["in/405", "200/405"] + ["404/405"] * 3
FORM = ["in/in"] + ["200/200"] * 4
PASSING = ["in/in"] + ["→/→"] * 4  # asks for the password again, or there is nothing to do
ABSENT = ["in/in"] + ["404/404"] * 4
STAFF_PAGE = ["in/in"] * 3 + ["200/200"] * 2
STAFF_READ = ["in/in"] * 3 + ["200/405"] * 2
STAFF_STEP = ["in/in"] * 3 + ["405/→"] * 2


def of_own_cohort(cell):
    """Return the row of a page of one cohort, which another instructor does not find."""
    other = "404/405" if cell.endswith("405") else "404/404"
    return ["in/in"] * 3 + [cell, other, cell]


ROWS = {
    "exams:home": PUBLIC,
    "exams:certification": PUBLIC,
    "exams:chapter": READ,
    "exams:trial": ["200/400"] + ["→/→"] * 4,  # without its signature; who has an account has practice
    "exams:plan": ["in/in"] + ["200/200"] * 4,
    "exams:practice-today": ["405/in"] + ["405/→"] * 4,
    "exams:exam-detail": READ,
    "exams:exam-start": ["405/in"] + ["405/→"] * 4,
    "exams:join": ["in/in"] + ["200/→"] * 4,
    "exams:invitation": ["405/in"] + ["405/→"] * 4,
    "exams:cohorts": READ,
    "exams:cohort-leave": ["405/in"] + ["405/→"] * 4,
    "exams:history": READ,
    "exams:attempt": OWN_PAGE,
    "exams:answer-save": ["405/in"] + ["405/400"] * 4,  # without a field; with all of them in test_access.py
    "exams:attempt-clock": OWN_PAGE,
    "exams:attempt-hand-in": ["in/in", "200/→"] + ["404/404"] * 3,
    "exams:attempt-result": ["in/405", "→/405"] + ["404/405"] * 3,
    "exams:attempt-review": ["in/405", "→/405"] + ["404/405"] * 3,
    "exams:review-question": ["in/405", "→/405"] + ["404/405"] * 3,
    "exams:review-all": ["in/405", "→/405"] + ["404/405"] * 3,
    "exams:attempt-retry": ["405/in", "405/→"] + ["405/404"] * 3,
    "exams:attempt-unsaved": ["405/in", "405/202"] + ["405/404"] * 3,
    "exams:problem-report": ["405/in", "405/→"] + ["405/404"] * 3,
    "exams:problem-reports": READ,
    "exams:practice": READ,
    "exams:practice-count": READ,
    "exams:practice-start": ["405/in"] + ["405/→"] * 4,
    "exams:practice-set": ["in/in", "200/→"] + ["404/404"] * 3,
    "exams:practice-set-assign": ["405/in"] + ["405/404"] * 4,  # a cohort that the owner of the set does not teach
    "exams:practice-run": ["in/405", "→/405"] + ["404/405"] * 3,
    "exams:practice-question": OWN_PAGE,
    "exams:practice-answer": ["405/in"] + ["405/400"] * 4,  # without a field, as answer-save
    "exams:practice-check": ["405/in", "405/400"] + ["405/404"] * 3,
    "exams:practice-clock": OWN_PAGE,
    "exams:practice-finish": ["405/in", "405/→"] + ["405/404"] * 3,
    "exams:practice-result": OWN_PAGE,
    "exams:practice-retry": ["405/in", "405/→"] + ["405/404"] * 3,
    "exams:question-note": ["405/in", "405/400"] + ["405/404"] * 3,
    "exams:privacy": PUBLIC,
    "exams:own-data": FORM,
    "accounts:preferences": FORM,
    "accounts:send-again": ["405/in"] + ["405/in"] * 4,
    "accounts:demo-mail": ["404/405"] * 5,  # in the demo alone; see tests/accounts/test_demo_mail.py
    "accounts:time-zone": ["405/in"] + ["405/→"] * 4,
    "accounts:language": ["405/→"] * 5,
    "accounts:scheme": ["405/→"] * 5,
    "account_login": ["200/200"] + ["→/→"] * 4,
    "account_logout": ["→/→"] + ["200/→"] * 4,
    "account_inactive": PUBLIC,
    "account_signup": ["200/200"] + ["→/→"] * 4,
    "account_reauthenticate": FORM,
    "account_email": ["in/in"] + ["200/→"] * 4,
    "accounts:resume": ["in/in"] + ["→/405"] * 4,  # nothing waits
    "accounts:session-end": ["in/in"] + ["405/404"] * 4,  # of nobody; of others in test_sessions.py
    "usersessions_list": ["in/in"] + ["200/→"] * 4,
    "account_email_verification_sent": PUBLIC,
    "account_change_password": FORM,
    "account_set_password": PASSING,
    "account_reset_password": ["200/200"] * 5,
    "account_confirm_login_code": PASSING,
    "account_confirm_email": ["200/404"] * 5,  # the address is confirmed already
    # Who holds the key is who got the mail.
    "account_reset_password_from_key": ["→/→"] * 5,
    "account_reset_password_from_key_done": PUBLIC,
    "account_reset_password_done": PUBLIC,
    "mfa_index": ["in/in"] + ["200/405"] * 4,
    "mfa_authenticate": PASSING,
    "mfa_reauthenticate": PASSING,
    "mfa_activate_totp": PASSING,
    "mfa_deactivate_totp": ABSENT,
    "mfa_view_recovery_codes": ["in/in"] + ["404/405"] * 4,
    "mfa_generate_recovery_codes": PASSING,
    "mfa_download_recovery_codes": ABSENT,
    "mfa_list_webauthn": ["in/in"] + ["200/405"] * 4,
    "mfa_add_webauthn": PASSING,
    "mfa_reauthenticate_webauthn": PASSING,
    "mfa_remove_webauthn": PASSING,
    "mfa_edit_webauthn": PASSING,
    "admin:index": STAFF_PAGE,
    "admin:login": ["in/in", "403/403", "403/403", "→/200", "→/200"],
    "admin:logout": ["→/→"] * 3 + ["405/200"] * 2,
    "admin:password_change": ["in/in"] * 3 + ["→/→"] * 2,  # to the page that everybody has
    "admin:password_change_done": ["in/in"] * 3 + ["200/405"] * 2,
    "admin:autocomplete": ["in/in"] * 3 + ["403/405"] * 2,
    "admin:jsi18n": ["in/in"] * 3 + ["200/405"] * 2,
    "admin:view_on_site": ["in/in"] * 3 + ["404/404"] * 2,
    "admin:app_list": STAFF_PAGE,
    "admin:auth_user_password_change": ["in/in"] * 3 + ["403/403", "200/200"],
    "admin:questions_question_preview": STAFF_PAGE,
    "admin:questions_question_live_preview": ["in/in"] * 3 + ["405/200"] * 2,
    "admin:questions_question_step": ["in/in"] * 3 + ["405/→"] * 2,
    "admin:questions_question_revisions": ["in/in"] * 3 + ["200/405"] * 2,
    # Whoever uploaded a file sees it, the other instructor and the superuser do not.
    "admin:questions_question_import": STAFF_PAGE,
    "admin:questions_question_import_check": ["in/in"] * 3 + ["200/200", "404/404", "404/404"],
    "admin:questions_question_import_refused": ["in/in"] * 3 + ["200/405", "404/405", "404/405"],
    "admin:questions_question_import_template": ["in/in"] * 3 + ["200/405"] * 2,
    "admin:questions_question_export": ["in/in"] * 3 + ["200/200"] * 2,
    "admin:exams_cohort_people": of_own_cohort("200/→"),
    "admin:exams_cohort_progress": of_own_cohort("200/405"),
    "admin:exams_cohort_export": of_own_cohort("200/405"),
    "admin:exams_cohort_member": of_own_cohort("200/200"),
    "admin:exams_cohort_extend": of_own_cohort("405/→"),
    "admin:exams_problemreport_queue": STAFF_PAGE,
    "admin:exams_problemreport_question": STAFF_PAGE,
    "admin:exams_rescore_offer": ["in/in"] * 3 + ["200/→"] * 2,
    **dict.fromkeys((f"admin:exams_exam_{name}" for name in ("preview", "form", "form_pdf", "key_pdf")), STAFF_READ),
    **dict.fromkeys((f"admin:exams_exam_{name}" for name in ("draw", "form_replace")), STAFF_STEP),
    "admin:accounts_user_data": ["in/in"] * 3 + ["403/405", "200/405"],
    "admin:accounts_user_erase": ["in/in"] * 3 + ["403/403", "200/409"],  # an exam is under way
    "admin:exams_exam_form_delete": ["in/in"] * 3 + ["200/→"] * 2,
    "admin/(?P<url>.*)$": ["in/in"] * 3 + ["404/404"] * 2,
    "health": PUBLIC,
    "ready": PUBLIC,
    "metrics": ["404/404"] * 5,  # without its token; with it in tests/ops/test_metrics.py
}

# Of these an instructor sees what is of their own cohorts; what is not leads where a missing one does.
OF_COHORTS = {"exams.cohort", "exams.attempt", "accounts.user"}

# What instructors and superusers may do with each model in the admin: view, add, change, delete.
RIGHTS = {
    "auth.group": ("", "vacd"),
    "account.emailaddress": ("", "vd"),
    "mfa.authenticator": ("", "vd"),
    "accounts.outgoingmail": ("", "v"),
    "accounts.user": ("v", "vac"),
    "accounts.auditevent": ("", "v"),
    "questions.certification": ("v", "v"),
    "questions.domain": ("v", "v"),
    "questions.skill": ("v", "v"),
    "questions.task": ("v", "v"),
    "questions.question": ("vac", "vac"),
    "questions.revision": ("v", "v"),
    "exams.cohort": ("vac", "vacd"),
    "exams.exam": ("vac", "vac"),
    "exams.attempt": ("v", "v"),
    "exams.rescore": ("v", "v"),
    "exams.problemreport": ("v", "v"),
    "exams.questionstatistics": ("v", "v"),
}


def admin_cell(page, rights):
    if page == "change":
        return f"{200 if 'v' in rights else 403}/{200 if 'c' in rights else 403}"
    needed = {"changelist": "v", "history": "v", "add": "a", "delete": "d"}[page]
    return "200/200" if needed in rights else "403/403"


def row_of(name):
    """Return the eight cells of a route, or None if nobody thought about it."""
    cells = cells_of(name)
    if cells is None:
        return None
    six = [*cells[:4], cells[3], cells[4]] if len(cells) == 5 else cells
    return [*six, cells[2], REMOVED.get(name, cells[2])]


def cells_of(name):
    if name in ROWS:
        return ROWS[name]
    if name.startswith("admin/") and name.endswith("<path:object_id>/"):  # the admin's old address of a change page
        return ["in/in"] * 3 + ["→/→"] * 2
    if not name.startswith("admin:"):
        return None
    rights = RIGHTS.get(model_of(name)._meta.label_lower)
    page = name.rpartition("_")[2]
    if not rights:
        return None
    own, all_of_them = (admin_cell(page, of_role) for of_role in rights)
    other = own
    if model_of(name)._meta.label_lower in OF_COHORTS and page in ("change", "history"):
        other = "→/→" if page == "history" or "c" in rights[0] else "→/403"
    return ["in/in"] * 3 + [own, other, all_of_them]


def outcome(response):
    if response.status_code not in (301, 302):
        return str(response.status_code)
    wants_log_in = response.url.startswith((reverse("account_login"), reverse("admin:login")))
    return "in" if wants_log_in else "→"


def ask(world, role, method, url):
    """Return the answer of a fresh browser of this role, and undo what it did."""
    point = transaction.savepoint()
    client = Client() if role == "anonymous" else world.client(role)
    response = getattr(client, method)(url)
    transaction.savepoint_rollback(point)
    return response


def test_every_route_has_a_row_and_every_row_a_route():
    routes = all_routes()

    assert [name for name in routes if row_of(name) is None] == []
    assert set(ROWS) <= set(routes)


@pytest.mark.parametrize("name", all_routes())
def test_route_answers_each_role_as_its_row_says(world, name):
    url = world.url(name)

    row = ["/".join(outcome(ask(world, role, method, url)) for method in ("get", "post")) for role in ROLES]

    assert dict(zip(ROLES, row, strict=True)) == dict(zip(ROLES, row_of(name), strict=True))


@pytest.mark.parametrize("name", all_routes())
def test_instructor_whose_session_used_no_second_factor_is_kept_out_of_the_admin(world, settings, name):
    settings.STAFF_NEED_MFA = True
    url = world.url(name)

    cell = "/".join(outcome(ask(world, "instructor", method, url)) for method in ("get", "post"))

    inside = {"admin:login": "→/→", "admin:logout": "→/→"}
    expected = inside.get(name, "in/in") if name.startswith("admin") else row_of(name)[ROLES.index("instructor")]
    assert cell == expected


def test_no_route_takes_a_post_without_a_token(world):
    client = world.client("superuser", enforce_csrf_checks=True)

    answers = {name: client.post(world.url(name)).status_code for name in all_routes()}

    assert answers == dict.fromkeys(answers, 403)


def test_own_pages_know_no_other_methods(world):
    client = world.client("candidate")
    own = [name for name in all_routes() if name.startswith(("exams:", "accounts:", "health", "ready"))]

    answers = {
        (name, method): getattr(client, method)(world.url(name)).status_code
        for name in own
        for method in ("put", "patch", "delete")
    }

    assert answers == dict.fromkeys(answers, 405)


def test_head_gets_what_get_gets_without_the_body(world):
    own = [name for name in all_routes() if name.startswith(("exams:", "health", "ready"))]

    for name in own:
        with_body, head = (
            ask(world, "candidate", "get", world.url(name)),
            ask(world, "candidate", "head", world.url(name)),
        )
        if name == "exams:attempt-hand-in":  # what is not GET hands in
            assert head.status_code == 405
        else:
            assert (name, head.status_code) == (name, with_body.status_code)
            assert head.content == b""


OF_AN_ATTEMPT = [
    name
    for name, pattern in all_routes().items()
    if any(part in pattern for part in ("attempt_id", "practice_id", "set_id", "question_id>/note"))
]


@pytest.mark.parametrize("role", ["other", "instructor", "other_instructor", "superuser"])
def test_foreign_and_missing_attempt_or_practice_get_the_same_404(world, role):
    fields = {"q1-sequence": 0, "q1-count": 1, "q1-seconds": 0, "q1-choice": 0}
    client = world.client(role)

    for name in OF_AN_ATTEMPT:
        for method, data in (("get", None), ("post", fields)):
            foreign = getattr(client, method)(world.url(name), data)
            missing = getattr(client, method)(world.url(name, missing=True), data)
            assert (name, foreign.status_code) == (name, missing.status_code)
            assert foreign.status_code in (404, 405)
            assert masked(foreign.text) == masked(missing.text)


def test_person_whom_an_instructor_may_not_see_is_as_absent_as_nobody(world):
    client = world.client("instructor")
    hidden = [UserFactory(superuser=True), world.other_instructor, world.instructor, world.superuser]

    for page in ("change", "history"):
        pages = [
            client.get(reverse(f"admin:accounts_user_{page}", args=[pk]), follow=True)
            for pk in (*(person.pk for person in hidden), 987_654)
        ]
        texts = {
            masked(answer.text).replace(f"“{pk}”", "“some”")
            for answer, pk in zip(pages, [*(person.pk for person in hidden), 987_654], strict=True)
        }
        assert len(texts) == 1, page


def test_passkey_of_another_person_is_as_absent_as_a_missing_one(world):
    client = world.client("other")
    client.post(reverse("account_reauthenticate"), {"password": "secret-word-1"})

    for name in ("mfa_edit_webauthn", "mfa_remove_webauthn"):
        foreign, missing = (client.get(world.url(name, missing=missing)) for missing in (False, True))
        assert (foreign.status_code, missing.status_code) == (404, 404)
        assert masked(foreign.text) == masked(missing.text)


@pytest.mark.parametrize("role", ["invited", "removed"])
def test_who_is_not_a_member_reaches_no_fact_of_the_cohort(world, role):
    """Neither its name nor its exams, except for the name in the invitation and behind the link."""
    world.assignment.exam.is_offered = False
    world.assignment.exam.save()
    client, facts = world.client(role), (world.cohort.name, world.assignment.exam.title)
    told = ("exams:home", "exams:cohorts", "exams:join") if role == "invited" else ()

    for name in all_routes():
        if name.startswith(("exams:", "accounts:")) and name not in told:
            text = client.get(world.url(name)).text
            assert (name, [fact for fact in facts if fact in text]) == (name, [])
    for name, method in (("exams:exam-detail", "get"), ("exams:exam-start", "post")):
        assert getattr(client, method)(world.url(name)).status_code == 404
