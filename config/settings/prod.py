"""Production: everything that differs between sites comes from the environment; a missing secret stops the start."""

import os
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from config.settings import env
from config.settings.base import *  # noqa: F403
from config.settings.hosts import allowed_hosts, site_url

SECRET_KEY = env.required("SECRET_KEY")
if len(SECRET_KEY) < 50 or len(set(SECRET_KEY)) < 10 or SECRET_KEY.startswith(("demo-", "change", "django-insecure")):
    raise ImproperlyConfigured(
        "SECRET_KEY is a default or too weak. Set at least 50 random characters, for example from: openssl rand -hex 32"
    )
# Older keys, while what they signed or encrypted is still in use; see docs/operations.md.
SECRET_KEY_FALLBACKS = [key for key in env.text("SECRET_KEY_FALLBACKS", "").split(",") if key]
env.required("DATABASE_URL")
env.required("REDIS_URL")
ALLOWED_HOSTS = allowed_hosts(env.required("ALLOWED_HOSTS"))
SITE_URL = site_url(env.text("SITE_URL"), ALLOWED_HOSTS)
CSRF_TRUSTED_ORIGINS = [f"https://{host.lstrip('.')}" for host in ALLOWED_HOSTS]

# --- TLS: on unless the operator says that something in front of the application does all of it --------------

SECURE_SSL_REDIRECT = env.flag("SECURE_SSL_REDIRECT", default=True)
if env.flag("BEHIND_TLS_PROXY", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    # Whose address counts for rate limits: the one that this many proxies in front vouch for.
    ALLAUTH_TRUSTED_PROXY_COUNT = env.number("TRUSTED_PROXIES", 1)
# Browsers keep it for as long as it says, and nobody can take it back.
SECURE_HSTS_SECONDS = env.number("HSTS_SECONDS", 31536000)
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = env.flag("HSTS_SUBDOMAINS", default=True)
# The health checks and Prometheus ask over plain HTTP from inside the network.
SECURE_REDIRECT_EXEMPT = [r"^(health|ready|metrics)/$"]
SESSION_COOKIE_SECURE = True
LANGUAGE_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
SESSION_COOKIE_NAME = "__Host-sessionid"
CSRF_COOKIE_NAME = "__Host-csrftoken"
MESSAGE_STORAGE = "config.messages.HostMessageStorage"
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https"

STATIC_ROOT = VAR_DIR / "static"  # noqa: F405
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "config.static_files.StaticFiles"},
}

# --- E-mail -----------------------------------------------------------------------------------------

# Port 587 begins in clear and turns to TLS (STARTTLS), port 465 is TLS from the first byte.
EMAIL_USE_SSL = env.flag("EMAIL_USE_SSL", default=False)
EMAIL_USE_TLS = env.flag("EMAIL_USE_TLS", default=not EMAIL_USE_SSL)
if EMAIL_USE_SSL and EMAIL_USE_TLS:
    raise ImproperlyConfigured("EMAIL_USE_SSL and EMAIL_USE_TLS exclude each other; set one of them to off.")
EMAIL_HOST = env.text("EMAIL_HOST", "localhost")
EMAIL_PORT = env.number("EMAIL_PORT", 465 if EMAIL_USE_SSL else 587)
EMAIL_HOST_USER = env.text("EMAIL_HOST_USER")
EMAIL_HOST_PASSWORD = env.text("EMAIL_HOST_PASSWORD")
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", "webmaster@localhost")

# --- For operators ----------------------------------------------------------------------------------

LOGGING["handlers"]["console"]["formatter"] = "json"  # noqa: F405
METRICS_TOKEN = env.text("METRICS_TOKEN")
if METRICS_TOKEN:
    # Where the processes of this machine put what they count: each answers for all of them.
    METRICS_DIR = Path(env.required("PROMETHEUS_MULTIPROC_DIR"))
    METRICS_DIR.mkdir(parents=True, exist_ok=True)
    if not os.access(METRICS_DIR, os.W_OK):  # better now than at the first answer that is saved
        raise ImproperlyConfigured("PROMETHEUS_MULTIPROC_DIR is not writable.")
