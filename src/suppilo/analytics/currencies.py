"""Currencies of events: amounts in different ones are never added up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import numpy as np

from suppilo.analytics.events import Bool, EventTable

CURRENCY = "currency"
"""The property that says what an event's amount is in."""


def list_currencies(tables: Iterable[EventTable]) -> list[str]:
    """Return the currencies of some events, the most frequent first."""
    counts: Counter[str] = Counter()
    for table in tables:
        values = table.values(CURRENCY)
        if values is None:
            continue
        found = np.bincount(values.codes[values.codes >= 0], minlength=len(values.labels))
        for label, count in zip(values.labels, found.tolist(), strict=False):
            if count and str(label):
                counts[str(label)] += count
    return sorted(counts, key=lambda name: (-counts[name], name))


def check_one_currency(tables: Iterable[EventTable]) -> None:
    """Make sure that amounts can be added up.

    Raises
    ------
    ValueError
        If they are in several currencies; it names them.
    """
    found = list_currencies(tables)
    if len(found) > 1:
        named = ", ".join(found)
        raise ValueError(
            f"the amounts are in {len(found)} currencies, which are never added up: choose one of "
            f"{named}"
        )


def is_in_currency(table: EventTable, currency: str) -> Bool:
    """Return which rows say that their amount is in a currency."""
    values = table.values(CURRENCY)
    if values is None:
        return np.zeros(len(table.path), np.bool_)
    return np.array([*(str(label) == currency for label in values.labels), False])[values.codes]
