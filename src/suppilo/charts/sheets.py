"""Plain tables as files: CSV, or a workbook with a sheet for each. Text is always text."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from decimal import Decimal
from io import BytesIO, StringIO
from typing import Any

from suppilo.charts.csv_out import defuse

FILE_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}

Rows = Sequence[Sequence[Any]]


def make_file(kind: str, sheets: Sequence[tuple[str, Rows]]) -> bytes:
    """Return tables as a file of a kind of :data:`FILE_TYPES`; the first row is the headings.

    In CSV an empty line stands between one table and the next.
    """
    return _csv(sheets) if kind == "csv" else _xlsx(sheets)


def _csv(sheets: Sequence[tuple[str, Rows]]) -> bytes:
    buffer = StringIO(newline="")
    writer = csv.writer(buffer)
    for number, (_name, rows) in enumerate(sheets):
        if number:
            writer.writerow([])
        writer.writerows([_plain(cell) for cell in row] for row in rows)
    # The mark tells Excel that this is UTF-8.
    return b"\xef\xbb\xbf" + buffer.getvalue().encode()


def _plain(cell: Any) -> Any:
    return defuse(cell) if isinstance(cell, str) else cell


def _xlsx(sheets: Sequence[tuple[str, Rows]]) -> bytes:
    import xlsxwriter

    buffer = BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False,
               "strings_to_numbers": False}  # fmt: skip
    with xlsxwriter.Workbook(buffer, options) as workbook:
        bold = workbook.add_format({"bold": True})
        for name, rows in sheets:
            sheet = workbook.add_worksheet(name[:31])
            sheet.freeze_panes(1, 0)
            for place, row in enumerate(rows):
                for column, cell in enumerate(row):
                    _write(sheet, place, column, cell, None if place else bold)
    return buffer.getvalue()


def _write(sheet: Any, row: int, column: int, cell: Any, style: Any) -> None:
    if cell is None or cell == "":
        return
    if isinstance(cell, Decimal | int | float):
        sheet.write_number(row, column, float(cell), style)
    else:
        sheet.write_string(row, column, defuse(str(cell)), style)
