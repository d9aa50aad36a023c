"""Mails that the server sends of itself, and where it sends them through."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from smtplib import SMTPException
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.core.mail import EmailMessage, EmailMultiAlternatives

from suppilo.apps.config import ConfigError

logger = logging.getLogger(__name__)

_BACKEND = "django.core.mail.backends."
_PORTS = {"smtp": 587, "smtps": 465, "smtp+plain": 25}


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mails go: Django's ``EMAIL_…`` settings."""

    backend: str
    host: str = ""
    port: int = 0
    user: str = ""
    password: str = field(default="", repr=False)
    use_tls: bool = False
    use_ssl: bool = False
    folder: str = ""


def read_mail_url(url: str) -> MailServer:
    """Return the mail server that a URL names.

    ``console:`` prints mails; ``file:///folder`` puts each into a file there;
    ``smtp://user:password@host:port`` sends them with STARTTLS, ``smtps://`` with TLS from the
    start, ``smtp+plain://`` with none.

    Raises
    ------
    ConfigError
        If the URL is none of these.
    """
    parts = urlsplit(url)
    if parts.scheme == "console":
        return MailServer(_BACKEND + "console.EmailBackend")
    if parts.scheme == "file" and parts.path:
        return MailServer(_BACKEND + "filebased.EmailBackend", folder=unquote(parts.path))
    if parts.scheme not in _PORTS or not parts.hostname:
        raise ConfigError(
            "email_url must be console:, file:///folder, or smtp://, smtps:// or smtp+plain://"
            " with a host."
        )
    return MailServer(
        _BACKEND + "smtp.EmailBackend",
        host=parts.hostname,
        port=parts.port or _PORTS[parts.scheme],
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        use_tls=parts.scheme == "smtp",
        use_ssl=parts.scheme == "smtps",
    )


def send_both(to: str, subject: str, text: str, html: str, headers: Mapping[str, str]) -> bool:
    """Send a mail of text and HTML, with headers; return whether the mail server took it."""
    mail = EmailMultiAlternatives(
        subject, text, settings.DEFAULT_FROM_EMAIL, [to], headers=dict(headers)
    )
    mail.attach_alternative(html, "text/html")
    try:
        mail.send()
    except (SMTPException, OSError):
        logger.exception("The mail server did not take a mail.")
        return False
    return True


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes with a mail."""

    name: str
    content: bytes
    media_type: str


def send_text(to: str, subject: str, text: str, files: Sequence[Attachment] = ()) -> bool:
    """Send a mail of plain text, with files; return whether the mail server took it."""
    mail = EmailMessage(subject, text, settings.DEFAULT_FROM_EMAIL, [to])
    for one in files:
        mail.attach(one.name, one.content, one.media_type)
    try:
        mail.send()
    except (SMTPException, OSError):
        logger.exception("The mail server did not take a mail.")
        return False
    return True
