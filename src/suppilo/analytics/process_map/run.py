"""Ask for a process map of events."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from suppilo.analytics.compiled import EMPTY
from suppilo.analytics.distinct import distinct
from suppilo.analytics.events import Bool, EventSource, Int64, PathRange
from suppilo.analytics.process_map.count import Part
from suppilo.analytics.process_map.draw import draw_up
from suppilo.analytics.process_map.question import MOST_EVENTS, MapQuestion
from suppilo.analytics.process_map.report import ProcessMap
from suppilo.analytics.walks import Walks, changes, walk


def run_process_map(events: EventSource, question: MapQuestion, threads: int = 1) -> ProcessMap:
    """Draw up the map of a source's events.

    Events at one moment follow each other as they were given. All steps of the paths are held at
    once, about 30 bytes each, because a median needs them.

    Parameters
    ----------
    threads
        So many put the rows in order.

    Raises
    ------
    ValueError
        If there are no events, a name is not among them, or all are more than 200.
    """
    names = name_events(events, question)
    as_of_us = end_of(events, question)
    parts = read_parts(events, question, threads=threads)
    return draw_up(parts, names, question.variants, as_of_us)


def choose_events(events: EventSource, most: int = 12) -> tuple[str, ...]:
    """Return the names of the most frequent events, in the order of frequency."""
    ranges = events.path_ranges()
    counts = {
        name: sum(len(events.read(name, paths).path) for paths in ranges)
        for name in events.event_names()
    }
    return tuple(sorted(counts, key=lambda name: (-counts[name], name))[:most])


def name_events(events: EventSource, question: MapQuestion) -> Sequence[str]:
    """Return the names of the events on the map, by their numbers in its parts.

    Raises
    ------
    ValueError
        As :func:`run_process_map`.
    """
    known = events.event_names()
    if not known:
        raise ValueError("there are no events")
    for name in (*question.events, *question.having, *question.lacking):
        if name not in known:
            raise ValueError(f"there is no event {name!r}; there are {', '.join(sorted(known))}")
    if not question.events and len(known) > MOST_EVENTS:
        raise ValueError(f"there are {len(known):,} different events; choose some")
    return question.events or tuple(known)


def end_of(events: EventSource, question: MapQuestion) -> int | None:
    """Return the end of the observation: as asked, else the last event's time."""
    return question.as_of_us if question.as_of_us is not None else events.latest_at()


def read_parts(
    events: EventSource, question: MapQuestion, *, with_rows: bool = False, threads: int = 1
) -> list[Part]:
    """Return the rows that are on the map, range by range of paths.

    Parameters
    ----------
    with_rows
        Whether to say which row of the source each is.
    threads
        So many put the rows in order.

    Raises
    ------
    ValueError
        As :func:`run_process_map`.
    """
    names, as_of_us = name_events(events, question), end_of(events, question)
    return [
        _choose(walk(events, names, paths, threads), events, paths, question, as_of_us, with_rows)
        for paths in events.path_ranges()
    ]


def _choose(
    rows: Walks,
    events: EventSource,
    paths: PathRange,
    question: MapQuestion,
    as_of_us: int | None,
    with_rows: bool,
) -> Part:
    """Return the rows of one range of paths that are on the map."""
    part = Part(rows.path, rows.event(), rows.at, _source_rows(rows) if with_rows else EMPTY)
    if as_of_us is not None and (part.at > as_of_us).any():
        part = part.take(part.at <= as_of_us)
    for wanted, is_wanted in ((question.having, True), (question.lacking, False)):
        if wanted:
            did = _who(events, wanted, paths, as_of_us)
            part = part.take(np.isin(part.path, did) == is_wanted)
    if question.from_us is None and question.to_us is None:
        return part
    return part.take(_entered(part.path, part.at, question))


def _source_rows(rows: Walks) -> Int64:
    columns = [
        np.arange(table.first_row, table.first_row + len(table.path)) for table in rows.tables
    ]
    return rows.take(columns) if columns else EMPTY


def _who(
    events: EventSource, names: Sequence[str], paths: PathRange, as_of_us: int | None
) -> Int64:
    """Return the paths that did one of some events."""
    found = []
    for name in names:
        table = events.read(name, paths)
        path, at = np.asarray(table.path), np.asarray(table.at)
        found.append(path if as_of_us is None else path[at <= as_of_us])
    return distinct(np.concatenate(found))


def _entered(path: Int64, at: Int64, question: MapQuestion) -> Bool:
    """Return which rows are of paths that began on the dates that are asked for."""
    starts = changes(path)
    if not len(path):
        return np.ones(0, np.bool_)
    began = at[starts]
    inside = np.ones(len(began), np.bool_)
    if question.from_us is not None:
        inside &= began >= question.from_us
    if question.to_us is not None:
        inside &= began < question.to_us
    rows: Bool = inside[np.cumsum(starts) - 1]
    return rows
