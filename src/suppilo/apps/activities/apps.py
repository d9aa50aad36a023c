"""The activities application."""

from django.apps import AppConfig


class ActivitiesConfig(AppConfig):
    """Tells Django of the app."""

    name = "suppilo.apps.activities"
    label = "activities"
