"""The app's name for Django."""

from django.apps import AppConfig


class CaptureConfig(AppConfig):
    """Events from websites and clients: received once, kept, handed on."""

    name = "suppilo.apps.capture"
    label = "capture"
    default_auto_field = "django.db.models.BigAutoField"
