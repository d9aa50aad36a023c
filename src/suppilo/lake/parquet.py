"""How the lake's files are opened: damage is found, and said with the file's name.

Pages have checksums, which are looked at when they are read: a flipped bit is an error, not a
wrong figure. Files are read rather than mapped, because a mapped file that the disk can't read
ends the process.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq

from suppilo.lake.errors import LakeError
from suppilo.lake.folder import explain_reading

if TYPE_CHECKING:
    from suppilo.lake.snapshot import TableSnapshot


def open_parquet(
    file: Path, metadata: Any = None, dictionaries: Sequence[str] = ()
) -> pq.ParquetFile:
    """Open a file; to be used, like what it returns, within :func:`explain_reading`."""
    return pq.ParquetFile(
        file,
        metadata=metadata,
        read_dictionary=list(dictionaries),
        page_checksum_verification=True,
    )


def find_damage(tables: Iterable[TableSnapshot]) -> Iterator[str]:
    """Read all files of some tables whole, and yield what is wrong with those that can't be."""
    for table in tables:
        for file in table.files:
            try:
                _read_whole(table.folder / file.name)
            except LakeError as error:
                yield str(error)


def _read_whole(path: Path) -> None:
    with explain_reading(path):
        parquet = open_parquet(path)
        for group in range(parquet.metadata.num_row_groups):
            parquet.read_row_group(group)
