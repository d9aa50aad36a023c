"""The lake's folder: its marker, its tables' folders, locks, and files that are there to stay."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from suppilo.lake.errors import LakeError, NotALakeError
from suppilo.lake.names import folder_name

FORMAT = 1
MARKER = "suppilo-lake.json"
_REMEDY = "if it stays so, suppilo check says what else is damaged; restore it from a backup"
_ASIDE = f".{MARKER}."


def check_folder(folder: Path) -> bool:
    """Return whether ``folder`` is a lake already; False where it is absent or empty.

    Raises
    ------
    NotALakeError
        If it holds something else, or a lake that a newer version made.
    """
    try:
        marker = json.loads((folder / MARKER).read_text("utf-8"))
        found = int(marker["format"])
    except FileNotFoundError:
        # Another process may have made the marker since it was looked for.
        return MARKER in _check_empty(folder) and check_folder(folder)
    except NotADirectoryError as error:
        raise NotALakeError(f"{folder} is a file; a lake is a folder") from error
    except (ValueError, KeyError, TypeError) as error:
        raise NotALakeError(
            f"{folder / MARKER} is damaged; restore it as {json.dumps({'format': FORMAT})}"
        ) from error
    if found > FORMAT:
        raise NotALakeError(
            f"{folder} is a lake of format {found}, this version reads up to {FORMAT}; "
            "upgrade Suppilo"
        )
    return True


def _check_empty(folder: Path) -> set[str]:
    """Return the names in a folder, which must be none unless the marker is one of them."""
    if folder.exists() and not folder.is_dir():
        raise NotALakeError(f"{folder} is a file; a lake is a folder")
    names = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    if MARKER not in names and any(not name.startswith(_ASIDE) for name in names):
        raise NotALakeError(
            f"{folder} holds other files and is not a lake (no {MARKER}); "
            "name a lake, or a new or empty folder"
        )
    return names


def mark_folder(folder: Path) -> None:
    """Make an absent or empty folder a lake; do nothing where it is one."""
    if check_folder(folder):
        return
    folder.mkdir(parents=True, exist_ok=True)
    write_text(folder / MARKER, json.dumps({"format": FORMAT}) + "\n", aside=_ASIDE)


def write_text(path: Path, text: str, aside: str = "_new.") -> None:
    """Write a small file so that it is there whole or not at all, also after a power cut."""
    temporary = path.with_name(f"{aside}{uuid.uuid4().hex}")
    try:
        temporary.write_text(text, "utf-8")
        sync(temporary)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    sync(path.parent)


def sync(path: Path) -> None:
    """Wait until a file's content, or a folder's list of names, is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def table_folder(folder: Path, event: str) -> Path:
    """Return the folder of an event's table, which need not exist."""
    return folder / "tables" / folder_name(event)


def prepare_table(table: Path, event: str) -> None:
    """Make a table's folder with the event's exact name beside the log to be."""
    table.mkdir(parents=True, exist_ok=True)
    if not (table / "event.json").exists():
        write_text(table / "event.json", json.dumps({"event": event}, ensure_ascii=False) + "\n")
        sync(table.parent)


def list_tables(folder: Path) -> dict[str, Path]:
    """Return the folder of each event's table, by exact name, sorted by name.

    A folder whose first commit never happened is no table.
    """
    try:
        with os.scandir(folder / "tables") as found:
            entries = [Path(entry.path) for entry in found if entry.is_dir()]
    except FileNotFoundError:
        return {}
    named = ((_read_name(path), path) for path in entries if _has_commit(path))
    return dict(sorted((name, path) for name, path in named if name is not None))


def _has_commit(table: Path) -> bool:
    try:
        return any(
            path.suffix in {".json", ".parquet"} for path in (table / "_delta_log").iterdir()
        )
    except (FileNotFoundError, NotADirectoryError):
        return False


def _read_name(table: Path) -> str | None:
    try:
        name = json.loads((table / "event.json").read_text("utf-8"))["event"]
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None
    return name if isinstance(name, str) and folder_name(name) == table.name else None


@contextmanager
def lock_table(table: Path) -> Iterator[None]:
    """Keep other writers from committing to the table meanwhile; a killed process lets go."""
    descriptor = os.open(table / "_lock", os.O_RDWR | os.O_CREAT, 0o666)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def explain_failures(folder: Path, doing: str) -> Iterator[None]:
    """Turn a failure of the disk or of the table format into a :class:`LakeError`.

    Parameters
    ----------
    folder
        The folder that is worked on.
    doing
        What failed, as in "could not write"; the advice for a full disk follows it.
    """
    try:
        yield
    except _failures() as error:
        raise LakeError(f"{doing} {folder}: {_reason(error)}") from error


@contextmanager
def explain_reading(path: Path) -> Iterator[None]:
    """Turn a failure to read a file, or a folder, into a :class:`LakeError` that says what to do.

    Where it is said of a file already, it stays said of that.
    """
    try:
        yield
    except (KeyError, UnicodeDecodeError) as error:  # names and texts in a file that is damaged
        raise LakeError(f"could not read {path}: it is damaged ({error}); {_REMEDY}") from error
    except _failures() as error:
        reason = _reason(error).rstrip(".")
        raise LakeError(f"could not read {path}: {reason}; {_REMEDY}") from error


def _failures() -> tuple[type[Exception], ...]:
    """Return what may go wrong. Asked only once something has: a reader may not need deltalake."""
    from deltalake.exceptions import DeltaError
    from pyarrow import ArrowException

    return (OSError, ArrowException, DeltaError)


def _reason(error: Exception) -> str:
    code = error.errno if isinstance(error, OSError) else None
    text = str(error)
    full = {
        errno.ENOSPC: "the disk is full",
        errno.EDQUOT: "the disk quota is used up",
        errno.EFBIG: "a file would be larger than the system allows",
    }
    for number, said in full.items():
        if code == number or os.strerror(number) in text or f"os error {number}" in text:
            return f"{said}; free space and do it again, what was recorded before is unharmed"
    return text
