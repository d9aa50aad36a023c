"""The app's name for Django."""

from django.apps import AppConfig


class ScenariosConfig(AppConfig):
    """What-ifs that somebody kept."""

    name = "suppilo.apps.scenarios"
    label = "scenarios"
    default_auto_field = "django.db.models.BigAutoField"
