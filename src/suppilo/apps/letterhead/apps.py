"""The letterhead application."""

from django.apps import AppConfig


class LetterheadConfig(AppConfig):
    """Tells Django of the app."""

    name = "suppilo.apps.letterhead"
    label = "letterhead"
