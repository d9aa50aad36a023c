"""The app's name for Django."""

from django.apps import AppConfig


class JobsConfig(AppConfig):
    """Long work in the background: claimed, shown, cancelled."""

    name = "suppilo.apps.jobs"
    label = "jobs"
    default_auto_field = "django.db.models.BigAutoField"
