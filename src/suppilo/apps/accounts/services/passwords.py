"""A new password for somebody who forgot theirs."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime

from django.contrib.auth.tokens import default_token_generator
from django.db import connections, transaction
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_decode, urlsafe_base64_encode

from suppilo.apps.accounts.mail import mail_reset, make_link
from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.services.audit import record_audit
from suppilo.apps.accounts.services.throttle import RESET, count_attempt

_mailer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="reset-mail")


def ask_for_reset(email: str, address: str, now: datetime) -> Future[bool]:
    """Have a link mailed to whom an address belongs to.

    The account is looked up beside the request, so its answer takes the same time for addresses
    that nobody has.

    Raises
    ------
    TooManyAttemptsError
        If it was asked too often; said of unknown accounts likewise.
    """
    count_attempt("reset", RESET, email, address, now)
    return _mailer.submit(_mail_link, email)


def _mail_link(email: str) -> bool:
    try:
        user = User.objects.filter(email=email.lower(), is_active=True).first()
        return user is not None and mail_reset(user, make_reset_link(user))
    finally:
        connections.close_all()


def make_reset_link(user: User) -> str:
    """Return a link that lets a user choose a password; it works until they have, for an hour."""
    key = urlsafe_base64_encode(force_bytes(user.pk))
    return make_link("password_reset", key, default_token_generator.make_token(user))


def find_reset_user(key: str, token: str) -> User | None:
    """Return the user whom a reset link belongs to; None if it was used or is too old."""
    try:
        user = User.objects.get(pk=int(urlsafe_base64_decode(key)), is_active=True)
    except (ValueError, OverflowError, User.DoesNotExist):
        return None
    return user if default_token_generator.check_token(user, token) else None


@transaction.atomic
def reset_password(key: str, token: str, password: str) -> User | None:
    """Set the password of whom a reset link belongs to; None if it was used or is too old.

    Every session of theirs ends.
    """
    found = find_reset_user(key, token)
    if found is None:
        return None
    user = User.objects.select_for_update().get(pk=found.pk)
    if not default_token_generator.check_token(user, token):
        return None
    user.set_password(password)
    user.save(update_fields=["password"])
    record_audit(user, "reset_password", user)
    return user
