"""What is refused shortly, by a page or by nginx, says what the whole page of that refusal says."""

import re
from html import unescape

import pytest
from django.conf import settings
from django.template.loader import render_to_string
from django.test import RequestFactory

from config import refusals


@pytest.mark.django_db
@pytest.mark.parametrize(("status", "template"), [(400, "400.html"), (403, "403_csrf.html"), (404, "404.html")])
def test_short_refusal_has_the_heading_of_the_page(status, template):
    request = RequestFactory().get("/")
    request.session, request.user = {}, type("Nobody", (), {"is_authenticated": False})()
    page = render_to_string(template, request=request)

    short = refusals.short(status).text

    assert re.findall(r"<h1>(.*?)</h1>", short) == re.findall(r"<h1>(.*?)</h1>", page)


@pytest.mark.parametrize("status", [400, 404, 413])
def test_nginx_says_the_same(status):
    text = re.search(rf'^    {status}  "(.*)";$', (settings.BASE_DIR / "config/nginx/exams.conf").read_text(), re.M)[1]

    assert unescape(re.findall(r"<p>(.*?)</p>", refusals.short(status).text)[0]) in text
