"""Every setting, read from the environment (see `.env.example`); an unsafe one fails loudly."""

import os
from datetime import timedelta
from pathlib import Path

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from config import logging as logs
from config.admin_colors import PRIMARY
from config.admin_sidebar import NAVIGATION
from config.mail_settings import provider_settings, refuse_lost_mail, sender_domains
from config.refusals import (
    refuse_open_production,
    refuse_other_databases,
    refuse_weak_secrets,
)

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
if (BASE_DIR / ".env").exists():
    env.read_env(BASE_DIR / ".env")

DATA_DIR = Path(env("DATA_DIR", default=str(BASE_DIR / ".data")))
if (DATA_DIR / "run.env").exists():
    # While `make run` is up, commands in another terminal find its servers here.
    env.read_env(DATA_DIR / "run.env")

# "production" unless said otherwise: forgetting the variable must never weaken anything.
ENVIRONMENT = env("LEADLOOP_ENV", default="production")
if ENVIRONMENT not in {"production", "development", "test"}:
    raise ImproperlyConfigured(
        f"LEADLOOP_ENV is {ENVIRONMENT!r}; use production, development or test."
    )
IS_PRODUCTION = ENVIRONMENT == "production"
DEBUG = env.bool("DEBUG", default=False)

# --- Secrets -----------------------------------------------------------------------------------

SECRET_KEY = env("SECRET_KEY", default="")
# "<key id>:<base64 of 32 bytes>", newest first: the first encrypts, all decrypt.
ENCRYPTION_KEYS = env.list("ENCRYPTION_KEYS", default=[])
refuse_weak_secrets(SECRET_KEY, ENCRYPTION_KEYS)

# --- Where we are reached ----------------------------------------------------------------------

ALLOWED_HOSTS = env.list(
    "ALLOWED_HOSTS", default=[] if IS_PRODUCTION else ["127.0.0.1", "localhost", "[::1]"]
)
if IS_PRODUCTION:
    refuse_open_production(debug=DEBUG, allowed_hosts=ALLOWED_HOSTS, environment=os.environ)
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
# Behind a proxy that sets X-Forwarded-Proto (and only then) this may be on.
if env.bool("BEHIND_TLS_PROXY", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
# How many proxies append to X-Forwarded-For: who signs in or sends a form is limited by address.
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", default=0)
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=IS_PRODUCTION)
SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=31_536_000 if IS_PRODUCTION else 0)
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = IS_PRODUCTION
SESSION_COOKIE_HTTPONLY = True
X_FRAME_OPTIONS = "DENY"

# --- Applications ------------------------------------------------------------------------------

INSTALLED_APPS = [
    # Its other configuration would put its own site in the place of ours.
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "accounts.admin_config.LeadloopAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "allauth",
    "allauth.account",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_htmx",
    "csp",
    "anymail",
    "accounts",
    "integrations",
    "leads",
    "campaigns",
    "conversions",
    "config",
]
if not IS_PRODUCTION:
    INSTALLED_APPS.append("django_migration_linter")

MIDDLEWARE = [
    "config.health.HealthMiddleware",
    "config.metrics.MetricsMiddleware",
    "config.request_ids.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "accounts.middleware.TenancyMiddleware",
]

FORM_RENDERER = "accounts.form_rendering.FormRenderer"
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

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
                "accounts.context_processors.frame",
            ],
        },
    },
]

# --- Database ----------------------------------------------------------------------------------

refuse_other_databases(env("DATABASE_URL", default=""))
DATABASES = {"default": env.db("DATABASE_URL")}
DATABASES["default"] |= {
    "ENGINE": "accounts.postgresql",
    "CONN_MAX_AGE": env.int("CONN_MAX_AGE", default=600),
    "CONN_HEALTH_CHECKS": True,
    # The tenancy middleware opens the one transaction of a request, together with its scope.
    "ATOMIC_REQUESTS": False,
    # PgBouncer in transaction mode cannot carry server-side cursors.
    "DISABLE_SERVER_SIDE_CURSORS": True,
}
DATABASES["default"].setdefault("OPTIONS", {}).update(
    {"connect_timeout": 5, "application_name": "leadloop"}
)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Redis and Celery --------------------------------------------------------------------------

REDIS_URL = env("REDIS_URL", default="redis://127.0.0.1:6379/0")
CACHES = {
    "default": {
        "BACKEND": "accounts.cache.ForgivingRedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "leadloop",
        "OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 1},
    }
}

# --- Sign-in -----------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = reverse_lazy("account_login")
LOGIN_REDIRECT_URL = reverse_lazy("home")
ACCOUNT_LOGOUT_REDIRECT_URL = reverse_lazy("account_login")
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = True
# Sign-in is throttled per address and per account; counted in the cache, so not without Redis.
ACCOUNT_RATE_LIMITS = {"login": "30/m/ip", "login_failed": "10/m/ip,5/5m/key"}
EMAIL_BACKEND = env(
    "EMAIL_BACKEND",
    default="django.core.mail.backends.smtp.EmailBackend"
    if IS_PRODUCTION
    else "django.core.mail.backends.filebased.EmailBackend",
)
EMAIL_FILE_PATH = DATA_DIR / "mail"
# A mail server that does not answer must not keep a worker.
EMAIL_TIMEOUT = 15
if env("EMAIL_URL", default=""):
    globals().update(env.email("EMAIL_URL"))
