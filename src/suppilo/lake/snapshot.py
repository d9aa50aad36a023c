"""Which files each table has at one moment: what a reader holds on to."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from deltalake import DeltaTable

from suppilo.lake.errors import LakeError
from suppilo.lake.folder import explain_failures, list_tables
from suppilo.lake.schema import PropertyColumn
from suppilo.lake.table import DataFile, list_files, table_columns

_READER_VERSION = 1
"""Tables that need more of a reader (deletion vectors, renamed columns) were changed elsewhere."""


@dataclass(frozen=True, slots=True)
class TableSnapshot:
    """One event's table at one version; ``key`` is different for every table and version."""

    event: str
    folder: Path
    key: str
    columns: tuple[PropertyColumn, ...]
    files: tuple[DataFile, ...]

    @property
    def rows(self) -> int:
        """The number of rows."""
        return sum(file.rows for file in self.files)

    def column(self, name: str) -> PropertyColumn | None:
        """Return the column of the property with this exact name."""
        return next((column for column in self.columns if column.name == name), None)


def take_snapshot(lake: Path) -> tuple[TableSnapshot, ...]:
    """Return all tables of a lake as they are now, by event name.

    Raises
    ------
    LakeError
        If a table's log can't be read.
    """
    tables = list_tables(lake)
    with ThreadPoolExecutor(2) as pool:
        return tuple(pool.map(_open, tables.keys(), tables.values()))


def _open(event: str, folder: Path) -> TableSnapshot:
    with explain_failures(folder, "could not read"):
        return snapshot_table(event, folder, DeltaTable(str(folder)))


def snapshot_table(event: str, folder: Path, table: DeltaTable) -> TableSnapshot:
    """Return an open table as it is at its version.

    Raises
    ------
    LakeError
        If another tool turned on a Delta feature that we can't read.
    """
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
    )
