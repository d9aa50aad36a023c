"""The webhooks application."""

from django.apps import AppConfig


class WebhooksConfig(AppConfig):
    """Tells Django of the app."""

    name = "suppilo.apps.webhooks"
    label = "webhooks"
