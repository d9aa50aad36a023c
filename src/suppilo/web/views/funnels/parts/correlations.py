"""Correlations: which other events and values go with conversion."""

from __future__ import annotations

from typing import Any

from suppilo.apps.funnels.ask import Answer
from suppilo.web.views.funnels.links import Links

MOST_ROWS = 60


def show_correlations(answer: Answer, links: Links) -> dict[str, Any]:
    """Return what the correlations show: all of them that say something, then some that don't."""
    found = answer.report.correlations or ()
    return {
        "correlations": found[:MOST_ROWS],
        "hidden_rows": max(0, len(found) - MOST_ROWS),
        "entered_url": links.people(1),
    }
