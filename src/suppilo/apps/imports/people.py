"""What a file's events say about people: who was seen, and what is known of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from suppilo.apps.people.evidence import Evidence, Sighting, Trait

if TYPE_CHECKING:
    import pyarrow as pa

    from suppilo.io.read import EventBatch

AT_ONCE = 1_000
"""People whose evidence is recorded in one transaction: SQLite has one writer, and events that
arrive meanwhile wait for it."""

TRAITS = (
    "email", "name", "first_name", "last_name", "phone", "company", "title", "country", "city",
)  # fmt: skip
TOUCH = (
    "channel", "utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content",
    "referrer_host", "url_path",
)  # fmt: skip


def read_evidence(batch: EventBatch, *, known: bool) -> Iterator[Evidence]:
    """Yield what a batch of a file's events says about people, a thousand of them at a time.

    Parameters
    ----------
    known
        Whether the file's paths are ids of known people, rather than of devices.
    """
    table = _wanted(batch).sort_by([("path", "ascending"), ("at", "ascending")])
    people = _people(table)
    for start in range(0, len(people), AT_ONCE):
        yield _evidence(table, people[start : start + AT_ONCE], known=known)


def _wanted(batch: EventBatch) -> pa.Table:
    table = batch.core.select(["path", "at"])
    for name in (*TRAITS, *TOUCH):
        if name in batch.properties.column_names:
            table = table.append_column(name, batch.properties.column(name).cast("string"))
    return table.set_column(1, "at", table.column("at").cast("int64"))


def _people(table: pa.Table) -> list[tuple[str, int, int]]:
    """Return (path, first row, last row) of each path of a sorted table."""
    import numpy as np

    codes = table.column("path").combine_chunks().dictionary_encode()
    if not len(codes):
        return []
    indices = codes.indices.to_numpy()
    firsts = np.flatnonzero(np.r_[True, indices[1:] != indices[:-1]])
    lasts = np.r_[firsts[1:], len(indices)] - 1
    names = codes.dictionary.take(codes.indices.take(firsts)).to_pylist()
    return list(zip(names, firsts.tolist(), lasts.tolist(), strict=True))


def _evidence(table: pa.Table, people: list[tuple[str, int, int]], *, known: bool) -> Evidence:
    at = table.column("at").to_numpy()
    low, high = people[0][1], people[-1][2] + 1
    texts = {
        name: table.column(name).slice(low, high - low).to_pylist()
        for name in table.column_names
        if name not in ("path", "at")
    }
    sightings: list[Sighting] = []
    traits: list[Trait] = []
    for path, first, last in people:
        rows = range(first - low, last - low + 1)
        first_touch, last_touch = _touches(texts, rows)
        sightings.append(
            Sighting(path, known, int(at[first]), int(at[last]), len(rows), first_touch, last_touch)
        )
        traits += _traits(path, texts, rows, at[first : last + 1])
    return Evidence(sightings=sightings, traits=traits)


def _touches(
    texts: Mapping[str, list[str | None]], rows: range
) -> tuple[dict[str, str], dict[str, str]]:
    """Return the touch of the first and of the last row that has a channel."""
    channels = texts.get("channel")
    if channels is None:
        return {}, {}
    first = next((row for row in rows if channels[row]), None)
    last = next((row for row in reversed(rows) if channels[row]), None)
    return _touch(texts, first), _touch(texts, last)


def _touch(texts: Mapping[str, list[str | None]], row: int | None) -> dict[str, str]:
    if row is None:
        return {}
    found = {name: texts[name][row] for name in TOUCH if name in texts}
    return {name: value for name, value in found.items() if value}


def _traits(
    path: str, texts: Mapping[str, list[str | None]], rows: range, at: Any
) -> Iterator[Trait]:
    """Yield the latest value of each trait that the person's rows have."""
    for name in TRAITS:
        values = texts.get(name)
        if values is None:
            continue
        row = next((row for row in reversed(rows) if values[row]), None)
        if row is not None:
            yield Trait(path, name, values[row], int(at[row - rows.start]))
