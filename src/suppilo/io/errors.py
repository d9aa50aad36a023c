"""What is wrong with a file, in one line that says where and what to do."""

from __future__ import annotations

from os import PathLike, fspath


class InputError(ValueError):
    """A file or mapping that can't be used; the message names the place and the remedy."""


def place(file: str | PathLike[str], row: int | None = None, column: str | None = None) -> str:
    """Return where something is, as messages begin.

    Rows are numbered as a spreadsheet numbers them: the header is row 1.

    Examples
    --------
    >>> place("leads.csv", 3, "won_date")
    'leads.csv, row 3, column won_date'
    """
    parts = [fspath(file)]
    if row is not None:
        parts.append(f"row {row}")
    if column:
        parts.append(f"column {column}")
    return ", ".join(parts)
