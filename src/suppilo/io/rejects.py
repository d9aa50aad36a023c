"""Rows that could not be used: counted by reason, sampled, and written out as they come."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from suppilo.io.row_file import RowFile

KEPT_ROWS = 1_000
VALUE_LENGTH = 200

_COLUMNS = ("file", "row", "column", "reason", "value")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\0", "|", "＝")
"""What makes a spreadsheet take a cell for a formula."""

MISSING_PATH = "no path"
MISSING_EVENT = "no event"
MISSING_TIME = "no time"
UNREADABLE_TIME = "not a time"
NOT_FINITE = "not a finite number"
WRONG_WIDTH = "wrong number of cells"
UNDECODABLE = "bytes that are no text in this encoding"
NUL_BYTE = "NUL byte"
HUGE_CELL = "cell larger than 1 MiB"
OPEN_QUOTE = "quote that is never closed"
BAD_JSON = "not a JSON object"


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """One row that was left out. ``value`` is cut after 200 characters."""

    file: str
    row: int
    column: str
    reason: str
    value: str


@dataclass(frozen=True, slots=True)
class RejectedRows:
    """What was left out, by reason, with the first rows; ``notes`` count what was only changed.

    A note is, for example, an infinite property that was made empty, in a row that stays.
    """

    counts: Mapping[str, int] = field(default_factory=dict)
    rows: tuple[RejectedRow, ...] = ()
    notes: Mapping[str, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """How many rows were left out."""
        return sum(self.counts.values())


class RejectLog:
    """Collects rejected rows; writes each to a CSV when it has one, keeps the first 1,000.

    In the CSV, ``called`` stands for the files' own names: an upload has another one on the server.

    Examples
    --------
    >>> log = RejectLog()
    >>> log.add("leads.csv", 3, "won_date", UNREADABLE_TIME, "soon")
    >>> log.take().counts
    {'not a time': 1}
    """

    def __init__(self, path: Path | None = None, called: str = "") -> None:
        self._path, self._called = path, called
        self._stack = ExitStack()
        self._file: RowFile | None = None
        self._all: Counter[str] = Counter()
        self._kept = 0
        self._start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    @property
    def counts(self) -> Mapping[str, int]:
        """Rows left out by reason since the beginning."""
        return dict(self._all)

    @property
    def first(self) -> RejectedRow | None:
        """The first row that was left out."""
        return self._first if self._kept else None

    def add(self, file: str, row: int, column: str, reason: str, value: object) -> None:
        """Record one row."""
        self.add_many(file, [row], column, reason, [value])

    def add_many(
        self, file: str, rows: Sequence[int], column: str, reason: str, values: Iterable[Any]
    ) -> None:
        """Record several rows of one column that have the same fault."""
        self._counts[reason] += len(rows)
        self._all[reason] += len(rows)
        if self._path is None and self._kept >= KEPT_ROWS:
            return
        for row, value in zip(rows, values, strict=True):
            text = "" if value is None else str(value)[:VALUE_LENGTH]
            self._keep(RejectedRow(file, int(row), column, reason, text))

    def note(self, text: str, count: int) -> None:
        """Count values that were changed in rows that stay."""
        if count:
            self._notes[text] += count

    def take(self) -> RejectedRows:
        """Return what came since the last call."""
        taken = RejectedRows(dict(self._counts), tuple(self._rows), dict(self._notes))
        self._start()
        return taken

    def _start(self) -> None:
        self._counts: Counter[str] = Counter()
        self._notes: Counter[str] = Counter()
        self._rows: list[RejectedRow] = []

    def _keep(self, rejected: RejectedRow) -> None:
        if self._path is not None:
            self._write(self._path, rejected)
        if self._kept < KEPT_ROWS:
            if not self._kept:
                self._first = rejected
            self._rows.append(rejected)
            self._kept += 1

    def _write(self, path: Path, rejected: RejectedRow) -> None:
        if self._file is None:
            # Bytes that are no text reach us as lone surrogates; a question mark stands for them.
            self._file = self._stack.enter_context(closing(RowFile(path, _COLUMNS, told_in=3)))
        # A spreadsheet must not run what a stranger's file holds.
        value, file = _defuse(rejected.value), _defuse(self._called or rejected.file)
        cells = [file, rejected.row, rejected.column, rejected.reason, value]
        self._file.write(cells)


def _defuse(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text
