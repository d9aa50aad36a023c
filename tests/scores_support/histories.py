"""Histories as lists of (person, days after the beginning, event, properties), and as a source."""

from datetime import UTC, datetime

import numpy as np
import pyarrow as pa

from suppilo.analytics.events import PropertyValues
from suppilo.analytics.scores import UnitProperties
from suppilo.lake.keys import path_keys
from suppilo.sources.memory import MemorySource

DAY_US = 86_400_000_000
START_US = int(datetime(2026, 1, 1, tzinfo=UTC).timestamp()) * 1_000_000


def at_day(day):
    return START_US + round(day * DAY_US)


def source_of(rows, properties=()):
    """Return events as the engine reads them; ``properties`` are the names of their columns."""
    people, days, names, extras = zip(*rows, strict=True) if rows else ((), (), (), ())
    events = pa.table({
        "path": pa.array(people, pa.string()),
        "at": pa.array([at_day(day) for day in days], pa.timestamp("us", "UTC")),
        "event": pa.array(names, pa.string()),
    })  # fmt: skip
    columns = {name: pa.array([extra.get(name) for extra in extras]) for name in properties}
    return MemorySource(events, pa.table(columns) if columns else None)


def key_of(person):
    return int(path_keys(pa.array([person], pa.string()))[0])


def properties_of(people):
    """Return properties out of {person: {name: value}}."""
    keys = {key_of(person): known for person, known in people.items()}
    ordered = sorted(keys)
    names = sorted({name for known in people.values() for name in known})
    columns = {}
    for name in names:
        labels = list({known[name]: 0 for known in people.values() if name in known})
        codes = [labels.index(keys[key][name]) if name in keys[key] else -1 for key in ordered]
        columns[name] = PropertyValues(np.array(codes, np.int32), labels)
    return UnitProperties(np.array(ordered, np.int64), columns)
