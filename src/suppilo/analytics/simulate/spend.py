"""What the ads cost: by campaign and day, in line with the visitors they brought."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from suppilo.analytics.simulate.catalogue import CURRENCY, ENTRIES
from suppilo.analytics.simulate.truth import DAY_US, Truth
from suppilo.analytics.simulate.visitors import Visitors
from suppilo.analytics.simulate.world import Spend

UNTRACKED = 0.08
"""Clicks that bring no visitor (blockers, bots, people who leave at once), per visitor."""
COST_SIGMA = 0.12


def draw_spend(random: Generator, truth: Truth, visitors: Visitors) -> Spend:
    """Draw impressions, clicks and cost of each paid campaign and day that brought visitors."""
    paid = {channel.name: channel for channel in truth.channels if channel.click_cost}
    campaigns = [n for n, entry in enumerate(ENTRIES) if entry.channel in paid]
    days = (truth.end_us - truth.start_us) // DAY_US
    day = (visitors.first_at_us - truth.start_us) // DAY_US
    came = np.bincount(visitors.entry * days + day, minlength=len(ENTRIES) * days)
    cells = np.flatnonzero(came.reshape(len(ENTRIES), days)[campaigns].T)
    day_number, place = np.divmod(cells, len(campaigns))
    entry = np.array(campaigns)[place]
    visits = came[entry * days + day_number]
    clicks = visits + random.poisson(UNTRACKED * visits)
    settings = [paid[ENTRIES[n].channel] for n in entry.tolist()]
    rate = np.array([channel.click_rate for channel in settings])
    price = np.array([channel.click_cost for channel in settings])
    noise = random.lognormal(0, COST_SIGMA, len(clicks))
    return Spend(
        day_us=truth.start_us + day_number * DAY_US,
        channel=tuple(ENTRIES[n].channel for n in entry.tolist()),
        campaign=tuple(str(ENTRIES[n].campaign) for n in entry.tolist()),
        impressions=clicks + random.poisson(clicks * (1 / rate - 1)),
        clicks=clicks,
        cost=np.round(clicks * price * noise, 2),
        currency=CURRENCY,
    )