# What the e-mail provider asks for, as ANYMAIL_POSTMARK_SERVER_TOKEN and the like.
ANYMAIL = provider_settings(os.environ)
DEFAULT_FROM_EMAIL = env("DEFAULT_FROM_EMAIL", default="leadloop@localhost")
# The domains workspaces may send to contacts from.
EMAIL_SENDER_DOMAINS = sender_domains(
    env.list("EMAIL_SENDER_DOMAINS", default=[]), DEFAULT_FROM_EMAIL, IS_PRODUCTION
)
# Where replies arrive, as reply+<token>@<this domain>; without it they go to the sender's address.
EMAIL_INBOUND_DOMAIN = env("EMAIL_INBOUND_DOMAIN", default="").strip().lower()
if IS_PRODUCTION:
    refuse_lost_mail(
        EMAIL_BACKEND, DEFAULT_FROM_EMAIL, EMAIL_SENDER_DOMAINS, EMAIL_INBOUND_DOMAIN, ANYMAIL
    )
# Where people reach the pages, for links in mails: https://crm.example.com
SITE_URL = env("SITE_URL", default="").rstrip("/")

# --- Pages -------------------------------------------------------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "/static/"
# Outside production files are served from where they are, and nothing is collected.
STATIC_ROOT = env("STATIC_ROOT", default=str(BASE_DIR / "staticfiles") if IS_PRODUCTION else None)
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = not IS_PRODUCTION
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if IS_PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
MEDIA_ROOT = DATA_DIR / "media"

CONTENT_SECURITY_POLICY = {
    # The admin (unfold with Alpine) and Swagger UI bring inline styles and eval of their own.
    "EXCLUDE_URL_PREFIXES": ["/admin/", "/api/docs/"],
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    },
}

UNFOLD = {
    "SITE_TITLE": "Leadloop",
    "SITE_HEADER": "Leadloop",
    "SITE_SUBHEADER": _("Back office"),
    "SITE_SYMBOL": "all_inclusive",
    "SITE_FAVICONS": [
        {
            "rel": "icon",
            "type": "image/svg+xml",
            "href": lambda _request: static("favicon.svg"),
        }
    ],
    "SITE_URL": "/",
    "SHOW_HISTORY": True,
    "SHOW_BACK_BUTTON": True,
    "DASHBOARD_CALLBACK": "config.operations.dashboard",
    "SIDEBAR": {
        "navigation": NAVIGATION,
    },
    "COLORS": {"primary": PRIMARY},
}

# --- API ---------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["accounts.authentication.ScopeAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["accounts.authentication.HasPermission"],
    "DEFAULT_RENDERER_CLASSES": ["accounts.rendering.OrjsonRenderer"],
    "DEFAULT_PARSER_CLASSES": ["accounts.rendering.StrictJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "config.schema.LeadloopSchema",
    "EXCEPTION_HANDLER": "accounts.problems.exception_handler",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    # `?format=csv` belongs to our exports, not to DRF's renderer choice.
    "URL_FORMAT_OVERRIDE": None,
    "COERCE_DECIMAL_TO_STRING": True,
    "DATETIME_FORMAT": "iso-8601",
}
SIMPLE_JWT = {
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=15),
    "REFRESH_TOKEN_LIFETIME": timedelta(days=14),
    # A changed password ends the tokens issued before it.
    "CHECK_REVOKE_TOKEN": True,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Leadloop API",
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "DESCRIPTION": (BASE_DIR / "docs/integrators/api-introduction.md").read_text(),
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    # Choices stay where they are used, instead of as components with invented names.
    "POSTPROCESSING_HOOKS": ["config.schema.describe_tags"],
}

# --- Leadloop ----------------------------------------------------------------------------------

# How many requests one web process works on at the same time; the other threads wait their turn.
REQUESTS_AT_ONCE = env.int("REQUESTS_AT_ONCE", default=2)
# How long a worker may hold an upload before another takes it up again (seconds). It must be
# longer than the slowest call to a platform, which times out after 20 s.
UPLOAD_LEASE_SECONDS = env.int("UPLOAD_LEASE_SECONDS", default=45)
# Where a process kills itself, for trials of faults (see integrations.failpoints).
FAILPOINT = env("LEADLOOP_FAILPOINT", default="")
GOOGLE_OAUTH_CLIENT_ID = env("GOOGLE_OAUTH_CLIENT_ID", default="")
GOOGLE_OAUTH_CLIENT_SECRET = env("GOOGLE_OAUTH_CLIENT_SECRET", default="")

LOGGING = logs.configuration(as_json=IS_PRODUCTION, level=env("LOG_LEVEL", default="INFO"))
# Who reads /metrics: without a token, only processes on this machine.
METRICS_TOKEN = env("METRICS_TOKEN", default="")

# The e-mail is unique whatever its case (a constraint on Lower(email)), which this check overlooks.
SILENCED_SYSTEM_CHECKS = ["auth.W004"]

if ENVIRONMENT == "test":
    # Tests make many people and guard none of them.
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
