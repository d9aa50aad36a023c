"""The app's name for Django."""

from django.apps import AppConfig


class NextActionConfig(AppConfig):
    """What to do next for a deal."""

    name = "suppilo.apps.next_action"
    label = "next_action"
    default_auto_field = "django.db.models.BigAutoField"
