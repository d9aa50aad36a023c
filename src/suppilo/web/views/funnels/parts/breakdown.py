"""Breakdown: the funnel of each value of a property, and how they add up to the whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from suppilo.analytics.funnel import FunnelReport, StepResult
from suppilo.analytics.funnel.report import BreakdownValue
from suppilo.apps.funnels.ask import Answer
from suppilo.charts import figures
from suppilo.charts.page import spans_picture
from suppilo.web.views.funnels.links import Links
from suppilo.web.views.funnels.parts.trend import drawn

MOST_ROWS = 200


@dataclass(frozen=True, slots=True)
class ValueCell:
    """A step's count under one value, and the people behind it."""

    step: StepResult
    url: str


@dataclass(frozen=True, slots=True)
class ValueRow:
    """One value of the property; ``picture`` is its rate with the range."""

    value: Any
    cells: Sequence[ValueCell]
    end: StepResult
    picture: str
    is_total: bool = False


def show_breakdown(answer: Answer, links: Links) -> dict[str, Any]:
    """Return what the breakdown shows; without a property, which there are to choose from."""
    report = answer.report
    split = report.breakdown
    if split is None:
        return {"properties": list(answer.source.property_names())}
    rows = breakdown_rows(report, links)
    return {
        "split": split,
        "rows": rows[:MOST_ROWS],
        "hidden_rows": max(0, len(rows) - MOST_ROWS),
        "total": _row(BreakdownValue(None, report.steps), report, links, is_total=True),
        "values_sum": sum(value.steps[0].count for value in split.values),
        "entered": report.steps[0].count,
        "none_url": links.people(1, has_value=False) if split.none else "",
    }


def breakdown_rows(report: FunnelReport, links: Links) -> list[ValueRow]:
    """Return the rows of a breakdown, the largest value first; none without one."""
    values = report.breakdown.values if report.breakdown else ()
    return [_row(value, report, links) for value in values]


def _row(
    value: BreakdownValue, report: FunnelReport, links: Links, is_total: bool = False
) -> ValueRow:
    end, whole = figures.last_step(value.steps), figures.last_step(report.steps)
    values = report.breakdown.values if report.breakdown else ()
    scale = figures.span_scale([whole, *(figures.last_step(v.steps) for v in values[:MOST_ROWS])])
    picture = spans_picture(
        end.lower,
        end.conversion_rate,
        end.upper,
        scale,
        None if is_total else whole.conversion_rate,
    )
    shown = None if is_total else value.value
    cells = [
        ValueCell(step, links.people(number, value=shown))
        for number, step in enumerate(value.steps, 1)
    ]
    return ValueRow(value.value, cells, end, drawn(picture), is_total)
