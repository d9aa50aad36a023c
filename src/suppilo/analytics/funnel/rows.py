"""The columns that go into the kernels, and the chains that come out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from suppilo.analytics.events import Bool, Int64
from suppilo.analytics.funnel.kernels.merge import merge_runs


@dataclass(frozen=True, slots=True)
class Rows:
    """The events that match one selector, in (path, at, order) order.

    ``row`` numbers them source-wide; None where the numbers simply follow each other from
    ``first_row``. ``order`` (row order over all tables), ``hold`` (the code of the value held
    constant, -1: none) and ``value`` (the code of the breakdown's value, -1: none) are there
    where the question needs them.
    """

    path: Int64
    at: Int64
    row: Int64 | None = None
    first_row: int = 0
    order: Int64 | None = None
    hold: Int64 | None = None
    value: Int64 | None = None

    def number(self, index: Int64) -> Int64:
        """Return the source-wide numbers of the rows at ``index``."""
        return index + self.first_row if self.row is None else self.row[index]

    def numbers(self) -> Int64:
        """Return the source-wide number of every row."""
        if self.row is not None:
            return self.row
        return np.arange(self.first_row, self.first_row + len(self.path), dtype=np.int64)

    def slice(self, start: int, stop: int) -> Rows:
        """Return the rows ``[start, stop)``, without copying."""
        return Rows(
            self.path[start:stop],
            self.at[start:stop],
            None if self.row is None else self.row[start:stop],
            self.first_row + start,
            *(
                None if column is None else column[start:stop]
                for column in (self.order, self.hold, self.value)
            ),
        )

    def between(self, low: int, high: int) -> Rows:
        """Return the rows whose path key lies in ``[low, high]``, without copying."""
        start, stop = (
            np.searchsorted(self.path, low, "left"),
            np.searchsorted(self.path, high, "right"),
        )
        return self.slice(int(start), int(stop))

    def take(self, index: Int64) -> Rows:
        """Return the rows at ``index``, in that order."""
        columns = (
            None if column is None else column[index]
            for column in (self.order, self.hold, self.value)
        )
        return Rows(self.path[index], self.at[index], self.number(index), 0, *columns)

    def split_values(self, values: int) -> list[Rows]:
        """Return the rows of each value code ``0 .. values - 1``, each still in order."""
        assert self.value is not None
        index = np.argsort(self.value, kind="stable")
        edges = np.searchsorted(self.value[index], np.arange(values + 1)).tolist()
        ordered = self.take(index)
        return [ordered.slice(a, b) for a, b in zip(edges, edges[1:], strict=False)]


@dataclass(frozen=True, slots=True)
class Hits:
    """One step of the counted chains: which units have it, in which row, at what time."""

    unit: Int64
    row: Int64
    at: Int64


@dataclass(frozen=True, slots=True)
class Units:
    """What is counted, one entry for each path, or each attempt, that entered the funnel.

    ``path`` is its path key, ``level`` how many required steps it reached (for order "any": how
    many steps it completed), ``open`` whether it is not converted and still can be, ``hits`` the
    counted chains step by step.
    """

    path: Int64
    level: Int64
    open: Bool
    hits: tuple[Hits, ...]
    left_out: int = 0

    def __len__(self) -> int:
        """Return how many units there are."""
        return len(self.path)


def join_units(parts: Sequence[Units]) -> Units:
    """Return the units of several ranges of paths as one, in the order given."""
    if len(parts) == 1:
        return parts[0]
    starts = np.cumsum([0, *(len(part) for part in parts)])
    hits = []
    for step in range(len(parts[0].hits)):
        pieces = [part.hits[step] for part in parts]
        unit = [piece.unit + start for piece, start in zip(pieces, starts, strict=False)]
        hits.append(
            Hits(
                np.concatenate(unit),
                np.concatenate([piece.row for piece in pieces]),
                np.concatenate([piece.at for piece in pieces]),
            )
        )
    return Units(
        np.concatenate([part.path for part in parts]),
        np.concatenate([part.level for part in parts]),
        np.concatenate([part.open for part in parts]),
        tuple(hits),
        sum(part.left_out for part in parts),
    )


def merge_rows(parts: Sequence[Rows]) -> Rows:
    """Return several sorted sets of rows as one, sorted by (path, at, order).

    A row that is in several parts stays that many times, side by side.
    """
    parts = [part for part in parts if len(part.path)] or list(parts[:1])
    if len(parts) == 1:
        return parts[0]
    runs = []
    start = 0
    for part in parts:
        size = len(part.path)
        order = part.order if part.order is not None else part.numbers()
        runs.append((part.path, part.at, order, np.arange(start, start + size)))
        start += size
    while len(runs) > 1:
        paired = [_merge_two(a, b) for a, b in zip(runs[::2], runs[1::2], strict=False)]
        runs = paired + ([runs[-1]] if len(runs) % 2 else [])
    path, at, order, source = runs[0]

    def gather(name: str) -> Int64 | None:
        columns = [getattr(part, name) for part in parts]
        if any(column is None for column in columns):
            return None
        return np.asarray(np.concatenate(columns)[source])

    numbers = np.concatenate([part.numbers() for part in parts])[source]
    merged = Rows(path, at, numbers, 0, order, gather("hold"), gather("value"))
    return merged if parts[0].order is not None else replace(merged, order=None)


_Run = tuple[Int64, Int64, Int64, Int64]


def _merge_two(one: _Run, other: _Run) -> _Run:
    size = len(one[0]) + len(other[0])
    path, at, order, source = (np.empty(size, np.int64) for _ in range(4))
    merge_runs(*one, *other, path, at, order, source)
    return path, at, order, source


@dataclass(frozen=True, slots=True)
class Selection:
    """The rows that a funnel looks at: by step, by exclusion, and (strict) all of the paths."""

    steps: tuple[Rows, ...]
    exclusions: tuple[Rows, ...] = ()
    everything: Rows | None = None

    def between(self, low: int, high: int) -> Selection:
        """Return the part whose path key lies in ``[low, high]``."""
        return Selection(
            tuple(rows.between(low, high) for rows in self.steps),
            tuple(rows.between(low, high) for rows in self.exclusions),
            None if self.everything is None else self.everything.between(low, high),
        )

    def split_values(self, values: int) -> list[Selection]:
        """Return, for each value of the breakdown, what has that value."""
        steps = [rows.split_values(values) for rows in self.steps]
        exclusions = [rows.split_values(values) for rows in self.exclusions]
        everything = None if self.everything is None else self.everything.split_values(values)
        return [
            Selection(
                tuple(step[code] for step in steps),
                tuple(item[code] for item in exclusions),
                None if everything is None else everything[code],
            )
            for code in range(values)
        ]
