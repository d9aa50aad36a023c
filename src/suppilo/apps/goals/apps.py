"""The goals application."""

from django.apps import AppConfig


class GoalsConfig(AppConfig):
    """Tells Django of the app."""

    name = "suppilo.apps.goals"
    label = "goals"
    default_auto_field = "django.db.models.BigAutoField"
