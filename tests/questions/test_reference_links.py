"""The address of a reference: https only, a link in the review, editable as the third part of a line."""

import pytest
from django.template.loader import render_to_string
from pydantic import ValidationError

from questions.content import Reference
from questions.parts import address_fault, read_reference, written_reference
from questions.queries import previewed
from tests.factories import QuestionFactory, make_content
from tests.questions.admin_pages import ADD, filled, url
from tests.questions.test_admin import client, instructor, task  # noqa: F401  # fixtures

GUIDE = "https://docs.aws.amazon.com/bedrock/latest/userguide/kb.html?x=1&y=2#kb-how"


@pytest.mark.parametrize("url", [GUIDE, "https://example.org", "https://en.wikipedia.org/wiki/F-score_(1)"])
def test_public_https_address_is_taken(url):
    assert address_fault(url) == ""


@pytest.mark.parametrize(
    "url",
    [
        *("http://example.org", "ftp://example.org", "javascript:alert(1)", "JAVASCRIPT:alert(1)", "//example.org"),
        *("data:text/html,x", "example.org/page", "https://", "https:example.org", "https:///path", "x"),
        *("https://user@example.org", "https://user:pw@example.org", "https://example.org:8443/", "https://a.org:x/"),
        *("https://localhost/", "https://127.0.0.1/", "https://[::1]/", "https://10/", "https://a..org/"),
        *(
            "https://example.org/a b",
            'https://example.org/"onclick',
            "https://example.org/'x",
            "https://example.org/<b>",
        ),
        *("https://example.org/\\x", "https://example.org/é", "https://exämple.org/", "https://example.org/a\nb"),
        *("https://-a.org/", f"https://example.org/{'a' * 500}", "https://[x"),
    ],
)
def test_anything_else_is_refused(url):
    assert address_fault(url)
    with pytest.raises(ValidationError):
        Reference(title="Guide", section="Part", url=url)


@pytest.mark.parametrize(
    ("line", "parts"),
    [
        ("Guide | Part", ("Guide", "Part", "")),
        (f"Guide | Part | {GUIDE}", ("Guide", "Part", GUIDE)),
        ("Guide | a | b", ("Guide", "a | b", "")),
        (f"Guide | a | b | {GUIDE}", ("Guide", "a | b", GUIDE)),
        ("Guide | Part | http://example.org", ("Guide", "Part", "http://example.org")),
        ("Guide | Part | www.example.org", ("Guide", "Part", "www.example.org")),
        ("Guide", ("Guide", "", "")),
    ],
)
def test_line_is_taken_apart(line, parts):
    assert read_reference(line) == parts


@pytest.mark.parametrize("section", ["Part", "a | b", f"see | {GUIDE}", "ends |"])
@pytest.mark.parametrize("address", ["", GUIDE])
def test_line_that_is_shown_says_what_is_stored(section, address):
    reference = Reference(title="Guide", section=section, url=address)

    assert Reference(
        **dict(zip(("title", "section", "url"), read_reference(written_reference(reference)), strict=True))
    )
    assert read_reference(written_reference(reference)) == ("Guide", section, address)


@pytest.mark.django_db
def test_review_links_to_the_address_and_shows_others_without_a_link():
    references = (Reference(title="Guide", section="Part", url=GUIDE), Reference(title="Book", section="Ch. 1"))
    revision = QuestionFactory(content=make_content(references=references)).published_revision

    html = " ".join(render_to_string("questions/_explained.html", {"item": previewed(revision)}).split())

    link = '<a href="https://docs.aws.amazon.com/bedrock/latest/userguide/kb.html?x=1&amp;y=2#kb-how" '
    assert f'{link}rel="noopener noreferrer nofollow"><cite>Guide</cite>, “Part”</a>;' in html
    assert "<cite>Book</cite>, “Ch. 1”." in html.replace(" .</p>", ".</p>")
    assert html.count("<a ") == 1


@pytest.mark.django_db
def test_reference_without_an_address_is_stored_as_before():
    revision = QuestionFactory(content=make_content()).published_revision

    assert [set(reference) for reference in revision.references] == [{"title", "section"}]


@pytest.mark.django_db
def test_form_keeps_the_address(client, task):  # noqa: F811
    client.post(url_of_add(), filled(client, task, references=f"Guide | Part | {GUIDE}"))

    from questions.models import Question

    question = Question.objects.get(code="new-one")
    assert question.revisions.get().references == [{"title": "Guide", "section": "Part", "url": GUIDE}]
    assert f"Guide | Part | {GUIDE.replace('&', '&amp;')}" in client.get(url("change", question)).text


@pytest.mark.django_db
def test_form_names_the_line_of_a_wrong_address(client, task):  # noqa: F811
    response = client.post(url_of_add(), filled(client, task, references="A | b\nGuide | Part | http://example.org"))

    assert "Line 2: the address “http://example.org” must begin with https://" in response.text


def url_of_add():
    from django.urls import reverse

    return reverse(ADD)
