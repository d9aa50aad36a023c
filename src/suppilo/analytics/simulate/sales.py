"""Machines are sold by people: from the contact form to the signed contract."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from suppilo.analytics.simulate.log import OWN, SERVER, Log
from suppilo.analytics.simulate.moments import Moments, draw_rows
from suppilo.analytics.simulate.orders import draw_goods, log_goods, settle
from suppilo.analytics.simulate.shop import ShopResult, channel_rate
from suppilo.analytics.simulate.truth import Truth
from suppilo.analytics.simulate.visitors import Visitors

SCALE = 14.0
"""How many times as large as a web order a contract is."""


def ask_sales(random: Generator, truth: Truth, visitors: Visitors, log: Log) -> ShopResult:
    """Draw who asks for an offer, and how far that goes: (those who asked, new customers)."""
    times, rates = truth.sales_times, truth.sales_rates
    come = Moments(np.arange(len(visitors), dtype=np.int32), visitors.first_at_us)
    leads = come.go_on(random, channel_rate(truth, visitors, "lead"), times["Lead Submitted"])
    log.add("Lead Submitted", leads.person, leads.at_us)
    qualified = leads.go_on(random, rates["Lead Qualified"], times["Lead Qualified"])
    log.add("Lead Qualified", qualified.person, qualified.at_us, slot=SERVER)
    booked = qualified.go_on(random, rates["Demo Booked"], times["Demo Booked"])
    log.add("Demo Booked", booked.person, booked.at_us, slot=OWN)
    quoted = booked.go_on(random, rates["Quote Sent"], times["Quote Sent"])
    goods = draw_goods(random, log, len(quoted), SCALE)
    log_goods(log, "Quote Sent", quoted, goods, SERVER)
    rows = draw_rows(random, rates["Contract Signed"], len(quoted))
    signed = quoted.take(rows).later(random, times["Contract Signed"])
    log_goods(log, "Contract Signed", signed, goods.take(rows), SERVER)
    settle(random, log, signed, goods.take(rows), rates, times)
    return ShopResult(leads, signed)
