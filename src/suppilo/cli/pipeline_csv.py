"""A pipeline's figures as CSV."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from suppilo.cli.pipeline_answer import (
    COUNTS,
    DAY_S,
    FATES,
    Beside,
    PipelineFound,
    advance_interval,
    how_words,
    late_quantile,
    reason_rows,
)

if TYPE_CHECKING:
    from suppilo.analytics.durations import Quantile
    from suppilo.analytics.intervals import Interval

_STAGE_COLUMNS = [
    "stage", "entered", "advanced", "lost", "of them disqualified", "moved back", "handed over",
    "still there", "advance rate", "lower", "upper", "left", "median days", "median lower",
    "median upper", "80% within days", "80% lower", "80% upper",
]  # fmt: skip
_MOVE_COLUMNS = ["from", "to", "how", "left there", "ever", "won", "lost"]
_GROUP_COLUMNS = ["group", *(name.replace("_", " ") for name in COUNTS), "win rate", "lower",
                  "upper", "median cycle days"]  # fmt: skip


def make_csv(found: PipelineFound) -> bytes:
    """Return the figures as CSV, a table after the other; rates 0..1, times in days."""
    from suppilo.charts.sheets import make_file

    sheets: list[tuple[str, list[list[Any]]]] = [
        ("Stages", [_STAGE_COLUMNS, *_stage_cells(found)]),
        ("Outcomes", [["figure", "value", "lower", "upper"], *_outcome_cells(found)]),
        ("Lost reasons", [["lost for", "deals", "of them disqualified", "share"],
                          *([name, deals, disqualified, share]
                            for name, deals, share, disqualified, _values in reason_rows(found))]),
        ("Conformance", [_MOVE_COLUMNS, *(
            [found.place(one.source), found.place(one.target), how_words(one.how.name), one.first,
             one.deals, one.won, one.lost] for one in found.conformance.moves)]),
    ]  # fmt: skip
    if found.beside is not None:
        sheets.append(("Side by side", [_GROUP_COLUMNS, *_group_cells(found.beside)]))
    return make_file("csv", sheets)


def _days(found: Quantile) -> list[float | None]:
    return [
        None if seconds is None else round(seconds / DAY_S, 3)
        for seconds in (found.time, found.lower, found.upper)
    ]


def _bounds(interval: Interval | None) -> list[float | None]:
    return [None, None] if interval is None else [interval.lower, interval.upper]


def _stage_cells(found: PipelineFound) -> Iterator[list[Any]]:
    report = found.report
    for name, one, time in zip(found.names, report.stages, report.times, strict=True):
        yield [
            name, *(getattr(one, fate) for fate in FATES), one.advance_rate,
            *_bounds(advance_interval(one)), time.left, *_days(time.median),
            *_days(late_quantile(time)),
        ]  # fmt: skip


def _outcome_cells(found: PipelineFound) -> Iterator[list[Any]]:
    rate = found.report.win_rate
    for name in COUNTS:
        yield [name.replace("_", " "), getattr(rate, name), None, None]
    yield ["won / (won + lost)", rate.of_decided, *_bounds(rate.of_decided_interval)]
    yield ["won / created", rate.of_created, *_bounds(rate.of_created_interval)]
    for one in found.report.ending.quantiles:
        yield [f"{one.share:.0%} ended within days", *_days(one)]
    for within in found.within:
        yield [f"won within {within.days} days", within.won, *(within.won_interval or (None, None))]
        yield [f"lost within {within.days} days", within.lost,
               *(within.lost_interval or (None, None))]  # fmt: skip
    kept = found.conformance
    yield ["followed the stages in order", kept.share, *_bounds(kept.interval)]
    if found.beside is not None:
        yield [f"log-rank p by {found.beside.by}", found.beside.test.p_value, None, None]


def _group_cells(beside: Beside) -> Iterator[list[Any]]:
    for one in beside.figures:
        rate = one.win_rate
        yield [
            beside.names[one.group], *(getattr(rate, name) for name in COUNTS), rate.of_decided,
            *_bounds(rate.of_decided_interval), _days(one.cycle)[0],
        ]  # fmt: skip
