"""Every page × every field and parameter × values at the edge: refused or taken, and never a fault, then or later.

A value that a form takes may break another page, of somebody in another time zone: after each that was taken, the pages
of everybody are visited.
"""

import re
from urllib.parse import urljoin

import pytest
from django.contrib import admin
from django.db import transaction

from config.admin import offered_lookups
from tests.security.edges import IN_A_QUERY, MOMENTS, ROUNDS, encoded, forms_of, value_for
from tests.security.routes import all_routes, model_of

pytestmark = pytest.mark.django_db

FORM = "application/x-www-form-urlencoded"
ZONES = ["UTC", "Pacific/Kiritimati", "America/Los_Angeles"]
ROUTES = all_routes()
LISTS = [name for name in ROUTES if name.endswith("_changelist")]
STANDARD = ["e", "all", "_facets", "_to_field", "_popup", "_changelist_filters", "_source_model"]
FOREIGN = ["id__range", "id__in", "id__regex", "id__isnull", "id__date", "pk", "id__gt", "created_at__date", "x__y"]
# What the other pages read, all of it at once.
READ = [
    *("page", "show", "domain", "sort", "state", "q", "seed", "key", "new", "old", "task", "next", "format", "codes"),
    *("certification", "kind", "difficulty", "tag_names", "overwrite", "publish", "object_id", "p", "add", "name"),
    *("pool", "number", "feedback", "domains", "tasks", "chapters", "tags", "difficulties", "title"),
    *("app_label", "model_name", "field_name", "term", "closes_at", "opens_at", "minutes", "chapter", "email", "user"),
]


def quiet(client):
    client.raise_request_exception = False
    return client


def role_for(name):
    return "superuser" if name.startswith("admin") else "candidate"


def lookups_of(name):
    model = model_of(name)
    model_admin = admin.site.get_model_admin(model)
    offered = offered_lookups(model, model_admin.list_filter, model_admin.date_hierarchy)
    return [*offered, *getattr(model_admin, "linked_lookups", ())]


@pytest.mark.parametrize("name", LISTS)
def test_no_parameter_of_a_list_is_a_fault(world, name):
    client, url = quiet(world.client("superuser")), world.url(name)

    queries = [encoded([(key, value)]) for key in ("q", "p", "o", *lookups_of(name)) for value in IN_A_QUERY]
    queries += [encoded([(key, value)]) for key in STANDARD for value in ("0", "x", "9" * 30)]
    queries += [encoded([(key, value)]) for key in FOREIGN for value in ("0", "x")]
    answers = {query: client.get(f"{url}?{query}").status_code for query in queries}

    assert {query: status for query, status in answers.items() if status not in (200, 302, 400)} == {}


@pytest.mark.parametrize("value", IN_A_QUERY)
def test_no_parameter_of_a_page_is_a_fault(world, value):
    clients = {role: quiet(world.client(role)) for role in ("superuser", "candidate")}
    query = encoded([(key, value) for key in READ])
    faults = {}

    for name in ROUTES:
        point = transaction.savepoint()
        response = clients[role_for(name)].get(f"{world.url(name)}?{query}")
        if response.status_code >= 500 and name != "ready":
            faults[name] = response.status_code
        transaction.savepoint_rollback(point)

    assert faults == {}


def test_long_parameter_of_any_list_is_no_fault(world):
    client = quiet(world.client("superuser"))
    answers = {
        (name, key): client.get(world.url(name), {key: "a b" * 20_000}).status_code
        for name in LISTS
        for key in ("q", "p", "o", "_changelist_filters")
    }

    assert {key: status for key, status in answers.items() if status >= 500} == {}


# --- Forms ------------------------------------------------------------------------------------------------------------


def visit(world, names, zone):
    """Visit these pages in this time zone, with the start of the exam at the end; return what fails."""
    faults = []
    for name in names:
        role = role_for(name)
        person = getattr(world, role)
        type(person).objects.filter(pk=person.pk).update(time_zone=zone)
        if quiet(world.client(role)).get(world.url(name)).status_code >= 500:
            faults.append((zone, name))
    if quiet(world.client("other")).post(world.url("exams:exam-start")).status_code >= 500:
        faults.append((zone, "start"))
    return faults


WINDOWS = ["exams:home", "exams:exam-detail", "admin:exams_cohort_progress"]
# Pages with forms, and the pages on which what is entered there is read again.
FORMS = {
    "admin:exams_exam_change": [*WINDOWS, "exams:certification", "admin:exams_exam_form_pdf"],
    "admin:exams_cohort_change": [*WINDOWS, "admin:exams_cohort_people", "admin:exams_cohort_export"],
    "admin:exams_cohort_member": [*WINDOWS, "admin:exams_cohort_member"],
    "admin:accounts_user_change": ["exams:home", "exams:attempt", "accounts:preferences", "admin:exams_attempt_change"],
    "admin:questions_question_change": ["admin:questions_question_preview", "admin:questions_question_revisions"],
    "accounts:preferences": ["exams:home", "admin:exams_cohort_people"],
    "exams:plan": ["exams:home", "exams:plan", "exams:practice"],
    "exams:home": (),
    **dict.fromkeys(
        [
            *("admin:exams_exam_add", "admin:exams_cohort_add", "admin:exams_cohort_people", "admin:exams_exam_form"),
            *("admin:exams_rescore_offer", "admin:accounts_user_add", "admin:questions_question_add"),
            *("admin:exams_problemreport_question", "admin:questions_question_export", "admin:auth_group_add"),
            *("admin:account_emailaddress_add", "admin:auth_user_password_change", "account_email"),
            *("account_change_password", "account_reauthenticate", "exams:attempt", "exams:join"),
            *("mfa_activate_totp", "mfa_add_webauthn", "admin:questions_question_import"),
            *("admin:exams_cohort_progress", "account_reset_password", "exams:attempt-hand-in"),
            *("admin:auth_group_change", "admin:account_emailaddress_change", "admin:password_change"),
            *("exams:own-data", "exams:practice", "exams:practice-question"),
        ],
        (),
    ),
}


