"""Orders that several events tell of: each counts once within its path.

Shops tell of one order several times: the thank-you page is loaded again, the server tells beside
the browser. The order's number says that it is one. Own definition: ``docs/explanation/units.md``.
"""

from __future__ import annotations

import numpy as np

from suppilo.analytics.events import EventSource, Int64

ORDER_NAMES = ("Order Completed", "order_completed")
"""The events that tell of an order: the clients' and the server's own."""
ORDER_ID = "order_id"
"""The property with the order's number."""
NO_ORDER = np.int64(-(2**63))
"""Stands in place of an order's number where an event has none."""

_SPREAD = np.int64(-7046029254386353131)  # odd, near 2**64 divided by the golden ratio


def list_order_names(source: EventSource) -> tuple[str, ...]:
    """Return the names of a source's orders; none where no event has an order's number."""
    there = set(source.event_names()).intersection(ORDER_NAMES)
    if not there or ORDER_ID not in source.property_names():
        return ()
    return tuple(name for name in ORDER_NAMES if name in there)


def find_repeats(path: Int64, number: Int64, at: Int64, order: Int64) -> Int64:
    """Return the places of rows that tell of an order which an earlier row of the path told of.

    Where no order is told of twice, that costs one sort of integers.

    Parameters
    ----------
    path, number
        The key of each row's path and order; :data:`NO_ORDER` where it has none.
    at, order
        When each row happened, and its place in the order in which rows were given, which decides
        where times are the same.

    Examples
    --------
    >>> path, number = np.array([1, 1, 1, 2]), np.array([7, 7, 8, 7])
    >>> find_repeats(path, number, at=np.array([5, 3, 4, 9]), order=np.arange(4)).tolist()
    [0]
    """
    numbered = np.flatnonzero(number != NO_ORDER)
    mixed = path[numbered] * _SPREAD ^ number[numbered]
    ordered = np.sort(mixed)
    twice = ordered[1:][ordered[1:] == ordered[:-1]]
    if not len(twice):
        return np.empty(0, np.int64)
    place = np.minimum(np.searchsorted(twice, mixed), len(twice) - 1)
    rows = numbered[twice[place] == mixed]
    rows = rows[np.lexsort((order[rows], at[rows], number[rows], path[rows]))]
    again = (path[rows][1:] == path[rows][:-1]) & (number[rows][1:] == number[rows][:-1])
    return np.asarray(rows[1:][again])
