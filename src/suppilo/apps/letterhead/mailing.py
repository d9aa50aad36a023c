"""Papers by mail."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from suppilo.apps.letterhead.addresses import is_email
from suppilo.apps.letterhead.models import Paper
from suppilo.apps.mail import Attachment, send_text

LONGEST_MESSAGE = 2000


def check_mail(to: str, message: str) -> None:
    """Refuse what can't be mailed.

    Raises
    ------
    ValidationError
        If the address is none, or the message is too long.
    """
    if not to or not is_email(to):
        raise ValidationError(_("This is no e-mail address."))
    if len(message) > LONGEST_MESSAGE:
        raise ValidationError(_("Write at most 2,000 characters."))


def mail_paper(
    paper: Paper, title: str, to: str, message: str, *, link: str = "",
    files: tuple[Attachment, ...] = (),
) -> bool:  # fmt: skip
    """Mail a paper as a link or as files; return whether the mail server took it."""
    seller = str(paper.seller.get("name", ""))
    subject = _("%(number)s from %(company)s") % {"number": title, "company": seller}
    parts = (message.strip(), link, seller)
    return send_text(to, subject, "\n\n".join(part for part in parts if part), files)
