"""Reports and paths as CSV that no spreadsheet takes for formulas (RFC 4180)."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from io import StringIO
from os import PathLike
from pathlib import Path
from typing import Any, TextIO

from suppilo.analytics.funnel.report import FunnelReport, StepResult

# OWASP's list of what spreadsheets read as a formula or skip before one, with full-width forms.
_DANGEROUS = frozenset("=+-@|\t\r\n\0＝＋－＠｜")
_NUMBER = re.compile(r"-\d+(\.\d+)?([eE][+-]?\d+)?")

STEP_FIELDS = tuple(StepResult.__dataclass_fields__)


def defuse(text: str) -> str:
    """Return text that a spreadsheet shows and never runs: with ``'`` before a dangerous start.

    A text that is a negative number and nothing else stays a number.

    Examples
    --------
    >>> defuse("=1+1"), defuse("-12.5"), defuse("a=b")
    ("'=1+1", '-12.5', 'a=b')
    """
    start = text.lstrip(" \u00a0\ufeff")[:1]
    if start in _DANGEROUS and start and not _NUMBER.fullmatch(text):
        return "'" + text
    return text


def report_csv(report: FunnelReport) -> str:
    """Return a report as one table: a row for each step of the whole, each bucket and each value.

    ``part`` says which (``funnel``, ``bucket`` or ``breakdown``) and ``key`` its date or value;
    the other columns are those of the JSON form. Rates are 0..1, times in seconds.
    """
    buffer = StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow(("part", "key", "step", *STEP_FIELDS))
    for part, key, steps in _parts(report):
        for place, step in enumerate(steps, 1):
            figures = (getattr(step, field) for field in STEP_FIELDS)
            writer.writerow([part, csv_cell(key), place, *map(csv_cell, figures)])
    return buffer.getvalue()


def _parts(report: FunnelReport) -> Iterator[tuple[str, Any, Sequence[StepResult]]]:
    yield "funnel", None, report.steps
    for bucket in report.buckets or ():
        yield "bucket", bucket.start, bucket.steps
    for value in report.breakdown.values if report.breakdown else ():
        yield "breakdown", value.value, value.steps


def write_paths_csv(
    rows: Iterable[Mapping[str, Any]],
    file: str | PathLike[str] | TextIO,
    columns: Sequence[str] | None = None,
) -> int:
    """Write rows of a drill-down as CSV and return how many there were.

    Parameters
    ----------
    rows
        One mapping for each path, read once and never all held.
    file
        A path, or a text file opened with ``newline=""``.
    columns
        The columns in their order; those of the first row if left out.

    Raises
    ------
    ValueError
        If a row has a column that is not among them; the message names row and column.
    """
    with _opened(file) as handle:
        return _write_rows(iter(rows), csv.writer(handle), columns)


@contextmanager
def _opened(file: str | PathLike[str] | TextIO) -> Iterator[TextIO]:
    if isinstance(file, str | PathLike):
        with Path(file).open("w", encoding="utf-8", newline="") as handle:
            yield handle
    else:
        yield file


def _write_rows(
    rows: Iterator[Mapping[str, Any]], writer: Any, columns: Sequence[str] | None
) -> int:
    count = 0
    if columns is not None:
        writer.writerow(map(defuse, columns))
    for count, row in enumerate(rows, 1):
        if columns is None:
            columns = list(row)
            writer.writerow(map(defuse, columns))
        if unknown := next((name for name in row if name not in columns), None):
            raise ValueError(f"row {count} has a column {unknown!r} that the table has not")
        writer.writerow([csv_cell(row.get(name)) for name in columns])
    return count


def csv_cell(value: Any) -> Any:
    """Return a value as CSV has it: numbers as they are, all else as defused text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return value
    return defuse(str(value))
