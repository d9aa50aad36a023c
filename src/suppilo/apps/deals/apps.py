"""The deals application."""

from django.apps import AppConfig


class DealsConfig(AppConfig):
    """Tells Django of the app."""

    name = "suppilo.apps.deals"
    label = "deals"
