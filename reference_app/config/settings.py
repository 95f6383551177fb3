"""Django settings, in one file for all environments (see runtime/environment.py)."""

from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from whitenoise.compress import Compressor

from reference_app.runtime.environment import ROOT, ChannelLayer, Environment, read_environment

ENVIRONMENT: Environment = read_environment()

SECRET_KEY = ENVIRONMENT.secret_key
DEBUG = ENVIRONMENT.debug
ALLOWED_HOSTS = ENVIRONMENT.allowed_hosts
# runtime/origins.py decides, before Django's check of CSRF tokens.
CSRF_TRUSTED_ORIGINS = list(ENVIRONMENT.origins)

INSTALLED_APPS = [
    "reference_app.accounts",
    "reference_app.chat",
    "reference_app.releases",
    "reference_app.web",
    "channels",
    "csp",
    "axes",
    "reference_app.accounts.admin_config.AdministrationConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "reference_app.runtime.security_headers.add_security_headers",
    "reference_app.runtime.demo_access.keep_demo_on_this_machine",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "reference_app.runtime.origins.refuse_foreign_origins",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "reference_app.config.urls"
WSGI_APPLICATION = "reference_app.config.wsgi.application"
ASGI_APPLICATION = "reference_app.config.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
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


def _database(url: str) -> dict[str, Any]:
    """Return the DATABASES entry for a URL, with the options that a chat needs on its engine.

    Options in the URL itself, such as ``?sslmode=require``, are kept.
    """
    config = _read_database_url(url)
    options: dict[str, Any] = config.setdefault("OPTIONS", {})
    if config["ENGINE"] == "django.db.backends.sqlite3":
        # WAL lets readers continue during a write. IMMEDIATE takes the write lock at the
        # start, so that a transaction never fails half-way because it does not get the lock.
        # FULL writes each commit to the disk: what is acknowledged survives a power cut
        # (docs/decisions/0023-durable-commits.md).
        options["init_command"] = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
        options["transaction_mode"] = "IMMEDIATE"
        options["timeout"] = 20
        config["CONN_MAX_AGE"] = None
    else:
        config["ENGINE"] = "reference_app.runtime.postgresql"
        # Under ASGI every request has its own thread, so connections are pooled per
        # process rather than kept per thread. While the database is away the pool tries again
        # after 1 s; by default it would soon wait for minutes, also when the database is back.
        options["pool"] = {"min_size": 1, "max_size": 8, "timeout": 10, "reconnect_timeout": 1}
        options.setdefault("connect_timeout", 5)
        # A host that disappears closes no connection: a query would wait for 15 minutes, and
        # so would all sockets of the process, because they share a thread
        # (tcp(7): TCP_USER_TIMEOUT, in ms).
        options.setdefault("tcp_user_timeout", 10_000)
        options.setdefault("keepalives_idle", 5)
        options.setdefault("keepalives_interval", 2)
        options.setdefault("keepalives_count", 3)
    return config


def _read_database_url(url: str) -> dict[str, Any]:
    scheme, separator, _rest = url.partition("://")
    # Checked first, because environ prints a URL with an unknown scheme, including the
    # password.
    if separator and scheme in {"sqlite", "postgres", "postgresql"}:
        # The message of a ValueError is not shown either: it quotes a part of the URL.
        with suppress(ValueError):
            config: dict[str, Any] = environ.Env.db_url_config(url)
            if config["NAME"]:
                return config
    raise ImproperlyConfigured(
        "DATABASE_URL is neither sqlite:///PATH nor postgresql://USER:PASSWORD@HOST/NAME "
        "(characters such as / # @ in the password have to be percent-encoded)."
    )


DATABASES = {"default": _database(ENVIRONMENT.database_url)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Typing notices are stored in the cache: old ones have no value.
CACHES: dict[str, dict[str, Any]] = {
    "default": {
        "BACKEND": "reference_app.runtime.signed_cache.SignedRedisCache",
        # Releases before version 2 cannot read the values of this one.
        "VERSION": 2,
        "LOCATION": ENVIRONMENT.redis_url,
        "KEY_FUNCTION": "reference_app.chat.fanout.site_prefix.cache_key",
        # Redis may hang, and a poll must not wait for typing notices.
        "OPTIONS": {
            "socket_timeout": 1,
            "socket_connect_timeout": 1,
            "serializer": "reference_app.runtime.signed_cache.SignedJson",
        },
    }
    if ENVIRONMENT.redis_url
    else {
        "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
        "LOCATION": str(ENVIRONMENT.data_dir / "cache"),
    }
}

# channels_redis waits up to 5 s for a message in one blocking read, and since redis-py 8
# a read of 5 s times out: the two race, and an idle socket is closed
# (docs/decisions/0001-redis-read-timeout.md). Its pool would also refuse the 101st connection,
# which plain consumers need when many clients connect at once (0006-redis-pool.md).
_REDIS_HOST = {"address": ENVIRONMENT.redis_url, "socket_timeout": 30, "max_connections": 5_000}


def _on_redis(layer_class: str, **config: Any) -> dict[str, Any]:
    """Return the CHANNEL_LAYERS entry of a stock layer whose names have the site's prefix."""
    return {
        "BACKEND": "reference_app.chat.fanout.channel_layers.build_layer",
        "CONFIG": {"layer_class": layer_class, "hosts": [_REDIS_HOST], **config},
    }


_QUEUE = {"capacity": 1500, "expiry": 60}
_CHANNEL_LAYERS: dict[ChannelLayer, dict[str, Any]] = {
    ChannelLayer.CORE: _on_redis("channels_redis.core.RedisChannelLayer", **_QUEUE),
    ChannelLayer.PUBSUB: _on_redis("channels_redis.pubsub.RedisPubSubChannelLayer"),
    ChannelLayer.VALKEY: _on_redis("channels_valkey.core.ValkeyChannelLayer", **_QUEUE),
    ChannelLayer.VALKEY_PUBSUB: _on_redis("channels_valkey.pubsub.ValkeyPubSubChannelLayer"),
    ChannelLayer.MEMORY: {"BACKEND": "channels.layers.InMemoryChannelLayer"},
}
CHANNEL_LAYERS = (
    {"default": _CHANNEL_LAYERS[ENVIRONMENT.channel_layer]}
    if ENVIRONMENT.channel_layer is not ChannelLayer.NONE
    else {}
)

AUTH_USER_MODEL = "accounts.User"
# ModelBackend keeps its own entry, so that sessions survive an upgrade and a rollback.
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
# A visitor who enters wrong passwords has to wait (docs/decisions/0012-log-in-throttling.md).
AXES_HANDLER = "reference_app.accounts.throttling.ThrottlingHandler"
# That handler has its own three limits; it returns 1 if one of them is reached, otherwise 0.
AXES_FAILURE_LIMIT = 1
AXES_COOLOFF_TIME = ENVIRONMENT.sign_in.pause
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
# The right password resets the failures of the same account at the same address.
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_USERNAME_CALLABLE = "reference_app.accounts.throttling.counted_name"
AXES_CLIENT_IP_CALLABLE = "reference_app.accounts.client_address.client_address"
# Form fields that are neither stored nor logged. Some people type a password as their username.
AXES_SENSITIVE_PARAMETERS = [
    *("username", "csrfmiddlewaretoken", "code", "display_name"),
    *("password1", "password2", "old_password", "new_password1", "new_password2"),
]
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "chat"
LOGOUT_REDIRECT_URL = "login"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": name}
    for name in (
        "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "reference_app.accounts.validators.LongEnoughValidator",
        "django.contrib.auth.password_validation.CommonPasswordValidator",
        "django.contrib.auth.password_validation.NumericPasswordValidator",
    )
]

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("ar", "العربية")]
LOCALE_PATHS = [ROOT / "reference_app" / "web" / "locale"]
# The chosen language is kept for a year, as browsers do with their own settings.
LANGUAGE_COOKIE_AGE = 31_536_000
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_SECURE = ENVIRONMENT.https
TIME_ZONE = "UTC"
USE_TZ = True


