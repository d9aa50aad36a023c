"""A backup's file: a tar in zstd, whose last member lists every other with its checksum."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

import zstandard

from suppilo.apps.operations.errors import OperationError

FORMAT = 1
MANIFEST = "manifest.json"
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class FileEntry:
    """A file of a backup: its size in bytes and its SHA-256."""

    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds.

    Attributes
    ----------
    made_at
        When it was begun, ISO 8601.
    version
        The Suppilo that made it.
    database
        ``sqlite`` or ``postgresql``.
    files
        Every file by its name in the archive.
    """

    made_at: str
    version: str
    database: str
    files: dict[str, FileEntry]
    format: int = FORMAT


class DamagedBackupError(OperationError):
    """The file is no backup, or not what it was when it was made."""


class ArchiveWriter:
    """Writes files into an archive one by one, and notes their checksums."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar
        self._files: dict[str, FileEntry] = {}

    def add(self, name: str, path: Path) -> None:
        """Add a file's content as it is now."""
        with path.open("rb") as file:
            reader = _HashingReader(file)
            entry = _describe(name, path.stat().st_size)
            self._tar.addfile(entry, reader)
        self._files[name] = FileEntry(entry.size, reader.hash.hexdigest())

    def finish(self, made_at: str, version: str, database: str) -> Manifest:
        """Add the manifest, as the last file."""
        manifest = Manifest(made_at, version, database, self._files)
        content = json.dumps(asdict(manifest), indent=1).encode()
        self._tar.addfile(_describe(MANIFEST, len(content)), io.BytesIO(content))
        return manifest


@contextmanager
def new_archive(path: Path) -> Iterator[ArchiveWriter]:
    """Write an archive; it ends with the block."""
    compressor = zstandard.ZstdCompressor(level=3, write_checksum=True)
    with (
        path.open("wb") as file,
        compressor.stream_writer(file) as stream,
        tarfile.open(fileobj=stream, mode="w|") as tar,
    ):
        yield ArchiveWriter(tar)


def unpack(archive: Path, folder: Path) -> Manifest:
    """Unpack an archive into an empty folder, and make sure that all is as it was packed.

    Raises
    ------
    DamagedBackupError
        If it is no archive of ours, is cut off, or a checksum differs.
    """
    try:
        found = dict(_unpack_files(archive, folder))
    except (tarfile.TarError, zstandard.ZstdError, EOFError) as error:
        raise DamagedBackupError(
            f"{archive} is no backup, or is cut off or damaged ({error}); take another one"
        ) from error
    manifest = _read_manifest(archive, folder / MANIFEST)
    found.pop(MANIFEST, None)
    for name in sorted(found.keys() | manifest.files.keys()):
        if found.get(name) != manifest.files.get(name):
            raise DamagedBackupError(
                f"{archive} is damaged: {name} is not what it was when the backup was made; "
                "take another one"
            )
    (folder / MANIFEST).unlink()
    return manifest


def _unpack_files(archive: Path, folder: Path) -> Iterator[tuple[str, FileEntry]]:
    with (
        archive.open("rb") as file,
        zstandard.ZstdDecompressor().stream_reader(file) as stream,
        tarfile.open(fileobj=stream, mode="r|") as tar,
    ):
        for member in tar:
            checked = tarfile.data_filter(member, str(folder))
            content = tar.extractfile(checked) if checked.isreg() else None
            if content is None:
                raise tarfile.ReadError(f"{member.name} is no plain file")
            yield member.name, _write_file(folder / checked.name, content)


def _write_file(path: Path, content: IO[bytes]) -> FileEntry:
    path.parent.mkdir(parents=True, exist_ok=True)
    reader = _HashingReader(content)
    with path.open("xb") as file:
        path.chmod(0o600)
        while block := reader.read(_BLOCK):
            file.write(block)
    return FileEntry(path.stat().st_size, reader.hash.hexdigest())


def _read_manifest(archive: Path, path: Path) -> Manifest:
    try:
        given: dict[str, Any] = json.loads(path.read_bytes())
        if given["format"] > FORMAT:
            raise DamagedBackupError(f"{archive} was made by a newer Suppilo; upgrade this one")
        files = {name: FileEntry(**entry) for name, entry in given.pop("files").items()}
        return Manifest(files=files, **given)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DamagedBackupError(
            f"{archive} has no readable list of its files at its end: it is no backup, or cut off"
        ) from error


def _describe(name: str, size: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = size, 0o600
    return entry


class _HashingReader:
    """Reads a file, and hashes what it reads."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.hash = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        block = self._file.read(size)
        self.hash.update(block)
        return block
