"""A CSV of rows that were set aside: it grows no further than is of use."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

MOST_ROWS = 100_000
MOST_CHARACTERS = 50_000_000


class RowFile:
    """Writes rows as they come, up to a bound; its last line says how many more there were.

    Parameters
    ----------
    header
        The names of the columns.
    told_in
        The column, from 0, of the line that says how many more there were.
    encoding
        ``utf-8-sig`` for spreadsheets. Bytes that are no text become question marks.
    """

    def __init__(
        self, path: Path, header: Sequence[str], told_in: int, encoding: str = "utf-8"
    ) -> None:
        self._sink = path.open("w", encoding=encoding, errors="replace", newline="")
        self._writer = csv.writer(self._sink)
        self._writer.writerow(header)
        self._told_in, self._width = told_in, len(header)
        self._rows = self._characters = self._more = 0

    def write(self, cells: Sequence[object]) -> None:
        """Write a row, or count it where the file is full."""
        if self._more or self._rows >= MOST_ROWS or self._characters >= MOST_CHARACTERS:
            self._more += 1
            return
        self._writer.writerow(cells)
        self._rows += 1
        self._characters += sum(len(str(cell)) for cell in cells)

    def close(self) -> None:
        """Say how many more rows there were, if there were, and close the file."""
        if self._more:
            cells = [""] * self._width
            cells[self._told_in] = f"and {self._more:,} rows more, which this file has no room for"
            self._writer.writerow(cells)
        self._sink.close()