READ_ONLY = [
    *("exams_attempt", "exams_problemreport", "exams_questionstatistics", "exams_rescore", "mfa_authenticator"),
    *("questions_certification", "questions_domain", "questions_revision", "questions_skill", "questions_task"),
]


def one_of_each(names):
    """Leave out what differs by its number alone: the second of eight options is as the first."""
    return list({re.sub(r"\d+", "#", name): name for name in reversed(list(names))}.values())


def send(client, url, fields):
    return client.post(url, encoded((key, v) for key, values in fields.items() for v in values), content_type=FORM)


def forms_on(client, url):
    """Return the address and the fields of each form on a page that changes something."""
    response = client.get(url)
    if response.status_code != 200 or "text/html" not in response.headers["Content-Type"]:
        return []
    found = [(urljoin(url, action), fields) for action, fields in forms_of(response.text)]
    # On every page: the way out, and the browser's time zone, which is swept from the preferences alone.
    # Of languages and schemes whatever the site does not have is nothing: accounts/test_languages.py, test_schemes.py.
    everywhere = (
        "logout/",
        "accounts/language/",
        "accounts/scheme/",
        *(["time-zone/"] if not url.endswith("preferences/") else []),
    )
    return [(action, fields) for action, fields in found if not action.endswith(everywhere)]


def refused_fields(response):
    """Return the names of the fields that the forms of this answer refuse."""
    context = response.context or {}
    forms = [context[name] for name in ("form",) if name in context]
    forms += [context["adminform"].form] if "adminform" in context else []
    for inline in context.get("inline_admin_formsets", []):
        forms += inline.formset.forms
    forms += [row[1] for row in context.get("rows", []) if isinstance(row, tuple) and hasattr(row[1], "errors")]
    return {form.add_prefix(name) for form in forms for name in form.errors if hasattr(form, "add_prefix")}


def taken(client, url, fields, changes, faults, *, is_half=False):
    """Send the changes together, then without those that are refused; return those that were stored."""
    if not changes:
        return {}
    point = transaction.savepoint()
    response = send(client, url, {**fields, **changes})
    if response.status_code >= 500:
        faults.append((url, changes))
    if response.status_code == 302:
        return changes
    transaction.savepoint_rollback(point)
    fewer = {name: value for name, value in changes.items() if name not in refused_fields(response)}
    if len(fewer) < len(changes):
        return taken(client, url, fields, fewer, faults, is_half=is_half)
    if is_half:
        return {}
    # Refused as a whole, or a fault that hides others: each half by itself.
    names = list(changes)
    halves = (names[: len(names) // 2], names[len(names) // 2 :])
    for half in halves:
        if stored := taken(client, url, fields, {name: changes[name] for name in half}, faults, is_half=True):
            return stored
    return {}


@pytest.mark.parametrize("name", FORMS)
def test_no_value_in_a_form_is_a_fault_then_or_later(world, name):
    client, url, faults = quiet(world.client(role_for(name))), world.url(name), []
    for target, fields in forms_on(client, url):
        tried = [key for key in one_of_each(fields) if key not in ("csrfmiddlewaretoken", "next")]
        for turn in ROUNDS:
            changes = {key: [value_for(key, fields[key][0], turn)] for key in tried}
            point = transaction.savepoint()
            stored = taken(client, target, fields, changes, faults)
            if stored and FORMS[name]:
                faults += [(target, stored, *where) for where in visit(world, FORMS[name], ZONES[turn % len(ZONES)])]
            transaction.savepoint_rollback(point)

    assert faults == []


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("moment", MOMENTS)
def test_window_that_a_form_takes_can_be_shown_in_every_time_zone(world, moment, zone):
    client, faults = quiet(world.client("superuser")), []
    for name, ending in (("exam_change", "closes_at"), ("cohort_change", "closes_at"), ("cohort_member", "closes_at")):
        page = world.url(f"admin:exams_{name}")
        for target, fields in forms_on(client, page):
            changes = {key: [moment] for key in fields if key.endswith(ending)}
            if changes and send(client, target, {**fields, **changes}).status_code >= 500:
                faults.append((target, "sent"))
    for name in (*WINDOWS, "admin:exams_exam_change", "admin:exams_cohort_change", "admin:exams_cohort_member"):
        faults += visit(world, [name], zone)

    assert faults == []


def test_every_page_with_a_form_is_swept(world):
    clients = {role: quiet(world.client(role)) for role in ("superuser", "candidate")}
    with_forms = set()
    for name in ROUTES:
        point = transaction.savepoint()
        if any(
            set(fields) - {"csrfmiddlewaretoken"} for _, fields in forms_on(clients[role_for(name)], world.url(name))
        ):
            with_forms.add(name)
        transaction.savepoint_rollback(point)

    # The lists' own actions are in test_bad_input.py; the others show without changing, or ask before a deletion.
    plain = ("_changelist", "_delete", "_revisions")
    read_only = {f"admin:{name}_change" for name in READ_ONLY}
    assert {name for name in with_forms - set(FORMS) - read_only if not name.endswith(plain)} == set()
