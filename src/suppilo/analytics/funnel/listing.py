"""The paths behind a funnel's figures, one row each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from suppilo.analytics.events import EventSource
from suppilo.analytics.funnel.run import FunnelResult
from suppilo.analytics.funnel.summary import step_name
from suppilo.analytics.periods import format_moment

_AT_ONCE = 50_000


def list_paths(result: FunnelResult, source: EventSource) -> Iterator[dict[str, Any]]:
    """Yield each counted path (or attempt): how far it went, when, and by which events.

    ``outcome`` is converted, dropped or open. For each step there are the time and, where events
    have ids, the id of the counted chain's event; the rows are those behind the report's figures.
    """
    names = _step_names(result)
    for start in range(0, len(result.units), _AT_ONCE):
        yield from _list_part(result, source, names, start, start + _AT_ONCE)


def path_columns(result: FunnelResult) -> tuple[str, ...]:
    """Return the names of what :func:`list_paths` yields, also where no path entered."""
    steps = enumerate(_step_names(result), 1)
    places = [f"{number} {name} {part}" for number, name in steps for part in ("at", "event_id")]
    return ("path", "steps", "outcome", *places)


def _step_names(result: FunnelResult) -> Sequence[str]:
    return [step_name(result.definition, step) for step in range(len(result.definition.steps))]


def _list_part(
    result: FunnelResult, source: EventSource, names: Sequence[str], start: int, stop: int
) -> Iterator[dict[str, Any]]:
    units, levels = result.units, len(result.definition.required)
    stop = min(stop, len(units))
    rows: list[dict[str, Any]] = [{} for _ in range(start, stop)]
    for number, (name, hits) in enumerate(zip(names, units.hits, strict=True), 1):
        low, high = np.searchsorted(hits.unit, [start, stop])
        described = source.describe_rows(hits.row[low:high])
        for row in rows:
            row[f"{number} {name} at"] = row[f"{number} {name} event_id"] = None
        for place, unit in enumerate(hits.unit[low:high].tolist()):
            row = rows[unit - start]
            if number == 1:
                row["path"] = described["path"][place]
            moment = int(hits.at[low + place])
            row[f"{number} {name} at"] = format_moment(moment, result.definition.timezone)
            row[f"{number} {name} event_id"] = described["event_id"][place]
    for unit, row in enumerate(rows, start):
        level = int(units.level[unit])
        outcome = "converted" if level == levels else "open" if units.open[unit] else "dropped"
        path = row.pop("path")
        yield {"path": path, "steps": level, "outcome": outcome, **row}
