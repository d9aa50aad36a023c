"""The app's name for Django."""

from django.apps import AppConfig


class SegmentsConfig(AppConfig):
    """People, companies or deals that a rule names."""

    name = "suppilo.apps.segments"
    label = "segments"
    default_auto_field = "django.db.models.BigAutoField"
