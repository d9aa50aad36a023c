"""The outbox application."""

from django.apps import AppConfig


class OutboxConfig(AppConfig):
    """Tells Django of the app."""

    name = "suppilo.apps.outbox"
    label = "outbox"
