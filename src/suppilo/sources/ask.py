"""Ask a funnel of what was opened: the same way for the command and for a notebook."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from suppilo.analytics.bottlenecks import Bottlenecks
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
    bottlenecks: bool = False,
    worth: str = "",
) -> tuple[FunnelResult, FunnelReport]:
    """Count a funnel, and report it with the rows that could not be used.

    Parameters
    ----------
    threads
        How many ranges of paths are walked at once; by default as many as processors.
    correlations
        Whether to look for what goes with conversion.
    bottlenecks
        Whether to reckon what each step loses, and to look for steps too many.
    worth
        What one conversion brings: an amount such as ``49.90 EUR``, or a property of the last
        step; where it is empty, a property that looks like it.

    Raises
    ------
    DefinitionError, WhereError
        If the question can't be asked of these events.
    """
    from suppilo.analytics.funnel.correlation import correlate
    from suppilo.analytics.funnel.definition import check_person
    from suppilo.analytics.funnel.names import check_names
    from suppilo.analytics.funnel.outside import with_outside
    from suppilo.analytics.funnel.run import run_funnel

    check_person(definition)
    check_names(opened.events, definition)
    counted = run_funnel(opened.events, definition, threads or os.cpu_count() or 1)
    result = replace(counted, rejected=opened.rejected)
    report = with_outside(result.report(), result, opened.events)
    if correlations:
        report = replace(report, correlations=correlate(result, opened.events))
    if bottlenecks:
        report = replace(report, bottlenecks=_search(opened, result, worth, threads))
    return result, report


def _search(
    opened: OpenedSource, result: FunnelResult, worth: str, threads: int | None
) -> Bottlenecks:
    from suppilo.analytics.bottlenecks import (
        find_bottlenecks,
        find_extra_steps,
        guess_worth,
        read_worth,
    )
    from suppilo.analytics.funnel.run import run_funnel

    source = opened.events
    known = read_worth(worth, result, source) if worth else guess_worth(result, source)
    extra = find_extra_steps(
        result, lambda asked: run_funnel(source, asked, threads or os.cpu_count() or 1)
    )
    return replace(find_bottlenecks(result, known), extra=extra)
