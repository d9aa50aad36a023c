"""Which events there are, how many and when, and what their properties look like."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ObjectDoesNotExist

from suppilo.apps.events.moments import to_moment
from suppilo.apps.events.snapshot import EventSnapshot, take_snapshot

if TYPE_CHECKING:
    import pyarrow as pa

    from suppilo.lake.describe import HourCounts
    from suppilo.lake.snapshot import TableSnapshot

TOP_VALUES = 10
_HOUR_S = 3600


@dataclass(frozen=True, slots=True)
class DayCount:
    """How many events there were on a day."""

    day: date
    count: int


@dataclass(frozen=True, slots=True)
class EventInfo:
    """One event name.

    Attributes
    ----------
    rows
        How many events there are.
    first_at_us, last_at_us
        When the first and the last happened, microseconds since 1970 UTC.
    days
        How many on each of the last days, also where there were none.
    """

    name: str
    rows: int
    first_at_us: int
    last_at_us: int
    days: tuple[DayCount, ...]

    @property
    def first_at(self) -> datetime:
        """When the first happened."""
        return to_moment(self.first_at_us)

    @property
    def last_at(self) -> datetime:
        """When the last happened."""
        return to_moment(self.last_at_us)


@dataclass(frozen=True, slots=True)
class EventList:
    """Some of the event names, and how many there are in all."""

    events: tuple[EventInfo, ...]
    total: int


@dataclass(frozen=True, slots=True)
class PropertyInfo:
    """One property of an event.

    Attributes
    ----------
    type
        ``bool``, ``int``, ``float``, ``text`` or ``time``.
    filled, rows
        How many of the event's rows have a value, of how many.
    distinct, sampled
        How many different values there are in how many rows that were looked at.
    top
        The most frequent values there, with their counts.
    """

    name: str
    type: str
    filled: int
    rows: int
    distinct: int
    sampled: int
    top: tuple[tuple[Any, int], ...]

    @property
    def fill_rate(self) -> float:
        """The share of rows that have a value, 0..1."""
        return self.filled / self.rows if self.rows else 0.0


@dataclass(frozen=True, slots=True)
class EventDetail:
    """One event name with its properties."""

    info: EventInfo
    properties: tuple[PropertyInfo, ...]


class EventNameMissing(ObjectDoesNotExist):
    """No event of that name was ever seen."""


def list_events(
    search: str = "",
    *,
    today: date,
    zone: tzinfo = UTC,
    days: int = 30,
    start: int = 0,
    limit: int | None = None,
) -> EventList:
    """Return event names with their volumes, the most frequent first.

    Parameters
    ----------
    search
        Only names that have this in them, whatever its case.
    today, zone
        The last day of the volumes, and where its midnight is.
    start, limit
        Which part of the list.

    Raises
    ------
    LakeError
        If the event tables can't be read.
    """
    snapshot = take_snapshot()
    wanted = search.strip().casefold()
    rows = Counter({table.event: table.rows for table in snapshot.lake.tables()})
    rows.update({name: len(table) for name, table in snapshot.tail.items()})
    names = [name for name, count in rows.items() if count and wanted in name.casefold()]
    names.sort(key=lambda name: (-rows[name], name))
    shown = names[start:] if limit is None else names[start : start + limit]
    return EventList(
        tuple(_describe_name(snapshot, name, today, zone, days) for name in shown), len(names)
    )


def describe_event(name: str, *, today: date, zone: tzinfo = UTC, days: int = 90) -> EventDetail:
    """Return one event name with its properties.

    Raises
    ------
    EventNameMissing
        If there is no such event.
    LakeError
        If the event tables can't be read.
    """
    snapshot = take_snapshot()
    info = _describe_name(snapshot, name, today, zone, days)
    if not info.rows:
        raise EventNameMissing(name)
    return EventDetail(info, tuple(_describe_properties(snapshot, name)))


def list_properties(name: str) -> tuple[PropertyInfo, ...]:
    """Return an event's properties; none for a name never seen."""
    return tuple(_describe_properties(take_snapshot(), name))


def list_values(event: str, prop: str, search: str = "", limit: int = 20) -> list[Any]:
    """Return values that a property has, the most frequent first.

    Parameters
    ----------
    search
        Only values whose text has this in it, whatever its case.
    """
    import numpy as np

    source = take_snapshot().everything
    counts: Counter[Any] = Counter()
    wanted = search.casefold()
    for paths in source.path_ranges():
        values = source.read(event, paths).values(prop)
        if values is None:
            continue
        there = np.bincount(values.codes[values.codes >= 0], minlength=len(values.labels))
        # Only so many become Python values: a property may have millions.
        best = np.argsort(-there, kind="stable")[: 200_000 if wanted else limit]
        for code in best.tolist():
            label = values.labels[code]
            if there[code] and wanted in str(label).casefold():
                counts[isinstance(label, bool), label] += int(there[code])
                if len(counts) >= limit:
                    break
    return [label for (_, label), _ in counts.most_common(limit)]


