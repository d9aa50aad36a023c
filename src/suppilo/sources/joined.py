"""Several sources shown as one, with some paths shown as others.

This is how reports see a live system: the flushed events, those that still wait, and who turned
out to be whom. Nothing is rewritten for it. Each table is put together once from its parts, and
afterwards patched: when other paths are replaced or one part has other rows, only what differs is
taken out and put in. See :mod:`suppilo.sources.runs` for how, and what it costs.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from threading import Lock
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from suppilo.analytics.events import Bool, Int64, PathRange, PropertyValues
from suppilo.lake.cache import SHARED, ColumnCache
from suppilo.lake.schema import PropertyType
from suppilo.lake.unique import add_missing, is_among, sort_keys
from suppilo.lake.values import CodedValues
from suppilo.sources.overrides import NO_OVERRIDES, Overrides, changed_keys
from suppilo.sources.parts import (
    PartSource,
    Piece,
    code_pieces,
    join_types,
    match_piece,
    own_types,
)
from suppilo.sources.runs import Run, find_rows, merge_two
from suppilo.sources.standing import Standing, stand, start_from

Scalar = TypeVar("Scalar", bound=np.generic)

_BLOCK_BITS = 36
"""A table's rows in one range are numbered within a block of 64 G numbers of its own."""


def join_sources(
    parts: Sequence[PartSource], overrides: Overrides, cache: ColumnCache | None = None
) -> PartSource | JoinedSource:
    """Return the parts as one source; the one that has events itself, where nothing is replaced."""
    holding = [part for part in parts if part.latest_at() is not None]
    if len(holding) < 2 and overrides.changes_nothing:
        return (holding or list(parts))[0]
    return JoinedSource(parts, overrides, cache)


class JoinedSource:
    """Several sources as one, as :class:`suppilo.analytics.events.EventSource`.

    Parameters
    ----------
    parts
        The sources; the one with most rows first. The order in which rows were given must be
        numbered over all of them (:meth:`suppilo.analytics.events.EventTable.order`).
    overrides
        Which paths are shown as others.
    cache
        Where columns are kept; by default one for the whole process.
    """

    def __init__(
        self,
        parts: Sequence[PartSource],
        overrides: Overrides = NO_OVERRIDES,
        cache: ColumnCache | None = None,
    ) -> None:
        self.parts, self.overrides = tuple(parts), overrides
        self.cache = SHARED if cache is None else cache
        self._ranges = tuple(parts[0].path_ranges())
        self._blocks: dict[tuple[str, PathRange], int] = {}
        self._lock = Lock()
        for name in self.event_names():
            for paths in self._ranges:
                self._block(name, paths)

    def event_names(self) -> Sequence[str]:
        """Return the names of all events, sorted."""
        return self._names

    @cached_property
    def _names(self) -> tuple[str, ...]:
        return tuple(sorted({name for part in self.parts for name in part.event_names()}))

    def property_names(self) -> Sequence[str]:
        """Return the names of all properties of all events, sorted."""
        return sorted({name for part in self.parts for name in part.property_names()})

    def property_types(self, event: str) -> Mapping[str, PropertyType]:
        """Return every property's type; where events differ, the one that ``event`` has."""
        return join_types(self._pieces(event, self._ranges[0]), self.parts, event)

    def latest_at(self) -> int | None:
        """Return the time of the last event; None where there are no events."""
        found = [part.latest_at() for part in self.parts]
        return max((at for at in found if at is not None), default=None)

    def path_ranges(self) -> Sequence[PathRange]:
        """Return the first part's ranges, which cover all paths."""
        return self._ranges

    def count_paths(self) -> int:
        """Return how many different paths there are, those replaced counted as what they became."""
        return self._path_count

    @cached_property
    def _path_count(self) -> int:
        tables = [self.read(name, paths).key for name in self._names for paths in self._ranges]

        def count() -> np.int64:
            if self.overrides.is_whole:
                return np.int64(len(self.unique_paths()))
            return np.int64(len(self._known_paths) - _lost_by(self._known_paths, self.overrides))

        return int(self.cache.get(("paths", tuple(tables)), count))

    def unique_paths(self) -> Int64:
        """Return the key of each path, ascending, those replaced as what they became."""
        shown = self._known_paths[self.overrides.keeps(self._known_paths)]
        return sort_keys(self.overrides.apply(shown))

    @cached_property
    def _known_paths(self) -> Int64:
        known = np.empty(0, np.int64)
        for part in self.parts:
            known = add_missing(known, part.unique_paths())
        return known

    def read(self, name: str, paths: PathRange) -> JoinedTable:
        """Return the events of one name in one of the :meth:`path_ranges`.

        A name never seen has an empty table.
        """
        first_row = self._block(name, paths) << _BLOCK_BITS
        return JoinedTable(self, name, paths, first_row, tuple(self._pieces(name, paths)))

    def _block(self, name: str, paths: PathRange) -> int:
        with self._lock:
            return self._blocks.setdefault((name, paths), len(self._blocks))

    def _pieces(self, name: str, paths: PathRange) -> list[Piece]:
        """Return every table that may have rows of the range: the first part's own rows lead."""
        main, *others = self.parts
        pieces = [Piece(main, main.read(name, paths))]
        if len(self.overrides):
            away = [other for other in main.path_ranges() if other != paths]
            pieces += [Piece(main, main.read(name, other)) for other in away]
        for part in others:
            pieces += [Piece(part, part.read(name, other)) for other in part.path_ranges()]
        return pieces[:1] + [piece for piece in pieces[1:] if len(piece.table.path)]

    def describe_rows(self, rows: Int64) -> Mapping[str, Sequence[Any]]:
        """Return ``path``, ``event``, ``at`` (microseconds) and ``event_id`` of numbered rows.

        ``path`` is the one that the event came with, not the one that it is shown as.
        """
        numbers = np.asarray(rows, np.int64)
        answer: dict[str, list[Any]] = {
            name: [None] * len(numbers) for name in ("path", "event", "at", "event_id")
        }
        tables = list(self._blocks)
        for block in np.unique(numbers >> _BLOCK_BITS).tolist():
            places = np.flatnonzero(numbers >> _BLOCK_BITS == block)
            table = self.read(*tables[block])
            _describe(table, numbers[places] - table.first_row, places, answer)
        return answer


