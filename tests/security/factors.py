"""Logging in as people do, with a password and a second factor."""

import re

from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret, hotp_value, yield_hotp_counters_from_time
from django.test import Client
from django.urls import reverse

PASSWORD = "secret-word-1"


def give_totp(user):
    """Give this person an authenticator app and return its secret."""
    secret = generate_totp_secret()
    TOTP.activate(user, secret)
    return secret


def code_of(secret, *, step=0):
    """Return what the app shows now, or so many steps from now."""
    counters = list(yield_hotp_counters_from_time())
    return f"{hotp_value(secret, counters[len(counters) // 2] + step):06}"


def log_in(user, secret=None, *, client=None, password=PASSWORD, code=None):
    """Return a browser that went through the log-in pages."""
    client = client or Client()
    client.post(reverse("account_login"), {"login": user.email, "password": password})
    if secret or code:
        client.post(reverse("mfa_authenticate"), {"code": code or code_of(secret)})
    return client


def is_logged_in(client):
    """Ask the server: a session may have ended though the browser still names it."""
    return client.get(reverse("accounts:preferences")).status_code == 200


def link_in(message):
    return re.search(r"http://testserver(/\S+)", message.body)[1]
