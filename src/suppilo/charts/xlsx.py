"""A funnel report as an Excel workbook: real numbers, formats, a native chart, no formulas."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from math import isfinite
from os import PathLike
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO

from suppilo.analytics.funnel.report import FunnelReport, StepResult
from suppilo.analytics.funnel.times import TimeToConvert
from suppilo.analytics.funnel.times_by import TimesByValue
from suppilo.analytics.periods import EPOCH
from suppilo.charts import words
from suppilo.charts.csv_out import defuse
from suppilo.charts.explain import explain_report, explain_steps
from suppilo.charts.figures import correlation_name, reconcile
from suppilo.charts.i18n import _
from suppilo.charts.xlsx_compared import ComparedFunnels, write_compared
from suppilo.charts.xlsx_times import write_times

MAX_CELL = 32_767
CHART_STEPS = 64
SHEET_ROWS = 1_048_575
# The format of a workbook's figures: whole, share, seconds, ratio, small probability.
WHOLE, SHARE, SECONDS, RATIO, CHANCE = "#,##0", "0.0%", "#,##0.0", "0.000", "0.0000"


def write_xlsx(
    report: FunnelReport,
    file: str | PathLike[str] | BinaryIO,
    compared: ComparedFunnels | None = None,
    times: TimeToConvert | None = None,
    times_by: TimesByValue | None = None,
) -> None:
    """Write a report as a workbook with sheets Funnel, Breakdown, Trend, Correlations, Definition.

    A sheet without content is left out; a comparison and times between steps have sheets of their
    own. Times are seconds,
    shares real numbers shown as per cent. Text is always text: what a spreadsheet might take for
    a formula carries Excel's own quote mark as well.
    """
    import xlsxwriter

    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False,
               "strings_to_numbers": False}  # fmt: skip
    with xlsxwriter.Workbook(_target(file), options) as workbook:
        workbook.set_properties({"title": _("Funnel"), "created": _created(report)})
        book = _Book(workbook)
        _write_funnel(book, report)
        if compared is not None:
            write_compared(book, compared)
        if times is not None:
            write_times(book, times, times_by)
        _write_breakdown(book, report)
        _write_trend(book, report)
        _write_correlations(book, report)
        _write_definition(book, report)


def _target(file: str | PathLike[str] | BinaryIO) -> Any:
    return str(file) if isinstance(file, str | PathLike) else file


def _created(report: FunnelReport) -> datetime:
    """Return the moment of observation, so that the same answer is the same file."""
    moment = EPOCH + timedelta(microseconds=report.as_of_us or 0)
    return moment.replace(tzinfo=None, microsecond=0)


class _Book:
    """A workbook with the formats that its cells need."""

    def __init__(self, workbook: Any) -> None:
        self.workbook = workbook
        self._formats: dict[tuple[tuple[str, Any], ...], Any] = {}

    def style(self, **properties: Any) -> Any:
        """Return a format, made once."""
        key = tuple(sorted(properties.items()))
        if key not in self._formats:
            self._formats[key] = self.workbook.add_format(properties)
        return self._formats[key]

    def add_sheet(self, name: str, headings: Sequence[str], widths: Sequence[int]) -> Any:
        """Return a new sheet with a bold heading that stays in sight."""
        sheet = self.workbook.add_worksheet(name)
        for column, (heading, width) in enumerate(zip(headings, widths, strict=True)):
            sheet.set_column(column, column, width)
            self.put(sheet, 0, column, heading, bold=True, bottom=1, text_wrap=True)
        sheet.freeze_panes(1, 1)
        return sheet

    def put(self, sheet: Any, row: int, column: int, value: Any, **style: Any) -> None:
        """Write one cell: a finite number as a number, nothing as nothing, all else as text."""
        if value is None or (isinstance(value, float) and value != value):
            return
        if isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value):
            sheet.write_number(row, column, value, self.style(**style))
            return
        text = value if isinstance(value, str) else _name(value)
        if defuse(text) != text:
            style["quote_prefix"] = True
        style.pop("num_format", None)
        sheet.write_string(row, column, words.shorten(text, MAX_CELL), self.style(**style))

    def put_row(self, sheet: Any, row: int, cells: Iterable[tuple[Any, str]]) -> None:
        """Write a row of (value, number format) cells."""
        for column, (value, number_format) in enumerate(cells):
            self.put(sheet, row, column, value, num_format=number_format)


def _name(value: Any) -> str:
    return words.number(value) if isinstance(value, float) else words.name_of(value)


def _step_columns() -> list[tuple[str, str, str]]:
    """Return the columns of a step: its field, its heading and its number format."""
    since, until = _("from"), _("to")
    return [
        ("count", _("Paths"), WHOLE), ("conversion_rate", _("Of first"), SHARE),
        ("lower", since, SHARE), ("upper", until, SHARE),
        ("step_conversion_rate", _("Of previous"), SHARE), ("step_lower", since, SHARE),
        ("step_upper", until, SHARE), ("drop_off", _("Dropped"), WHOLE),
        ("open", _("Open"), WHOLE), ("median_seconds", _("Median, s"), SECONDS),
        ("mean_seconds", _("Mean, s"), SECONDS), ("p25_seconds", _("25 % within, s"), SECONDS),
        ("p75_seconds", _("75 % within, s"), SECONDS),
    ]  # fmt: skip


def _step_headings() -> list[str]:
    return [heading for _field, heading, _format in _step_columns()]


def _step_cells(step: StepResult) -> list[tuple[Any, str]]:
    return [
        (getattr(step, field), number_format) for field, _name, number_format in _step_columns()
    ]


def _write_funnel(book: _Book, report: FunnelReport) -> None:
    headings = [_("Step"), _("Optional"), *_step_headings()]
    sheet = book.add_sheet("Funnel", headings, [34, 9] + [12] * (len(headings) - 2))
    for row, step in enumerate(report.steps, 1):
        optional = _("yes") if step.optional else None
        book.put_row(sheet, row, [(step.name, ""), (optional, ""), *_step_cells(step)])
    last = len(report.steps)
    figures = [(_("Paths looked at"), report.paths), (_("Left by an exclusion"), report.excluded),
               (_("Rows not used"), report.rejected.rows)]  # fmt: skip
    figures += [(f"  {reason}", rows) for reason, rows in report.rejected.reasons.items()]
    for row, (name, value) in enumerate(figures, last + 2):
        book.put_row(sheet, row, [(name, ""), (None, ""), (value, WHOLE)])
    _add_chart(book, sheet, last, last + 3 + len(figures))


def _add_chart(book: _Book, sheet: Any, steps: int, row: int) -> None:
    chart = book.workbook.add_chart({"type": "bar"})
    chart.add_series({
        "name": _("Paths"), "categories": ["Funnel", 1, 0, steps, 0],
        "values": ["Funnel", 1, 2, steps, 2], "fill": {"color": "#2f5bea"}, "gap": 40,
        "data_labels": {"value": True, "num_format": WHOLE},
    })  # fmt: skip
    chart.set_legend({"none": True})
    chart.set_title({"none": True})
    chart.set_y_axis({"reverse": True, "line": {"none": True}, "major_tick_mark": "none"})
    chart.set_x_axis({"visible": False, "major_gridlines": {"visible": False}, "min": 0})
    chart.set_size({"width": 760, "height": 80 + 34 * min(steps, CHART_STEPS)})
    sheet.insert_chart(row, 0, chart, {"description": _("Paths at each step")})


def _write_breakdown(book: _Book, report: FunnelReport) -> None:
    split = report.breakdown
    if split is None:
        return
    headings = [split.by, _("Step"), *_step_headings()]
    sheet = book.add_sheet("Breakdown", headings, [34, 28] + [12] * (len(headings) - 2))
    row = 1
    parts = [(value.value, value.steps) for value in split.values] + [(_("All"), report.steps)]
    for value, steps in parts:
        for step in steps:
            name = words.name_of(value) if value is None or value == "" else value
            book.put_row(sheet, row, [(name, ""), (step.name, ""), *_step_cells(step)])
            row += 1
    sheet.autofilter(0, 0, row - 1, len(headings) - 1)
    book.put(sheet, row + 1, 0, reconcile(report))


def _write_trend(book: _Book, report: FunnelReport) -> None:
    if not report.buckets:
        return
    names = [step.name for step in report.steps]
    headings = [words.bucket_heading(report.definition.every), _("Converted"), _("Dropped"),
                _("Open"), _("Rate"), _("from"), _("to"), *names]  # fmt: skip
    sheet = book.add_sheet("Trend", headings, [14] + [12] * (len(headings) - 1))
    required = [index for index, step in enumerate(report.steps) if not step.optional]
    for row, bucket in enumerate(report.buckets, 1):
        end = bucket.steps[required[-1]]
        book.put_row(sheet, row, [
            (bucket.start, ""), (bucket.converted, WHOLE), (bucket.dropped, WHOLE),
            (bucket.open, WHOLE), (end.conversion_rate, SHARE), (end.lower, SHARE),
            (end.upper, SHARE), *((step.count, WHOLE) for step in bucket.steps),
        ])  # fmt: skip


def _write_correlations(book: _Book, report: FunnelReport) -> None:
    if not report.correlations:
        return
    headings = [_("What"), _("Converted with it"), _("of"), _("Converted without it"), _("of"),
                _("Odds ratio"), _("from"), _("to"), _("p")]  # fmt: skip
    sheet = book.add_sheet("Correlations", headings, [40] + [12] * 8)
    for row, found in enumerate(report.correlations, 1):
        book.put_row(sheet, row, [
            (correlation_name(found), ""), (found.with_converted, WHOLE),
            (found.with_total, WHOLE), (found.without_converted, WHOLE),
            (found.without_total, WHOLE), (found.odds_ratio, RATIO), (found.lower, RATIO),
            (found.upper, RATIO), (found.p_value, CHANCE),
        ])  # fmt: skip


def _write_definition(book: _Book, report: FunnelReport) -> None:
    sheet = book.add_sheet("Definition", [_("What was counted")], [110])
    definition = report.definition
    steps = [f"{place}. {line}" for place, line in enumerate(explain_steps(definition), 1)]
    lines = [*explain_report(report), *steps,
             json.dumps(definition.to_dict(), indent=2, ensure_ascii=False)]  # fmt: skip
    for row, line in enumerate(lines, 1):
        book.put(sheet, row, 0, line, text_wrap=True, valign="top")


def write_paths_xlsx(
    rows: Iterable[Mapping[str, Any]],
    file: str | PathLike[str] | BinaryIO,
    columns: Sequence[str],
) -> int:
    """Write rows of a drill-down as a workbook, and return how many there were.

    Text is always text, as in :func:`write_xlsx`. A sheet holds 1,048,575 rows below its heading;
    more go on in further sheets.

    Parameters
    ----------
    rows
        One mapping for each path, read once.
    columns
        The columns in their order.
    """
    import xlsxwriter

    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False,
               "strings_to_numbers": False}  # fmt: skip
    count = 0
    # The workbook's own temporary files would stay where it breaks off, on a full disk say.
    with (
        TemporaryDirectory(prefix="suppilo-") as folder,
        xlsxwriter.Workbook(_target(file), options | {"tmpdir": folder}) as workbook,
    ):
        book = _Book(workbook)
        sheet = book.add_sheet("People", columns, [20] * len(columns))
        for count, row in enumerate(rows, 1):
            place = (count - 1) % SHEET_ROWS + 1
            if count > 1 and place == 1:
                name = f"People {count // SHEET_ROWS + 1}"
                sheet = book.add_sheet(name, columns, [20] * len(columns))
            book.put_row(sheet, place, ((row.get(column), "") for column in columns))
    return count
