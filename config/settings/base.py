"""What every installation shares. What differs is read from the environment or set in dev, test and prod."""

from pathlib import Path
from typing import Any

import dj_database_url
from celery.schedules import crontab

from config.settings import env

BASE_DIR = Path(__file__).resolve().parent.parent.parent
VAR_DIR = BASE_DIR / "var"

SITE_NAME = env.text("SITE_NAME", "Mock Exams")
DEBUG = False
ALLOWED_HOSTS: list[str] = []
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Our own templates of text fields, for the site and the admin: they run as what is typed into them does.
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
INSTALLED_APPS = [
    "django.forms",
    "config.apps.AdminConfig",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "django_htmx",
    "accounts",  # its command for superusers extends that of the next one
    "django.contrib.auth",
    "questions",
    "exams",
]

MIDDLEWARE = [
    "config.middleware.observe_middleware",
    # Before the others, so that also what the next ones answer by themselves, as to a wrong host name, has all headers.
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "config.middleware.security_headers_middleware",
    "config.middleware.language_middleware",
    "django.middleware.security.SecurityMiddleware",
    "config.middleware.refuse_nul_middleware",
    "config.middleware.limit_body_middleware",
    "config.limiting.LimitMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "config.middleware.limit_anonymous_body_middleware",
    "config.middleware.door_middleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "accounts.middleware.audit_middleware",
    "accounts.middleware.private_pages_middleware",
    "config.sessions.session_limits_middleware",
    "config.second_factors.UnreadableSecretMiddleware",
    "accounts.middleware.time_zone_middleware",
    "accounts.middleware.own_language_middleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "config.context_processors.site",
            ],
        },
    },
    {
        # For what a page repeats many times; used only where a template names it: `{% jinja %}`.
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {"environment": "config.jinja.environment"},
    },
]

# --- Data -----------------------------------------------------------------------------------------


def database(url: str) -> dict[str, Any]:
    """Return the settings of one database, given its URL."""
    settings: dict[str, Any] = dict(dj_database_url.parse(url, conn_max_age=60, conn_health_checks=True))
    if settings["ENGINE"].endswith("sqlite3"):
        # IMMEDIATE: a transaction that will write takes the write lock at once and waits its turn, instead of
        # failing half-way with "database is locked" when it tries to upgrade a read lock.
        settings["OPTIONS"] = {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL;",
        }
    return settings


DATABASES = {"default": database(env.text("DATABASE_URL", f"sqlite:///{VAR_DIR}/db.sqlite3"))}
REDIS_URL = env.text("REDIS_URL")

SESSION_ENGINE = "accounts.sessions"
# Sessions live in the database and the cache in each process, so that Redis carries messages and nothing else: while it
# is down, pages, log-ins and hand-ins go on. Limits are counted in Redis while it answers (accounts/limits.py).
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

# --- Celery ---------------------------------------------------------------------------------------

# Without a broker, tasks run in the web process after the commit that made them due.
CELERY_TASK_ALWAYS_EAGER = not REDIS_URL
CELERY_BROKER_URL = REDIS_URL or "memory://"
CELERY_TASK_IGNORE_RESULT = True
# The database is the record of what is due and every task is idempotent, so a message is acknowledged only after
# the work is done: a killed worker costs a repetition, never a score.
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_CONCURRENCY = env.number("WORKER_CONCURRENCY", 2)
# Beat writes its schedule after each task that it sends: an old file says that it is stuck (docs/operations.md).
CELERY_BEAT_SYNC_EVERY = 1
CELERY_TASK_TIME_LIMIT = 120
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# A hand-in answers within a second whatever the broker does, also when it takes the connection and then says nothing:
# what it may cost is one connection and one answer. The sweep sends again.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 300,
    "socket_connect_timeout": 0.3,
    "socket_timeout": 0.3,
    "max_retries": 0,
}
CELERY_BEAT_SCHEDULE = {
    "sweep": {"task": "exams.sweep", "schedule": 15.0, "options": {"expires": 15}},
    "statistics": {"task": "exams.count_scores", "schedule": 60.0, "options": {"expires": 60}},
    "clear_sessions": {"task": "accounts.clear_sessions", "schedule": crontab(hour=3, minute=17)},
    "retention": {"task": "exams.apply_retention", "schedule": crontab(hour=3, minute=37)},
    "unconfirmed": {"task": "accounts.delete_unconfirmed", "schedule": crontab(minute=27)},
    "mail": {"task": "accounts.send_due_mail", "schedule": 60.0, "options": {"expires": 60}},
}

