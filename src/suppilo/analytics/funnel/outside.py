"""Paths that did a step's event, but not in order or not in time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from suppilo.analytics.events import EventSource, Int64
from suppilo.analytics.funnel.report import FunnelReport
from suppilo.analytics.funnel.run import FunnelResult
from suppilo.analytics.funnel.select import Labels, RowSelector, TableReader


def with_outside(report: FunnelReport, result: FunnelResult, source: EventSource) -> FunnelReport:
    """Return the report with, for each step, the paths that did it outside of their chain.

    They reached the required step before and not this one, and yet have an event that matches
    it: earlier than the step before, or after the window. A deal won before its first contact
    is one. It tells disorder in the data from people who never came.
    """
    definition = result.definition
    if definition.order == "any" or result.as_of_us is None:
        return report
    counts = np.zeros(len(definition.steps), np.int64)
    for paths in source.path_ranges():
        reader = TableReader(source, paths, result.as_of_us)
        selection = RowSelector(definition, reader, Labels(), Labels()).select()
        for level, step in enumerate(definition.required[1:], 1):
            stopped = result.units.path[result.units.level == level]
            counts[step] += _count_in(stopped, selection.steps[step].path)
    steps = tuple(
        replace(step, outside=int(count)) for step, count in zip(report.steps, counts, strict=True)
    )
    return replace(report, steps=steps)


def _count_in(wanted: Int64, path: Int64) -> int:
    """Count which different ones of the sorted keys ``wanted`` are among the sorted ``path``."""
    if not len(path) or not len(wanted):
        return 0
    # Attempts of one path are several units; np.unique would sort once more.
    wanted = wanted[np.concatenate([[True], wanted[1:] != wanted[:-1]])]
    place = np.minimum(np.searchsorted(path, wanted), len(path) - 1)
    return int(np.count_nonzero(path[place] == wanted))
