"""The app's name for Django."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Who may do what: users, roles, teams, invitations, tokens."""

    name = "suppilo.apps.accounts"
    label = "accounts"
    default_auto_field = "django.db.models.BigAutoField"
