"""Django's settings, made of the server's own (:mod:`suppilo.apps.config`)."""

import os
from typing import Any

import dj_database_url

from suppilo.apps.config import read_config
from suppilo.apps.mail import read_mail_url

SUPPILO = read_config(os.environ)

SECRET_KEY = SUPPILO.secret_key
DEBUG = SUPPILO.debug
BASE_URL = SUPPILO.base_url.rstrip("/")
HAS_BASE_URL = SUPPILO.has_base_url
ALLOWED_HOSTS = ["*"]  # Links are made of BASE_URL, never of the Host header.
SECURE = BASE_URL.startswith("https://")

INSTALLED_APPS = [
    "suppilo.apps.accounts",
    "suppilo.apps.capture",
    "suppilo.apps.people",
    "suppilo.apps.imports",
    "suppilo.apps.funnels",
    "suppilo.apps.pipelines",
    "suppilo.apps.catalogue",
    "suppilo.apps.letterhead",
    "suppilo.apps.deals",
    "suppilo.apps.quotes",
    "suppilo.apps.invoices",
    "suppilo.apps.activities",
    "suppilo.apps.attention",
    "suppilo.apps.salesbook",
    "suppilo.apps.leads",
    "suppilo.apps.quotas",
    "suppilo.apps.outbox",
    "suppilo.apps.spend",
    "suppilo.apps.webhooks",
    "suppilo.apps.insights",
    "suppilo.apps.scenarios",
    "suppilo.apps.watch",
    "suppilo.apps.goals",
    "suppilo.apps.forecasts",
    "suppilo.apps.next_action",
    "suppilo.apps.scores",
    "suppilo.apps.segments",
    "suppilo.apps.jobs",
    "suppilo.apps.calls",
    "suppilo.apps.demo",
    "suppilo.web",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
]

MIDDLEWARE = [
    "suppilo.web.measure.note_route",
    "suppilo.web.middleware.security_headers",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "suppilo.web.middleware.find_client",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "suppilo.web.middleware.use_own_settings",
    "suppilo.web.middleware.refuse_other_sites",
    "suppilo.web.middleware.refuse_nul",
    "suppilo.web.middleware.TellOfDamage",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

FORM_RENDERER = "suppilo.web.forms.FormRenderer"
ROOT_URLCONF = "suppilo.web.urls"
ASGI_APPLICATION = "suppilo.web.asgi.application"
APPEND_SLASH = True

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "suppilo.web.context.frame",
            ]
        },
    }
]

DATABASES = {"default": dj_database_url.parse(SUPPILO.database, conn_max_age=0)}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": (
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA temp_store=MEMORY; "
            "PRAGMA cache_size=-65536; PRAGMA mmap_size=268435456; PRAGMA foreign_keys=ON"
        ),
    }
    DATABASES["default"]["TEST"] = {"NAME": str(SUPPILO.home / "test.sqlite3")}

AUTH_USER_MODEL = "accounts.User"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS: list[dict[str, Any]] = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("email", "name")},
    },
]
PASSWORD_RESET_TIMEOUT = 60 * 60
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"

MAIL = read_mail_url(SUPPILO.email_url)
EMAIL_BACKEND = MAIL.backend
EMAIL_HOST, EMAIL_PORT = MAIL.host, MAIL.port
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = MAIL.user, MAIL.password
EMAIL_USE_TLS, EMAIL_USE_SSL = MAIL.use_tls, MAIL.use_ssl
EMAIL_FILE_PATH = MAIL.folder or None
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = SERVER_EMAIL = SUPPILO.email_from

LANGUAGE_CODE = "en"
LANGUAGES = [
    ("en", "English"),
    ("lv", "Latviešu"),
    ("hu", "Magyar"),
    ("ru", "Русский"),
    ("fi", "Suomi"),
]
TIME_ZONE = SUPPILO.timezone
USE_TZ = True
USE_I18N = True
USE_THOUSAND_SEPARATOR = True
FORMAT_MODULE_PATH = ["suppilo.web.formats"]

STATIC_URL = "/static/"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SESSION_COOKIE_NAME = "__Host-session" if SECURE else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if SECURE else "csrf"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "suppilo.web.views.errors.csrf_failure"
CSRF_TRUSTED_ORIGINS = [BASE_URL]
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"

LOGGING_CONFIG = None  # The process that runs this sets its logs up, before Django.
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
SILENCED_SYSTEM_CHECKS: list[str] = []
