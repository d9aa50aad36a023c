"""The tables under a funnel in the terminal: breakdown, dates, correlations, rejected rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from suppilo.analytics.funnel.report import (
    Bucket,
    Correlation,
    FunnelReport,
    StepResult,
)
from suppilo.charts import words
from suppilo.charts.figures import correlation_name, last_step, reconcile, rejected_words
from suppilo.charts.i18n import _, ngettext

if TYPE_CHECKING:
    from rich.console import JustifyMethod, RenderableType
    from rich.table import Table
    from rich.text import Text

MAX_ROWS = 25
HEADING_WIDTH = 10
VALUE_WIDTH = 24


def text_of(*pieces: tuple[str, str]) -> Text:
    """Return text of (words, style) pieces."""
    from rich.text import Text

    return Text.assemble(*pieces)


def plain_table(*columns: tuple[str, JustifyMethod], **options: Any) -> Table:
    """Return a plain table of (heading, justify) columns that never wraps a cell."""
    from rich.table import Table

    table = Table(box=None, padding=(0, 1, 0, 0), header_style="dim", pad_edge=False, **options)
    for heading, justify in columns:
        table.add_column(heading, justify=justify, no_wrap=True, overflow="ellipsis")
    return table


def _section(title: str) -> Text:
    return text_of((f"\n{title}", "bold"))


def breakdown_parts(report: FunnelReport, width: int) -> Iterator[RenderableType]:
    """Return the breakdown: steps across, values down, the whole beneath."""
    split = report.breakdown
    if split is None:
        return
    yield _section(_("By {by}").format(by=words.clean(split.by)))
    rows = [(words.name_of(value.value), value.steps) for value in split.values[:MAX_ROWS]]
    rows.append((_("All"), report.steps))
    columns = [_step_column(rows, index, step.name) for index, step in enumerate(report.steps)]
    for numbers in _blocks([_width(column) for column in columns], rows, width):
        yield _breakdown_table(rows, columns, numbers)
    yield from _more(len(split.values) - MAX_ROWS)
    yield text_of((reconcile(report), "dim"))


Row = tuple[str, Sequence[StepResult]]


def _step_column(rows: Sequence[Row], index: int, name: str) -> list[str]:
    """Return a step's heading, on two lines at most, and its count in each row."""
    return [_heading(f"{index + 1} {words.clean(name)}")] + [
        words.number(steps[index].count) for _name, steps in rows
    ]


def _heading(text: str) -> str:
    from rich.cells import cell_len, set_cell_size

    lines = [""]
    for word in text.split():
        joined = f"{lines[-1]} {word}".strip()
        if cell_len(joined) <= HEADING_WIDTH:
            lines[-1] = joined
        else:
            lines.append(word)
    kept = lines[:2] if len(lines) <= 2 else [lines[0], " ".join(lines[1:])]
    return "\n".join(
        line if cell_len(line) <= HEADING_WIDTH else set_cell_size(line, HEADING_WIDTH - 1) + "…"
        for line in kept
    )


def _width(column: Sequence[str]) -> int:
    from rich.cells import cell_len

    return max(cell_len(line) for cell in column for line in cell.split("\n"))


def _blocks(widths: Sequence[int], rows: Sequence[Row], width: int) -> list[list[int]]:
    """Return the steps in groups that fit beside the values, so that no column is squeezed."""
    shares = [_overall_cell(steps).plain for _name, steps in rows]
    room = width - min(VALUE_WIDTH, _width([name for name, _steps in rows])) - 1
    last_room = room - _width(shares) - 1
    groups: list[list[int]] = [[]]
    used = 0
    for index, column in enumerate(widths):
        limit = last_room if index == len(widths) - 1 else room
        if groups[-1] and used + column + 1 > limit:
            groups.append([])
            used = 0
        groups[-1].append(index)
        used += column + 1
    return groups


