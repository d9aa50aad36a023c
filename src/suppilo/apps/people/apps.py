"""The app's name for Django."""

from django.apps import AppConfig


class PeopleConfig(AppConfig):
    """One person across devices and sources, and the companies they belong to."""

    name = "suppilo.apps.people"
    label = "people"
    default_auto_field = "django.db.models.BigAutoField"
