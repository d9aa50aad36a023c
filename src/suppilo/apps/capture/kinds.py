"""A property's values, each in a column of its own kind: pieces that are put together exactly.

Values read in pieces must become the column that they would have become together, and its type may
depend on all of them: 1 and 2.5 are numbers, but texts as soon as there is a text among them, and
then the first is ``1`` and not ``1.0``. So what a value was is kept until somebody asks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from contextlib import suppress
from types import NoneType
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from suppilo.apps.capture.convert import text_of

if TYPE_CHECKING:
    import pyarrow as pa

Kind: TypeAlias = Literal["bool", "int", "float", "text"]
Kinds: TypeAlias = "Mapping[Kind, pa.Array]"
"""Columns of the same rows, each with the values of one kind and nulls for all others."""

_KIND_OF: Mapping[type, Kind] = {bool: "bool", int: "int", float: "float", str: "text"}
_INT64 = 2**63


def split_kinds(values: Sequence[Any]) -> dict[Kind, pa.Array]:
    """Return values by their kinds; a kind that none has is left out.

    What no column can hold as it is becomes text: lists, objects, integers beyond 64 bits.
    """
    import pyarrow as pa

    types = set(map(type, values)) - {NoneType}
    if len(types) == 1 and (kind := _KIND_OF.get(types.pop())):
        with suppress(OverflowError, pa.ArrowInvalid):  # an integer beyond 64 bits
            return {kind: pa.array(values, _arrow_type(kind))}
    kinds = [_find_kind(value) for value in values]
    return {
        kind: pa.array(
            [
                (text_of(value) if kind == "text" else value) if own == kind else None
                for own, value in zip(kinds, values, strict=True)
            ],
            _arrow_type(kind),
        )
        for kind in dict.fromkeys(kinds)
        if kind is not None
    }


def join_kinds(pieces: Sequence[tuple[int, Kinds]]) -> dict[Kind, pa.Array]:
    """Return several pieces, each with its number of rows, as one."""
    import pyarrow as pa

    found = dict.fromkeys(kind for _, kinds in pieces for kind in kinds)
    return {
        kind: pa.concat_arrays(
            [
                kinds[kind] if kind in kinds else pa.nulls(rows, _arrow_type(kind))
                for rows, kinds in pieces
            ]
        )
        for kind in found
    }


def kinds_in(pieces: Iterable[Kinds]) -> set[Kind]:
    """Return the kinds of which there is a value."""
    return {
        kind
        for kinds in pieces
        for kind, values in kinds.items()
        if values.null_count < len(values)
    }


def common_kind(kinds: Set[Kind]) -> Kind | None:
    """Return the kind of the one column that values of these kinds become; None where none is."""
    if len(kinds) < 2:
        return next(iter(kinds), None)
    return "float" if kinds == {"int", "float"} else "text"


def settle(kinds: Kinds, rows: int) -> pa.Array:
    """Return values as the one column that :func:`suppilo.apps.capture.convert.to_array` makes."""
    import pyarrow as pa
    import pyarrow.compute as pc

    there = kinds_in([kinds])
    kind = common_kind(there)
    if kind is None:
        return pa.nulls(rows)
    parts = [_cast(own, kinds[own], kind) for own in there]
    return parts[0] if len(parts) == 1 else pc.coalesce(*parts)


def _cast(own: Kind, values: pa.Array, kind: Kind) -> pa.Array:
    import pyarrow as pa

    if own == kind:
        return values
    if own == "float":  # Arrow writes floats in another way than JSON
        return pa.array([text_of(value) for value in values.to_pylist()], pa.string())
    return values.cast(_arrow_type(kind), safe=False)


def _find_kind(value: Any) -> Kind | None:
    if value is None:
        return None
    kind = _KIND_OF.get(type(value), "text")
    return "text" if kind == "int" and not -_INT64 <= value < _INT64 else kind


def _arrow_type(kind: Kind) -> pa.DataType:
    import pyarrow as pa

    return {"bool": pa.bool_(), "int": pa.int64(), "float": pa.float64(), "text": pa.string()}[kind]
