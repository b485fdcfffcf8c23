"""Django settings. Provisional skeleton: helper BOOT owns this file."""

import os
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

BASE_DIR = Path(__file__).resolve().parents[2]
SECRET_KEY = os.environ.get("DOLEANCE_SECRET_KEY", "development-only")
DEBUG = os.environ.get("DOLEANCE_DEBUG") == "1"
ALLOWED_HOSTS = ["*"]
_db = urlsplit(os.environ.get("DATABASE_URL", "postgresql://postgres@/doleance?host=/tmp/dpg&port=5499"))
_q = {k: v[0] for k, v in parse_qs(_db.query).items()}
DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "NAME": _db.path.lstrip("/"), "USER": unquote(_db.username or ""),
    "PASSWORD": unquote(_db.password or ""), "HOST": _q.get("host") or _db.hostname or "", "PORT": _q.get("port") or str(_db.port or "")}}
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions", "django.contrib.messages", "django.contrib.staticfiles",
    "django.contrib.postgres", "allauth", "allauth.account", "django_htmx", "csp", "template_partials", "procrastinate.contrib.django", "doleance"]
AUTH_USER_MODEL = "doleance.User"
MIDDLEWARE = ["django.contrib.sessions.middleware.SessionMiddleware", "django.contrib.auth.middleware.AuthenticationMiddleware", "django.contrib.messages.middleware.MessageMiddleware", "allauth.account.middleware.AccountMiddleware"]
LANGUAGE_CODE = "fr"
USE_TZ = True
TIME_ZONE = "UTC"
STATIC_URL = "static/"
ROOT_URLCONF = "doleance.boot.urls"
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True, "DIRS": [BASE_DIR / "doleance/kernel/templates", BASE_DIR / "doleance/staff/templates"], "OPTIONS": {"context_processors": ["django.template.context_processors.request", "django.contrib.auth.context_processors.auth", "django.contrib.messages.context_processors.messages"]}}]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
