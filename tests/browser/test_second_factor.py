import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret, hotp_value, yield_hotp_counters_from_time
from allauth.mfa.utils import encrypt
from django.urls import reverse
from playwright.sync_api import expect

from tests.browser.helpers import fill_log_in
from tests.browser.test_every_page import violations
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


@pytest.fixture
def _virtual_key(tab):
    """A key in the browser that says yes to everything."""
    page, _ = tab
    debugger = page.context.new_cdp_session(page)
    debugger.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    options |= {"isUserVerified": True, "automaticPresenceSimulation": True}
    debugger.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def add_passkey(page):
    page.goto(reverse("mfa_add_webauthn"))
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_role("heading", name="Recovery Codes")).to_be_visible()


def leave_and_give_the_password(page, user):
    page.get_by_role("button", name="Log out").click()
    page.goto(reverse("account_login"))
    fill_log_in(page, user)
    expect(page.get_by_role("heading", name="Two-Factor Authentication")).to_be_visible()


def assert_usable(page, axe, name):
    """In light and dark, and on a phone as well as in a window at 200 %."""
    assert (name, violations(page, axe)) == (name, [])
    for width in (390, 640):
        page.set_viewport_size({"width": width, "height": 844})
        assert (name, page.evaluate("document.documentElement.scrollWidth")) == (name, width)
    page.set_viewport_size({"width": 1280, "height": 900})


def test_pages_that_set_up_a_second_factor_are_usable(tab, axe):
    page, _ = tab
    for name in ("mfa_index", "mfa_activate_totp", "mfa_list_webauthn", "mfa_add_webauthn"):
        page.goto(reverse(name))
        assert_usable(page, axe, name)


@pytest.mark.usefixtures("_virtual_key")
def test_pages_of_who_has_a_second_factor_are_usable(tab, axe):
    page, user = tab
    add_passkey(page)
    # Past the signals: a factor that comes from elsewhere would end this session.
    secret = encrypt(generate_totp_secret())
    Authenticator.objects.bulk_create([Authenticator(user=user, type="totp", data={"secret": secret})])
    key = user.authenticator_set.get(type="webauthn")

    names = ["mfa_index", "mfa_list_webauthn", "mfa_view_recovery_codes", "mfa_generate_recovery_codes"]
    names += ["mfa_deactivate_totp", "mfa_reauthenticate", "mfa_reauthenticate_webauthn"]
    for name in names:
        page.goto(reverse(name))
        assert page.url.endswith(reverse(name))
        assert_usable(page, axe, name)
    for name in ("mfa_edit_webauthn", "mfa_remove_webauthn"):
        page.goto(reverse(name, args=[key.pk]))
        assert_usable(page, axe, name)
    leave_and_give_the_password(page, user)
    assert_usable(page, axe, "mfa_authenticate")


def test_authenticator_app_is_set_up_and_gives_recovery_codes(tab, axe):
    page, user = tab
    page.goto(reverse("mfa_activate_totp"))
    expect(page.get_by_role("img", name="QR code")).to_be_visible()
    secret = page.locator("code.secret").inner_text()
    # The code of this half minute, as a phone shows it: it is taken in the next one too.
    _, counter, _ = yield_hotp_counters_from_time()
    page.get_by_label("Authenticator code").fill(f"{hotp_value(secret, counter):06}")
    page.get_by_role("button", name="Activate").click()

    expect(page.get_by_role("heading", name="Recovery Codes")).to_be_visible()
    assert axe(page) == []
    assert set(user.authenticator_set.values_list("type", flat=True)) == {"totp", "recovery_codes"}


@pytest.mark.usefixtures("_virtual_key")
def test_passkey_is_made_and_logs_in_without_inline_script(tab):
    page, user = tab
    add_passkey(page)
    key = Authenticator.objects.get(user=user, type="webauthn")
    assert key.last_used_at is None

    leave_and_give_the_password(page, user)
    page.goto(reverse("accounts:preferences"))
    expect(page.get_by_role("button", name="Log out")).to_be_hidden()  # the password alone opens nothing
    page.goto(reverse("mfa_authenticate"))
    page.get_by_role("button", name="Use a security key").click()

    expect(page.get_by_role("button", name="Log out")).to_be_visible()
    key.refresh_from_db()
    assert key.last_used_at is not None


@pytest.mark.usefixtures("_virtual_key")
def test_passkey_of_another_site_or_person_does_not_log_in(tab, problems):
    page, user = tab
    add_passkey(page)
    Authenticator.objects.filter(user=user, type="webauthn").update(user=UserFactory())
    TOTP.activate(user, generate_totp_secret())

    leave_and_give_the_password(page, user)
    problems.allow("NotAllowedError", "publickey")
    page.get_by_role("button", name="Use a security key").click()

    expect(page.get_by_role("heading", name="Two-Factor Authentication")).to_be_visible()
    page.goto(reverse("accounts:preferences"))
    expect(page.get_by_role("button", name="Log out")).to_be_hidden()
