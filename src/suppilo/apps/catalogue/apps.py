"""The catalogue application."""

from django.apps import AppConfig


class CatalogueConfig(AppConfig):
    """Tells Django of the app."""

    name = "suppilo.apps.catalogue"
    label = "catalogue"
