"""The attention application."""

from django.apps import AppConfig


class AttentionConfig(AppConfig):
    """Tells Django of the app."""

    name = "suppilo.apps.attention"
    label = "attention"
