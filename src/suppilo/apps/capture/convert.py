"""Events as rows and columns: the same for the event tables and for what is not in them yet."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from types import NoneType
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

if TYPE_CHECKING:
    import pyarrow as pa

    from suppilo.apps.capture.rows import StoredEvent

MAX_PROPERTIES = 1_000
"""Different properties in one table; the rarer ones beyond are kept together as JSON."""
MORE_PROPERTIES = "more_properties"
ARRIVED = 2**62
"""Added to an inbox number, this is the event's place in the order of all, flushed or not.

No clock can change it. It stands after all rows of files, whose places are nanoseconds.
"""
_INT64 = 2**63


class FlatEvent(NamedTuple):
    """An event with its properties as columns have them."""

    seq: int
    path: str
    at_us: int
    name: str
    event_id: str
    session_id: str | None
    properties: Mapping[str, Any]


def flatten(row: StoredEvent, source_names: Mapping[int, str]) -> FlatEvent:
    """Return an event of the inbox with what is derived from it."""
    from suppilo.apps.capture.enrich import enrich

    event = row.event
    # The user's own property named "source" wins, as all others do.
    properties = enrich(event)
    properties.setdefault("source", source_names.get(row.source_id, ""))
    return FlatEvent(
        row.seq, event.path, event.at_us, event.name, event.id, event.session_id, properties
    )


def flatten_payload(
    seq: int, session_id: str, source: str, payload: bytes | memoryview
) -> FlatEvent:
    """Return what :func:`flatten` does of a row of the inbox, without the event in between.

    Parameters
    ----------
    source
        The name of the event's source.
    """
    from suppilo.apps.capture.enrich import Said, enrich

    found = orjson.loads(payload)
    properties = enrich(Said(found.get("context", {}), found.get("properties", {})))
    properties.setdefault("source", source)
    path = found.get("user_id") or found.get("anonymous_id") or ""
    return FlatEvent(seq, path, found["at_us"], found["name"], found["id"], session_id, properties)


def to_tables(rows: Sequence[FlatEvent]) -> tuple[pa.Table, pa.Table]:
    """Return the columns that :meth:`suppilo.lake.Lake.write` takes, and the properties' columns.

    A property that has values of different types here becomes text. Use :func:`split_by_types`
    first where events of several names come together.
    """
    import pyarrow as pa

    events = pa.table(
        {
            "path": pa.array([row.path for row in rows], pa.string()),
            "at": pa.array([row.at_us for row in rows], pa.timestamp("us", "UTC")),
            "event": pa.array([row.name for row in rows], pa.string()),
            "event_id": pa.array([row.event_id for row in rows], pa.string()),
            "session_id": pa.array([row.session_id for row in rows], pa.string()),
        }
    )
    columns = collect_columns([row.properties for row in rows])
    if not columns:
        return events, events.select([])
    return events, pa.table({name: to_array(values) for name, values in columns.items()})


def split_by_types(rows: Sequence[FlatEvent]) -> list[list[FlatEvent]]:
    """Return rows in parts in which a property's type is the same for all event names.

    Each event name has a table of its own and so types of its own: one event's ``value`` may be a
    number, another's a text. All rows of one name stay together. There is seldom a second part.
    """
    by_name: defaultdict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        by_name[row.name].append(row.properties)
    if len(by_name) < 2:
        return [list(rows)]
    parts = _group_names({name: _kinds_in(given) for name, given in by_name.items()})
    return [[row for row in rows if row.name in names] for names in parts]


def _kinds_in(rows: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Return each property's kind over all rows; none where no row has a value."""
    seen: set[tuple[str, type]] = set()
    for row in rows:
        # In C from end to end: this looks at every value that is flushed.
        seen.update(zip(row, map(type, row.values()), strict=True))
    types: defaultdict[str, set[type]] = defaultdict(set)
    for name, found in seen:
        types[name].add(found)
    return {
        name: _common_kind(found, (row.get(name) for row in rows))
        for name, found in types.items()
        if found != {NoneType}
    }


def _group_names(kinds: Mapping[str, Mapping[str, str]]) -> list[set[str]]:
    parts: list[tuple[set[str], dict[str, str]]] = []
    for event, types in kinds.items():
        for names, taken in parts:
            if all(taken.get(name, kind) == kind for name, kind in types.items()):
                names.add(event)
                taken.update(types)
                break
        else:
            parts.append(({event}, dict(types)))
    return [names for names, _ in parts]


def to_array(values: Sequence[Any]) -> pa.Array:
    """Return values as one column: of their common type, or as text where they have none."""
    import pyarrow as pa

    types = set(map(type, values))
    if types <= {NoneType}:
        return pa.nulls(len(values))
    if types <= {str, NoneType}:
        return pa.array(values, pa.string())
    kind = _common_kind(types, values)
    if kind == "text":
        return pa.array([text_of(value) for value in values], pa.string())
    if kind == "float":
        # Arrow refuses integers that a float can't hold exactly.
        values = [None if value is None else float(value) for value in values]
    return pa.array(values, {"bool": pa.bool_(), "int": pa.int64(), "float": pa.float64()}[kind])


def text_of(value: Any) -> str | None:
    """Return a value as text: text as it is, anything else as JSON."""
    if value is None or isinstance(value, str):
        return value
    return orjson.dumps(value).decode()


def _common_kind(types: Set[type], values: Iterable[Any]) -> str:
    """Return the kind of a column: ``bool``, ``int``, ``float`` or ``text``.

    Parameters
    ----------
    types
        All types that the values have.
    values
        The values, which are looked at only if there are integers.
    """
    some = types - {NoneType}
    if some == {bool}:
        return "bool"
    if not some <= {int, float}:
        return "text"
    if int in some and not all(_fits_int64(value) for value in values if type(value) is int):
        return "text"
    return "float" if float in some else "int"


def _fits_int64(value: int) -> bool:
    return -_INT64 <= value < _INT64


def collect_columns(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """Return rows of properties as columns, with None where a row has none of that name.

    Of more than 1,000 properties the rarer ones are kept together in one column.
    """
    # Most rows have the same properties in the same order: those go over all at once.
    alike: defaultdict[tuple[str, ...], list[int]] = defaultdict(list)
    for index, row in enumerate(rows):
        alike[tuple(row)].append(index)
    if len(set().union(*alike)) > MAX_PROPERTIES:
        return _collect_most(rows)
    columns: dict[str, list[Any]] = {}
    for names, places in alike.items():
        by_name = zip(*(rows[place].values() for place in places), strict=True)
        for name, values in zip(names, by_name, strict=True):
            if len(places) == len(rows):
                columns[name] = list(values)
                continue
            column = columns.setdefault(name, [None] * len(rows))
            for place, value in zip(places, values, strict=True):
                column[place] = value
    return columns


def _collect_most(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    counts = Counter(name for row in rows for name in row)
    ranked = sorted(counts, key=lambda name: (-counts[name], name))
    kept = set(ranked[: MAX_PROPERTIES - 1])
    return collect_columns([_lump(row, kept) for row in rows])


def _lump(row: Mapping[str, Any], kept: Set[str]) -> Mapping[str, Any]:
    """Return a row with all properties but some in one."""
    more = {name: value for name, value in row.items() if name not in kept and value is not None}
    if not more:
        return row
    few = {name: value for name, value in row.items() if name in kept}
    return few | {MORE_PROPERTIES: more}
