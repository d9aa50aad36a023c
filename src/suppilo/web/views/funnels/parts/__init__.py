"""What each view of a report shows: an answer as what its template needs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from suppilo.apps.funnels.ask import Answer
from suppilo.web.views.funnels.links import Links
from suppilo.web.views.funnels.parts.breakdown import show_breakdown
from suppilo.web.views.funnels.parts.compare import show_comparison
from suppilo.web.views.funnels.parts.correlations import show_correlations
from suppilo.web.views.funnels.parts.steps import show_steps
from suppilo.web.views.funnels.parts.table import show_table
from suppilo.web.views.funnels.parts.times import show_times
from suppilo.web.views.funnels.parts.trend import show_trend

PARTS: dict[str, Callable[[Answer, Links], dict[str, Any]]] = {
    "steps": show_steps,
    "trend": show_trend,
    "times": show_times,
    "breakdown": show_breakdown,
    "compare": show_comparison,
    "correlations": show_correlations,
    "table": show_table,
}
"""By view; each returns the context of ``funnels/views/<view>.html``."""
