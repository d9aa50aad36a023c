"""The sheets of times from one step to another in a funnel's workbook."""

from __future__ import annotations

from suppilo.analytics.funnel.times import TimeToConvert
from suppilo.analytics.funnel.times_by import TimesByValue
from suppilo.charts import words
from suppilo.charts.i18n import _
from suppilo.charts.xlsx_compared import Book, Cell

_WHOLE, _SHARE, _SECONDS, _CHANCE = "#,##0", "0.0%", "#,##0.0", "0.0000"


def write_times(book: Book, times: TimeToConvert, by: TimesByValue | None = None) -> None:
    """Write the sheets Times, Converted by then, and Times by value where there is a breakdown."""
    _write_figures(book, times)
    headings = [_("Time, s"), _("Share"), _("from"), _("to")]
    sheet = book.add_sheet("Converted by then", headings, [14] * 4)
    for row, (at, *shares) in enumerate(times.curve, 1):
        book.put_row(sheet, row, [(at, _SECONDS), *((share, _SHARE) for share in shares)])
    if by is not None and by.values:
        _write_values(book, by)


def _write_figures(book: Book, times: TimeToConvert) -> None:
    headings = [f"{times.from_step} → {times.to_step}", _("Seconds"), _("to"), _("Paths")]
    sheet = book.add_sheet("Times", headings, [44, 14, 14, 14])
    rows: list[list[Cell]] = [
        [(_("Did it"), ""), (None, ""), (None, ""), (times.converted, _WHOLE)],
        [(_("Not yet, or not in time"), ""), (None, ""), (None, ""), (times.censored, _WHOLE)],
        *([(_("{share} % within").format(share=share), ""), (seconds, _SECONDS)]
          for share, seconds in times.percentiles),
        [(_("Mean"), ""), (times.mean_seconds, _SECONDS)],
        *([(_("How many took how long"), ""), (start, _SECONDS), (end, _SECONDS), (count, _WHOLE)]
          for start, end, count in times.histogram),
    ]  # fmt: skip
    for row, cells in enumerate(rows, 1):
        book.put_row(sheet, row, cells)


def _write_values(book: Book, by: TimesByValue) -> None:
    headings = [by.by, _("Did it"), _("Not yet, or not in time")]
    for one in by.values[0].quantiles:
        share = f"{100 * one.share:g} %"
        headings += [f"{share}: {text}" for text in (_("Seconds"), _("from"), _("to"))]
    sheet = book.add_sheet("Times by value", headings, [34] + [14] * (len(headings) - 1))
    for row, value in enumerate(by.values, 1):
        times = [(seconds, _SECONDS) for one in value.quantiles
                 for seconds in (one.time, one.lower, one.upper)]  # fmt: skip
        counts = [(value.converted, _WHOLE), (value.censored, _WHOLE)]
        book.put_row(sheet, row, [(words.name_of(value.value), ""), *counts, *times])
    test = [(_("log-rank test, p"), ""), (by.test.p_value, _CHANCE)]
    book.put_row(sheet, len(by.values) + 2, test)
