"""When a table's many small files are worth being merged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from suppilo.lake import Lake

if TYPE_CHECKING:
    from collections.abc import Sequence

MANY_FILES = 24
"""A table with fewer files is read quickly enough."""
FAR_TOO_MANY_FILES = 200
_SHARE = 0.1


def compact_crowded(lake: Lake) -> int:
    """Merge the files of tables where it is time to, and return how many tables these were.

    Raises
    ------
    LakeError
        If the disk fails or is full; nothing is harmed then.
    """
    from deltalake import DeltaTable

    from suppilo.lake.compact import compact_table
    from suppilo.lake.folder import list_tables
    from suppilo.lake.lake import TARGET_ROWS
    from suppilo.lake.snapshot import snapshot_table

    done = 0
    for event, folder in list_tables(lake.folder).items():
        snapshot = snapshot_table(event, folder, DeltaTable(str(folder)))
        if is_crowded([file.rows for file in snapshot.files]):
            compact_table(event, folder, None, TARGET_ROWS)
            done += 1
    if done:
        lake.vacuum()
    return done


def is_crowded(rows: Sequence[int]) -> bool:
    """Return whether files of so many rows should be merged.

    All of a table is written again then. So its smaller files must have a tenth of its rows, and
    each row is written again a number of times that grows with the logarithm of the table only.
    """
    if len(rows) < MANY_FILES:
        return False
    largest = max(rows)
    small = sum(count for count in rows if count < largest / 4)
    return len(rows) >= FAR_TOO_MANY_FILES or small >= _SHARE * sum(rows)
