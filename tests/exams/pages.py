"""Reading a page as a browser without JavaScript does: what its forms send, and where to."""

import re
from html.parser import HTMLParser

from django.urls import reverse


class _Controls(HTMLParser):
    def __init__(self):
        super().__init__()
        self.fields, self.buttons, self._form, self._list, self._text = [], [], "", None, None

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        if tag == "form":
            self._form = attributes.get("id", "")
        if tag == "option" and self._list and ("selected" in attributes or self._list[2] is None):
            self._list[2] = attributes["value"]
        if "name" not in attributes or "disabled" in attributes:
            return
        if tag == "select":
            self._list = [attributes.get("form", self._form), attributes["name"], None]
        if tag == "textarea":
            self._text = [attributes.get("form", self._form), attributes["name"], ""]
        ticked = "on" if attributes.get("type") in {"checkbox", "radio"} else ""
        field = (attributes.get("form", self._form), attributes["name"], attributes.get("value", ticked))
        if tag == "button":
            self.buttons.append(field)
        elif tag == "input" and (attributes.get("type") not in {"checkbox", "radio"} or "checked" in attributes):
            self.fields.append(field)

    def handle_endtag(self, tag):
        if tag == "form":
            self._form = ""
        if tag == "select" and self._list:
            self.fields.append(tuple(self._list))
            self._list = None
        if tag == "textarea" and self._text:
            # As a browser: without the line break that follows the tag.
            self.fields.append((*self._text[:2], self._text[2].removeprefix("\n")))
            self._text = None

    def handle_data(self, data):
        if self._text:
            self._text[2] += data


def fields_of(response, form):
    """Return what the form with this id would send, a list of values per name."""
    controls = _Controls()
    controls.feed(response.text)
    sent = {}
    for owner, name, value in controls.fields:
        if owner == form:
            sent.setdefault(name, []).append(value)
    return sent


def buttons_of(response, form):
    """Return name and value of each button that sends the form with this id."""
    controls = _Controls()
    controls.feed(response.text)
    return {(name, value) for owner, name, value in controls.buttons if owner == form}


UNIQUE = [
    (re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"), "some-uuid"),
    (re.compile(r"\b[0-9A-Za-z]{32}([0-9A-Za-z]{32})?\b"), "some-token"),
    (re.compile(r'(data-page="|-page" value=")[0-9a-f]{16}"'), r'\1some-page"'),
]


def masked(text):
    """Return a page without what is different in every answer: ids of attempts, CSRF tokens, names of page loads."""
    for pattern, replacement in UNIQUE:
        text = pattern.sub(replacement, text)
    return text


def opened(client, url):
    """Return the versions that the forms of a page know: what a script must send along."""
    return dict(re.findall(r'name="((?:[\w-]+-)?opened)" value="([^"]*)"', client.get(url).text))


def url_of(name, attempt, *args):
    return reverse(f"exams:{name}", args=[attempt.pk, *args])
