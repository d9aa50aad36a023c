"""Rates of exchange, by day."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.permissions import Permission, require
from suppilo.apps.accounts.services import record_audit
from suppilo.apps.catalogue.models import ExchangeRate
from suppilo.apps.catalogue.sums import check_currency

_PLACES = Decimal("0.00000001")
_LARGEST = Decimal(10) ** 11


@transaction.atomic
def set_rate(actor: User, day: date, currency: str, to: str, rate: Decimal) -> ExchangeRate:
    """Say how much of ``to`` one unit of ``currency`` was worth on a day.

    Raises
    ------
    PermissionDenied
        If the role may not manage the catalogue.
    ValidationError
        If the rate isn't above zero, or the currencies are one.
    """
    require(actor, Permission.MANAGE_CATALOGUE)
    source, target = check_currency(currency), check_currency(to)
    if source == target:
        raise ValidationError(_("Name two different currencies."))
    made, _made = ExchangeRate.objects.update_or_create(
        day=day, currency=source, to=target, defaults={"rate": _clean_rate(rate)}
    )
    record_audit(actor, "set_exchange_rate", made, rate=str(made.rate))
    return made


@transaction.atomic
def remove_rate(actor: User, rate_id: int) -> None:
    """Remove a rate; sums of that day can't be converted by it any more.

    Raises
    ------
    ExchangeRate.DoesNotExist
        If there is none of this id.
    PermissionDenied
        If the role may not manage the catalogue.
    """
    require(actor, Permission.MANAGE_CATALOGUE)
    rate = ExchangeRate.objects.get(pk=rate_id)
    record_audit(actor, "remove_exchange_rate", rate, rate=str(rate.rate))
    rate.delete()


def _clean_rate(rate: Decimal) -> Decimal:
    if not rate.is_finite() or not 0 < rate < _LARGEST or not rate.quantize(_PLACES):
        raise ValidationError(_("A rate is above zero, such as 1.0875."))
    return rate.quantize(_PLACES)
