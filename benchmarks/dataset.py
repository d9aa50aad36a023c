"""A seeded stream of shop events: many names, few of them in the funnel, long and short paths.

Paths come in visits. A third of them go through a visit's funnel events in the funnel's order, the
others in any order, so each step is reached by fewer than the one before. No two events of a path
have the same time: engines differ in how they settle ties, and this is about speed.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
from benchmarks.names import BY_SHARE, CHANNELS, PRICED, STEPS
from numpy.typing import NDArray

DAY_US = 86_400_000_000
DAYS = 90
START_US = 1_767_225_600_000_000
"""2026-01-01."""
_ORDERLY = 0.35
_VISIT_GAP_US = 2 * DAY_US
_ROW_GROUP = 1_000_000


@dataclass(frozen=True, slots=True)
class Size:
    """How much to make, and the seed it is made from."""

    events: int
    paths: int
    seed: int = 20260101


@dataclass(frozen=True, slots=True)
class Events:
    """Columns in the order of time; ``price`` is NaN where an event has none."""

    user: NDArray[np.int64]
    at_us: NDArray[np.int64]
    event: NDArray[np.int8]
    channel: NDArray[np.int8]
    price: NDArray[np.float64]


def generate(size: Size) -> Events:
    """Make the events of a size; the same size gives the same events."""
    random = np.random.default_rng(size.seed)
    counts = _count_events(random, size)
    first = np.cumsum(counts) - counts
    path = np.repeat(np.arange(size.paths, dtype=np.int32), counts)
    gaps = _draw_gaps(random, size.events)
    gaps[first] = 0
    at_us = _place_in_time(random, gaps, counts, first)
    visit = np.cumsum(gaps > _VISIT_GAP_US) + path
    event = _choose(random, _zipf(len(BY_SHARE)), size.events)
    _put_in_order(event, visit, (random.random(size.paths) < _ORDERLY)[path])
    del gaps, visit
    channel = _draw_channels(random, path, size.paths)
    price = np.round(random.lognormal(3.6, 0.8, size.events), 2)
    price[~np.isin(event, _codes(PRICED))] = np.nan
    user = (random.permutation(size.paths) + 1_000_000)[path]
    order = np.argsort(at_us, kind="stable")
    return Events(user[order], at_us[order], event[order], channel[order], price[order])


def _codes(names: frozenset[str]) -> list[int]:
    return [code for code, name in enumerate(BY_SHARE) if name in names]


def _zipf(size: int) -> NDArray[np.float64]:
    weights = 1 / np.arange(1, size + 1)
    return weights / weights.sum()


def _choose(
    random: np.random.Generator, shares: NDArray[np.float64], size: int
) -> NDArray[np.int8]:
    edges = np.cumsum(shares)[:-1]
    return np.searchsorted(edges, random.random(size), "right").astype(np.int8)


def _count_events(random: np.random.Generator, size: Size) -> NDArray[np.int64]:
    """Return each path's number of events: at least one, most few, some hundreds."""
    weights = random.exponential(1, size.paths) * random.lognormal(0, 0.8, size.paths)
    return random.multinomial(size.events - size.paths, weights / weights.sum()) + 1


def _draw_gaps(random: np.random.Generator, size: int) -> NDArray[np.int64]:
    """Return times since the event before: seconds within a visit, now and then days."""
    scale = np.where(random.random(size) < 0.85, 40e6, 1.5 * DAY_US)
    scale *= random.exponential(1, size)
    return scale.astype(np.int64)


def _place_in_time(
    random: np.random.Generator, gaps: NDArray[np.int64], counts: NDArray[np.int64],
    first: NDArray[np.int64],
) -> NDArray[np.int64]:  # fmt: skip
    total = np.cumsum(gaps)
    since = total - np.repeat(total[first], counts)
    span = since[first + counts - 1]
    room = (DAYS - 1) * DAY_US
    shrink = np.minimum(1, room / np.maximum(span, 1))
    start = random.random(len(counts)) * (room - span * shrink)
    within = np.arange(len(gaps)) - np.repeat(first, counts)
    placed = np.floor(np.repeat(start, counts) + since * np.repeat(shrink, counts))
    return START_US + placed.astype(np.int64) + within


def _put_in_order(
    event: NDArray[np.int8], visit: NDArray[np.int64], orderly: NDArray[np.bool_]
) -> None:
    """Sort the funnel's events of orderly visits into the funnel's order, in place."""
    step = np.array([STEPS.index(n) if n in STEPS else -1 for n in BY_SHARE], np.int8)[event]
    rows = np.flatnonzero(orderly & (step >= 0))
    order = np.lexsort((step[rows], visit[rows]))
    event[rows] = event[rows[order]]


def _draw_channels(
    random: np.random.Generator, path: NDArray[np.int32], paths: int
) -> NDArray[np.int8]:
    """Return each event's channel: mostly the one that its path likes best."""
    shares = _zipf(len(CHANNELS))
    liked = _choose(random, shares, paths)[path]
    other = _choose(random, shares, len(path))
    return np.where(random.random(len(path)) < 0.7, liked, other)


@dataclass(frozen=True, slots=True)
class DataFiles:
    """A set on the disk: all events as Parquet, the first ``csv_rows`` of them as CSV."""

    folder: Path
    parquet: Path
    csv: Path
    csv_rows: int


def prepare_files(folder: Path, size: Size, csv_rows: int) -> DataFiles:
    """Write the set of a size unless it is there already."""
    csv_rows = min(csv_rows, size.events)
    files = DataFiles(folder, folder / "events.parquet", folder / "events.csv", csv_rows)
    done, wanted = folder / "set.json", json.dumps(asdict(size) | {"csv_rows": csv_rows})
    if done.is_file() and done.read_text() == wanted:
        return files
    folder.mkdir(parents=True, exist_ok=True)
    done.unlink(missing_ok=True)
    events = generate(size)
    with (
        pq.ParquetWriter(files.parquet, _SCHEMA, compression="zstd") as parquet,
        pacsv.CSVWriter(files.csv, _SCHEMA) as csv,
    ):
        for start in range(0, size.events, _ROW_GROUP):
            table = to_table(events, start, start + _ROW_GROUP)
            parquet.write_table(table)
            if start < csv_rows:
                csv.write_table(table.slice(0, csv_rows - start))
    done.write_text(wanted)
    return files


_SCHEMA = pa.schema(
    [
        ("user_id", pa.int64()),
        ("timestamp", pa.timestamp("us", "UTC")),
        ("event", pa.string()),
        ("channel", pa.string()),
        ("price", pa.float64()),
    ]
)


def to_table(events: Events, start: int, stop: int) -> pa.Table:
    """Return some of the events as an Arrow table, prices null where there are none."""
    part = slice(start, stop)

    def text(codes: NDArray[np.int8], labels: tuple[str, ...]) -> pa.Array:
        return pa.DictionaryArray.from_arrays(codes, pa.array(labels)).cast(pa.string())

    price = events.price[part]
    columns = [
        pa.array(events.user[part]),
        pa.array(events.at_us[part]).cast(_SCHEMA.field("timestamp").type),
        text(events.event[part], BY_SHARE),
        text(events.channel[part], CHANNELS),
        pa.array(price, mask=np.isnan(price)),
    ]
    return pa.Table.from_arrays(columns, schema=_SCHEMA)
