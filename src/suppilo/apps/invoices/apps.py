"""The invoices application."""

from django.apps import AppConfig


class InvoicesConfig(AppConfig):
    """Tells Django of the app."""

    name = "suppilo.apps.invoices"
    label = "invoices"
