"""What users change about themselves."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.services.audit import record_audit
from suppilo.apps.accounts.services.throttle import LOGIN, count_attempt, forget_attempts


def change_profile(user: User, name: str, language: str, time_zone: str) -> None:
    """Change a user's own name, language and time zone."""
    user.name, user.language, user.time_zone = name, language, time_zone
    user.save(update_fields=["name", "language", "time_zone"])


def choose_start_page(user: User, name: str) -> None:
    """Keep the page at which a user begins after the log-in; empty for what suits the role."""
    user.start_page = name
    user.save(update_fields=["start_page"])


def check_own_password(user: User, password: str, address: str, now: datetime) -> bool:
    """Return whether this is the user's password; guessing is throttled as at log-in.

    Raises
    ------
    TooManyAttemptsError
        If it was tried too often.
    """
    count_attempt("login", LOGIN, user.email, address, now)
    right = user.check_password(password)
    if right:
        forget_attempts("login", user.email, address)
    return right


@transaction.atomic
def change_password(user: User, password: str) -> None:
    """Set a user's password; every session of theirs ends."""
    user.set_password(password)
    user.save(update_fields=["password"])
    record_audit(user, "change_password", user)
