"""Pages that say no: legible, and with a way on."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from tests.browser.helpers import log_in, open_exam, refused
from tests.browser.test_every_page import violations
from tests.factories import UserFactory, make_attempt


def send_form(page, name, value):
    """Send the exam's form, or else the page's first, with a field that no page has, past all scripts."""
    page.evaluate(
        """([name, value]) => {
            const form = document.querySelector('main form[method=post]')
            const field = form.elements[name] || form.appendChild(document.createElement('input'))
            field.type = 'hidden'
            field.name = name
            field.value = value
            HTMLFormElement.prototype.submit.call(form)
        }""",
        [name, value],
    )


def unreadable_answer(context):
    attempt = make_attempt()
    page = open_exam(context, attempt)
    send_form(page, "q1-sequence", "x")
    expect(page.get_by_role("heading", name="Nothing on this page was saved")).to_be_visible()
    expect(page.get_by_role("link", name="Back to the exam")).to_have_attribute(
        "href", reverse("exams:attempt", args=[attempt.pk])
    )
    return page


def too_much(context):
    log_in(context, UserFactory())
    page = context.new_page()
    page.goto(reverse("accounts:preferences"))
    send_form(page, "name", "a" * 3_000_000)
    expect(page.get_by_role("heading", name="Too much data")).to_be_visible()
    return page


def nonsense(context):
    page = context.new_page()
    page.goto("/?x=%00")
    expect(page.get_by_role("heading", name="Bad request")).to_be_visible()
    return page


def without_token(context):
    log_in(context, UserFactory())
    page = context.new_page()
    page.goto(reverse("accounts:preferences"))
    send_form(page, "csrfmiddlewaretoken", "x")
    expect(page.get_by_role("heading")).to_be_visible()
    return page


@pytest.mark.parametrize(
    ("reach", "status"), [(unreadable_answer, 400), (too_much, 413), (nonsense, 400), (without_token, 403)]
)
def test_page_that_refuses_is_accessible_and_fits_a_phone(new_context, problems, axe, reach, status):
    problems.allow(refused(status))

    page = reach(new_context())

    assert violations(page, axe) == []
    for width in (390, 640):
        page.set_viewport_size({"width": width, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth") == width
