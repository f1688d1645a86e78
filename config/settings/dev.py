"""The embedded default behind `make serve`: SQLite, tasks in process, demo people. Never for the open internet."""

from config.settings.base import *  # noqa: F403

SECRET_KEY = "demo-only-this-key-is-public-and-the-production-settings-refuse-it"  # noqa: S105
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]"]
WHITENOISE_USE_FINDERS = True

DEMO = True
OUTBOX_BACKEND = "django.core.mail.backends.console.EmailBackend"
ACCOUNT_EMAIL_VERIFICATION = "optional"  # a visitor of the demo starts at once; its mail is on a page of its own
STAFF_NEED_MFA = False  # the demo's instructor has a public password and no phone
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True  # passkeys on http://localhost
