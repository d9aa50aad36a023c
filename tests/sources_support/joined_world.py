"""A lake, a tail and who is whom, beside the same events relabelled and sorted plainly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from suppilo.lake.keys import path_key
from suppilo.sources.memory import MemorySource
from suppilo.sources.overrides import Overrides

TIME = pa.timestamp("us", "UTC")
START_US = 1_700_000_000_000_000
TAIL_ORDER = 2**62
PATHS = tuple(f"p{n}" for n in range(12))
NAMES = ("view", "cart", "pay")


@dataclass(frozen=True)
class Drawn:
    """One event as drawn; ``price`` is None where it has none."""

    path: str
    second: int
    name: str
    price: float | int | None
    channel: str | None


def to_tables(rows: list[Drawn], first: int = 0) -> tuple[pa.Table, pa.Table]:
    """Return events and properties; ids number the rows from ``first`` on."""
    events = pa.table(
        {
            "path": pa.array([r.path for r in rows], pa.string()),
            "at": pa.array([START_US + r.second * 1_000_000 for r in rows], pa.int64()).view(TIME),
            "event": pa.array([r.name for r in rows], pa.string()),
            "event_id": pa.array([str(first + n) for n in range(len(rows))], pa.string()),
        }
    )
    properties = pa.table(
        {
            "price": pa.array([r.price for r in rows], pa.float64()),
            "channel": pa.array([r.channel for r in rows], pa.string()),
        }
    )
    return events, properties


def make_overrides(mapping: dict[str, str], version: int = 1) -> Overrides:
    """Return overrides given as identifiers; targets must not be replaced themselves."""
    keys = sorted((path_key(one), path_key(other)) for one, other in mapping.items())
    columns = np.array(keys, np.int64).reshape(-1, 2)
    return Overrides(version, columns[:, 0].copy(), columns[:, 1].copy())


def relabel(rows: list[Drawn], mapping: dict[str, str]) -> MemorySource:
    """Return the events as they would be had they come with the other identifiers."""
    shown = [Drawn(mapping.get(r.path, r.path), r.second, r.name, r.price, r.channel) for r in rows]
    return MemorySource(*to_tables(shown))


def list_rows(source, name: str, paths) -> list[tuple]:
    """Return all that a table of a source says, row by row."""
    table = source.read(name, paths)
    count = len(table.path)
    numbers = np.arange(count) + table.first_row
    ids = source.describe_rows(numbers)["event_id"] if count else []
    columns = [table.path.tolist(), table.at.tolist(), ids]
    for prop in ("price", "channel"):
        values = table.values(prop)
        columns.append(
            [None] * count
            if values is None
            else [None if c < 0 else values.labels[c] for c in values.codes.tolist()]
        )
    columns.append(table.matches("price > 10").tolist())
    columns.append(table.matches("channel = 'ads' or price <= 3").tolist())
    assert np.all(np.diff(table.order()[np.lexsort((table.at, table.path))]) != 0)
    return list(zip(*columns, strict=True))
