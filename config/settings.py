"""Livedesk's settings, all from the environment. docs/settings.md explains each variable.

``DEBUG`` has three states. Unset is the embedded default: no debug pages, and what isn't given is made (a secret key, a
SQLite file under ``DATA_DIR``). ``DEBUG=1`` adds debug pages. ``DEBUG=0`` is production: nothing is made up.
"""

from __future__ import annotations

import socket
from datetime import timedelta
from pathlib import Path
from typing import Any

import django_stubs_ext
import environ
from django.core.exceptions import ImproperlyConfigured

from config import environment as env
from config.admin_looks import ADMIN_LOOKS
from config.storage import data_directory, database, kept_secret

django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = data_directory(Path(env.text("DATA_DIR", str(BASE_DIR / "var"))).absolute())

# --- how it runs ---

DEBUG = env.flag("DEBUG", False)
PRODUCTION = env.text("DEBUG") != "" and not DEBUG

SECRET_KEY = env.text("SECRET_KEY")
if not SECRET_KEY and PRODUCTION:
    raise ImproperlyConfigured(
        "SECRET_KEY is missing, and DEBUG=0: write SECRET_KEY=<at least 50 random characters>."
    )
SECRET_KEY = SECRET_KEY or kept_secret(DATA_DIR / "secret-key")

_LOCAL_HOSTS = ["localhost", ".localhost", "127.0.0.1", "[::1]", "0.0.0.0", socket.gethostname()]  # noqa: S104
ALLOWED_HOSTS = env.texts("ALLOWED_HOSTS", _LOCAL_HOSTS)
CORS_ORIGINS = env.origins("CORS_ORIGINS")
CORS_ALLOW_ALL_ORIGINS = "*" in CORS_ORIGINS
CORS_ALLOWED_ORIGINS = [origin for origin in CORS_ORIGINS if origin != "*"]
CORS_URLS_REGEX = r"^/api/"
CORS_ALLOW_HEADERS = [
    "authorization",
    "content-type",
    "if-match",
    "idempotency-key",
    "accept",
    "last-event-id",
]
CORS_EXPOSE_HEADERS = ["etag", "retry-after", "location"]
CSRF_TRUSTED_ORIGINS = CORS_ALLOWED_ORIGINS
TRUSTED_PROXIES = env.whole("TRUSTED_PROXIES", 0, least=0, most=10)
if TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
# Browsers are told over HTTPS only, so a server without it says nothing.
SECURE_HSTS_SECONDS = env.whole(
    "HSTS_SECONDS", 86_400 if PRODUCTION else 0, least=0, most=63_072_000
)
SILENCED_SYSTEM_CHECKS = [
    "security.W005",  # other names below this one's are not ours to decide about
    "security.W008",  # the proxy redirects to HTTPS; health checks come past it
    "security.W021",  # nor is preloading
]

WEBSOCKET_PORT = env.whole("WEBSOCKET_PORT", 8080, most=65_535)
REDIS_URL = env.url("REDIS_URL", ("redis", "rediss", "unix"), "redis://localhost:6379/0")

INSTALLED_APPS = [
    "config.apps.DaphneConfig",
    "unfold",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "unfold.contrib.import_export",
    "import_export",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "corsheaders",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_tasks",
    "django_tasks_db",
    "config.apps.ProjectConfig",
    "realtime",
    "notifications",
    "notifications.jobs",
    "tickets",
    "examples.projects",
    "examples.gifting",
    "examples.inventory",
    "waffle",
    "examples.flags",
]