# --- People ---------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
ACCOUNT_ADAPTER = "config.adapters.AccountAdapter"
AUTHENTICATION_BACKENDS = ["accounts.backends.UserBackend"]
PASSWORD_HASHERS = ["accounts.hashing.Argon2Hasher", "accounts.hashing.OldHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
] + [{"NAME": "config.passwords.GuessabilityValidator"}]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "exams:home"
ACCOUNT_LOGOUT_REDIRECT_URL = "exams:home"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_FORMS = {
    "login": "accounts.forms.LogInForm",
    "signup": "accounts.forms.SignUpForm",
    "reset_password": "accounts.forms.ResetPasswordForm",
    "add_email": "accounts.forms.AddAddressForm",
}
ACCOUNT_SIGNUP_FORM_CLASS = "accounts.moments.ZoneForm"
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_SESSION_REMEMBER = True
# Only the log-in page logs in: neither a confirmed address nor a new password does, past the second factor.
ACCOUNT_LOGIN_ON_EMAIL_CONFIRMATION = False
ACCOUNT_LOGIN_ON_PASSWORD_RESET = False
# What is sensitive asks for the password or the factor again, if that was longer ago.
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 600
ACCOUNT_EMAIL_NOTIFICATIONS = True
# A candidate's session outlasts every exam, and ends after three months however it is used. One that may enter the
# admin ends when nobody uses it, and in any case after half a day. None ends in the middle of an exam of its person.
SESSION_COOKIE_AGE = 14 * 24 * 3600
STAFF_IDLE_SECONDS = 3600
STAFF_SESSION_SECONDS = 12 * 3600
CANDIDATE_SESSION_SECONDS = 90 * 24 * 3600
# Sessions are listed for their person as they begin. To follow each request would cost each saved answer a query.
USERSESSIONS_TRACK_ACTIVITY = False
USERSESSIONS_ADAPTER = "config.sessions.UserSessionsAdapter"
# allauth's own limits are off: they are counted in each process, and their keys hold the request's Host.
ACCOUNT_RATE_LIMITS: Any = False
# Ours, by the names that accounts/limits.py is asked for.
LIMITS = {
    # What one address may do in all (config/limiting.py). It may be a whole school, so these only stop floods.
    "log-in": "600/minute",
    "sign-up": "60/minute",
    "patient sign-up": "5/minute",  # those after them take the turns that are left (accounts/hashing.py)
    "password reset": "20/minute",
    "proof": "300/minute",  # codes, and passwords that are asked for again
    "link": "300/minute",  # of mails and of cohorts
    "dead ends": "10/minute",  # pages that say no; those after them are short ones (config/refusals.py)
    # Wrong passwords: from one address, at one account, and at one account from a browser that its owner has used.
    "failures of an address": "30/minute",
    "suspicious address": "2/minute",
    "succeeded": "1/hour",  # no limit: whether a log-in from this address did
    "failures at an account": "5/5minutes",
    "failures of a device": "5/5minutes",
    # What one account may do.
    "second factor": "5/5minutes",
    "wrong codes": "10/hour;30/day",
    "password change": "5/5minutes",
    "account change": "20/minute",
    "starts": "30/minute;300/hour",
    "downloads": "30/minute;300/hour",
    "imports": "30/minute;300/hour",
    "draws": "30/minute;300/hour",
    # Mail that anybody can cause, of one kind to one address, to all addresses of one mailbox, and by whom.
    "mail": "5/hour",
    "mail to a mailbox": "15/hour",
    "mail from an address": "300/hour",
    "mail from an account": "20/hour",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_TOTP_ISSUER = SITE_NAME
MFA_ADAPTER = "config.second_factors.MFAAdapter"
# A code counts once, in whichever process.
MFA_FORMS = {
    "authenticate": "accounts.forms.AuthenticateForm",
    "reauthenticate": "accounts.forms.ReauthenticateForm",
    "activate_totp": "accounts.forms.ActivateTOTPForm",
}
MFA_TOTP_TOLERANCE = 1  # a phone's clock may be half a minute off
# Who may see every key and every candidate gives a second factor; the demo and the tests are exempt.
STAFF_NEED_MFA = True

# Who wrote a revision of a question can neither approve nor publish it, unless somebody else approved it.
TWO_PERSON_RULE = env.flag("TWO_PERSON_RULE", default=False)
# Whether these processes answer only who is not signed in (config/nginx/exams.conf).
IS_DOOR = env.flag("DOOR", default=False)
# With "closed" accounts are made by superusers alone, in the admin.
SIGN_UP = env.one_of("SIGN_UP", ["open", "closed"])

# --- E-mail ---------------------------------------------------------------------------------------

# Every mail is a row first (accounts/outbox.py); this is what it is sent through.
EMAIL_BACKEND = "accounts.mail.OutboxBackend"
OUTBOX_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
EMAIL_TIMEOUT = 10

# How long the audit log keeps an event, and after how long without a log-in a candidate is erased; 0: for good.
AUDIT_RETENTION_DAYS = env.number("AUDIT_RETENTION_DAYS", 730)
INACTIVE_ACCOUNT_DAYS = env.number("INACTIVE_ACCOUNT_DAYS", 0)
# After how many days an account is deleted that somebody signed up for and nobody confirmed; 0: never.
UNCONFIRMED_ACCOUNT_DAYS = env.number("UNCONFIRMED_ACCOUNT_DAYS", 14)

# --- Pages ----------------------------------------------------------------------------------------

# What links in mails begin with, whatever host the request named that caused the mail.
SITE_URL = env.text("SITE_URL", "http://127.0.0.1:8000")
LANGUAGE_CODE = "en"
# Each in its own name, as people look for it. A new one: CONTRIBUTING.md.
LANGUAGES = [("en", "English"), ("es", "Español")]
LOCALE_PATHS = [BASE_DIR / "locale"]
# What a visitor chose in the footer; a person's choice is in their account.
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
FORMAT_MODULE_PATH = "config.formats"
USE_I18N = True
USE_TZ = True
# Everything is stored and computed in UTC. People see moments in their own zone; this is what new accounts have until
# they or their browser say otherwise.
TIME_ZONE = "UTC"
DEFAULT_TIME_ZONE = env.zone("DEFAULT_TIME_ZONE", "UTC")

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]

