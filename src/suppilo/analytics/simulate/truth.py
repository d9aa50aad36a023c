"""What is true of the simulated company: rates, times, seasons, and what went wrong when.

The company sells coffee and coffee machines to offices and cafés: beans in a web shop, machines
by way of a sales team. Everything that a report should find is a number here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.random import Generator

from suppilo.analytics.events import Int64

DAY_S = 86_400
DAY_US = DAY_S * 1_000_000
DAYS = 548
"""Days of history: 18 months."""


@dataclass(frozen=True, slots=True)
class LogNormal:
    """How long a step takes: log-normal, with the median in seconds and the logarithm's sigma."""

    median_s: float
    sigma: float

    def draw_us(self, random: Generator, count: int) -> Int64:
        """Return ``count`` durations in microseconds, each at least one second."""
        seconds = random.lognormal(np.log(self.median_s), self.sigma, count)
        return np.maximum(seconds * 1e6, 1e6).astype(np.int64)


@dataclass(frozen=True, slots=True)
class Channel:
    """Where visitors come from, and what they do.

    Attributes
    ----------
    share, share_after
        Share of the new visitors before the mix shift, and from then on.
    view, add, checkout
        Rates of landing → ``Product Viewed`` → ``Product Added`` → ``Checkout Started``.
    lead
        Rate of landing → ``Lead Submitted``.
    phone
        Share of its visitors on phones.
    click_cost, click_rate
        Cost of a click (currency units) and clicks per impression; 0 where nothing is paid.
    """

    name: str
    share: float
    share_after: float
    view: float
    add: float
    checkout: float
    lead: float
    phone: float
    click_cost: float = 0.0
    click_rate: float = 0.0


@dataclass(frozen=True, slots=True)
class Leak:
    """A step that got worse on one device: ``rate`` becomes ``rate_after`` from ``at_us`` on."""

    at_us: int
    event: str
    device: str
    rate: float
    rate_after: float


@dataclass(frozen=True, slots=True)
class MixShift:
    """From ``at_us`` on visitors come by other channels, and every channel gets better.

    ``view_factor`` multiplies each channel's rate of ``Product Viewed``; the total falls all the
    same, because the growing channel is the worst (Simpson's paradox).
    """

    at_us: int
    view_factor: float


_CHANNELS = (
    Channel("organic_search", 0.26, 0.18, 0.48, 0.30, 0.55, 0.030, 0.38),
    Channel("paid_search", 0.20, 0.155, 0.55, 0.34, 0.58, 0.042, 0.40, 3.40, 0.031),
    Channel("direct", 0.15, 0.11, 0.50, 0.36, 0.62, 0.034, 0.30),
    Channel("email", 0.07, 0.055, 0.62, 0.42, 0.66, 0.026, 0.45),
    Channel("referral", 0.08, 0.055, 0.46, 0.28, 0.54, 0.038, 0.33),
    Channel("organic_social", 0.07, 0.055, 0.35, 0.20, 0.46, 0.010, 0.70),
    Channel("paid_social", 0.09, 0.32, 0.25, 0.14, 0.40, 0.008, 0.82, 1.10, 0.012),
    Channel("partner", 0.05, 0.04, 0.58, 0.38, 0.64, 0.075, 0.22, 5.80, 0.045),
    Channel("display", 0.03, 0.03, 0.20, 0.12, 0.38, 0.006, 0.60, 0.70, 0.004),
)

