"""Customers of a shop in two currencies, and subscribers: what customer value is tested with."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa

from suppilo.apps.outbox.paths import deal_path
from suppilo.lake import Lake

NOW = datetime.now(UTC)
HOSTILE = "<b>x</b>=1+1"
FORMULA = "=1+1"


def orders(rng):
    """Yield orders of 300 customers of the last two years, who leave at random."""
    for number in range(300):
        who = HOSTILE if number == 0 else f"customer-{number:03}"
        at = NOW - timedelta(days=720 - number, minutes=1)
        rate, leaves = rng.gamma(1.5, 0.03), rng.beta(1, 4)
        while at < NOW:
            yield who, at, round(rng.gamma(6, 5), 2), "USD" if number % 4 == 3 else "EUR"
            at += timedelta(days=1 + rng.exponential(1 / rate))
            if rng.random() < leaves:
                break


def months(rng):
    """Yield monthly payments of 200 subscribers who began within a year and a half."""
    for number in range(200):
        who = FORMULA if number == 0 else f"subscriber-{number:03}"
        start, lasts = int(rng.integers(0, 18)), int(rng.geometric(rng.beta(1, 5)))
        for month in range(start, min(start + lasts, 18)):
            back = NOW.year * 12 + NOW.month - 1 - (17 - month)
            yield who, datetime(back // 12, back % 12 + 1, 1, tzinfo=UTC)


def write_world(folder):
    """Write the shop's events into a new lake."""
    rng = np.random.default_rng(11)
    rows = [(who, at, "Order Completed", total, money) for who, at, total, money in orders(rng)]
    rows += [(who, at, "charge", 9.0, None) for who, at in months(rng)]
    rows += [(deal_path(n), NOW - timedelta(days=9), "deal_won", 1.0, None) for n in range(1, 4)]
    Lake.create(folder).write(
        pa.table({
            "path": [row[0] for row in rows],
            "at": pa.array([row[1] for row in rows], pa.timestamp("us", "UTC")),
            "event": [row[2] for row in rows],
        }),
        "shop",
        pa.table({
            "revenue": pa.array([row[3] for row in rows], pa.float64()),
            "currency": pa.array([row[4] for row in rows], pa.string()),
        }),
    )  # fmt: skip
