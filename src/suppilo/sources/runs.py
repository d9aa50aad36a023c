"""Sorted rows from several tables, put together: the columns behind a joined table.

Rows are numbered through the tables ("pieces") one after the other; ``source`` has those numbers.
Moving some rows of millions costs a copy of the columns, never a sort of them: rows that leave
are masked out, rows that come are sorted by themselves, and one linear pass merges the two.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from suppilo.analytics.events import Bool, Int64
from suppilo.analytics.funnel.kernels.merge import merge_runs


@dataclass(frozen=True, slots=True)
class Run:
    """Rows in (path, at, order) order, and where each comes from."""

    path: Int64
    at: Int64
    order: Int64
    source: Int64

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.path)

    def take(self, rows: Int64 | Bool) -> Run:
        """Return the rows at these places, or where the mask is true."""
        return Run(self.path[rows], self.at[rows], self.order[rows], self.source[rows])

    def sorted(self) -> Run:
        """Return the rows in order; they must already be in the order of their paths.

        Few paths are out of order as a rule, and only their rows are sorted.
        """
        wrong = _misplaced(self)
        if not len(wrong):
            return self
        rows = np.arange(len(self))
        some = self.take(wrong)
        rows[wrong] = wrong[np.lexsort((some.order, some.at, some.path))]
        return self.take(rows)


def _misplaced(run: Run) -> Int64:
    """Return the places of all rows of those paths whose rows are not in order."""
    same = run.path[1:] == run.path[:-1]
    before, at = run.at[:-1], run.at[1:]
    early = same & ((at < before) | ((at == before) & (run.order[1:] < run.order[:-1])))
    if not early.any():
        return np.empty(0, np.int64)
    group = np.concatenate([[0], np.cumsum(~same)])
    bad = np.zeros(group[-1] + 1, np.bool_)
    bad[group[1:][early]] = True
    return np.flatnonzero(bad[group])


def merge_two(one: Run, other: Run) -> Run:
    """Return the rows of both in order, in one linear pass."""
    if not len(one) or not len(other):
        return one if len(one) else other
    size = len(one) + len(other)
    made = Run(*(np.empty(size, np.int64) for _ in range(4)))
    merge_runs(
        *(one.path, one.at, one.order, one.source),
        *(other.path, other.at, other.order, other.source),
        *(made.path, made.at, made.order, made.source),
    )
    return made


def find_rows(path: Int64, keys: Int64) -> Int64:
    """Return the places of all rows of these paths, key by key.

    Parameters
    ----------
    path
        The sorted path of each row.
    keys
        Path keys, each once.
    """
    first = np.searchsorted(path, keys, "left")
    return _expand(first, np.searchsorted(path, keys, "right") - first)


def _expand(first: Int64, count: Int64) -> Int64:
    """Return ``first[i], first[i] + 1, ...``, ``count[i]`` of them, for one ``i`` after another."""
    first, count = first[count > 0], count[count > 0]
    skipped = first - (np.cumsum(count) - count)
    return np.repeat(skipped, count) + np.arange(int(count.sum()), dtype=np.int64)
