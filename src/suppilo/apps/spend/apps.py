"""The spend application."""

from django.apps import AppConfig


class SpendConfig(AppConfig):
    """Tells Django of the app."""

    name = "suppilo.apps.spend"
    label = "spend"