@dataclass(frozen=True)
class JoinedTable:
    """One event's rows of all parts in one range, as an ``EventTable``."""

    source: JoinedSource
    name: str
    paths: PathRange
    first_row: int
    pieces: tuple[Piece, ...]

    @cached_property
    def key(self) -> Hashable:
        """What no table of other rows has; the same for the same rows read again."""
        keys = tuple(piece.table.key for piece in self.pieces)
        return ("joined", self.paths, self.source.overrides.digest, keys)

    @cached_property
    def own_types(self) -> Mapping[str, PropertyType]:
        """The type of each property that this event has."""
        return own_types(self.pieces)

    @cached_property
    def _types(self) -> Mapping[str, PropertyType]:
        return join_types(self.pieces, self.source.parts, self.name)

    @property
    def path(self) -> Int64:
        """The key that each row's path is shown as."""
        return self.rows.path

    @property
    def at(self) -> Int64:
        """When each event happened, microseconds since 1970 UTC."""
        return self.rows.at

    @cached_property
    def rows(self) -> Standing:
        """The table's rows, and where in the pieces each comes from."""
        main = self.pieces[0].table
        place = ("standing", self.source.overrides.unit, main.key, self.paths)
        found = self.source.cache.peek(place)
        old = found if isinstance(found, Standing) else None
        if old is not None and old.key == self.key:
            return old
        made = self._patch(old or start_from(main, self.paths))
        self.source.cache.put(place, made)
        return made

    def _patch(self, old: Standing) -> Standing:
        """Return the rows as they are now, made of those that stood before."""
        main = self.pieces[0].table
        touched = self._find_touched(old.overrides, main.path)
        leaving = np.zeros(old.sources, np.bool_)
        leaving[touched] = True
        leaving[len(main.path) :] = True
        stay = ~leaving[old.source] if leaving.any() else slice(None)
        source = old.source[stay].astype(np.int64)
        kept = Run(old.path[stay], old.at[stay], main.order()[source], source)
        run = merge_two(kept, self._coming(touched))
        return stand(self.key, self.source.overrides, self._starts[-1], run)

    def _find_touched(self, old: Overrides, path: Int64) -> Int64:
        """Return the main table's rows that are not shown as they were."""
        new = self.source.overrides
        if old.is_whole != new.is_whole:
            return np.arange(len(path), dtype=np.int64)
        return find_rows(path, changed_keys(old, new))

    def _coming(self, touched: Int64) -> Run:
        """Return the main table's touched rows, and all rows of the others, in this range."""
        first, *others = self.pieces
        runs = [_land(first, touched, 0, self.source.overrides, self.paths)]
        for piece, start in zip(others, self._starts[1:], strict=False):
            path = piece.table.path
            away = piece.source is first.source
            rows = find_rows(path, self._keys_coming) if away else np.arange(len(path))
            runs.append(_land(piece, rows, start, self.source.overrides, self.paths))
        while len(runs) > 1:
            runs = [*runs[2:], merge_two(runs[0], runs[1])]
        return runs[0]

    @cached_property
    def _keys_coming(self) -> Int64:
        overrides = self.source.overrides
        inside = (overrides.to_key >= self.paths[0]) & (overrides.to_key <= self.paths[1])
        return overrides.from_key[inside]

    @cached_property
    def _starts(self) -> tuple[int, ...]:
        return tuple(accumulate((len(piece.table.path) for piece in self.pieces), initial=0))

    def order(self) -> Int64:
        """Return each row's place in the order in which rows were given, over all tables."""
        cache = self.source.cache
        return cache.get(
            (self.key, "order"), lambda: self.gather([p.table.order() for p in self.pieces])
        )

    def gather(self, columns: Sequence[NDArray[Scalar]]) -> NDArray[Scalar]:
        """Return the rows' values of a column that is given for the pieces' rows, by piece."""
        whole = columns[0] if len(columns) == 1 else np.concatenate(columns)
        return np.asarray(whole[self.rows.source])

    def matches(self, where: str) -> Bool:
        """Return which rows meet the condition; a row for which it is unknown does not.

        Raises
        ------
        WhereError
            If the condition can't be read or names a property that no event of any part has.
        """
        cache = self.source.cache

        def gather() -> Bool:
            found = [match_piece(piece, where, self._types, cache) for piece in self.pieces]
            return self.gather(found)

        return cache.get((self.key, "matches", where), gather)

    def values(self, name: str) -> PropertyValues | None:
        """Return a property's values, or None where no event of this name has it."""
        kind = self.own_types.get(name)
        if kind is None:
            return None
        cache = self.source.cache

        def gather() -> CodedValues:
            coded = code_pieces(self.pieces, name, kind, cache)
            return CodedValues(self.gather([coded.codes]), coded.labels)

        found = cache.get((self.key, "values", name), gather)
        return PropertyValues(found.codes, found.labels)


