"""Compiling the kernels before somebody waits for them; run as a process of its own.

The machine code is stored, so the server that is started meanwhile finds it.
"""

from __future__ import annotations

import os
from datetime import date

import numpy as np

from suppilo.analytics.simulate import simulate_company
from suppilo.apps.demo.tables import make_tables

_STEPS = [{"event": "page"}, {"event": "Product Viewed"}, {"event": "Product Added"}]
_FUNNELS = (
    {"window": "7d", "by": "channel"},
    {"window": "7d", "order": "strict"},
    {"window": "7d", "order": "any"},
    {"window": "7d", "count": "attempts"},
    {"window": "7d", "entry": "first"},
    {"window": "7d", "hold": ["category"]},
)


def warm_kernels() -> None:
    """Ask funnels of every kind, cohorts and a process map of a tiny company; watch a figure."""
    from suppilo.analytics.cohorts import CohortQuestion, run_cohorts
    from suppilo.analytics.funnel import FunnelDefinition, run_funnel
    from suppilo.analytics.process_map import MapQuestion, run_process_map
    from suppilo.analytics.watch import DailySeries, Kind, watch_series
    from suppilo.sources.memory import MemorySource

    world = simulate_company(np.random.default_rng(1), 1_767_225_600_000_000, people=500)
    source = MemorySource(*make_tables(world, 0, len(world.events)))
    for options in _FUNNELS:
        definition = FunnelDefinition.from_dict({"steps": _STEPS, **options})
        run_funnel(source, definition).report()
    run_cohorts(source, CohortQuestion())
    run_process_map(source, MapQuestion())
    watch_series([DailySeries("any", Kind.COUNT, date(2026, 1, 1), np.full(40, 3.0))])


if __name__ == "__main__":
    os.nice(10)
    warm_kernels()
