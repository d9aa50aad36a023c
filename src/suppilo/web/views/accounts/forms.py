"""The forms of account pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from suppilo.apps.accounts.models import Role, User

LONGEST_PASSWORD = 1000
_LONGEST_NUMBER = 18

if TYPE_CHECKING:
    _UsersField = forms.ModelMultipleChoiceField[User]
else:
    _UsersField = forms.ModelMultipleChoiceField


def time_zones() -> list[tuple[str, Any]]:
    """Return the time zones to choose from; first the server's own."""
    own = _("The server's (%(zone)s)") % {"zone": settings.TIME_ZONE}
    return [("", own), *((name, name) for name in sorted(available_timezones()) if "/" in name)]


def password_field(label: Any, autocomplete: str, **options: Any) -> forms.CharField:
    """Return a field for a password, which keeps its spaces."""
    return forms.CharField(
        label=label,
        strip=False,
        max_length=LONGEST_PASSWORD,
        widget=forms.PasswordInput(attrs={"autocomplete": autocomplete}),
        **options,
    )


class LoginForm(forms.Form):
    """Address and password."""

    email = forms.CharField(
        label=_("E-mail"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True}),
    )
    password = password_field(_("Password"), "current-password")


class NewPasswordForm(forms.Form):
    """A new password that is long and uncommon."""

    password = password_field(
        _("New password"),
        "new-password",
        help_text=_("At least 10 characters; nothing common, nor your name or address."),
    )

    def __init__(self, *args: Any, user: User | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        self.user = user

    def clean_password(self) -> str:
        """Return the password if it is good enough."""
        password: str = self.cleaned_data["password"]
        given = self.cleaned_data
        described = User(email=given.get("email", ""), name=given.get("name", ""))
        validate_password(password, self.user or described)
        return password


class SetUpForm(NewPasswordForm):
    """The first owner."""

    name = forms.CharField(
        label=_("Your name"),
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "name", "autofocus": True}),
    )
    email = forms.EmailField(
        label=_("E-mail"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "username"}),
    )
    field_order = ("name", "email", "password")


class ProfileForm(forms.Form):
    """What users say of themselves."""

    name = forms.CharField(label=_("Name"), max_length=100)
    language = forms.ChoiceField(
        label=_("Language"),
        required=False,
        choices=[("", _("As the browser asks")), *settings.LANGUAGES],
    )
    time_zone = forms.ChoiceField(label=_("Time zone"), required=False, choices=time_zones)


class ForgottenForm(forms.Form):
    """Whose password was forgotten."""

    email = forms.EmailField(
        label=_("E-mail"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True}),
    )


class ChangePasswordForm(NewPasswordForm):
    """The password so far, and a new one."""

    current = password_field(_("Password so far"), "current-password")
    field_order = ("current", "password")


class JoinForm(NewPasswordForm):
    """How somebody invited is named, and their password."""

    name = forms.CharField(
        label=_("Your name"),
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "name", "autofocus": True}),
    )
    field_order = ("name", "password")


class TokenForm(forms.Form):
    """A token to make."""

    name = forms.CharField(
        label=_("Name"), max_length=100, help_text=_("What it is for, such as “Nightly export”.")
    )


class InviteForm(forms.Form):
    """Whom to invite, and as what."""

    email = forms.EmailField(label=_("E-mail"), max_length=254)
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices, initial=Role.VIEWER)


class RoleForm(forms.Form):
    """Another role for a member."""

    role = forms.ChoiceField(label=_("Role"), choices=Role.choices)


class MembersField(_UsersField):
    """Users; a number that no database has is nobody's, as others that are none."""

    def clean(self, value: Any) -> Any:
        """Return the users.

        Raises
        ------
        ValidationError
            If one isn't to be chosen.
        """
        for number in value or ():
            if len(str(number)) > _LONGEST_NUMBER:
                said = self.error_messages["invalid_choice"]
                raise ValidationError(said, code="invalid_choice", params={"value": "…"})
        return super().clean(value)


class TeamForm(forms.Form):
    """A team's name and members."""

    name = forms.CharField(label=_("Name"), max_length=100)
    members = MembersField(
        label=_("Members"),
        required=False,
        queryset=User.objects.filter(is_active=True),
        widget=forms.CheckboxSelectMultiple,
    )
