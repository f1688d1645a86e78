import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import hotp_value, yield_hotp_counters_from_time
from django.urls import reverse
from playwright.sync_api import expect

from tests.browser.helpers import fill_log_in
from tests.factories import UserFactory


@pytest.fixture
def tab(new_context):
    user = UserFactory()
    page = new_context().new_page()
    page.goto(reverse("account_login"))
    fill_log_in(page, user)
    expect(page.get_by_role("button", name="Log out")).to_be_visible()
    page.goto(reverse("mfa_activate_totp"))  # wants the password once more
    page.get_by_label("Password", exact=True).fill("secret-word-1")
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("heading", name="Set up an authenticator app")).to_be_visible()
    return page, user


def test_pages_of_the_second_factor_are_accessible(tab, axe):
    page, _ = tab
    for name in ("mfa_index", "mfa_activate_totp", "mfa_list_webauthn", "mfa_add_webauthn"):
        page.goto(reverse(name))
        assert (name, axe(page)) == (name, [])


def test_authenticator_app_is_set_up_and_gives_recovery_codes(tab, axe):
    page, user = tab
    page.goto(reverse("mfa_activate_totp"))
    expect(page.get_by_role("img", name="QR code")).to_be_visible()
    secret = page.locator("code.secret").inner_text()
    page.get_by_label("Authenticator code").fill(f"{hotp_value(secret, next(yield_hotp_counters_from_time())):06}")
    page.get_by_role("button", name="Activate").click()

    expect(page.get_by_role("heading", name="Recovery Codes")).to_be_visible()
    assert axe(page) == []
    assert set(user.authenticator_set.values_list("type", flat=True)) == {"totp", "recovery_codes"}


def test_passkey_is_made_without_inline_script(tab):
    page, user = tab
    debugger = page.context.new_cdp_session(page)
    debugger.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    options |= {"isUserVerified": True, "automaticPresenceSimulation": True}
    debugger.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    page.goto(reverse("mfa_add_webauthn"))
    page.get_by_role("button", name="Add").click()

    expect(page.get_by_role("heading", name="Recovery Codes")).to_be_visible()
    assert Authenticator.objects.filter(user=user, type="webauthn").count() == 1
