"""What lines of a deal, a quote or an invoice come to: exact, in ``Decimal``, line by line.

Each line is rounded to the currency's own units, half away from zero, and totals are sums of
rounded lines: so a printed column always adds up to the figure beneath it, in whatever order its
lines stand.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_HALF_UP, Context, Decimal
from functools import cache
from typing import Protocol

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

LARGEST_AMOUNT = Decimal(10) ** 15
"""An amount is smaller: what a column of 19 digits, four of them decimals, holds."""

_EXACT = Context(prec=80, rounding=ROUND_HALF_UP)
"""Quantity × price × discount has 38 digits at most; Python's own context keeps 28."""
_RATE = Decimal("0.0001")
_ZERO, _ONE = Decimal(0), Decimal(1)

# ISO 4217, list one (maintained by SIX): minor units where they are not two.
_DIGITS = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
_DIGITS_OF = {code: digits for digits, codes in _DIGITS.items() for code in codes.split()}


class LoweredLine(Protocol):
    """What tells how much is given off on a line; ``discount`` is a rate, 0..1."""

    @property
    def unit_price(self) -> Decimal:
        """The price of one, before the discount."""

    @property
    def discount(self) -> Decimal:
        """What that price is lowered by."""

    @property
    def list_price(self) -> Decimal | None:
        """What one cost in the price book when the line was made; None where it had no price."""


class PricedLine(LoweredLine, Protocol):
    """What a line needs to be summed: a deal's line item, or a :class:`Line` by itself.

    ``unit_cost`` is None where it isn't known.
    """

    @property
    def quantity(self) -> Decimal:
        """How many."""

    @property
    def unit_cost(self) -> Decimal | None:
        """What one costs us."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line by itself, where there is no row of one."""

    quantity: Decimal
    unit_price: Decimal
    discount: Decimal = _ZERO
    unit_cost: Decimal | None = None
    list_price: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Totals:
    """What lines come to, in their currency.

    Attributes
    ----------
    list_amount
        At list price, before any discount; of a line above its list price, what is asked.
    amount
        What is to be paid.
    cost
        What it costs us; None where it isn't known of each line.
    discount
        0..1, to four places: what the lines give off (:func:`effective_discount`) weighted by
        their list price, before rounding, so rounding alone never carries a deal over a limit.
        Where anything is given off, it is at least 0.0001.
    """

    list_amount: Decimal
    amount: Decimal
    cost: Decimal | None
    discount: Decimal

    @property
    def discount_amount(self) -> Decimal:
        """What the discounts cost, at list price."""
        return self.list_amount - self.amount

    @property
    def margin(self) -> Decimal | None:
        """What is left of the amount after the cost; None where that isn't known."""
        return None if self.cost is None else self.amount - self.cost

    @property
    def margin_rate(self) -> Decimal | None:
        """The margin as a share of the amount; None where either isn't known or it is nothing."""
        return margin_rate(self.amount, self.cost)


def currency_digits(currency: str) -> int:
    """Return how many decimals a currency's amounts have: 2 for EUR, 0 for JPY, 3 for KWD."""
    return _DIGITS_OF.get(currency, 2)


def check_currency(code: str) -> str:
    """Return a currency's code in capitals.

    Raises
    ------
    ValidationError
        If there is no such currency in ISO 4217.
    """
    known = code.strip().upper()
    if known not in _currencies():
        message = _("“%(code)s” is no currency; write its three letters, such as EUR.")
        raise ValidationError(message % {"code": code[:20]})
    return known


@cache
def _currencies() -> frozenset[str]:
    from babel.numbers import list_currencies

    return frozenset(list_currencies())


def round_money(amount: Decimal, currency: str) -> Decimal:
    """Return an amount in the currency's own units, half a unit away from zero.

    Raises
    ------
    ValidationError
        If the amount is larger than can be kept.

    Examples
    --------
    >>> round_money(Decimal("2.345"), "EUR"), round_money(Decimal("-2.345"), "EUR")
    (Decimal('2.35'), Decimal('-2.35'))
    >>> round_money(Decimal("2.5"), "JPY")
    Decimal('3')
    """
    _refuse_large(amount)
    return amount.quantize(Decimal(1).scaleb(-currency_digits(currency)), context=_EXACT)