def _table(snapshot: EventSnapshot, name: str) -> TableSnapshot | None:
    return next((table for table in snapshot.lake.tables([name]) if table.files), None)


def _describe_name(
    snapshot: EventSnapshot, name: str, today: date, zone: tzinfo, days: int
) -> EventInfo:
    from suppilo.lake.describe import count_hours, join_hours, table_hours

    table, tail = _table(snapshot, name), snapshot.tail.get(name)
    rows, times, hours = 0, [], []
    if table is not None:
        rows += table.rows
        times += [file.first_at for file in table.files] + [file.last_at for file in table.files]
        hours.append(table_hours(table))
    if tail is not None:
        at = tail.at
        rows += len(at)
        times += [int(at.min()), int(at.max())]
        hours.append(count_hours(at))
    by_day = _count_days(join_hours(hours), today, zone, days)
    return EventInfo(name, rows, min(times, default=0), max(times, default=0), by_day)


def _count_days(counted: HourCounts, today: date, zone: tzinfo, days: int) -> tuple[DayCount, ...]:
    """Return the counts of the last days, day by day."""
    first = today - timedelta(days=days - 1)
    earliest = datetime(first.year, first.month, first.day, tzinfo=zone).timestamp() // _HOUR_S
    recent = counted.hours >= earliest
    totals: Counter[date] = Counter()
    for hour, count in zip(
        counted.hours[recent].tolist(), counted.counts[recent].tolist(), strict=True
    ):
        totals[_day_of(hour, zone)] += count
    shown = (first + timedelta(days=number) for number in range(days))
    return tuple(DayCount(day, totals[day]) for day in shown)


@lru_cache(maxsize=100_000)
def _day_of(hour: int, zone: tzinfo) -> date:
    try:
        return datetime.fromtimestamp(hour * _HOUR_S, zone).date()
    except (OverflowError, ValueError):
        return date.max


def _describe_properties(snapshot: EventSnapshot, name: str) -> list[PropertyInfo]:
    from suppilo.lake.describe import describe_columns

    table, tail = _table(snapshot, name), snapshot.tail.get(name)
    lake_rows = 0 if table is None else table.rows
    found = {} if table is None else {c.name: c for c in describe_columns(table)}
    waiting = {} if tail is None else _waiting_columns(snapshot, name)
    tail_rows = 0 if tail is None else len(tail)
    sampled = max((column.sampled for column in found.values()), default=0)
    properties = []
    for prop in sorted({*found, *waiting}):
        lake, values = found.get(prop), waiting.get(prop)
        distinct, top = _count(values)
        kind = lake.type if lake is not None else _type(values)
        properties.append(
            PropertyInfo(
                prop,
                kind,
                (lake.filled if lake else 0) + _filled(values),
                lake_rows + tail_rows,
                max(distinct, lake.distinct if lake else 0),
                sampled + tail_rows,
                _join_top(lake.top if lake else (), top),
            )
        )
    return properties


def _waiting_columns(snapshot: EventSnapshot, name: str) -> dict[str, pa.Array]:
    from suppilo.analytics.events import ALL_PATHS

    table = snapshot.waiting.read(name, ALL_PATHS)
    found = ((prop, table.column(prop)) for prop in table.own_types)
    return {prop: values for prop, values in found if values is not None}


def _count(values: pa.Array | None) -> tuple[int, tuple[tuple[Any, int], ...]]:
    from suppilo.lake.describe import count_values

    return (0, ()) if values is None else count_values(values, TOP_VALUES)


def _filled(values: pa.Array | None) -> int:
    return 0 if values is None else len(values) - values.null_count


def _type(values: pa.Array | None) -> str:
    from suppilo.lake.schema import type_of

    return "text" if values is None else type_of(values)


def _join_top(
    one: Sequence[tuple[Any, int]], other: Sequence[tuple[Any, int]]
) -> tuple[tuple[Any, int], ...]:
    """Return the most frequent of both; the type keeps True apart from 1."""
    counts: Counter[tuple[bool, Any]] = Counter()
    for value, count in (*one, *other):
        counts[isinstance(value, bool), value] += count
    return tuple((value, count) for (_, value), count in counts.most_common(TOP_VALUES))
