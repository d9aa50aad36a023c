"""Which files are meant, and what each one is: by its first bytes, then by its name."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from glob import glob, has_magic
from pathlib import Path
from typing import Any, Literal

from suppilo.io.errors import InputError, place

Format = Literal["delimited", "parquet", "excel", "jsonl", "xes"]
Compression = Literal["gzip", "zstd"]

_COMPRESSED: dict[bytes, Compression] = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd"}
_OLD_EXCEL = b"\xd0\xcf\x11\xe0"
UNPACKED_SURE = 4 << 30
"""A packed file may hold so many bytes, however small it is."""
RATIO_LIMIT = 200
"""Beyond that, so many times its own size; tables pack to a twentieth, rubbish to a thousandth."""
_JSON_NAMES = (".jsonl", ".ndjson", ".json")


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file to read. ``size`` is its length on disk, in bytes."""

    path: Path
    format: Format
    compression: Compression | None
    size: int

    @property
    def name(self) -> str:
        """The path, as messages show it."""
        return str(self.path)


def find_files(sources: Sequence[str | Path]) -> tuple[SourceFile, ...]:
    """Return the files that names and globs stand for, each once, in the order given.

    Raises
    ------
    InputError
        If there is no such file, it can't be read, or it is of no known kind.
    """
    if not sources:
        raise InputError("no file was named; name at least one, e.g. events.csv")
    paths = dict.fromkeys(path for source in sources for path in _expand(source))
    return tuple(_identify(path) for path in paths)


def _expand(source: str | Path) -> Sequence[Path]:
    # A file whose name has brackets in it is itself before it is a pattern.
    if not has_magic(str(source)) or Path(source).exists():
        return [Path(source)]
    # Path.glob takes no absolute pattern.
    found = [Path(name) for name in sorted(glob(str(source), recursive=True))]  # noqa: PTH207
    files = [path for path in found if path.is_file()]
    if not files:
        raise InputError(f"no file matches {source}; check the pattern, and quote it in the shell")
    return files


def _identify(path: Path) -> SourceFile:
    if path.is_dir():
        raise InputError(f"{path} is a folder; name its files, e.g. {path / '*.csv'}")
    if not path.exists():
        raise InputError(f"{path}: there is no such file")
    if not path.is_file():
        raise InputError(f"{path} is a device or a pipe; write its content to a file first")
    try:
        with path.open("rb") as file:
            start = file.read(8)
            file.seek(0, 2)
            size = file.tell()
    except OSError as error:
        raise InputError(
            f"{path} can't be read: {error.strerror}; check its permissions"
        ) from error
    if not size:
        raise InputError(f"{path} is empty; it needs a header and rows")
    compression = next((c for magic, c in _COMPRESSED.items() if start.startswith(magic)), None)
    return SourceFile(path, _format(path, start, compression), compression, size)


def _format(path: Path, start: bytes, compression: Compression | None) -> Format:
    suffix = _suffix(path, compression)
    if compression:
        with open_stream(path, compression) as stream:
            start = bytes(stream.read(8))
        if start.startswith(b"PAR1"):
            raise InputError(f"{path} is a compressed Parquet file; decompress it first")
    if start.startswith(b"PAR1") or (suffix == ".parquet" and not compression):
        return "parquet"
    if start.startswith(_OLD_EXCEL):
        raise InputError(f"{path} is an old Excel file; save it as .xlsx or CSV")
    if start.startswith(b"PK\x03\x04"):
        return _zip_format(path)
    return _text_format(start.removeprefix(b"\xef\xbb\xbf").lstrip(), suffix)


def _suffix(path: Path, compression: Compression | None) -> str:
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if compression and suffixes and suffixes[-1] in {".gz", ".zst", ".gzip", ".zstd"}:
        suffixes.pop()
    return suffixes[-1] if suffixes else ""


def _zip_format(path: Path) -> Format:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError, NotImplementedError) as error:
        raise InputError(f"{path} is a damaged Excel or zip file; save or copy it again") from error
    if "xl/workbook.xml" not in names:
        raise InputError(f"{path} is a zip archive, not a table; unpack it first")
    return "excel"


def _text_format(start: bytes, suffix: str) -> Format:
    if suffix in _JSON_NAMES or (start.startswith(b"{") and suffix not in {".csv", ".tsv"}):
        return "jsonl"
    return "xes" if suffix == ".xes" or start.startswith(b"<") else "delimited"


def open_stream(path: Path, compression: Compression | None) -> Any:
    """Open a file as a stream of its decompressed bytes, a context manager with ``read``."""
    import pyarrow as pa

    raw = pa.OSFile(str(path))
    return raw if compression is None else pa.CompressedInputStream(raw, compression)


def read_chunks(source: SourceFile, size: int) -> Iterator[bytes]:
    """Yield the decompressed bytes of a file, ``size`` at a time.

    Raises
    ------
    InputError
        If the compressed data ends early, is damaged, or unpacks to more than any table does.
    """
    left = max(UNPACKED_SURE, RATIO_LIMIT * source.size)
    with open_stream(source.path, source.compression) as stream:
        while chunk := _read(stream, size, source):
            left -= len(chunk)
            if source.compression and left < 0:
                raise InputError(
                    f"{place(source.path)}: unpacks to more than {RATIO_LIMIT} times its size; "
                    "such a file is refused, unpack it first if it is right"
                )
            yield chunk


def _read(stream: Any, size: int, source: SourceFile) -> bytes:
    try:
        return bytes(stream.read(size))
    except OSError as error:
        raise InputError(
            f"{place(source.path)}: the {source.compression or 'file'} data ends early or is "
            "damaged; copy or download the file again"
        ) from error
