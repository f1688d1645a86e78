"""A page of one question saves it by the same script: a form with an address of its own, and no clock to ask."""

import pytest
from django.middleware.csrf import get_token
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.urls import reverse
from django_htmx.jinja import htmx_script
from playwright.sync_api import expect

from exams.attempts.queries.taking import shown_items
from tests.browser.helpers import OFFLINE, go_offline, log_in
from tests.factories import make_attempt

POSITION = 3
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>One question</title>
<meta name="htmx-config" content='{{"allowEval":false,"responseHandling":[{{"code":"2..","swap":true}},
  {{"code":"409","swap":true}},{{"code":"...","swap":false,"error":true}}]}}'>
{htmx}</head><body>
<span id="save-status"></span><div id="banner" role="alert" hidden></div>
<div id="exam" data-keep="practice" data-attempt="{key}" data-owner="me" data-page="page1" data-result="/"
  data-login="/" hx-headers='{{"X-CSRFToken": "{token}"}}'>
<form id="hand-in" hx-post="{address}" hx-trigger="change, resend" hx-sync="this:queue last"
  hx-target="#q{position}-save">{question}</form></div>
<template id="texts">{texts}</template>
<script type="module">import {{ begin }} from "/static/exams/answers.js"; begin(); document.title = "ready";</script>
</body></html>"""


@pytest.fixture
def one(new_context):
    """Return context, page and attempt; the page has the third question of the attempt alone."""
    attempt, context = make_attempt(), new_context()
    log_in(context, attempt.candidate)
    request = RequestFactory().get("/")
    token = get_token(request)
    cookie = {"name": "csrftoken", "value": request.META["CSRF_COOKIE"], "domain": "localhost", "path": "/"}
    context.add_cookies([cookie])
    (item,) = shown_items(attempt, position=POSITION)
    question = render_to_string(
        "exams/attempts/_question.jinja", {"item": item, "page": "page1", "answers": "", "total": 1, "is_first": True},
        using="jinja2",
    )  # fmt: skip
    html = PAGE.format(
        htmx=htmx_script(),
        key=attempt.pk,
        token=token,
        position=POSITION,
        address=reverse("exams:answer-save", args=[attempt.pk, POSITION]),
        question=question.replace("hx-post", "data-no-post").replace("hx-trigger", "data-no-trigger"),
        texts=render_to_string("exams/attempts/_saving_texts.html"),
    )
    context.route("**/one/", lambda route: route.fulfill(body=html, content_type="text/html"))
    return context, context.new_page(), attempt


def open_one(page):
    page.goto("/one/")
    expect(page).to_have_title("ready")


def answered(attempt):
    item = attempt.items.get(position=POSITION)
    return [item.option_order.index(own) for own in item.response or []]


def test_one_question_is_saved_at_the_address_of_its_form(one):
    _context, page, attempt = one
    open_one(page)

    page.locator(f"label[for=q{POSITION}-o1]").click()

    expect(page.locator("#save-status")).to_have_text("✓ Saved")
    expect(page.locator(f"#q{POSITION} .saved")).to_be_visible()
    assert answered(attempt) == [1]


def test_one_question_answered_offline_is_kept_under_its_own_name_and_sent_after_a_reload(one, problems):
    problems.allow(*OFFLINE)
    context, page, attempt = one
    open_one(page)
    go_offline(context)
    page.locator(f"label[for=q{POSITION}-o2]").click()
    expect(page.locator("#save-status")).to_have_text("Offline · not saved yet: 1")
    assert page.evaluate("Object.keys(localStorage)") == [f"practice:{attempt.pk}:{POSITION}"]

    context.set_offline(False)

    expect(page.locator("#save-status")).to_have_text("✓ Saved")
    expect(page.locator("#banner")).to_be_hidden()
    assert answered(attempt) == [2]
    assert page.evaluate("Object.keys(localStorage)") == []