MIDDLEWARE = [
    "realtime.monitoring.log_context.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "config.page_policy.page_policy",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "realtime.actor.ActorMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# --- storage ---

# The threads of sockets keep eight connections for themselves, and metrics one: fewer, and REST would wait for ever.
_POOL_SIZE = env.whole("DATABASE_POOL_SIZE", 20, least=12, most=500)
DATABASES = {"default": database(DATA_DIR, pool_size=_POOL_SIZE)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

_LAYER: dict[str, Any] = {"BACKEND": "channels.layers.InMemoryChannelLayer"}
if REDIS_URL:
    _LAYER = {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [REDIS_URL], "prefix": env.text("REDIS_PREFIX", "livedesk")},
    }
CHANNEL_LAYERS = {"default": _LAYER}

MEDIA_ROOT = DATA_DIR / "media"
STATIC_URL = "/static/"
STATIC_ROOT = data_directory(DATA_DIR / "static")
STATICFILES_DIRS = [path for path in [BASE_DIR / "static"] if path.is_dir()]
WHITENOISE_USE_FINDERS = not PRODUCTION
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}

# --- people ---

# Whoever signs in with a cookie works in the admin; its theme's form doesn't say so itself.
LOGIN_REDIRECT_URL = "admin:index"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = env.flag("COOKIES_SECURE", PRODUCTION)

SIMPLE_JWT = {
    "ALGORITHM": env.choice("JWT_ALGORITHM", "HS256", ("HS256", "HS384", "HS512")),
    "SIGNING_KEY": env.text("JWT_SECRET_KEY", SECRET_KEY),
    "ISSUER": env.text("JWT_ISSUER", "livedesk"),
    "AUDIENCE": env.text("JWT_AUDIENCE", "livedesk"),
    "ACCESS_TOKEN_LIFETIME": timedelta(seconds=env.number("JWT_ACCESS_SECONDS", 900, least=1)),
    "REFRESH_TOKEN_LIFETIME": timedelta(
        seconds=env.number("JWT_REFRESH_SECONDS", 1_209_600, least=1)
    ),
    "ROTATE_REFRESH_TOKENS": True,
    "USER_ID_CLAIM": "sub",
}

# --- language and time ---

LANGUAGE_CODE = "en-us"
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True

# Who tried how often (`realtime/auth/throttles.py`). Past so many the oldest are forgotten: nobody can make so many in a minute.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}

# --- REST ---

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["realtime.auth.rest.TokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": [
        "realtime.rest.parsers.JSONParser",
        "rest_framework.parsers.MultiPartParser",
    ],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_PAGINATION_CLASS": "realtime.rest.pagination.ByCursor",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_THROTTLE_CLASSES": ["realtime.auth.throttles.UserThrottle"],
    "DEFAULT_THROTTLE_RATES": {
        "login": env.rate("THROTTLE_LOGIN", "10/min"),
        "user": env.rate("THROTTLE_USER", "6000/min"),
    },
    "EXCEPTION_HANDLER": "realtime.rest.errors.exception_handler",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}

SPECTACULAR_SETTINGS = {
    "TITLE": "Livedesk",
    "DESCRIPTION": "A support desk whose screens never need a refresh.",
    "VERSION": "1",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "realtime.rest.schema.describe_events",
        "realtime.rest.schema.describe_errors",
    ],
    "ENUM_NAME_OVERRIDES": {
        "TicketStatusEnum": "tickets.states.Status",
        "MessageKindEnum": "tickets.models.MessageKind",
        # Of notifications; it would change with everything else that has a `type`.
        "TypeEnum": ["info", "success", "warning", "error"],
    },
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
}

# --- sockets: the engine's limits (realtime/conf.py has their meaning and units) ---

