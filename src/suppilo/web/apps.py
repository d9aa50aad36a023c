"""The app's name for Django: templates, static files and commands."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    """The pages."""

    name = "suppilo.web"
    label = "web"
