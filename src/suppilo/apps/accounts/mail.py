"""What is mailed to users. Links begin with the configured address, never with what was asked."""

from __future__ import annotations

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from suppilo.apps.accounts.models import Invitation, User
from suppilo.apps.mail import send_text


def make_link(name: str, *arguments: str) -> str:
    """Return the whole address of a page."""
    return f"{settings.BASE_URL}{reverse(name, args=arguments)}"


def mail_invitation(invitation: Invitation, link: str) -> bool:
    """Mail an invitation's link; return whether the mail server took it."""
    text = _(
        "%(name)s invites you to Suppilo.\n\n"
        "Choose your password here:\n%(link)s\n\n"
        "The link works once, until %(until)s."
    )
    until = f"{invitation.expires_at:%Y-%m-%d %H:%M} UTC"
    values = {"name": invitation.invited_by.name, "link": link, "until": until}
    return send_text(invitation.email, _("Your invitation to Suppilo"), text % values)


def mail_reset(user: User, link: str) -> bool:
    """Mail the link to choose a new password; return whether the mail server took it."""
    text = _(
        "Somebody, hopefully you, wants a new password for your Suppilo account.\n\n"
        "Choose it here:\n%(link)s\n\n"
        "The link works once, for an hour. If it wasn't you, do nothing."
    )
    return send_text(user.email, _("A new password for Suppilo"), text % {"link": link})
