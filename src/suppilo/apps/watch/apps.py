"""The app's name for Django."""

from django.apps import AppConfig


class WatchConfig(AppConfig):
    """Figures that are looked at every day."""

    name = "suppilo.apps.watch"
    label = "watch"
    default_auto_field = "django.db.models.BigAutoField"
