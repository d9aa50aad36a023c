"""The app's name for Django."""

from django.apps import AppConfig


class FunnelsConfig(AppConfig):
    """Saved funnels, and dashboards of them."""

    name = "suppilo.apps.funnels"
    label = "funnels"
    default_auto_field = "django.db.models.BigAutoField"
