"""Correlations: which other events and values go with conversion."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from suppilo.analytics.funnel.report import Correlation
from suppilo.apps.funnels.ask import Answer
from suppilo.web.views.funnels.links import Links

MOST_ROWS = 60


@dataclass(frozen=True, slots=True)
class CorrelationRow:
    """One event or value, and who is behind its four counts."""

    found: Correlation
    with_converted_url: str
    with_url: str
    without_converted_url: str
    without_url: str


def show_correlations(answer: Answer, links: Links) -> dict[str, Any]:
    """Return what the correlations show: all of them that say something, then some that don't."""
    found = answer.report.correlations or ()
    return {
        "correlations": list(_rows(found[:MOST_ROWS], links)),
        "hidden_rows": max(0, len(found) - MOST_ROWS),
    }


def _rows(found: tuple[Correlation, ...], links: Links) -> Iterator[CorrelationRow]:
    for one in found:
        what = {"prop": one.name, "is": str(one.value)}
        if one.kind == "event":
            what = {"event": one.name}
        other = {**what, "less": "1"}
        yield CorrelationRow(
            one,
            links.people(1, "converted", more=what), links.people(1, more=what),
            links.people(1, "converted", more=other), links.people(1, more=other),
        )  # fmt: skip
