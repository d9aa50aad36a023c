"""Ids of events that were flushed: sorted, immutable files, searched in memory maps.

A file has a header of 64 bytes, then three arrays of as many entries, little end first: the first
8 bytes of each digest (sorted), the other 8, and the 4-byte checksum of the event's content.
"""

from __future__ import annotations

import hashlib
import mmap
import os
import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

import numpy as np
from numpy.typing import NDArray

from suppilo.apps.capture.files import sync_folder

UInt64 = NDArray[np.uint64]
UInt32 = NDArray[np.uint32]

_MAGIC = b"SUPPIDS1"
_HEADER = struct.Struct("<8sQIII")
_HEADER_SIZE = 64
_WIDTHS = (8, 8, 4)
_CHUNK = 1 << 20


class DamagedRunError(Exception):
    """A file of ids is missing or damaged; the message names it and says what to do."""


def event_digest(source_id: int, event_id: str) -> bytes:
    """Return the 16 bytes that name an event: two sources may use the same id."""
    text = f"{source_id}:{event_id}".encode("utf-8", "surrogatepass")
    return hashlib.blake2b(text, digest_size=16).digest()


@dataclass(frozen=True, slots=True)
class Ids:
    """Digests in two halves, with their contents' checksums; sorted by ``first``."""

    first: UInt64
    second: UInt64
    content: UInt32

    def __len__(self) -> int:
        return len(self.first)

    def slice(self, start: int, stop: int) -> Ids:
        """Return a part, without copying."""
        return Ids(self.first[start:stop], self.second[start:stop], self.content[start:stop])


def split_digests(digests: Sequence[bytes]) -> tuple[UInt64, UInt64]:
    """Return both halves of digests as numbers whose order is that of the bytes."""
    halves = np.frombuffer(b"".join(digests), ">u8").reshape(-1, 2).astype(np.uint64)
    return np.ascontiguousarray(halves[:, 0]), np.ascontiguousarray(halves[:, 1])


def sort_ids(digests: Sequence[bytes], contents: Sequence[int]) -> Ids:
    """Return ids as a run keeps them."""
    first, second = split_digests(digests)
    order = np.argsort(first, kind="stable")
    return Ids(first[order], second[order], np.asarray(contents, np.uint32)[order])


def find_ids(run: Ids, first: UInt64, second: UInt64) -> tuple[NDArray[np.intp], UInt32]:
    """Return which of the asked digests a run has, and their contents' checksums.

    Parameters
    ----------
    first, second
        The halves of the digests; sorted by ``first`` they are found faster.
    """
    places = np.searchsorted(run.first, first)
    near = np.flatnonzero(run.first[np.minimum(places, len(run) - 1)] == first)
    found, contents = [], []
    for index in near.tolist():
        place = int(places[index])
        # Two digests may share their first half, so the second half decides.
        while place < len(run) and run.first[place] == first[index]:
            if run.second[place] == second[index]:
                found.append(index)
                contents.append(int(run.content[place]))
                break
            place += 1
    return np.array(found, np.intp), np.array(contents, np.uint32)


class RunWriter:
    """Writes a run's file in pieces; it appears under its name whole or not at all.

    Parameters
    ----------
    path
        Where the file shall be.
    count
        How many ids will be appended, in order.
    """

    def __init__(self, path: Path, count: int) -> None:
        self._path, self._count, self._done = path, count, 0
        self._temporary = path.with_suffix(".tmp")
        self._checksums = [0, 0, 0]
        self._file: BinaryIO

    def __enter__(self) -> Self:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._file = self._temporary.open("wb")
        return self

    def append(self, ids: Ids) -> None:
        """Write the next ids, which follow those before."""
        parts = (ids.first.astype("<u8"), ids.second.astype("<u8"), ids.content.astype("<u4"))
        for section, part in enumerate(parts):
            data = part.tobytes()
            self._file.seek(_offset(section, self._count) + self._done * _WIDTHS[section])
            self._file.write(data)
            self._checksums[section] = zlib.crc32(data, self._checksums[section])
        self._done += len(ids)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            with self._file:
                if kind is None:
                    self._finish()
            if kind is None:
                self._temporary.replace(self._path)
                sync_folder(self._path.parent)
        finally:
            self._temporary.unlink(missing_ok=True)

    def _finish(self) -> None:
        if self._done != self._count:
            raise ValueError(f"{self._done} ids were written, {self._count} announced")
        self._file.seek(0)
        header = _HEADER.pack(_MAGIC, self._count, *self._checksums)
        self._file.write(header.ljust(_HEADER_SIZE, b"\0"))
        self._file.flush()
        os.fsync(self._file.fileno())


