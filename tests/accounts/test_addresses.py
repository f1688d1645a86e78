"""One form of an address and of a name, whatever is typed."""

import pytest
from django.core.exceptions import ValidationError

from accounts.addresses import address_problem, mailbox_key, name_problem, normalize_address, one_line_problem
from accounts.models import AddressFormField, User, account_of, validate_name
from tests.factories import UserFactory


@pytest.mark.parametrize(
    "typed",
    [
        "ada@example.com",
        "  ada@example.com\n",
        "ADA@Example.COM",
        "ada\u200b@example.com",
        "\ufeffada@example.com",
        "ada@exa\u00admple.com",
        "ada@example.com\u200e",
        "a\u2060da@example.com",
        "ada\ufe0f@example.com",
        "ada@example\u3164.com",
        "ａｄａ@ｅxample.com",
        "ada＠example.com",
    ],
)
def test_spellings_of_one_address_have_one_form(typed):
    assert normalize_address(typed) == "ada@example.com"
    assert AddressFormField().clean(typed) == "ada@example.com"


@pytest.mark.parametrize(
    ("typed", "form"),
    [
        ("ada@MÜNCHEN.de", "ada@xn--mnchen-3ya.de"),
        ("ada@аpple.com", "ada@xn--pple-43d.com"),  # a Cyrillic а: another domain, and now it looks like one
        ("Ada+Exams@example.com", "ada+exams@example.com"),
        ("a.da@example.com", "a.da@example.com"),
        ("ada", "ada"),
        ("", ""),
        ("@", "@"),
        ("a@b@c.de", "a@b@c.de"),
    ],
)
def test_other_addresses_stay_others(typed, form):
    assert normalize_address(typed) == form
    assert normalize_address(form) == form


@pytest.mark.parametrize(
    "typed",
    [
        "ıda@example.com",
        "İda@example.com",
        "straße@example.com",
        "аda@example.com",
        "ada@straße.de",
        "ad😀a@example.com",
    ],
)
def test_look_alikes_are_refused_with_a_reason_and_never_folded(typed):
    assert address_problem(normalize_address(typed)) != ""
    with pytest.raises(ValidationError) as refusal:
        AddressFormField().clean(typed)
    assert address_problem(normalize_address(typed)) in refusal.value.messages


@pytest.mark.parametrize("typed", ["ada", "ada@", "@example.com", "a da@example.com", "ada@example.com, b@example.com"])
def test_what_is_no_address_is_refused(typed):
    with pytest.raises(ValidationError):
        AddressFormField().clean(typed)


def test_tags_and_dots_share_a_limit_and_nothing_else():
    assert mailbox_key("A.da+1@Example.com") == mailbox_key("ada+2@example.com") == "ada@example.com"
    assert normalize_address("a.da+1@example.com") != normalize_address("ada@example.com")


@pytest.mark.django_db
@pytest.mark.parametrize("typed", ["ADA@example.com", "ada\u200b@example.com", "ａda@example.com"])
def test_account_is_found_by_every_spelling_of_its_address(typed):
    user = UserFactory(email="ada@example.com")

    assert account_of(typed) == User.objects.get_by_natural_key(typed) == user


@pytest.mark.django_db
@pytest.mark.parametrize("typed", ["ıda@example.com", "İda@example.com", "\u0131DA@example.com"])
def test_account_is_not_found_by_a_look_alike(typed):
    UserFactory(email="ida@example.com")

    assert account_of(typed) is None
    with pytest.raises(User.DoesNotExist):
        User.objects.get_by_natural_key(typed)


@pytest.mark.parametrize(
    "name",
    ["Ada Lovelace", "J.R.R. Tolkien", "Anne-Marie O'Neill", "Dr. Ng", "علی\u200cرضا", "李明", "Jr.", "Ph.D. Bo", ""],
)
def test_names_are_taken(name):
    validate_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "Ada\nYou won: https://evil.example",
        "Ada\r\nBcc: victim@example.com",
        "https://evil.example/x",
        "evil.com",
        "Go to evil.com now",
        "www.evil",
        "ada@evil",
        "Ada\u2028x",
        "Ada\u202egnp",
        "Ada\u200b",
        "Ada\tx",
        "Ada\x00",
    ],
)
def test_text_that_would_be_a_message_is_no_name(name):
    assert name_problem(name) != ""
    with pytest.raises(ValidationError):
        validate_name(name)


@pytest.mark.parametrize(
    ("text", "is_fine"), [("Node.js 2026/27", True), ("See https://evil.example", False), ("A\nB", False)]
)
def test_headings_are_one_line_without_web_addresses(text, is_fine):
    assert (one_line_problem(text) == "") == is_fine
