"""Limits on guessing: tries are counted per account and address, in the database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils.crypto import salted_hmac

from suppilo.apps.accounts.models import Attempt
from suppilo.apps.jobs.pauses import was_recent

PERIOD = timedelta(minutes=15)


class TooManyAttemptsError(Exception):
    """Somebody tries too often; :data:`PERIOD` later they may try again."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How many tries within :data:`PERIOD` are let through."""

    pair: int
    account: int
    address: int


LOGIN = Limits(pair=5, account=50, address=50)
RESET = Limits(pair=3, account=5, address=20)


def count_attempt(kind: str, limits: Limits, account: str, address: str, now: datetime) -> None:
    """Count one try.

    It is counted before it is weighed, so that tries sent at once can't slip through together.

    Raises
    ------
    TooManyAttemptsError
        If it is one too many for the account at this address, for the account or the address.
    """
    Attempt.objects.filter(at__lt=now - PERIOD).delete()
    hashed = _hash_account(account)
    Attempt.objects.create(kind=kind, account=hashed, address=address, at=now)
    recent = Attempt.objects.filter(was_recent("at", now, PERIOD), kind=kind)
    of_account, of_address = Q(account=hashed), Q(address=address)
    too_many = (
        recent.filter(of_account & of_address).count() > limits.pair
        or recent.filter(of_account).count() > limits.account
        or recent.filter(of_address).count() > limits.address
    )
    if too_many:
        raise TooManyAttemptsError


def forget_attempts(kind: str, account: str, address: str) -> None:
    """Begin anew for an account at an address: its owner has come in."""
    Attempt.objects.filter(kind=kind, account=_hash_account(account), address=address).delete()


def _hash_account(account: str) -> str:
    return salted_hmac("suppilo.attempt", account.strip().lower(), algorithm="sha256").hexdigest()