# One answer of one question is small; a whole form handed in without JavaScript is some 65 × 10 fields.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 3000
# Fields may have Django's 2.5 MB together; with files, such as an import in the admin, a request may have this much.
MAX_BODY_BYTES = 10 * 1024 * 1024
# Who is not signed in sends a log-in, or a whole exam from a page that was open too long.
MAX_ANONYMOUS_BODY_BYTES = 64 * 1024

# --- Security -------------------------------------------------------------------------------------

X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "config.views.csrf_failure"

# --- For operators ----------------------------------------------------------------------------------

# Prometheus gives it as a bearer token; without one there is no /metrics/.
METRICS_TOKEN = ""

LOG_LEVEL = env.one_of("LOG_LEVEL", ["info", "debug", "warning", "error", "critical"]).upper()
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "lines": {"()": "config.logs.Lines", "format": "{asctime} {levelname} {name}: {message}", "style": "{"},
        "json": {"()": "config.logs.JsonLines"},
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "lines"}},
    "root": {
        "handlers": ["console"],
        "level": env.one_of("LOG_LEVEL", ["info", "debug", "warning", "error", "critical"]).upper(),
    },
    "loggers": {
        # What was refused stands in the line of the access log; only faults need one more.
        "django.request": {"level": "ERROR"},
        # What gunicorn's processes say of a request; its master writes a few lines of its own as it starts and stops.
        "gunicorn.error": {"handlers": ["console"], "propagate": False},
    },
}
