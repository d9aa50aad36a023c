"""The leads application."""

from django.apps import AppConfig


class LeadsConfig(AppConfig):
    """Tells Django of the app."""

    name = "suppilo.apps.leads"
    label = "leads"
