"""Who is behind a figure of a map: the paths that did an event, or walked an edge or a sequence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from suppilo.analytics.events import Bool, Int64
from suppilo.analytics.process_map.count import Part, count_part
from suppilo.analytics.walks import changes

Figure = Literal["all", "event", "start", "end", "again", "edge", "variant"]
FIGURES: tuple[str, ...] = get_args(Figure)


@dataclass(frozen=True, slots=True)
class Spot:
    """A figure of a map.

    Attributes
    ----------
    figure
        ``all``: every path; ``event``: who did it, ``start`` and ``end``: who begins and ends with
        it, ``again``: who did it more than once; ``edge``: who did the second directly after the
        first; ``variant``: whose events are these, from first to last.
    events
        One, for an edge two, for a variant all of them.

    Raises
    ------
    ValueError
        If it does not take so many events.
    """

    figure: Figure = "all"
    events: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        wanted = {"all": 0, "edge": 2}.get(self.figure, 1)
        is_right = self.events if self.figure == "variant" else len(self.events) == wanted
        if not is_right:
            raise ValueError(f"a figure {self.figure!r} takes {wanted} events")


@dataclass(frozen=True, slots=True)
class Behind:
    """The paths behind a figure, the latest first.

    Attributes
    ----------
    path
        Each path's key.
    at
        When it did so first, microseconds UTC: the event, the end of the edge, the repetition;
        of ``all`` and ``variant`` its first event.
    row
        What the source calls that row; empty where the parts don't say.
    """

    path: Int64
    at: Int64
    row: Int64

    def __len__(self) -> int:
        return len(self.path)


def find_behind(parts: Sequence[Part], names: Sequence[str], spot: Spot) -> Behind:
    """Return the paths behind a figure of the map that these parts make.

    Raises
    ------
    ValueError
        If there is no such event on the map.
    """
    unknown = [name for name in spot.events if name not in names]
    if unknown:
        raise ValueError(f"there is no event {unknown[0]!r} on the map")
    wanted = np.array([list(names).index(name) for name in spot.events], np.int64)
    found = [part.take(_first_of_each(part, _matching(part, spot, wanted))) for part in parts]
    none = np.empty(0, np.int64)
    path, at, row = (
        np.concatenate([none, *(getattr(one, name) for one in found)])
        for name in ("path", "at", "row")
    )
    order = np.argsort(-at, kind="stable")
    return Behind(path[order], at[order], row[order] if len(row) else row)


def _matching(part: Part, spot: Spot, wanted: Int64) -> Bool:
    """Return the rows where paths do what the figure counts."""
    begins = changes(part.path) if len(part.path) else np.ones(0, np.bool_)
    if spot.figure == "all":
        return begins
    if spot.figure == "variant":
        return begins & _walks(part, wanted)
    does = part.event == wanted[-1]
    if spot.figure == "start":
        return np.asarray(does & begins)
    if spot.figure == "end":
        return np.asarray(does & np.append(begins[1:], True)[: len(begins)])
    if spot.figure == "edge":
        does[1:] &= (part.event[:-1] == wanted[0]) & ~begins[1:]
        does[:1] = False
    if spot.figure == "again":
        rows = np.flatnonzero(does)
        does[rows[changes(part.path[rows])]] = False
    return np.asarray(does)


def _walks(part: Part, wanted: Int64) -> Bool:
    """Return the rows of paths whose sequence is exactly this one."""
    size = int(max(part.event.max(initial=0), wanted.max())) + 1
    zeros = np.zeros(len(wanted), np.int64)
    code = count_part(Part(zeros, wanted, zeros), size)[1].code[0]
    _, found = count_part(part, size)
    lengths = np.diff(np.append(found.first, len(part.path)))
    chosen = np.zeros(len(part.path), np.bool_)
    chosen[found.first[(found.code == code) & (lengths == len(wanted))]] = True
    return chosen


def _first_of_each(part: Part, rows: Bool) -> Int64:
    """Return of each path the first of some rows."""
    places = np.flatnonzero(rows)
    return places[changes(part.path[places])] if len(places) else places
