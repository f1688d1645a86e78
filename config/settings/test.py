"""Tests: the database and Redis come from the environment, SQLite and in-process tasks without it."""

import os

from config.settings.base import *  # noqa: F403
from config.settings.base import CELERY_BEAT_SCHEDULE, LIMITS

SECRET_KEY = "only-for-tests"  # noqa: S105
SITE_URL = os.environ.get("SITE_URL", "http://testserver")
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "testserver"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
OUTBOX_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
ACCOUNT_RATE_LIMITS = False
LIMITS = dict.fromkeys(LIMITS, "")  # tests that are about limits switch them on
STAFF_NEED_MFA = False
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
# Who waits for a sweep waits less; where its figures are measured it is as in production.
if os.environ.get("FAULTS") != "full":
    CELERY_BEAT_SCHEDULE["sweep"]["schedule"] = 2.0
