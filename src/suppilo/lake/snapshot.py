"""Which files each table has at one moment: what a reader holds on to.

What the logs said is kept beside the lake, each table's with the stamp of its newest commit. A
process that finds all stamps unchanged opens no log and needs no deltalake, which matters to one
that answers a single question.
"""

from __future__ import annotations

import os
import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from suppilo.lake.errors import LakeError
from suppilo.lake.folder import explain_reading, list_tables
from suppilo.lake.remember import recall, remember
from suppilo.lake.schema import PropertyColumn

if TYPE_CHECKING:
    from deltalake import DeltaTable

FILE = "_tables.json"
_VERSION = re.compile(r"[0-9]{20}\.json")
FOLLOWED = ("capture",)
"""Sources of batches without end: how far a table has got with them is kept with its snapshot."""
_READER_VERSION = 1
"""Tables that need more of a reader (deletion vectors, renamed columns) were changed elsewhere."""


@dataclass(frozen=True, slots=True)
class DataFile:
    """A file of a table at one version, with what the log records of it."""

    name: str
    size: int
    rows: int
    low: int
    high: int
    first_at: int
    last_at: int
    first_order: int
    set_aside_rows: int


@dataclass(frozen=True, slots=True)
class TableSnapshot:
    """One event's table at one version; ``key`` is different for every table and version."""

    event: str
    folder: Path
    key: str
    columns: tuple[PropertyColumn, ...]
    files: tuple[DataFile, ...]
    sequences: tuple[tuple[str, int], ...] = ()

    @property
    def rows(self) -> int:
        """The number of rows."""
        return sum(file.rows for file in self.files)

    def column(self, name: str) -> PropertyColumn | None:
        """Return the column of the property with this exact name."""
        return next((column for column in self.columns if column.name == name), None)

    def is_property(self, column: str) -> bool:
        """Return whether a property has this column."""
        return any(known.column == column for known in self.columns)

    def sequence(self, batch: str) -> int | None:
        """Return the number of the last batch of a source that the table has; None: no batch."""
        if batch in FOLLOWED:
            return dict(self.sequences).get(batch)
        from deltalake import DeltaTable

        with explain_reading(self.folder):
            table = DeltaTable(str(self.folder), version=int(self.key.rpartition("#")[2]))
        return last_sequence(table, batch)


def take_snapshot(lake: Path) -> tuple[TableSnapshot, ...]:
    """Return all tables of a lake as they are now, by event name.

    Raises
    ------
    LakeError
        If a table's log can't be read.
    """
    tables = list_tables(lake)
    # Asked before the logs are opened: what a log gains meanwhile makes the stamp an old one.
    stamps = {event: _stamp_log(folder) for event, folder in tables.items()}
    kept = recall(lake, FILE)
    found = {event: _revive(kept, event, tables[event], stamps[event]) for event in tables}
    unknown = [event for event, snapshot in found.items() if snapshot is None]
    if unknown:
        with ThreadPoolExecutor(2) as pool:
            found |= zip(unknown, pool.map(lambda e: _open(e, tables[e]), unknown), strict=True)
    snapshots = tuple(snapshot for snapshot in found.values() if snapshot is not None)
    if unknown:
        remember(lake, FILE, {s.event: _preserve(s, stamps[s.event]) for s in snapshots})
    return snapshots


def _open(event: str, folder: Path) -> TableSnapshot:
    from deltalake import DeltaTable

    with explain_reading(folder):
        return snapshot_table(event, folder, DeltaTable(str(folder)))


def _stamp_log(folder: Path) -> list[int]:
    """Return the newest commit's version, and what tells it from another of the same number."""
    with suppress(OSError), os.scandir(folder / "_delta_log") as entries:
        versions = [entry for entry in entries if _VERSION.fullmatch(entry.name)]
        if versions:
            newest = max(versions, key=lambda entry: entry.name)
            found = newest.stat()
            return [int(newest.name[:20]), found.st_size, found.st_mtime_ns, found.st_ino]
    return []


def _preserve(snapshot: TableSnapshot, stamp: list[int]) -> dict[str, Any]:
    """Return a snapshot as JSON; the folder's place may be another the next time."""
    return {
        "log": stamp,
        "id": snapshot.key.removeprefix(f"{snapshot.folder}#"),
        "columns": [astuple(column) for column in snapshot.columns],
        "files": [astuple(file) for file in snapshot.files],
        "sequences": snapshot.sequences,
    }


def _revive(
    kept: dict[str, Any], event: str, folder: Path, stamp: list[int]
) -> TableSnapshot | None:
    """Return the kept snapshot of a table, or None where it is of another version."""
    with suppress(KeyError, TypeError, ValueError):
        table = kept[event]
        if stamp and table["log"] == stamp and table["id"].endswith(f"#{stamp[0]}"):
            return TableSnapshot(
                event,
                folder,
                f"{folder}#{table['id']}",
                tuple(PropertyColumn(*column) for column in table["columns"]),
                tuple(DataFile(*file) for file in table["files"]),
                tuple((str(batch), int(number)) for batch, number in table["sequences"]),
            )
    return None


def snapshot_table(event: str, folder: Path, table: DeltaTable) -> TableSnapshot:
    """Return an open table as it is at its version.

    Raises
    ------
    LakeError
        If another tool turned on a Delta feature that we can't read.
    """
    from suppilo.lake.table import list_files, table_columns

    protocol = table.protocol()
    if protocol.min_reader_version > _READER_VERSION:
        raise LakeError(
            f"{folder} was changed by another tool and now needs Delta reader version "
            f"{protocol.min_reader_version} ({', '.join(protocol.reader_features or ())}); "
            "turn these table features off there"
        )
    return TableSnapshot(
        event,
        folder,
        f"{folder}#{table.metadata().id}#{table.version()}",
        table_columns(table),
        list_files(table),
        tuple((b, n) for b in FOLLOWED if (n := last_sequence(table, b)) is not None),
    )


def last_sequence(table: DeltaTable, batch: str) -> int | None:
    """Return the number of the last batch of a source that an open table has."""
    number = table.transaction_version(batch)
    # A batch that was removed is numbered before all others: Delta forgets no number at will.
    return None if number is None or number < 0 else int(number)