def line_total(quantity: Decimal, unit_price: Decimal, discount: Decimal, currency: str) -> Decimal:
    """Return what a line comes to: quantity × price × (1 - discount), rounded.

    Examples
    --------
    >>> line_total(Decimal(3), Decimal("9.99"), Decimal("0.1"), "EUR")
    Decimal('26.97')
    """
    price = _EXACT.multiply(quantity, unit_price)
    return round_money(_EXACT.multiply(price, _EXACT.subtract(_ONE, discount)), currency)


def full_price(line: LoweredLine) -> Decimal:
    """Return what one costs with nothing given off: the price book's price, else the line's own.

    Where more is asked than the price book says, that is it: nothing is given off.

    Examples
    --------
    >>> full_price(Line(Decimal(1), Decimal(90), list_price=Decimal(100)))
    Decimal('100')
    """
    return max(line.unit_price if line.list_price is None else line.list_price, _net_price(line))


def effective_discount(line: LoweredLine) -> Decimal:
    """Return what a line gives off its list price, 0..1: by a discount, a lower price, or both.

    To four places, upwards: it is beyond a limit of four places if and only if the exact one is.

    Examples
    --------
    >>> effective_discount(Line(Decimal(1), Decimal(90), Decimal("0.1"), list_price=Decimal(100)))
    Decimal('0.1900')
    """
    full = full_price(line)
    if not full:
        return line.discount if line.list_price is None else _ZERO
    given = _EXACT.subtract(full, _net_price(line))
    return _EXACT.divide(given, full).quantize(_RATE, rounding=ROUND_CEILING, context=_EXACT)


def _net_price(line: LoweredLine) -> Decimal:
    return _EXACT.multiply(line.unit_price, _EXACT.subtract(_ONE, line.discount))


def sum_lines(lines: Iterable[PricedLine], currency: str) -> Totals:
    """Return what lines come to together; their order does not matter.

    Raises
    ------
    ValidationError
        If a line or the total is larger than can be kept.
    """
    rows = list(lines)
    listed = [line_total(row.quantity, full_price(row), _ZERO, currency) for row in rows]
    paid = [line_total(row.quantity, row.unit_price, row.discount, currency) for row in rows]
    costs = [_line_cost(row, currency) for row in rows]
    known = [cost for cost in costs if cost is not None]
    return Totals(
        list_amount=add_amounts(listed),
        amount=add_amounts(paid),
        cost=add_amounts(known) if rows and len(known) == len(rows) else None,
        discount=_discount_rate(rows),
    )


def _line_cost(line: PricedLine, currency: str) -> Decimal | None:
    if line.unit_cost is None:
        return None
    return line_total(line.quantity, line.unit_cost, _ZERO, currency)


def _discount_rate(lines: Sequence[PricedLine]) -> Decimal:
    whole = _sum(_EXACT.multiply(line.quantity, full_price(line)) for line in lines)
    if not whole:
        return max((effective_discount(line) for line in lines), default=_ZERO)
    paid = _sum(_EXACT.multiply(line.quantity, _net_price(line)) for line in lines)
    given = _EXACT.subtract(whole, paid)
    rate = _EXACT.divide(given, whole).quantize(_RATE, context=_EXACT)
    return max(rate, _RATE) if given else rate


def add_amounts(amounts: Iterable[Decimal]) -> Decimal:
    """Return the sum of amounts of one currency.

    Raises
    ------
    ValidationError
        If it is larger than can be kept.
    """
    total = _sum(amounts)
    _refuse_large(total)
    return total


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    total = _ZERO
    for amount in amounts:
        total = _EXACT.add(total, amount)
    return total


def margin_rate(amount: Decimal, cost: Decimal | None) -> Decimal | None:
    """Return (amount - cost) / amount, to four places; None where it can't be told."""
    if cost is None or not amount:
        return None
    return _EXACT.divide(_EXACT.subtract(amount, cost), amount).quantize(_RATE, context=_EXACT)


def _refuse_large(amount: Decimal) -> None:
    if not amount.is_finite() or abs(amount) >= LARGEST_AMOUNT:
        raise ValidationError(_("The amount is too large to be kept; check price and quantity."))