def _land(piece: Piece, rows: Int64, start: int, overrides: Overrides, paths: PathRange) -> Run:
    """Return a piece's rows as they are shown, those that come to lie in a range, in order."""
    table = piece.table
    given = table.path[rows]
    path = overrides.apply(given)
    inside = (path >= paths[0]) & (path <= paths[1]) & overrides.keeps(given)
    rows, path = rows[inside], path[inside]
    by_path = np.argsort(path, kind="stable")
    rows = rows[by_path]
    run = Run(path[by_path], table.at[rows], table.order()[rows], rows + start)
    return run.sorted()


def _describe(table: JoinedTable, rows: Int64, places: Int64, answer: dict[str, list[Any]]) -> None:
    """Put what is known of a table's rows into the answer, piece by piece."""
    sources = table.rows.source[rows].astype(np.int64)
    owners = np.searchsorted(table._starts, sources, "right") - 1
    for owner in np.unique(owners).tolist():
        piece, mine = table.pieces[owner], np.flatnonzero(owners == owner)
        numbers = sources[mine] - table._starts[owner] + piece.table.first_row
        for name, values in piece.source.describe_rows(numbers).items():
            for place, value in zip(places[mine].tolist(), values, strict=True):
                answer[name][place] = value


def _lost_by(known: Int64, overrides: Overrides) -> int:
    """Return by how many replacing keys makes an ascending set smaller."""
    there = is_among(overrides.from_key, known)
    targets = sort_keys(overrides.to_key[there])
    # A target counts already where it is in the set, and is not replaced itself.
    counted = is_among(targets, known) & ~is_among(targets, overrides.from_key)
    return int(there.sum()) - int(np.count_nonzero(~counted))
