"""A small shop whose every figure is known: what pages of funnels are tested with."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pyarrow as pa

from suppilo.lake import Lake

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
"""A Monday."""

HOSTILE = "<img src=x onerror=alert(1)>\"'=cmd|"

VISITS = 40
CARTS = 20
PAID = 8
OPEN = 4
"""Of 40 visitors 20 fill a cart, 8 of them pay; 4 of the others came on the last day."""


def visits():
    """Yield path, time, event and properties of each event."""
    for number in range(VISITS):
        # The last ones come on the last day: their week to convert is not over.
        day = 40 if number >= VISITS - OPEN else number % 28
        at = START + timedelta(days=day, minutes=number)
        channel = ("email", "direct", HOSTILE)[number % 3] if number % 10 else None
        values = {"channel": channel, "price": float(number)}
        yield f"visitor-{number:02}", at, "visit", values
        if number % 2 == 0:
            yield f"visitor-{number:02}", at + timedelta(hours=1), "cart", values
        if number % 4 == 0 and number < 4 * PAID:
            yield f"visitor-{number:02}", at + timedelta(hours=3), "pay", values
    yield "odd-one", START, HOSTILE, {"channel": None, "price": None}


def fill_lake(folder) -> None:
    """Write the shop's events into a new lake."""
    rows = list(visits())
    events = pa.table(
        {
            "path": [row[0] for row in rows],
            "at": pa.array([row[1] for row in rows], pa.timestamp("us", "UTC")),
            "event": [row[2] for row in rows],
        }
    )
    properties = pa.table(
        {
            "channel": pa.array([row[3]["channel"] for row in rows], pa.string()),
            "price": pa.array([row[3]["price"] for row in rows], pa.float64()),
        }
    )
    Lake.create(folder).write(events, "shop", properties)


def use_shop(settings, folder) -> None:
    """Have the server's settings point at a new lake with the shop's events."""
    settings.SUPPILO = replace(settings.SUPPILO, home=folder)
    fill_lake(settings.SUPPILO.lake)
