"""The app's name for Django."""

from django.apps import AppConfig


class ScoresConfig(AppConfig):
    """Scores of people."""

    name = "suppilo.apps.scores"
    label = "scores"
    default_auto_field = "django.db.models.BigAutoField"