_SHOP_RATES = MappingProxyType(
    {
        "Signed Up": 0.86,
        "Payment Info Entered": 0.92,
        "Invoice Paid": 0.96,
        "Order Delivered": 0.98,
    }
)
_SALES_RATES = MappingProxyType(
    {
        "Lead Qualified": 0.52,
        "Demo Booked": 0.58,
        "Quote Sent": 0.74,
        "Contract Signed": 0.34,
        "Invoice Paid": 0.95,
        "Order Delivered": 0.98,
    }
)
_SHOP_TIMES = MappingProxyType(
    {
        "Product Viewed": LogNormal(90, 1.0),
        "Product Added": LogNormal(180, 1.1),
        "Checkout Started": LogNormal(20 * 60, 1.8),
        "Signed Up": LogNormal(75, 0.6),
        "Payment Info Entered": LogNormal(100, 0.7),
        "Order Completed": LogNormal(45, 0.6),
        "Invoice Paid": LogNormal(6 * DAY_S, 0.8),
        "Order Delivered": LogNormal(3 * DAY_S, 0.5),
    }
)
_SALES_TIMES = MappingProxyType(
    {
        "Lead Submitted": LogNormal(8 * 60, 1.5),
        "Lead Qualified": LogNormal(1.2 * DAY_S, 0.8),
        "Demo Booked": LogNormal(3 * DAY_S, 0.8),
        "Quote Sent": LogNormal(4 * DAY_S, 0.7),
        "Contract Signed": LogNormal(12 * DAY_S, 0.7),
        "Invoice Paid": LogNormal(14 * DAY_S, 0.6),
        "Order Delivered": LogNormal(7 * DAY_S, 0.5),
    }
)
_ORDER_RATES = MappingProxyType({"desktop": 0.90, "tablet": 0.86, "phone": 0.84})
_WEEKDAYS = (1.18, 1.24, 1.22, 1.16, 0.98, 0.54, 0.68)
_MONTHS = (0.96, 0.98, 1.04, 1.02, 1.00, 0.90, 0.72, 0.88, 1.14, 1.18, 1.22, 0.96)
_HOURS = (1, 1, 1, 1, 1, 3, 8, 16, 22, 24, 23, 20, 21, 22, 21, 18, 14, 11, 10, 9, 7, 4, 2, 1)


@dataclass(frozen=True, slots=True)
class Truth:
    """All that is true of the company. Rates are 0..1 and conditional on the step before.

    Attributes
    ----------
    start_us, end_us
        The history, ``[start, end)``.
    people
        How many visitors there are.
    shop_rates, sales_rates
        Rates of the steps that do not depend on the channel, by event.
    shop_times, sales_times
        How long each step takes after the one before, by event.
    order_rates
        Rate of ``Payment Info Entered`` → ``Order Completed``, by device, before the leak.
    repeat_rates
        Rate at which customers come back to the payment step after their first, second and any
        later order.
    growth_per_month
        How much the number of new visitors grows from one month to the next.
    weekdays, months, hours
        Relative number of new visitors: Monday first, January first, from midnight UTC.
    """

    start_us: int
    end_us: int
    people: int
    leak: Leak
    shift: MixShift
    shop_rates: Mapping[str, float]
    sales_rates: Mapping[str, float]
    shop_times: Mapping[str, LogNormal]
    sales_times: Mapping[str, LogNormal]
    order_rates: Mapping[str, float]
    channels: tuple[Channel, ...] = _CHANNELS
    repeat_rates: tuple[float, float, float] = (0.50, 0.66, 0.74)
    repeat_time: LogNormal = LogNormal(38 * DAY_S, 0.5)
    growth_per_month: float = 0.03
    weekdays: tuple[float, ...] = _WEEKDAYS
    months: tuple[float, ...] = _MONTHS
    hours: tuple[float, ...] = _HOURS


def default_truth(end_us: int, people: int) -> Truth:
    """Return the truth of the company whose history ends at ``end_us`` (midnight UTC)."""
    return Truth(
        start_us=end_us - DAYS * DAY_US,
        end_us=end_us,
        people=people,
        leak=Leak(end_us - 75 * DAY_US, "Order Completed", "phone", _ORDER_RATES["phone"], 0.46),
        shift=MixShift(end_us - 180 * DAY_US, 1.08),
        shop_rates=_SHOP_RATES,
        sales_rates=_SALES_RATES,
        shop_times=_SHOP_TIMES,
        sales_times=_SALES_TIMES,
        order_rates=_ORDER_RATES,
    )
