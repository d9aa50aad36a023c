"""The web shop: from the first product seen to the order, and back again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from suppilo.analytics.events import Int32
from suppilo.analytics.simulate.log import OWN, SECOND, Log, page_code
from suppilo.analytics.simulate.moments import Moments
from suppilo.analytics.simulate.orders import draw_products, pay
from suppilo.analytics.simulate.truth import LogNormal, Truth
from suppilo.analytics.simulate.visitors import Visitors
from suppilo.analytics.simulate.world import Float64

EXTRA_VIEWS = 0.9
"""Mean of Poisson: further products that somebody looks at who looked at one."""
MAX_REPEATS = 12
LOGIN_US = 20_000_000
"""How long after the first page somebody logs in on a second device."""
_REPEAT_STEP = LogNormal(90, 0.7)


@dataclass(frozen=True, slots=True)
class ShopResult:
    """Who made an account, and who ordered for the first time."""

    accounts: Moments
    customers: Moments


def visit_shop(random: Generator, truth: Truth, visitors: Visitors, log: Log) -> ShopResult:
    """Draw everybody's first way through the shop."""
    rates, times = truth.shop_rates, truth.shop_times
    come = Moments(np.arange(len(visitors), dtype=np.int32), visitors.first_at_us)
    seen = come.go_on(random, view_rate(truth, visitors), times["Product Viewed"])
    _look_around(random, truth, log, seen)
    adding = channel_rate(truth, visitors, "add")[seen.person]
    added = seen.go_on(random, adding, times["Product Added"])
    _log_products(random, log, "Product Added", added)
    starting = channel_rate(truth, visitors, "checkout")[added.person]
    begun = added.go_on(random, starting, times["Checkout Started"])
    log.add("Checkout Started", begun.person, begun.at_us)
    accounts = begun.go_on(random, rates["Signed Up"], times["Signed Up"])
    log.add("Signed Up", accounts.person, accounts.at_us)
    step = "Payment Info Entered"
    paying = accounts.go_on(random, rates[step], times[step])
    slot = np.full(len(paying), OWN, np.int32)
    customers, _ = pay(random, truth, visitors, log, paying, slot)
    return ShopResult(accounts, customers)


def channel_rate(truth: Truth, visitors: Visitors, step: str) -> Float64:
    """Return each visitor's rate of a step that depends on the channel."""
    return np.array([getattr(item, step) for item in truth.channels])[visitors.channel]


def view_rate(truth: Truth, visitors: Visitors) -> Float64:
    """Return each visitor's rate of looking at a product: better from the mix shift on."""
    is_late = visitors.first_at_us >= truth.shift.at_us
    return channel_rate(truth, visitors, "view") * np.where(is_late, truth.shift.view_factor, 1.0)


def come_again(
    random: Generator, truth: Truth, visitors: Visitors, log: Log, customers: Moments
) -> Moments:
    """Draw the customers' later orders; whoever has a second device uses it then.

    Returns when people log in on their second devices.
    """
    logins = []
    for number in range(MAX_REPEATS):
        rate = truth.repeat_rates[min(number, len(truth.repeat_rates) - 1)]
        back = customers.go_on(random, rate, truth.repeat_time)
        slot = np.where(visitors.has_second[back.person], SECOND, OWN).astype(np.int32)
        landing = np.full(len(back), page_code("/account"), np.int32)
        log.add("page", back.person, back.at_us, slot=slot, page=landing)
        logins.append(back.take(np.flatnonzero(slot == SECOND)).after(LOGIN_US))
        customers = _buy_again(random, truth, visitors, log, back.after(LOGIN_US), slot)
    return sum(logins[1:], logins[0]).first_of_each()


def _buy_again(
    random: Generator, truth: Truth, visitors: Visitors, log: Log, back: Moments, slot: Int32
) -> Moments:
    for event in ("Product Viewed", "Product Added"):
        back = back.later(random, _REPEAT_STEP)
        _log_products(random, log, event, back, slot)
    back = back.later(random, _REPEAT_STEP)
    log.add("Checkout Started", back.person, back.at_us, slot=slot)
    return pay(random, truth, visitors, log, back.later(random, _REPEAT_STEP), slot)[0]


def _look_around(random: Generator, truth: Truth, log: Log, seen: Moments) -> None:
    """Record the first product that people look at, and further ones."""
    _log_products(random, log, "Product Viewed", seen)
    more = np.repeat(np.arange(len(seen)), random.poisson(EXTRA_VIEWS, len(seen)))
    later = seen.take(more).later(random, truth.shop_times["Product Added"])
    _log_products(random, log, "Product Viewed", later)


def _log_products(
    random: Generator, log: Log, event: str, moments: Moments, slot: int | Int32 = OWN
) -> None:
    product = draw_products(random, len(moments))
    log.add(event, moments.person, moments.at_us, slot=slot, product=product)
