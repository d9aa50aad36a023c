"""The quotas application."""

from django.apps import AppConfig


class QuotasConfig(AppConfig):
    """Tells Django of the app."""

    name = "suppilo.apps.quotas"
    label = "quotas"
