"""Production: everything that differs between sites comes from the environment; a missing secret stops the start."""

import os
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from config.settings.base import *  # noqa: F403


def required(name: str) -> str:
    value = os.environ.get(name, "")
    if not value:
        raise ImproperlyConfigured(f"Set the environment variable {name}; see docs/operations.md.")
    return value


def is_set(name: str, default: str) -> bool:
    return os.environ.get(name, default).lower() in {"1", "true", "yes", "on"}


SECRET_KEY = required("SECRET_KEY")
if len(SECRET_KEY) < 50 or len(set(SECRET_KEY)) < 10 or SECRET_KEY.startswith(("demo-", "change", "django-insecure")):
    raise ImproperlyConfigured(
        "SECRET_KEY is a default or too weak. Set at least 50 random characters, for example from: openssl rand -hex 32"
    )
required("DATABASE_URL")
required("REDIS_URL")
ALLOWED_HOSTS = required("ALLOWED_HOSTS").split(",")
CSRF_TRUSTED_ORIGINS = [f"https://{host.lstrip('.')}" for host in ALLOWED_HOSTS if host != "*"]

# --- TLS: on unless the operator says that something in front of the application does all of it --------------

SECURE_SSL_REDIRECT = is_set("SECURE_SSL_REDIRECT", "on")
if is_set("BEHIND_TLS_PROXY", "off"):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    # Whose address counts for rate limits: the one that this many proxies in front vouch for.
    ALLAUTH_TRUSTED_PROXY_COUNT = int(os.environ.get("TRUSTED_PROXIES", "1"))
SECURE_HSTS_SECONDS = 31536000
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
# The health checks and Prometheus ask over plain HTTP from inside the network.
SECURE_REDIRECT_EXEMPT = [r"^(health|ready|metrics)/$"]
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
SESSION_COOKIE_NAME = "__Host-sessionid"
CSRF_COOKIE_NAME = "__Host-csrftoken"
MESSAGE_STORAGE = "config.messages.HostMessageStorage"
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https"

STATIC_ROOT = VAR_DIR / "static"  # noqa: F405
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# --- E-mail -----------------------------------------------------------------------------------------

EMAIL_HOST = os.environ.get("EMAIL_HOST", "localhost")
EMAIL_PORT = int(os.environ.get("EMAIL_PORT", "587"))
EMAIL_HOST_USER = os.environ.get("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = os.environ.get("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = is_set("EMAIL_USE_TLS", "on")
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = os.environ.get("DEFAULT_FROM_EMAIL", "webmaster@localhost")

# --- For operators ----------------------------------------------------------------------------------

LOGGING["handlers"]["console"]["formatter"] = "json"  # noqa: F405
METRICS_TOKEN = os.environ.get("METRICS_TOKEN", "")
if METRICS_TOKEN:
    # Where the processes of this machine put what they count: each answers for all of them.
    METRICS_DIR = Path(required("PROMETHEUS_MULTIPROC_DIR"))
    METRICS_DIR.mkdir(parents=True, exist_ok=True)
    if not os.access(METRICS_DIR, os.W_OK):  # better now than at the first answer that is saved
        raise ImproperlyConfigured("PROMETHEUS_MULTIPROC_DIR is not writable.")
