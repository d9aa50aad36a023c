"""The sales book application."""

from django.apps import AppConfig


class SalesbookConfig(AppConfig):
    """Tells Django of the app."""

    name = "suppilo.apps.salesbook"
    label = "salesbook"
