"""The events drawn so far, part by part, and all of them as columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from suppilo.analytics.events import Int32, Int64
from suppilo.analytics.simulate.catalogue import PAGES
from suppilo.analytics.simulate.world import Float64

NAMES = (
    "page", "Product Viewed", "Product Added", "Checkout Started", "identify", "Signed Up",
    "Payment Info Entered", "Order Completed", "Invoice Paid", "Order Delivered",
    "Lead Submitted", "Lead Qualified", "Demo Booked", "Quote Sent", "Contract Signed", "group",
)  # fmt: skip
OWN, SECOND, SERVER = 0, 1, -1
"""From which device an event comes: the person's first, the second, or none (a server)."""

_PATHS = [path for path, _ in PAGES]
_PLACES = {
    "Product Viewed": "/product", "Product Added": "/product", "Checkout Started": "/checkout",
    "identify": "/account", "Signed Up": "/checkout", "Payment Info Entered": "/checkout",
    "Order Completed": "/checkout", "Lead Submitted": "/contact", "Demo Booked": "/contact",
}  # fmt: skip


def page_code(path: str) -> int:
    """Return a page's place in ``PAGES``."""
    return _PATHS.index(path)


@dataclass(frozen=True, slots=True)
class Drawn:
    """Events as columns: codes are -1, and amounts NaN, where an event has none."""

    name: Int32
    person: Int32
    at_us: Int64
    slot: Int32
    page: Int32
    product: Int32
    quantity: Int32
    order: Int32
    amount: Float64

    def take(self, rows: NDArray[np.integer] | NDArray[np.bool_]) -> Drawn:
        """Return some of the rows."""
        return Drawn(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))


@dataclass(slots=True)
class Log:
    """Collects events; :meth:`join` puts them in the order of time."""

    _parts: list[Drawn] = field(default_factory=list)
    _orders: int = 0

    def add(
        self,
        event: str,
        person: NDArray[np.integer],
        at_us: Int64,
        *,
        slot: int | Int32 = OWN,
        page: Int32 | None = None,
        product: int | Int32 = -1,
        quantity: int | Int32 = -1,
        order: int | Int32 = -1,
        amount: float | Float64 = np.nan,
    ) -> None:
        """Add events of one name, one for each person given."""
        place = page_code(_PLACES[event]) if event in _PLACES else -1
        count = len(person)
        part = Drawn(
            name=_column(NAMES.index(event), count),
            person=_column(person, count),
            at_us=at_us,
            slot=_column(slot, count),
            page=_column(place if page is None else page, count),
            product=_column(product, count),
            quantity=_column(quantity, count),
            order=_column(order, count),
            amount=np.broadcast_to(np.asarray(amount, np.float64), count),
        )
        self._parts.append(part)

    def number_orders(self, count: int) -> Int32:
        """Return the next ``count`` order numbers."""
        self._orders += count
        return np.arange(self._orders - count, self._orders, dtype=np.int32)

    def join(self, before_us: int) -> Drawn:
        """Return all events before a moment, by time; equal times stay in the order added."""
        columns = (
            np.concatenate([getattr(part, name) for part in self._parts])
            for name in Drawn.__dataclass_fields__
        )
        drawn = Drawn(*columns)
        kept = np.flatnonzero(drawn.at_us < before_us)
        return drawn.take(kept[np.argsort(drawn.at_us[kept], kind="stable")])


def _column(code: int | NDArray[np.integer], count: int) -> Int32:
    return np.broadcast_to(np.asarray(code, np.int32), count)


def weights(values: Sequence[float]) -> Float64:
    """Return probabilities in proportion to the values."""
    given = np.asarray(values, np.float64)
    return np.asarray(given / given.sum())