def _breakdown_table(
    rows: Sequence[Row], columns: Sequence[Sequence[str]], numbers: Sequence[int]
) -> Table:
    is_last = numbers[-1] == len(columns) - 1
    headings: list[tuple[str, JustifyMethod]] = [(columns[i][0], "right") for i in numbers]
    if is_last:
        headings.append((_("Of first"), "right"))
    table = plain_table((_("Value"), "left"), *headings)
    table.columns[0].max_width = VALUE_WIDTH
    for place, (name, steps) in enumerate(rows, 1):
        style = "bold" if place == len(rows) else ""
        cells = [text_of((columns[i][place], style)) for i in numbers]
        table.add_row(text_of((name, style)), *cells, *([_overall_cell(steps)] * is_last))
    return table


def _overall_cell(steps: Sequence[StepResult]) -> Text:
    last = last_step(steps)
    span = words.rate_range(last.lower, last.upper)
    return text_of((words.rate(last.conversion_rate), "bold"), (f"  {span}", "dim"))


def _more(hidden: int) -> Iterator[Text]:
    if hidden > 0:
        text = ngettext("and {n} more row; JSON, CSV and XLSX have all",
                        "and {n} more rows; JSON, CSV and XLSX have all", hidden)  # fmt: skip
        yield text_of((text.format(n=words.number(hidden)), "dim"))


def bucket_parts(report: FunnelReport) -> Iterator[RenderableType]:
    """Return the paths by date of entry, the latest buckets where there are many."""
    if not report.buckets:
        return
    yield _section(_("By date of entry"))
    every = report.definition.every
    table = plain_table(
        (words.bucket_heading(every), "left"), (_("Entered"), "right"), (_("Converted"), "right"),
        (_("Dropped"), "right"), (_("Open"), "right"), (_("Rate"), "right"), ("", "left"),
    )  # fmt: skip
    shown = report.buckets[-MAX_ROWS:]
    for bucket in shown:
        table.add_row(*_bucket_cells(bucket, words.bucket_name(bucket.start, every)))
    yield table
    yield from _more(len(report.buckets) - len(shown))


def _bucket_cells(bucket: Bucket, name: str) -> list[Text]:
    last = last_step(bucket.steps)
    figures = (bucket.steps[0].count, bucket.converted, bucket.dropped, bucket.open)
    return [
        text_of((name, "")),
        *(text_of((words.number(figure), "")) for figure in figures),
        text_of((words.rate(last.conversion_rate), "bold")),
        text_of((words.rate_range(last.lower, last.upper), "dim")),
    ]


def correlation_parts(report: FunnelReport) -> Iterator[RenderableType]:
    """Return what goes with conversion."""
    if not report.correlations:
        return
    yield _section(_("Goes with conversion"))
    table = plain_table(
        (_("What"), "left"), (_("With"), "right"), (_("Without"), "right"),
        (_("Odds ratio"), "right"), ("", "left"), (_("p"), "right"),
    )  # fmt: skip
    # Where there is too little room the words wrap, and every figure stays whole.
    table.columns[0].max_width = 30
    table.columns[0].no_wrap = False
    for found in report.correlations[:MAX_ROWS]:
        table.add_row(*_correlation_cells(found))
    yield table
    yield from _more(len(report.correlations) - MAX_ROWS)


def _correlation_cells(found: Correlation) -> list[Text]:
    return [
        text_of((correlation_name(found), "")),
        text_of((_share(found.with_converted, found.with_total), "")),
        text_of((_share(found.without_converted, found.without_total), "")),
        text_of((words.odds(found.odds_ratio), "bold")),
        text_of((words.odds_range(found.lower, found.upper), "dim")),
        text_of((words.p_value(found.p_value), "")),
    ]


def _share(converted: int, total: int) -> str:
    return f"{words.rate(converted / total if total else None)} {_('of')} {words.number(total)}"


def rejected_parts(report: FunnelReport) -> Iterator[RenderableType]:
    """Return how many rows could not be used, by reason."""
    if not report.rejected.rows:
        return
    yield _section(rejected_words(report.rejected.rows))
    for reason, rows in report.rejected.reasons.items():
        yield text_of((f"{words.number(rows):>9}  {words.clean(reason)}", ""))
