"""The app's name for Django."""

from django.apps import AppConfig


class InsightsConfig(AppConfig):
    """Attribution, customer value and the other questions that explain figures."""

    name = "suppilo.apps.insights"
    label = "insights"
