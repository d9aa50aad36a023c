"""Amounts in another currency, by that day's rate or not at all."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Context, Decimal
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from suppilo.apps.catalogue.models import ExchangeRate
from suppilo.apps.catalogue.sums import round_money

if TYPE_CHECKING:
    from collections.abc import Iterable

_EXACT = Context(prec=60)
_ONE = Decimal(1)


class NoRateError(ValidationError):
    """There is no rate of that day, so the amount can't be converted; the message says which."""

    def __init__(self, currency: str, to: str, day: date) -> None:
        self.currency, self.to, self.day = currency, to, day
        message = _("There is no rate of %(currency)s to %(to)s of %(day)s; set it under Products.")
        values = {"currency": currency, "to": to, "day": date_format(day, "SHORT_DATE_FORMAT")}
        super().__init__(message % values, code="no_rate")


@dataclass(frozen=True, slots=True)
class Rates:
    """Rates to one currency, read once for any number of amounts.

    ``by_day[day, currency]`` is how much of ``to`` one unit of ``currency`` was worth.
    """

    to: str
    by_day: Mapping[tuple[date, str], Decimal]

    def convert(self, amount: Decimal, currency: str, day: date) -> Decimal:
        """Return an amount in the currency ``to``, rounded as that is.

        Raises
        ------
        NoRateError
            If there is no rate of that day.
        """
        if currency == self.to:
            return round_money(amount, self.to)
        rate = self.by_day.get((day, currency))
        if rate is None:
            raise NoRateError(currency, self.to, day)
        return round_money(_EXACT.multiply(amount, rate), self.to)


def read_rates(to: str, days: Collection[date] | None = None) -> Rates:
    """Return the rates to a currency, with one query.

    A rate the other way round counts too, as one over it; two rates are never chained.

    Parameters
    ----------
    days
        Only these; all where left out. Many days are read as the period they span.
    """
    found = ExchangeRate.objects.filter(Q(to=to) | Q(currency=to))
    if days is not None:
        found = found.filter(day__range=(min(days), max(days))) if days else found.none()
    return Rates(to, _by_day(found, to))


def _by_day(found: Iterable[ExchangeRate], to: str) -> dict[tuple[date, str], Decimal]:
    straight: dict[tuple[date, str], Decimal] = {}
    turned: dict[tuple[date, str], Decimal] = {}
    for row in found:
        if row.to == to:
            straight[row.day, row.currency] = row.rate
        else:
            turned[row.day, row.to] = _EXACT.divide(_ONE, row.rate)
    return turned | straight


def convert(amount: Decimal, currency: str, to: str, day: date) -> Decimal:
    """Return an amount in another currency by that day's rate; many: :func:`read_rates`.

    Raises
    ------
    NoRateError
        If there is no rate of that day.
    """
    if currency == to:
        return round_money(amount, to)
    return read_rates(to, (day,)).convert(amount, currency, day)


def list_rates() -> QuerySet[ExchangeRate]:
    """Return the rates, the latest day first."""
    return ExchangeRate.objects.order_by("-day", "currency", "to")
