"""The quotes application."""

from django.apps import AppConfig


class QuotesConfig(AppConfig):
    """Tells Django of the app."""

    name = "suppilo.apps.quotes"
    label = "quotes"
