"""A shop whose ads stop: what watched figures are tried on."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pyarrow as pa

from suppilo.lake import Lake

FIRST = date(2026, 1, 5)
DAYS, BROKEN = 80, 70
NOW = datetime(2026, 3, 26, 9, tzinfo=UTC)
"""On the morning after the last day."""


def day(place: int) -> date:
    return FIRST + timedelta(days=place)


def write_shop(
    lake: Lake, batch: str = "shop", *, ads: int = 0, first: int = 0, last: int = DAYS,
    only: str = "",
):  # fmt: skip
    """Record visits, 30 a day by search and 20 by ads until these break, and who pays."""
    rng, rows = np.random.default_rng(7), []
    for place in range(last):
        at = datetime.combine(day(place), datetime.min.time(), UTC) + timedelta(hours=10)
        for channel, mean in (("search", 30), ("ads", 20 if place < BROKEN else ads)):
            for number in range(rng.poisson(mean)):
                path = f"{place}-{channel}-{number}"
                does_pay = rng.random() < 0.4
                if place >= first and only in ("", channel):
                    rows.append((path, at, "visit", channel, None))
                    if does_pay:
                        rows.append((path, at + timedelta(hours=1), "purchase", channel, 20.0))
    lake.write(
        pa.table({
            "path": [row[0] for row in rows],
            "at": pa.array([row[1] for row in rows], pa.timestamp("us", "UTC")),
            "event": [row[2] for row in rows],
        }),
        batch,
        pa.table({
            "channel": [row[3] for row in rows],
            "amount": pa.array([row[4] for row in rows], pa.float64()),
        }),
    )  # fmt: skip
