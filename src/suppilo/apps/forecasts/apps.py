"""The app's name for Django."""

from django.apps import AppConfig


class ForecastsConfig(AppConfig):
    """Forecasts of won revenue."""

    name = "suppilo.apps.forecasts"
    label = "forecasts"
    default_auto_field = "django.db.models.BigAutoField"