def write_run(path: Path, ids: Ids) -> None:
    """Write a run's file; when this returns, it is on the disk."""
    with RunWriter(path, len(ids)) as writer:
        writer.append(ids)


def open_run(path: Path, *, verify: bool = True) -> Ids:
    """Return a run, mapped into memory.

    Parameters
    ----------
    verify
        Whether to read the whole file and compare its checksums.

    Raises
    ------
    DamagedRunError
        If the file is missing, cut short or damaged.
    """
    try:
        with path.open("rb") as file:
            data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError) as error:
        raise _damaged(path, str(error)) from error
    magic, count, *checksums = _read_header(path, data)
    if magic != _MAGIC or len(data) != _offset(3, count):
        raise _damaged(path, "its header and its size do not agree")
    if verify and any(
        _checksum(data, _offset(section, count), _offset(section + 1, count)) != expected
        for section, expected in enumerate(checksums)
    ):
        raise _damaged(path, "its checksum does not agree")
    return Ids(
        np.frombuffer(data, "<u8", count, _offset(0, count)),
        np.frombuffer(data, "<u8", count, _offset(1, count)),
        np.frombuffer(data, "<u4", count, _offset(2, count)),
    )


def merge_runs(path: Path, runs: Sequence[Ids], at_once: int = _CHUNK) -> int:
    """Merge runs into one file, and return the number of its ids.

    Digests are spread evenly, so equal parts of their range hold about ``at_once`` ids each; only
    one part is in memory.
    """
    count = sum(map(len, runs))
    with RunWriter(path, count) as writer:
        for low, high in _ranges(max(1, count // at_once)):
            parts = [_between(run, low, high) for run in runs]
            first = np.concatenate([part.first for part in parts])
            order = np.argsort(first, kind="stable")
            second = np.concatenate([part.second for part in parts])[order]
            content = np.concatenate([part.content for part in parts])[order]
            writer.append(Ids(first[order], second, content))
    return count


def _ranges(parts: int) -> Iterator[tuple[int, int]]:
    edges = [(1 << 64) * i // parts for i in range(parts + 1)]
    return zip(edges, edges[1:], strict=False)


def _between(run: Ids, low: int, high: int) -> Ids:
    start = int(np.searchsorted(run.first, np.uint64(low)))
    last = high >= 1 << 64
    return run.slice(start, len(run) if last else int(np.searchsorted(run.first, np.uint64(high))))


def _offset(section: int, count: int) -> int:
    return _HEADER_SIZE + count * sum(_WIDTHS[:section])


def _read_header(path: Path, data: mmap.mmap) -> tuple[bytes, int, int, int, int]:
    if len(data) < _HEADER_SIZE:
        raise _damaged(path, "it is shorter than its header")
    magic, count, *checksums = _HEADER.unpack_from(data)
    return magic, count, checksums[0], checksums[1], checksums[2]


def _checksum(data: mmap.mmap, start: int, stop: int) -> int:
    value = 0
    with memoryview(data) as view:
        for place in range(start, stop, _CHUNK):
            value = zlib.crc32(view[place : min(place + _CHUNK, stop)], value)
    return value


def _damaged(path: Path, why: str) -> DamagedRunError:
    return DamagedRunError(
        f"{path}: this file of event ids can't be used ({why}). Restore it from a backup: without "
        "it, events that are sent again would be counted twice"
    )
