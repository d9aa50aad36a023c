"""How the lake's files are opened: damage is found, and said with the file's name.

Pages have checksums, which are looked at when they are read: a flipped bit is an error, not a
wrong figure. A file's name has the digest of all its bytes, which a check looks at. Files are
read rather than mapped, because a mapped file that the disk can't read ends the process.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq

from suppilo.lake.errors import LakeError
from suppilo.lake.folder import explain_reading
from suppilo.lake.schema import SYSTEM_FIELDS

if TYPE_CHECKING:
    from suppilo.lake.snapshot import DataFile, TableSnapshot

_OURS = re.compile(r"[0-9a-f]{32}(?:-([0-9a-f]{32}))?\.parquet")
"""A random number, and the digest of what is in the file; older files have none."""


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


def name_file(path: Path) -> Path:
    """Give a file that was just written the name that says what is in it, and return that.

    The name is what the log records of a file: its digest is committed together with it.
    """
    named = path.with_name(f"{path.stem}-{_digest(path)}{path.suffix}")
    path.replace(named)
    return named


def is_ours(name: str) -> bool:
    """Return whether this library wrote a file, by its name."""
    return _OURS.fullmatch(name) is not None


def has_digest(name: str) -> bool:
    """Return whether a file's name says what is in it."""
    found = _OURS.fullmatch(name)
    return found is not None and found[1] is not None


def find_spoiled(folder: Path) -> list[str]:
    """Return the files within a folder that are not what was written, by their names."""
    named = (path for path in sorted(folder.rglob("*.parquet")) if has_digest(path.name))
    return [str(path.relative_to(folder)) for path in named if not _is_as_named(path)]


def find_damage(tables: Iterable[TableSnapshot]) -> Iterator[str]:
    """Read all files of some tables whole, and yield what is wrong with those that are damaged.

    A file whose name says its digest is compared with that, byte by byte; of others, the pages are
    read. What the log says of a file is compared with what the file says.
    """
    for table in tables:
        columns = {field.name for field in SYSTEM_FIELDS} | {one.column for one in table.columns}
        for file in table.files:
            path = table.folder / file.name
            try:
                with explain_reading(path):
                    _read_whole(path)
                    said = _compare(path, file, columns)
            except LakeError as error:
                said = str(error)
            if said:
                yield said


def _read_whole(path: Path) -> None:
    if has_digest(path.name):
        if not _is_as_named(path):
            raise OSError("it is not what was written: its digest is another")
        return
    parquet = open_parquet(path)
    for group in range(parquet.metadata.num_row_groups):
        parquet.read_row_group(group)


def _compare(path: Path, file: DataFile, columns: set[str]) -> str:
    """Return in what the table's log and a file of ours differ; empty where they do not."""
    if not is_ours(path.name):
        return ""
    metadata = pq.read_metadata(path)
    said = {"rows": file.rows, "bytes": file.size}
    found = {"rows": metadata.num_rows, "bytes": path.stat().st_size}
    places = {metadata.schema.column(n).name: n for n in range(metadata.num_columns)}
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    for name, low, high in (("path_key", file.low, file.high), ("at", file.first_at, file.last_at)):
        bounds = [group.column(places[name]).statistics for group in groups]
        if bounds and all(one is not None and one.has_min_max for one in bounds):
            said |= {f"lowest {name}": low, f"highest {name}": high}
            found[f"lowest {name}"] = min(one.min_raw for one in bounds)
            found[f"highest {name}"] = max(one.max_raw for one in bounds)
    wrong = [what for what in said if said[what] != found[what]]
    wrong += [f"column {name}" for name in places if name not in columns]
    if not wrong:
        return ""
    return f"what {path.parent} says of {path.name} is not what is in it: {', '.join(wrong)}"


def _is_as_named(path: Path) -> bool:
    return path.name.endswith(f"-{_digest(path)}.parquet")


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()
