"""The app's name for Django."""

from django.apps import AppConfig


class ImportsConfig(AppConfig):
    """Files brought in through the browser."""

    name = "suppilo.apps.imports"
    label = "imports"
    default_auto_field = "django.db.models.BigAutoField"
