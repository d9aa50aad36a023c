"""Single rows of a table, found by their places: only the row groups that hold them are read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from suppilo.analytics.events import Int64
from suppilo.lake.arrays import integers
from suppilo.lake.folder import explain_reading
from suppilo.lake.layout import Layout, Part
from suppilo.lake.parquet import open_parquet


def locate_rows(layout: Layout, rows: Int64, columns: Sequence[str]) -> dict[str, list[Any]]:
    """Return columns of the layout's rows ``rows``, in that order."""
    places = rows if layout.permutation is None else layout.permutation[rows]
    ends = np.cumsum([part.stop - part.start for part in layout.parts])
    owners = np.searchsorted(ends, places, "right")
    answer: dict[str, list[Any]] = {name: [None] * len(rows) for name in columns}
    for owner in np.unique(owners).tolist():
        part = layout.parts[owner]
        mine = np.flatnonzero(owners == owner)
        begin = int(ends[owner]) - (part.stop - part.start)
        found = read_rows(part, places[mine] - begin + part.start, columns)
        for name in columns:
            for row, value in zip(mine.tolist(), found.column(name).to_pylist(), strict=True):
                answer[name][row] = value
    return answer


def read_rows(part: Part, rows: Int64, columns: Sequence[str]) -> pa.Table:
    """Return rows of a part, counted from the start of its first row group."""
    sizes = np.array([part.metadata.row_group(g).num_rows for g in part.groups])
    ends = np.cumsum(sizes)
    needed = np.unique(np.searchsorted(ends, rows, "right"))
    # Row groups that are left out move the rows behind them forward.
    shift = np.cumsum(np.where(np.isin(np.arange(len(sizes)), needed), 0, sizes))
    with explain_reading(part.path):
        file = open_parquet(part.path, part.metadata)
        have = set(file.schema_arrow.names)
        table = file.read_row_groups(
            [part.groups[i] for i in needed.tolist()], columns=[c for c in columns if c in have]
        )
    for name in columns:
        if name not in have:
            table = table.append_column(name, pa.nulls(table.num_rows))
    return table.take(integers(rows - shift[np.searchsorted(ends, rows, "right")]))