REALTIME = {
    "max_connections_per_user": env.whole(
        "WS_MAX_CONNECTIONS_PER_USER", 5, also="WEBSOCKET_MAX_CONNECTIONS_PER_USER"
    ),
    "heartbeat_interval": env.number(
        "WS_HEARTBEAT_INTERVAL", 30, least=1, also="WEBSOCKET_HEARTBEAT_INTERVAL"
    ),
    "idle_timeout": env.number("WEBSOCKET_IDLE_TIMEOUT", 300, least=1, also="WS_IDLE_TIMEOUT"),
    "message_max_size": env.whole(
        "WS_MESSAGE_MAX_SIZE", 1_048_576, also="WEBSOCKET_MESSAGE_MAX_SIZE"
    ),
    "messages_per_second": env.number(
        "WS_MESSAGES_PER_SECOND", 20, least=1, also="WEBSOCKET_MESSAGES_PER_SECOND"
    ),
    "messages_burst": env.whole("WS_MESSAGES_BURST", 40, also="WEBSOCKET_MESSAGES_BURST"),
    "send_queue_bytes": env.whole("WS_SEND_QUEUE_BYTES", 1_048_576),
    "lease_seconds": env.number("WS_LEASE_SECONDS", 30, least=1),
    "presence_grace": env.number("PRESENCE_GRACE", 2),
    "compression": env.flag("WS_COMPRESSION", False),
    "sweep_interval": env.number("REALTIME_SWEEP_INTERVAL", 2, least=0.05),
    "retention_days": env.number("REALTIME_RETENTION_DAYS", 30, least=0.01, most=36_500),
    "retention_events": env.whole("REALTIME_RETENTION_EVENTS", 100_000),
    "redis_url": REDIS_URL,
    "bridge": env.flag("REALTIME_BRIDGE", True),
    "hooks_to_private_addresses": env.flag("HOOKS_TO_PRIVATE_ADDRESSES", False),
    "cors_origins": CORS_ORIGINS,
    "trusted_proxies": TRUSTED_PROXIES,
}

# --- background work and e-mail ---

TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}
JOBS = {"embedded": env.flag("JOBS_EMBEDDED", True)}

EMAIL_URL = env.url("EMAIL_URL", ("smtp", "smtps", "smtp+tls"), "smtp+tls://user:password@host:587")
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", "Livedesk <desk@localhost>")
if EMAIL_URL:
    globals().update(environ.Env.email_url_config(EMAIL_URL))
else:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = DATA_DIR / "mail"

NOTIFICATIONS = {
    "base_url": env.text("BASE_URL", "http://localhost:8000").rstrip("/"),
    "reply_address": env.text("EMAIL_REPLY_ADDRESS"),
    "email_delay": env.number("EMAIL_DELAY", 30),
    "vapid_private_key": env.text("VAPID_PRIVATE_KEY"),
}

# --- admin and logs ---

UNFOLD = ADMIN_LOOKS
IMPORT_EXPORT_ESCAPE_FORMULAE_ON_EXPORT = True
IMPORT_EXPORT_IMPORT_PERMISSION_CODE = "add"
IMPORT_EXPORT_EXPORT_PERMISSION_CODE = "view"


LOG_LEVEL = env.choice("LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR"))
LOG_FORMAT = env.choice("LOG_FORMAT", "text", ("text", "json"))
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {
        "redact": {"()": "realtime.redaction.RedactSecrets"},
        "ids": {"()": "realtime.monitoring.log_context.AddIds"},
    },
    "formatters": {
        "text": {"()": "realtime.monitoring.log_lines.TextLine"},
        "json": {"()": "realtime.monitoring.log_lines.JsonLine"},
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": LOG_FORMAT,
            "filters": ["redact", "ids"],
        },
    },
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        name: {"handlers": ["console"], "level": LOG_LEVEL, "propagate": False}
        for name in (
            "config",
            "django",
            "realtime",
            "notifications",
            "tickets",
        )
    }
    # Who connected and left: two lines for each socket, where somebody wants to keep them.
    | {"realtime.audit": {"level": "INFO" if env.flag("AUDIT_LOG", PRODUCTION) else "WARNING"}}
    # Anybody can send a strange Host header: a 400, no traceback in the log.
    | {"django.security.DisallowedHost": {"level": "CRITICAL"}},
}

if SENTRY_DSN := env.url("SENTRY_DSN", ("http", "https"), "https://key@sentry.example.org/1"):
    from config.reports import report_errors

    report_errors(SENTRY_DSN, environment=env.text("SENTRY_ENVIRONMENT", "production"))
