"""Simulated companies as the engine reads them: the paths are the persons they truly are."""

from functools import cache

import numpy as np
import pyarrow as pa

from suppilo.analytics.events import PropertyValues
from suppilo.analytics.funnel import FunnelDefinition, run_funnel
from suppilo.analytics.simulate import World, simulate_company
from suppilo.sources.memory import MemorySource

END_US = 1_790_812_800_000_000  # 1 October 2026


@cache
def whole_world() -> World:
    return simulate_company(np.random.default_rng(20_260_101), END_US)


def text_column(values: PropertyValues) -> pa.Array:
    codes = pa.array(values.codes, mask=values.codes < 0)
    return pa.DictionaryArray.from_arrays(codes, pa.array(values.labels, pa.string()))


def source_of(world: World, *properties: str) -> MemorySource:
    events = pa.table(
        {
            "path": pa.array(world.events.person).cast(pa.string()),
            "at": pa.array(world.events.at_us).cast(pa.timestamp("us", "UTC")),
            "event": text_column(world.events.name).cast(pa.string()),
        }
    )
    columns = {name: text_column(world.events.properties[name]) for name in properties}
    return MemorySource(events, pa.table(columns) if columns else None)


def ask(source, steps, **options):
    spec = {"steps": [{"event": step} for step in steps], **options}
    return run_funnel(source, FunnelDefinition.from_dict(spec))
