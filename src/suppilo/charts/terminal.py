"""A funnel report as text for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from io import StringIO
from typing import TYPE_CHECKING

from suppilo.analytics.funnel.report import FunnelReport, StepResult
from suppilo.charts import words
from suppilo.charts.explain import explain_report, explain_steps, says_more_than_name, window_words
from suppilo.charts.figures import (
    entered_words,
    find_leak,
    last_step,
    leak_flag,
    leak_sentence,
    leak_title,
    share_of_first,
)
from suppilo.charts.i18n import _
from suppilo.charts.terminal_bottlenecks import bottleneck_parts
from suppilo.charts.terminal_tables import (
    breakdown_parts,
    bucket_parts,
    correlation_parts,
    plain_table,
    rejected_parts,
    text_of,
)

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.table import Table
    from rich.text import Text

MIN_WIDTH = 80
MAX_WIDTH = 160
NAME_WIDTH = 40
EIGHTHS = " ▏▎▍▌▋▊▉█"


def render_terminal(report: FunnelReport, width: int = 80, color: bool = False) -> str:
    """Return a report as text, every line at most ``width`` cells (80 at least) wide.

    Parameters
    ----------
    report
        The answer to show.
    width
        The terminal's columns; beyond 160 the text stays at 160, where it reads better.
    color
        Whether to write ANSI colours; False where the output is not a terminal.
    """
    from rich.console import Console

    buffer = StringIO()
    console = Console(
        file=buffer, width=min(MAX_WIDTH, max(MIN_WIDTH, width)), force_terminal=color,
        color_system="standard" if color else None, no_color=not color, markup=False, emoji=False,
        highlight=False, legacy_windows=False, _environ={},
    )  # fmt: skip
    for part in _parts(report, console):
        console.print(part)
    lines = (line.rstrip() for line in buffer.getvalue().splitlines())
    return "\n".join(lines) + "\n"


def _parts(report: FunnelReport, console: Console) -> Iterator[RenderableType]:
    yield _headline(report)
    yield ""
    table = _step_table(report, console.width)
    yield table
    yield from breakdown_parts(report, console.width)
    yield from bucket_parts(report)
    yield from correlation_parts(report)
    yield from bottleneck_parts(report)
    yield from rejected_parts(report)
    yield from _definition_parts(report, table.columns[1].width or 0)


def _headline(report: FunnelReport) -> Text:
    last = last_step(report.steps)
    ends = (words.clean(step.name) for step in (report.steps[0], last))
    title = (" → ".join(words.shorten(name, NAME_WIDTH) for name in ends), "bold")
    window = (f" · {window_words(report.definition)}\n", "")
    if not report.steps[0].count:
        return text_of(title, window, (entered_words(report), ""))
    span = words.rate_range(last.lower, last.upper)
    return text_of(
        title, window, (words.rate(last.conversion_rate), "bold"), (f" ({span})  ", ""),
        (f"{words.one_in(last.conversion_rate)}  ", ""), (entered_words(report), "dim"),
        *_leak_pieces(report),
    )  # fmt: skip


def _leak_pieces(report: FunnelReport) -> list[tuple[str, str]]:
    leak = find_leak(report)
    if leak is None:
        return []
    title = leak_title(leak, NAME_WIDTH)
    return [(f"\n▲ {title}", "bold yellow"), (f"  {leak_sentence(leak)}", "")]


def _step_table(report: FunnelReport, width: int) -> Table:
    table = plain_table(
        ("", "right"), (_("Step"), "left"), ("", "left"), (_("Paths"), "right"),
        (_("Of first"), "right"), (_("Of previous"), "right"), (_("Median"), "right"),
        (_("Open"), "right"),
    )  # fmt: skip
    rows = [_step_cells(report, index) for index in range(len(report.steps))]
    name_width, bar_width = _split_room(rows, table, width)
    table.columns[1].width = name_width
    table.columns[2].width = bar_width
    leak = find_leak(report)
    for index, cells in enumerate(rows):
        flag = leak_flag(leak) if leak is not None and leak.before == index else ""
        table.add_row(*cells[:2], _bar(report.steps, index, bar_width, flag), *cells[2:])
    return table


def _step_cells(report: FunnelReport, index: int) -> list[Text]:
    step = report.steps[index]
    mark = "\n" + _("optional") if step.optional else ""
    return [
        text_of((str(index + 1), "dim")),
        text_of((words.clean(step.name), "bold"), (mark, "dim")),
        text_of((words.number(step.count), "bold")),
        # Step 1 is the whole by definition: its share has no range.
        _rate_cell(step.conversion_rate, step.lower, step.upper)
        if index
        else text_of((words.rate(step.conversion_rate), "")),
        _rate_cell(step.step_conversion_rate, step.step_lower, step.step_upper),
        text_of((words.duration(step.median_seconds) if index else "", "")),
        text_of((words.number(step.open) if step.open else "", "")),
    ]


def _rate_cell(share: float | None, lower: float | None, upper: float | None) -> Text:
    if share is None:
        return text_of(("", ""))
    return text_of((words.rate(share), ""), (f"\n{words.rate_range(lower, upper)}", "dim"))


def _split_room(rows: Sequence[Sequence[Text]], table: Table, width: int) -> tuple[int, int]:
    """Return the widths of the name and of the bar: what the figures leave over."""
    from rich.cells import cell_len

    headings = [str(column.header) for column in table.columns]
    figures = [0, 3, 4, 5, 6, 7]
    places = [0, 2, 3, 4, 5, 6]
    taken = 0
    for column, place in zip(figures, places, strict=True):
        cells = [max(map(cell_len, row[place].plain.split("\n"))) for row in rows]
        taken += max(cell_len(headings[column]), *cells)
    room = max(4, width - taken - len(headings))
    names = (line for row in rows for line in row[1].plain.split("\n"))
    longest = max(cell_len(headings[1]), *map(cell_len, names))
    name_width = min(room, longest, max(room // 2, 10), NAME_WIDTH)
    return name_width, min(48, room - name_width)


def _bar(steps: Sequence[StepResult], index: int, width: int, flag: str) -> Text:
    """Return the bar of a step: solid for paths that are settled, shaded for the open ones."""
    step = steps[index]
    settled = share_of_first(steps, step.count - step.open) * width
    whole = share_of_first(steps, step.count) * width
    # The shade begins at a whole cell: after a part of one there would be a gap.
    solid = _blocks(round(settled) if step.open else settled, step.count > step.open)
    shaded = "░" * max(1 if step.open else 0, round(whole) - len(solid))
    pieces = [(solid, "blue"), (shaded[: max(0, width - len(solid))], "blue")]
    if flag:
        pieces.append((f"\n▲ {flag}"[: width + 1], "yellow"))
    return text_of(*pieces)


def _blocks(length: float, any_at_all: bool) -> str:
    """Return a bar in eighths of a cell; whatever is not zero is seen."""
    eighths = max(round(length * 8), 1 if any_at_all else 0)
    return "█" * (eighths // 8) + EIGHTHS[eighths % 8].strip()


def _definition_parts(report: FunnelReport, name_width: int) -> Iterator[RenderableType]:
    yield text_of(("\n" + _("What was counted"), "bold"))
    yield text_of((" ".join(explain_report(report)), "dim"))
    definition = report.definition
    lines = zip(definition.steps, explain_steps(definition), strict=True)
    for place, (step, line) in enumerate(lines, 1):
        if says_more_than_name(step) or len(words.clean(step.name)) > name_width:
            yield text_of((f"{place:>2} {line}", "dim"))
