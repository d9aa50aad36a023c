"""What the orders of the full funnel come to: exact, and by currency."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

import numpy as np

from suppilo.analytics.currencies import CURRENCY
from suppilo.analytics.events import EventSource, EventTable, Int64
from suppilo.analytics.funnel import FunnelResult

AMOUNTS = ("total", "revenue", "value", "amount")
"""The properties of an order that say what it came to, the first that it has."""


@dataclass(frozen=True, slots=True)
class OrderMoney:
    """What some orders come to in each currency.

    ``unpriced`` are those that say no amount, or not in which currency: they are in no sum.
    """

    by_currency: Mapping[str, Decimal]
    unpriced: int = 0


def sum_orders(source: EventSource, result: FunnelResult) -> tuple[OrderMoney, ...] | None:
    """Return what the orders come to that took people to each step of a funnel of orders.

    Of the first step these are the first orders, of the second the second ones. None where no
    order says an amount.

    Parameters
    ----------
    source
        The events that the funnel was counted of.
    """
    names = [name for name in AMOUNTS if name in source.property_names()]
    if not names:
        return None
    counts: list[Counter[tuple[str, str]]] = [Counter() for _hits in result.units.hits]
    for table in _tables(source, result):
        for hits, count in zip(result.units.hits, counts, strict=True):
            first = table.first_row
            rows = hits.row[(hits.row >= first) & (hits.row < first + len(table.path))] - first
            if len(rows):
                count.update(_count(table, names, rows))
    found = tuple(map(_sum, counts))
    return found if any(one.by_currency for one in found) else None


def add_orders(found: Iterable[OrderMoney]) -> OrderMoney:
    """Return the orders of several steps as one: each order belongs to one step only."""
    by_currency: dict[str, Decimal] = {}
    unpriced = 0
    for one in found:
        unpriced += one.unpriced
        for currency, amount in one.by_currency.items():
            by_currency[currency] = by_currency.get(currency, Decimal(0)) + amount
    return OrderMoney(by_currency, unpriced)


def _tables(source: EventSource, result: FunnelResult) -> Iterator[EventTable]:
    names = {name for step in result.definition.steps for name in step.events or ()}
    for paths in source.path_ranges():
        for name in sorted(names):
            yield source.read(name, paths)


def _count(table: EventTable, names: Iterable[str], rows: Int64) -> Counter[tuple[str, str]]:
    """Count rows by their amount and currency, as texts; empty where they say none."""
    amounts = np.full(len(rows), "", object)
    for name in names:
        said = _texts(table, name, rows)
        amounts = np.where(amounts == "", said, amounts)
    return Counter(zip(amounts.tolist(), _texts(table, CURRENCY, rows).tolist(), strict=True))


def _texts(table: EventTable, name: str, rows: Int64) -> Any:
    values = table.values(name)
    if values is None:
        return np.full(len(rows), "", object)
    labels = np.array([*("" if one is None else str(one) for one in values.labels), ""], object)
    return labels[values.codes[rows]]


def _sum(counts: Mapping[tuple[str, str], int]) -> OrderMoney:
    by_currency: dict[str, Decimal] = {}
    unpriced = 0
    for (text, currency), count in counts.items():
        amount = _amount(text)
        if amount is None or not currency:
            unpriced += count
        else:
            code = currency.strip().upper()
            by_currency[code] = by_currency.get(code, Decimal(0)) + amount * count
    return OrderMoney(dict(sorted(by_currency.items())), unpriced)


def _amount(text: str) -> Decimal | None:
    try:
        found = Decimal(text)
    except InvalidOperation:
        return None
    return found if found.is_finite() else None
