"""Django's settings, from `config`: what is an installation's choice is there, what is Doléance's is here."""

import hmac
from email.utils import formataddr
from pathlib import Path
from typing import Any

from csp.constants import NONE, SELF

from doleance.boot import config, databases, logs, mail, sign_on
from doleance.boot.session import usual_url
from doleance.channels.email import doors
from doleance.kernel import preferences

INSTALLATION = config.load()
DOLEANCE_HOME = INSTALLATION.home
DOLEANCE_URL = INSTALLATION.address
PACKAGE = Path(__file__).resolve().parents[1]
HTTPS = INSTALLATION.is_https
DEBUG = INSTALLATION.debug

_SECRET = INSTALLATION.secret("secret_key").read_bytes()
SECRET_KEY = _SECRET.hex()
DOLEANCE_ACCESS_KEY = hmac.digest(_SECRET, b"doleance.access", "sha256")  # derives the links that let staff in
DOLEANCE_FACTOR_KEY = hmac.digest(_SECRET, b"doleance.factor", "sha256")  # seals what second factors hold secret
DOLEANCE_MAIL_KEY = INSTALLATION.secret("mail_key").read_bytes()  # signs Message-IDs and bounce addresses
DOLEANCE_FOLLOW_KEY = hmac.digest(DOLEANCE_MAIL_KEY, b"doleance.follow", "sha256")  # derives what follows a file
DOLEANCE_MASTER_KEY_FILE = str(INSTALLATION.secret("master_key"))  # wraps the keys of sealed texts; read by audit.seal

ROOT_URLCONF = "doleance.boot.urls"
WSGI_APPLICATION = "doleance.boot.wsgi.application"
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.usersessions",
    "csp",
    "django_htmx",
    "lucide",
    "template_partials",
    "procrastinate.contrib.django",
    "doleance",
]
MIDDLEWARE = [
    "doleance.boot.watching.watch",
    "doleance.boot.middleware.following",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "doleance.boot.middleware.limits",
    "doleance.boot.middleware.headers",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",  # a page is closed unless it says otherwise
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "doleance.staff.middleware.second_factor",
    "doleance.portal.middleware.PublicPages",
]

# Templates and tags live in the domains' packages; Django looks in applications only, and there is one.
_TAGS = sorted(PACKAGE.glob("*/templatetags/[!_]*.py"))
_LOADERS = ["django.template.loaders.filesystem.Loader", "django.template.loaders.app_directories.Loader"]
_CACHED = [("django.template.loaders.cached.Loader", _LOADERS)]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": sorted(PACKAGE.glob("*/templates")),
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
            "loaders": [("template_partials.loader.Loader", _LOADERS if DEBUG else _CACHED)],
            "libraries": {path.stem: f"doleance.{path.parts[-3]}.templatetags.{path.stem}" for path in _TAGS},
            "builtins": ["template_partials.templatetags.partials"],
        },
    }
]

DATABASES = {"default": databases.settings_of(INSTALLATION.own_url or usual_url(DOLEANCE_HOME), INSTALLATION)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# Rate limits must hold across processes, so the cache is a table (unlogged: it may be lost, and its name is not one of
# the journal's tables).
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "cache_entry",
        # Django's 300 would let an attacker push the count of their own tries out of the table.
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = ""  # domains are not applications: their tasks are found below
PROCRASTINATE_IMPORT_PATHS = [
    *(f"doleance.{path.parent.name}.tasks" for path in sorted(PACKAGE.glob("*/tasks.py"))),
    "doleance.boot.schedule",
]

LANGUAGE_CODE = "fr"
LANGUAGES = [("fr", "Français"), ("en", "English")]
LOCALE_PATHS = [PACKAGE / "locale"]
LANGUAGE_COOKIE_NAME = preferences.COOKIE.format(name="language")  # chosen and written with the other preferences
USE_I18N = True
USE_TZ = True
TIME_ZONE = INSTALLATION.time_zone

ASSETS = DOLEANCE_HOME / "assets"  # typefaces and htmx, written by kernel.assets
ASSETS.mkdir(parents=True, exist_ok=True)
STATIC_URL = "/statique/"
STATIC_ROOT = DOLEANCE_HOME / "static"
STATICFILES_DIRS = [ASSETS, *sorted(PACKAGE.glob("*/static"))]
_HASHED = "whitenoise.storage.CompressedManifestStaticFilesStorage"
_PLAIN = "django.contrib.staticfiles.storage.StaticFilesStorage"
IS_PLAIN = DEBUG or INSTALLATION.process == "test"  # as they are on disk, at once
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},  # files are rows: nothing is stored beside
    "staticfiles": {"BACKEND": _PLAIN if IS_PLAIN else _HASHED},
}
WHITENOISE_USE_FINDERS = IS_PLAIN
WHITENOISE_MAX_AGE = 0 if IS_PLAIN else 60
WHITENOISE_KEEP_ONLY_HASHED_FILES = True

