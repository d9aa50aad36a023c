"""What a source must be able to do beside answering questions, to be a part of a joined one."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Protocol

import numpy as np
import pyarrow as pa

from suppilo.analytics.events import Bool, EventSource, EventTable, Int32, Int64, PathRange
from suppilo.lake.cache import ColumnCache
from suppilo.lake.schema import ARROW_TYPES, PropertyType, fit_values, type_of
from suppilo.lake.values import CodedValues, Labels, code_values
from suppilo.lake.where import compile_where, evaluate_where


class PartTable(EventTable, Protocol):
    """A table whose property columns can be had whole."""

    @property
    def key(self) -> Hashable:
        """What no table of other rows has; the same for the same rows read again."""

    @property
    def own_types(self) -> Mapping[str, PropertyType]:
        """The type of each property that this event has."""

    def column(self, name: str) -> pa.Array | None:
        """Return a property's values; None where no event of this name has it."""


class PartSource(EventSource, Protocol):
    """A source of such tables."""

    def property_types(self, event: str) -> Mapping[str, PropertyType]:
        """Return every property's type; where events differ, the one that ``event`` has."""

    def unique_paths(self) -> Int64:
        """Return the key of each path, ascending."""

    def read(self, name: str, paths: PathRange) -> PartTable:
        """Return the events of one name in one range; an empty table for a name never seen."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One range of one part's table."""

    source: PartSource
    table: PartTable


class TypesInTurn(Mapping[str, PropertyType]):
    """Types of properties from several places, looked up one by one; the first that knows counts.

    Parameters
    ----------
    places
        Each returns the types that one place has. It is asked only when none before knew a name.
    """

    def __init__(self, places: Sequence[Callable[[], Mapping[str, PropertyType]]]) -> None:
        self._places = [cache(place) for place in places]

    def __getitem__(self, name: str) -> PropertyType:
        """Return a property's type."""
        for place in self._places:
            found = place().get(name)
            if found is not None:
                return found
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        """Yield the names of all properties."""
        return iter(dict.fromkeys(name for place in self._places for name in place()))

    def __len__(self) -> int:
        """Return the number of properties."""
        return len(dict.fromkeys(self))


def join_types(
    pieces: Sequence[Piece], sources: Sequence[PartSource], event: str
) -> Mapping[str, PropertyType]:
    """Return every property's type in a joined table.

    The event's own type goes first, the earlier part's before the later's; whole numbers here and
    fractions there are fractions, as the lake keeps them once they are together.
    """
    others = [partial(source.property_types, event) for source in sources]
    return TypesInTurn([partial(own_types, pieces), *others])


def own_types(pieces: Sequence[Piece]) -> dict[str, PropertyType]:
    """Return the type of each property that the event of a joined table has."""
    types: dict[str, PropertyType] = {}
    for piece in pieces:
        for name, kind in piece.table.own_types.items():
            known = types.setdefault(name, kind)
            if {known, kind} == {"int", "float"}:
                types[name] = "float"
    return types


def fit_column(piece: Piece, name: str, kind: PropertyType) -> pa.Array | None:
    """Return a piece's values as a column of type ``kind`` takes them, exactly or not at all."""
    values = piece.table.column(name)
    if values is None or type_of(values) == kind:
        return values
    return fit_values(values, kind).values


def match_piece(
    piece: Piece, where: str, types: Mapping[str, PropertyType], cache: ColumnCache
) -> Bool:
    """Return which rows of a piece meet a condition on properties of these types.

    Raises
    ------
    WhereError
        If the condition can't be read, or names a property that is not among the types.
    """
    compiled = compile_where(where, types)
    kinds = tuple(compiled.properties.items())

    def evaluate() -> Bool:
        columns = {name: fit_column(piece, name, kind) for name, kind in kinds}
        return evaluate_where(compiled, columns, at=piece.table.at, event=piece.table.name)

    return cache.get((piece.table.key, "matches", where, kinds), evaluate)


def code_pieces(
    pieces: Sequence[Piece], name: str, kind: PropertyType, cache: ColumnCache
) -> CodedValues:
    """Return a property's values in all pieces' rows, one piece after the other."""
    coded = [_code_piece(piece, name, kind, cache) for piece in pieces]
    labels = pa.array([], ARROW_TYPES[kind])
    codes: list[Int32] = []
    for part in coded:
        places, labels = _unify(labels, part.labels.array)
        codes.append(part.codes if places is None else places[part.codes])
    return CodedValues(np.concatenate(codes), Labels(labels))


def _code_piece(piece: Piece, name: str, kind: PropertyType, cache: ColumnCache) -> CodedValues:
    def code() -> CodedValues:
        values = fit_column(piece, name, kind)
        if values is None:
            return _no_values(piece.table.path, kind)
        return code_values(values)

    return cache.get((piece.table.key, "codes", name, kind), code)


def _no_values(path: Int64, kind: PropertyType) -> CodedValues:
    return CodedValues(np.full(len(path), -1, np.int32), Labels(pa.array([], ARROW_TYPES[kind])))


def _unify(known: pa.Array, more: pa.Array) -> tuple[Int32 | None, pa.Array]:
    """Return where each of ``more`` stands in the labels of both, last -1, and those labels.

    The places are None where they are what they were.
    """
    import pyarrow.compute as pc

    if not len(known):
        return None, more
    found = pc.index_in(more, value_set=known)
    fresh = np.flatnonzero(~np.asarray(found.is_valid().to_numpy(zero_copy_only=False)))
    places = np.full(len(more) + 1, -1, np.int32)
    missing = np.arange(len(known), len(known) + len(fresh), dtype=np.int32)
    places[:-1][~np.isin(np.arange(len(more)), fresh)] = found.drop_null().to_numpy()
    places[:-1][fresh] = missing
    return places, pa.concat_arrays([known, more.take(pa.array(fresh))])
