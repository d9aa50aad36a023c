"""From the payment step to the delivered goods."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from suppilo.analytics.events import Int32, Int64
from suppilo.analytics.simulate.catalogue import PRODUCTS
from suppilo.analytics.simulate.log import SERVER, Log, weights
from suppilo.analytics.simulate.moments import Moments, draw_rows
from suppilo.analytics.simulate.truth import LogNormal, Truth
from suppilo.analytics.simulate.visitors import DEVICES, Visitors
from suppilo.analytics.simulate.world import Float64

_PRICES = np.array([product.price for product in PRODUCTS])
_MORE = 1.2
"""Mean of Poisson: pieces of a product beyond the first."""


@dataclass(frozen=True, slots=True)
class Goods:
    """What was ordered: codes into the catalogue, pieces, order numbers, amounts."""

    product: Int32
    quantity: Int32
    order: Int32
    amount: Float64

    def take(self, rows: Int64) -> Goods:
        """Return some of the orders."""
        return Goods(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))


def draw_products(random: Generator, count: int) -> Int32:
    """Draw a product for each of ``count`` people."""
    shares = weights([product.weight for product in PRODUCTS])
    return random.choice(len(PRODUCTS), count, p=shares).astype(np.int32)


def draw_goods(random: Generator, log: Log, count: int, scale: float = 1.0) -> Goods:
    """Draw what ``count`` people order; ``scale`` multiplies the amounts."""
    product = draw_products(random, count)
    quantity = (1 + random.poisson(_MORE, count)).astype(np.int32)
    amount = np.round(_PRICES[product] * quantity * scale, 2)
    return Goods(product, quantity, log.number_orders(count), amount)


def log_goods(log: Log, event: str, moments: Moments, goods: Goods, slot: int | Int32) -> None:
    """Record an event about orders."""
    log.add(
        event, moments.person, moments.at_us, slot=slot, product=goods.product,
        quantity=goods.quantity, order=goods.order, amount=goods.amount,
    )  # fmt: skip


def order_rate(truth: Truth, device: Int32, at_us: Int64) -> Float64:
    """Return the rate of going on from the payment step, by device and the time of that step."""
    rates = np.array([truth.order_rates[name] for name in DEVICES])[device]
    leaking = (device == DEVICES.index(truth.leak.device)) & (at_us >= truth.leak.at_us)
    return np.where(leaking, truth.leak.rate_after, rates)


def pay(
    random: Generator, truth: Truth, visitors: Visitors, log: Log, paying: Moments, slot: Int32
) -> tuple[Moments, Int64]:
    """Draw the payment step and what comes of it: the order, its payment and its delivery.

    Returns who ordered when, and which of ``paying`` these are.
    """
    log.add("Payment Info Entered", paying.person, paying.at_us, slot=slot)
    rate = order_rate(truth, visitors.device(paying.person, slot), paying.at_us)
    rows = draw_rows(random, rate, len(paying))
    ordered = paying.take(rows).later(random, truth.shop_times["Order Completed"])
    goods = draw_goods(random, log, len(ordered))
    log_goods(log, "Order Completed", ordered, goods, slot[rows])
    settle(random, log, ordered, goods, truth.shop_rates, truth.shop_times)
    return ordered, rows


def settle(
    random: Generator,
    log: Log,
    ordered: Moments,
    goods: Goods,
    rates: Mapping[str, float],
    times: Mapping[str, LogNormal],
) -> None:
    """Draw which orders are paid, and which of these are delivered, and when."""
    for event in ("Invoice Paid", "Order Delivered"):
        rows = draw_rows(random, rates[event], len(ordered))
        ordered, goods = ordered.take(rows).later(random, times[event]), goods.take(rows)
        log_goods(log, event, ordered, goods, SERVER)