AUTH_USER_MODEL = "doleance.User"
AUTHENTICATION_BACKENDS = ["doleance.staff.adapter.Backend"]
_PASSWORDS = "django.contrib.auth.password_validation"
AUTH_PASSWORD_VALIDATORS: list[dict[str, Any]] = [
    {"NAME": f"{_PASSWORDS}.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": f"{_PASSWORDS}.CommonPasswordValidator"},
    {"NAME": f"{_PASSWORDS}.UserAttributeSimilarityValidator", "OPTIONS": {"user_attributes": ("email", "name")}},
]
PASSWORD_HASHERS = [f"django.contrib.auth.hashers.{name}" for name in ("ScryptPasswordHasher", "PBKDF2PasswordHasher")]
PASSWORD_RESET_TIMEOUT = 3600
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_ADAPTER = "doleance.staff.adapter.AccountAdapter"
ACCOUNT_FORMS = {"login": "doleance.staff.forms.door.EntryForm"}
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]  # sign-up itself is closed by the adapter, and has no address
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"  # an administrator gave the address, and the invitation proved it
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if HTTPS else "http"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
# Whoever knows an address must not fill its box: the library alone bounds mails of forgotten passwords by the minute.
ACCOUNT_RATE_LIMITS = {"reset_password": "20/m/ip,3/h/key,8/d/key"}
MFA_ADAPTER = "doleance.staff.factors.FactorAdapter"
MFA_SUPPORTED_TYPES = ["recovery_codes", "totp", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ALLOW_UNVERIFIED_EMAIL = True  # addresses are given by an administrator: allauth's own table of them is empty
MFA_TOTP_ISSUER = "Doléance"
MFA_FORMS = {"authenticate": "doleance.staff.factors.CodeForm", "reauthenticate": "doleance.staff.factors.AgainForm"}
SOCIALACCOUNT_ADAPTER = "doleance.staff.sign_on.SignOnAdapter"
SOCIALACCOUNT_LOGIN_ON_GET = True  # a link, not a form: form-action below names nobody else
SOCIALACCOUNT_STORE_TOKENS = False  # Doléance asks the directory who somebody is, and nothing more
DOLEANCE_SIGN_ON = INSTALLATION.oidc_name if INSTALLATION.oidc_url else ""
SOCIALACCOUNT_PROVIDERS = {"openid_connect": sign_on.provider(INSTALLATION)}
ALLAUTH_TRUSTED_PROXY_COUNT = INSTALLATION.proxies
DOLEANCE_FORMS_PER_HOUR = INSTALLATION.forms_per_hour
DOLEANCE_READING = INSTALLATION.reading
DOLEANCE_DRAFTS_URL = INSTALLATION.drafts_url  # a language model, off while it is empty
DOLEANCE_DRAFTS_MODEL, DOLEANCE_DRAFTS_KEY = INSTALLATION.drafts_model, INSTALLATION.drafts_key
DOLEANCE_PROXIES, DOLEANCE_PROXY_ADDRESSES = INSTALLATION.proxies, INSTALLATION.proxy_addresses

SESSION_ENGINE = "doleance.boot.sessions"
SESSION_COOKIE_NAME = "__Host-doleance" if HTTPS else "doleance"
SESSION_COOKIE_AGE = 12 * 3600  # a working day
SESSION_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_NAME = "__Host-csrf" if HTTPS else "csrf"
CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_HTTPONLY = True  # pages carry the token in their forms and for htmx in a meta element
CSRF_TRUSTED_ORIGINS = [INSTALLATION.address]
CSRF_FAILURE_VIEW = "doleance.portal.views.form.without_token"  # what a complainant typed stays on the page
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

_LOOPBACK = ["localhost", "127.0.0.1", "[::1]"]
ALLOWED_HOSTS = _LOOPBACK if INSTALLATION.is_loopback else [INSTALLATION.host]
SECURE_SSL_REDIRECT = HTTPS  # gunicorn believes X-Forwarded-Proto from `proxy_addresses` only
SECURE_HSTS_SECONDS = 365 * 86400 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# Preloading binds a whole domain for years: its owner's decision, not a program's.
SILENCED_SYSTEM_CHECKS = ["security.W021"]
CONTENT_SECURITY_POLICY: dict[str, Any] = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "worker-src": [SELF],  # what counts for the form under pressure (portal, effort.js)
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "frame-src": [SELF],  # the look of a mail, sandboxed by its own policy (staff.views.content)
        "manifest-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "object-src": [NONE],
        "upgrade-insecure-requests": HTTPS,
    }
}

DATA_UPLOAD_MAX_MEMORY_SIZE = 2_500_000  # a form without its files
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500
DATA_UPLOAD_MAX_NUMBER_FILES = 20
FILE_UPLOAD_MAX_MEMORY_SIZE = 1_000_000  # larger ones wait on disk, not in memory
DOLEANCE_MAX_BODY = 40_000_000  # bytes of a whole request

DOLEANCE_MAIL_SINK = DOLEANCE_HOME / "courrier"  # where outgoing mail is written while no server is set
DOLEANCE_SINK = INSTALLATION.sink  # nothing leaves at all: answers are written there too
DOLEANCE_MAIL_NETWORKS = doors.networks(INSTALLATION.mail_networks)  # where mailboxes may be besides the Internet
DOLEANCE_FETCHERS = max(1, INSTALLATION.jobs // 2)  # mailboxes fetched at once: other work has its places left
DOLEANCE_MAIL_FROM = INSTALLATION.mail_from
EMAIL_FILE_PATH = DOLEANCE_MAIL_SINK
DEFAULT_FROM_EMAIL = INSTALLATION.mail_from or formataddr(("Doléance", f"doleance@{INSTALLATION.host}"))
SERVER_EMAIL = DEFAULT_FROM_EMAIL
_POST = mail.parse(INSTALLATION.smtp_url)
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if _POST.host else 'filebased'}.EmailBackend"
EMAIL_HOST, EMAIL_PORT = _POST.host, _POST.port
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _POST.user, _POST.password
EMAIL_USE_SSL, EMAIL_USE_TLS = _POST.tls, _POST.starttls
EMAIL_TIMEOUT = 20

LOGGING = logs.configuration(INSTALLATION.log_format)
