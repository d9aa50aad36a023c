"""A joined table's rows as they are kept from one question to the next."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from suppilo.analytics.events import Int64, PathRange
from suppilo.sources.overrides import NO_OVERRIDES, Overrides
from suppilo.sources.parts import PartTable
from suppilo.sources.runs import Run


@dataclass(frozen=True, slots=True)
class Standing:
    """A joined table's rows as they stood at some moment; the next ones are made of them.

    Attributes
    ----------
    key
        The key of the table that has these rows.
    overrides
        Which paths were shown as others.
    sources
        How many rows the pieces had.
    path, at
        The rows' path keys and times, in (path, at, order) order.
    source
        Of which of the pieces' rows each was made.
    """

    key: Hashable
    overrides: Overrides
    sources: int
    path: Int64
    at: Int64
    source: NDArray[np.int32] | Int64

    @property
    def nbytes(self) -> int:
        """Size in bytes."""
        return self.path.nbytes + self.at.nbytes + self.source.nbytes


def stand(key: Hashable, overrides: Overrides, sources: int, run: Run) -> Standing:
    """Return rows as they are kept."""
    source = run.source.astype(np.int32) if sources < 2**31 else run.source
    return Standing(key, overrides, sources, run.path, run.at, source)


def start_from(table: PartTable, paths: PathRange) -> Standing:
    """Return a table's own rows of a range as they are by themselves."""
    start = int(np.searchsorted(table.path, paths[0]))
    stop = int(np.searchsorted(table.path, paths[1], "right"))
    source = np.arange(start, stop, dtype=np.int64)
    run = Run(table.path[start:stop], table.at[start:stop], source, source)
    return stand(None, NO_OVERRIDES, len(table.path), run)
