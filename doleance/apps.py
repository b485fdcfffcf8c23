"""The one Django application: all tables live in it, so that boundaries move without a data migration."""

from django.apps import AppConfig


class DoleanceConfig(AppConfig):
    """Doléance, as Django sees it."""

    name = "doleance"
    label = "doleance"
    verbose_name = "Doléance"
    default_auto_field = "django.db.models.BigAutoField"
