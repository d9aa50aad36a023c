"""The calls application."""

from django.apps import AppConfig


class CallsConfig(AppConfig):
    """Tells Django of the app."""

    name = "suppilo.apps.calls"
    label = "calls"
    default_auto_field = "django.db.models.BigAutoField"
