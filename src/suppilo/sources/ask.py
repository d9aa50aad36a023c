"""Ask a funnel of what was opened: the same way for the command and for a notebook."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from suppilo.analytics.funnel.definition import FunnelDefinition
    from suppilo.analytics.funnel.report import FunnelReport
    from suppilo.analytics.funnel.run import FunnelResult
    from suppilo.sources.open import OpenedSource


def ask_funnel(
    opened: OpenedSource,
    definition: FunnelDefinition,
    threads: int | None = None,
    *,
    correlations: bool = False,
) -> tuple[FunnelResult, FunnelReport]:
    """Count a funnel, and report it with the rows that could not be used.

    Parameters
    ----------
    threads
        How many ranges of paths are walked at once; by default as many as processors.
    correlations
        Whether to look for what goes with conversion.

    Raises
    ------
    DefinitionError, WhereError
        If the question can't be asked of these events.
    """
    from suppilo.analytics.funnel.correlation import correlate
    from suppilo.analytics.funnel.names import check_names
    from suppilo.analytics.funnel.outside import with_outside
    from suppilo.analytics.funnel.run import run_funnel

    check_names(opened.events, definition)
    counted = run_funnel(opened.events, definition, threads or os.cpu_count() or 1)
    result = replace(counted, rejected=opened.rejected)
    report = with_outside(result.report(), result, opened.events)
    if correlations:
        report = replace(report, correlations=correlate(result, opened.events))
    return result, report
