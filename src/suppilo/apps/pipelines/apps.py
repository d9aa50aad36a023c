"""The pipelines application."""

from django.apps import AppConfig


class PipelinesConfig(AppConfig):
    """Tells Django of the app."""

    name = "suppilo.apps.pipelines"
    label = "pipelines"