def _vendored(package: str, folder: str) -> Path:
    """Return a folder of static files inside an installed package."""
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ImproperlyConfigured(f"The package {package} is not installed: run make again.")
    return Path(spec.submodule_search_locations[0]) / folder


STATIC_URL = "static/"
STATIC_ROOT = ENVIRONMENT.data_dir / "static" if ENVIRONMENT.collected_static else None
STATICFILES_DIRS = [
    ("vendor/bootstrap/css", _vendored("bootstrap", "css")),
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "reference_app.web.storage.HashedStaticFiles"
        if ENVIRONMENT.collected_static
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = not ENVIRONMENT.collected_static
WHITENOISE_AUTOREFRESH = DEBUG
# Source maps are read by developers only, and were most of the data to compress.
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = [*Compressor.SKIP_COMPRESS_EXTENSIONS, "map"]

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = ENVIRONMENT.https
SESSION_COOKIE_SAMESITE = "Lax"
SECURE_SSL_REDIRECT = ENVIRONMENT.https
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 31_536_000 if ENVIRONMENT.https else 0
# `check --deploy` must find nothing before production starts (serving/production.py). The
# domain's owner decides whether HSTS applies to its other hosts, and about preloading.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
# axes.W002 asks for a middleware that replaces the page; here the forms show the message.
SILENCED_SYSTEM_CHECKS += ["axes.W002"]
if not ENVIRONMENT.https:
    # runtime/environment.py has already refused this, except for the names of this machine.
    SILENCED_SYSTEM_CHECKS += [f"security.{code}" for code in ("W004", "W008", "W012", "W016")]
# The proxy in front removes this header from the requests of clients (deploy/, ansible/).
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    # While a dependency is away, these loggers would write a record for each attempt or request.
    "filters": {
        "database_failure": {
            "()": "reference_app.runtime.logs.RecordFailure",
            "dependency": "database",
        },
        "layer_failure": {
            "()": "reference_app.runtime.logs.RecordFailure",
            "dependency": "channel_layer",
        },
        "drop_unavailable": {"()": "reference_app.runtime.logs.DropUnavailable"},
    },
    "formatters": {
        "line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"},
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        "reference_app": {"level": "INFO"},
        "channels_redis.pubsub": {"filters": ["layer_failure"]},
        "channels_valkey.pubsub": {"filters": ["layer_failure"]},
        "django.request": {"filters": ["drop_unavailable"]},
        "psycopg.pool": {"filters": ["database_failure"], "level": "WARNING"},
    },
}
