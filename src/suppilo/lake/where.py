"""Conditions on events, such as ``price > 10 and utm_source in ('google', 'bing')``.

:func:`compile_where` checks a text against the properties there are; :func:`evaluate_where`
answers it for rows. ``docs/adr/0004-where-expressions.md`` says what is allowed and why.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa

from suppilo.analytics.events import Bool, Int64
from suppilo.lake.arrays import integers, unpack_bools, without_nan
from suppilo.lake.schema import ARROW_TYPES, TIME, PropertyType
from suppilo.lake.where_parse import parse_where
from suppilo.lake.where_sql import SqlBuilder

_NAIVE = pa.timestamp("us")


@dataclass(frozen=True, slots=True)
class CompiledWhere:
    """A checked condition.

    Attributes
    ----------
    text
        The condition as it was given.
    sql
        The same as a DuckDB expression over columns ``c0``, ``c1`` and so on, with literals as
        parameters. Nothing of ``text`` is in it.
    parameters
        The literals, in order.
    properties
        The properties that it uses and their types; ``c0`` is the first.
    uses_at, uses_event
        Whether it uses the time or the name of the event, which are columns ``at_us``, ``event``.
    """

    text: str
    sql: str
    parameters: tuple[Any, ...]
    properties: Mapping[str, PropertyType]
    uses_at: bool
    uses_event: bool


def compile_where(text: str, schema: Mapping[str, PropertyType]) -> CompiledWhere:
    """Check a condition and make it ready to be evaluated.

    Parameters
    ----------
    text
        The condition. Names with other characters than letters, digits and ``_`` stand in double
        quotes; ``at`` and ``event`` are the event's time and name. Times without an offset are
        UTC.
    schema
        The type of each property that any event has, by exact name.

    Raises
    ------
    WhereError
        If the text is not a condition, uses what is not allowed, names a property that is not in
        ``schema``, or compares what can't be compared. The message points at the place.
    """
    builder = SqlBuilder(text, schema)
    sql = builder.condition(parse_where(text))
    return CompiledWhere(
        text,
        sql,
        tuple(builder.parameters),
        {name: schema[name] for name in builder.properties},
        builder.uses_at,
        builder.uses_event,
    )


def evaluate_where(
    compiled: CompiledWhere,
    columns: Mapping[str, pa.Array | None],
    *,
    at: Int64,
    event: str | pa.Array = "",
) -> Bool:
    """Return which rows meet a condition; a row for which it is unknown does not.

    Parameters
    ----------
    compiled
        The condition.
    columns
        The properties that it uses, by exact name, each with a value for every row; None or
        missing: no row has a value. Text may be a dictionary.
    at
        The time of each row, microseconds since 1970 UTC.
    event
        The name of each row's event, or the one name of all.
    """
    if not len(at):
        return np.empty(0, np.bool_)
    arrays = {
        f"c{place}": _prepare(columns.get(name), kind, len(at))
        for place, (name, kind) in enumerate(compiled.properties.items())
    }
    if compiled.uses_at:
        arrays["at_us"] = integers(at).view(_NAIVE)
    if compiled.uses_event:
        arrays["event"] = _repeat(event, len(at)) if isinstance(event, str) else event
    if not arrays:
        arrays["at_us"] = integers(at)
    table = pa.Table.from_arrays(list(arrays.values()), names=list(arrays))
    return _ask(compiled, table)


def _prepare(values: pa.Array | None, kind: PropertyType, rows: int) -> pa.Array:
    if values is None:
        return pa.nulls(rows, _NAIVE if kind == "time" else ARROW_TYPES[kind])
    if isinstance(values, pa.ChunkedArray):
        values = pa.concat_arrays(values.chunks)
    if kind == "time":
        # Without a zone DuckDB computes in UTC, whatever zone the machine is in.
        return values.cast(TIME).view(_NAIVE)
    return without_nan(values) if kind == "float" else values


def _repeat(text: str, rows: int) -> pa.Array:
    codes = pa.Array.from_buffers(pa.int32(), rows, [None, pa.py_buffer(bytes(4 * rows))])
    return pa.DictionaryArray.from_arrays(codes, pa.array([text], pa.string()))


@lru_cache(maxsize=1)
def _database() -> Any:
    """Return a DuckDB that reads what it is handed and nothing else: no file, no network."""
    import duckdb

    return duckdb.connect(
        ":memory:",
        config={
            "enable_external_access": "false",
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "lock_configuration": "true",
        },
    )


def _ask(compiled: CompiledWhere, table: pa.Table) -> Bool:
    with _database().cursor() as connection:
        connection.register("events", table)
        # The expression is built from the checked tree: fixed words, numbered columns and ``?``.
        query = f"SELECT coalesce({compiled.sql}, false) AS found FROM events"  # noqa: S608
        answer = connection.sql(query, params=list(compiled.parameters)).to_arrow_table()
        found = answer.column("found")
        mask = np.concatenate([unpack_bools(chunk) for chunk in found.chunks])
        connection.unregister("events")
    mask.flags.writeable = False
    return mask
