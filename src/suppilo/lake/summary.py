"""What is in a lake: its events, and one path's timeline."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from suppilo.lake.folder import explain_reading
from suppilo.lake.keys import path_key
from suppilo.lake.layout import lay_out
from suppilo.lake.parquet import open_parquet
from suppilo.lake.rows import locate_rows
from suppilo.lake.schema import PropertyColumn
from suppilo.lake.snapshot import TableSnapshot, take_snapshot


@dataclass(frozen=True, slots=True)
class PropertySummary:
    """A property's exact name and type: ``bool``, ``int``, ``float``, ``text`` or ``time``."""

    name: str
    type: str


@dataclass(frozen=True, slots=True)
class EventSummary:
    """One event of a lake.

    Attributes
    ----------
    name
        The event's name, exactly.
    rows
        How many events there are.
    first_at_us, last_at_us
        The times of the first and last, microseconds since 1970 UTC.
    properties
        Its properties, by name.
    set_aside
        Property values that did not fit their column's type and stand in ``_rest``.
    """

    name: str
    rows: int
    first_at_us: int
    last_at_us: int
    properties: tuple[PropertySummary, ...]
    set_aside: int


@dataclass(frozen=True, slots=True)
class TimelineEvent:
    """One event of one path; values that were set aside are among the properties."""

    at_us: int
    event: str
    event_id: str | None
    session_id: str | None
    properties: dict[str, Any]


def summarise_events(lake: Path) -> tuple[EventSummary, ...]:
    """Return a summary of every event, by name, from what the tables' logs record."""
    return tuple(_summarise(table) for table in take_snapshot(lake) if table.files)


def _summarise(table: TableSnapshot) -> EventSummary:
    columns = sorted(table.columns, key=lambda column: column.name)
    return EventSummary(
        table.event,
        table.rows,
        min(file.first_at for file in table.files),
        max(file.last_at for file in table.files),
        tuple(PropertySummary(column.name, column.type) for column in columns),
        _count_set_aside(table),
    )


def _count_set_aside(table: TableSnapshot) -> int:
    """Return how many values were set aside, reading only files that have any."""
    total = 0
    for file in table.files:
        if file.set_aside_rows:
            with explain_reading(table.folder / file.name):
                rest = open_parquet(table.folder / file.name).read(columns=["_rest"]).column(0)
            total += sum(len(json.loads(text)) for text in rest.drop_null().to_pylist())
    return total


def read_timeline(lake: Path, path: str, limit: int, offset: int) -> list[TimelineEvent]:
    """Return one path's events over all tables by time, ``limit`` of them from ``offset`` on."""
    key = path_key(path)
    tables = [t for t in take_snapshot(lake) if any(f.low <= key <= f.high for f in t.files)]
    with ThreadPoolExecutor(2) as pool:
        found = pool.map(lambda table: list(_read_path(table, path, key)), tables)
        rows = sorted((row for part in found for row in part), key=lambda row: row[:2])
    return [event for _, _, event in rows[offset : offset + limit]]


def _read_path(
    table: TableSnapshot, path: str, key: int
) -> Iterator[tuple[int, int, TimelineEvent]]:
    with explain_reading(table.folder):
        layout = lay_out(table, (key, key))
        if not len(layout.path):
            return
        names = ["path", "row_order", "event_id", "session_id", "_rest"]
        columns = [*names, *(column.column for column in table.columns)]
        found = locate_rows(layout, np.arange(len(layout.path)), columns)
    for row, at_us in enumerate(layout.at.tolist()):
        if found["path"][row] == path:  # two paths may share a key, however unlikely
            yield (
                at_us,
                found["row_order"][row],
                TimelineEvent(
                    at_us,
                    table.event,
                    found["event_id"][row],
                    found["session_id"][row],
                    _properties(table.columns, found, row),
                ),
            )


def _properties(
    columns: tuple[PropertyColumn, ...], found: dict[str, list[Any]], row: int
) -> dict[str, Any]:
    values: dict[str, Any] = {
        c.name: found[c.column][row] for c in columns if found[c.column][row] is not None
    }
    values.update(json.loads(found["_rest"][row] or "{}"))
    return values
