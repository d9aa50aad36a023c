"""A small company whose people are to be scored."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pyarrow as pa

from suppilo.apps.people.evidence import Evidence, Sighting, Trait
from suppilo.apps.people.services import record_evidence
from suppilo.apps.people.values import as_us
from suppilo.lake import Lake

NOW = datetime(2026, 3, 26, 12, tzinfo=UTC)
RULES = {
    "rules": [
        {"name": "Asked for a call", "event": "Lead Submitted", "points": 40,
         "half_life_days": 10},
        {"name": "Looked at prices", "event": "page", "where": "url_path = '/pricing'",
         "points": 10, "half_life_days": 10, "repeat": "each", "cap": 30},
        {"name": "Decides", "property": "title", "test": "is", "value": "Owner", "points": 20},
    ],
    "hot": 50, "warm": 20, "full_engagement": 50,
}  # fmt: skip
ANNA, BEN, CARL = "anna@example.com", "ben@example.com", "carl@example.com"
_EVENTS = (
    # Anna decides and asked for a call today; Ben looked at prices long ago and decides nothing;
    # Carl is known and has done nothing that counts. A visitor without a name looks at prices.
    (ANNA, 0, "Lead Submitted", None), (ANNA, 0, "page", "/pricing"), (ANNA, 1, "page", "/"),
    (BEN, 10, "page", "/pricing"), (BEN, 10, "page", "/pricing"), (CARL, 3, "page", "/"),
    ("visitor", 0, "page", "/pricing"),
)  # fmt: skip
_TITLES = {ANNA: "Owner", BEN: "Assistant", CARL: "Owner"}


def at(days: float) -> datetime:
    """Return the time so many days before now."""
    return NOW - timedelta(days=days)


def write_events(lake: Lake, rows, batch: str) -> None:
    """Write events: path, days before now, name, path of the page."""
    lake.write(
        pa.table({
            "path": [row[0] for row in rows],
            "at": pa.array([at(row[1]) for row in rows], pa.timestamp("us", "UTC")),
            "event": [row[2] for row in rows],
        }),
        batch,
        pa.table({"url_path": pa.array([row[3] for row in rows], pa.string())}),
    )  # fmt: skip


def write_company(lake: Lake) -> None:
    """Record the events, and who is known."""
    write_events(lake, _EVENTS, "company")
    since, until = as_us(at(20)), as_us(NOW)
    people = [
        Sighting(name, is_known=True, first_at_us=since, last_at_us=until, events=2)
        for name in _TITLES
    ]
    visitor = Sighting("visitor", is_known=False, first_at_us=since, last_at_us=until, events=1)
    traits = [
        Trait(name, key, value, since)
        for name, title in _TITLES.items()
        for key, value in (("title", title), ("email", name))
    ]
    record_evidence("source:1", Evidence((*people, visitor), (), tuple(traits), ()))


def record_seen(names, days: float = 40) -> None:
    """Record that these people are known, since so many days."""
    since, until = as_us(at(days)), as_us(NOW)
    found = [Sighting(name, is_known=True, first_at_us=since, last_at_us=until, events=1)
             for name in names]  # fmt: skip
    record_evidence("source:1", Evidence(found))


def write_seasons(lake: Lake, people: int = 90, months: int = 5) -> None:
    """Record months in which those who look at prices pay in the month after, and nobody else.

    Each month has people of its own; the last month's are not asked about yet.
    """
    rows = []
    for month in range(months):
        begins = 30 * (months - month)
        for number in range(people):
            path, is_keen = f"p{month}-{number}@example.com", number % 3 == 0
            rows.append((path, begins - number % 20 * 0.1, "page", "/"))
            if is_keen:
                rows.append((path, begins - 1 - number % 20 * 0.1, "page", "/pricing"))
            if is_keen and number % 9:
                rows.append((path, begins - 32 - number % 7, "Order Completed", None))
    write_events(lake, [row for row in rows if row[1] >= 0], "seasons")
