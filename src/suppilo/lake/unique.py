"""Which paths a lake has: every file is looked at once, however often the lake grows."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from suppilo.analytics.events import Bool, Int64
from suppilo.lake.arrays import raw_values
from suppilo.lake.cache import ColumnCache
from suppilo.lake.folder import explain_reading
from suppilo.lake.parquet import open_parquet
from suppilo.lake.snapshot import TableSnapshot


@dataclass(frozen=True, slots=True)
class _KnownPaths:
    files: frozenset[Path]
    path: Int64

    @property
    def nbytes(self) -> int:
        return self.path.nbytes


def unique_paths(lake: Path, tables: Iterable[TableSnapshot], cache: ColumnCache) -> Int64:
    """Return the key of each path of a lake, ascending.

    Files that were there the last time are not read again.

    Raises
    ------
    LakeError
        If a file can't be read.
    """
    files = frozenset(table.folder / file.name for table in tables for file in table.files)
    found = cache.peek(("unique paths", lake))
    known = found if isinstance(found, _KnownPaths) and found.files <= files else None
    old = _KnownPaths(frozenset(), np.empty(0, np.int64)) if known is None else known
    fresh = sorted(files - old.files)
    if known is not None and not fresh:
        return known.path
    with explain_reading(lake), ThreadPoolExecutor(os.cpu_count()) as pool:
        path = add_missing(old.path, _unite(list(pool.map(_read_paths, fresh))))
    path.flags.writeable = False
    cache.put(("unique paths", lake), _KnownPaths(files, path))
    return path


def add_missing(known: Int64, more: Int64) -> Int64:
    """Return two ascending sets as one; a few more cost a copy of the many known.

    Examples
    --------
    >>> add_missing(np.array([1, 4]), np.array([2, 4]))
    array([1, 2, 4])
    """
    if not len(known) or not len(more):
        return known if len(known) else more
    fresh = more[~is_among(more, known)]
    return np.insert(known, np.searchsorted(known, fresh), fresh)


def is_among(keys: Int64, known: Int64) -> Bool:
    """Return which keys are in an ascending set."""
    if not len(known):
        return np.zeros(len(keys), np.bool_)
    place = np.minimum(np.searchsorted(known, keys), len(known) - 1)
    return np.asarray(known[place] == keys)


def sort_keys(keys: Int64) -> Int64:
    """Return the different ones of some keys, ascending.

    ``np.unique`` hashes integers, which takes twenty times as long.
    """
    return drop_repeats(np.sort(keys))


def _read_paths(file: Path) -> Int64:
    with explain_reading(file):
        column = open_parquet(file).read(columns=["path_key"]).column(0)
    return _unite([drop_repeats(raw_values(chunk, np.int64)) for chunk in column.chunks])


def _unite(parts: Sequence[Int64]) -> Int64:
    return sort_keys(np.concatenate(parts)) if parts else np.empty(0, np.int64)


def drop_repeats(path: Int64) -> Int64:
    """Return the different ones of some keys that are in order."""
    return path if len(path) < 2 else path[np.concatenate([[True], path[1:] != path[:-1]])]
