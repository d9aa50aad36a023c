"""Customers as a CSV file or a workbook that no spreadsheet takes for formulas."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from io import BytesIO

from django.http import HttpRequest, HttpResponse, HttpResponseBase

from suppilo.analytics.value.report import ValueReport
from suppilo.charts.sheets import FILE_TYPES
from suppilo.charts.xlsx import write_paths_xlsx
from suppilo.web.csv_files import answer_csv
from suppilo.web.views.insights.value.rows import CustomerRow, SubscriberRow

FILE_KINDS = tuple(FILE_TYPES)
SUBSCRIBER_COLUMNS = ("path", "name", "months_paid", "now")

Cell = str | int | float


def customer_columns(report: ValueReport) -> tuple[str, ...]:
    """Return what the columns of customers without a contract are called."""
    silent = f"{report.occasions or 'day'}s_silent"
    return (
        "path", "name", "segment", "purchases", silent, "total", "probability_alive",
        "expected_purchases", "worth",
    )  # fmt: skip


def customer_cells(row: CustomerRow) -> Sequence[Cell]:
    """Return a customer without a contract as a row of :func:`customer_columns`."""
    total, worth = row.figures
    return (
        row.path, row.name, row.segment, row.purchases, row.silent, round(total, 2),
        round(row.alive, 4), round(row.expected, 4), round(worth, 2),
    )  # fmt: skip


def subscriber_cells(row: SubscriberRow) -> Sequence[Cell]:
    """Return a customer with a contract as a row of :data:`SUBSCRIBER_COLUMNS`."""
    return row.path, row.name, row.months, "left" if row.has_left else "there"


def answer_file(
    request: HttpRequest, kind: str, columns: Sequence[str], rows: Iterator[Sequence[Cell]]
) -> HttpResponseBase:
    """Return customers as a file of one of :data:`FILE_KINDS`, however many they are."""
    if kind == "csv":
        return answer_csv(
            request, "customers", columns, ([str(one) for one in row] for row in rows)
        )
    buffer = BytesIO()
    write_paths_xlsx((dict(zip(columns, row, strict=True)) for row in rows), buffer, columns)
    response = HttpResponse(buffer.getvalue(), content_type=FILE_TYPES[kind])
    response["Content-Disposition"] = f'attachment; filename="customers.{kind}"'
    return response
