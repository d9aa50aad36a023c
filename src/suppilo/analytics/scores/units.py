"""What files alone say about the units that are scored: their properties, and their names."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from suppilo.analytics.events import EventSource, Int64, PropertyValues
from suppilo.analytics.funnel.select import Labels
from suppilo.analytics.funnel.spec import DefinitionError
from suppilo.analytics.scores.conditions import UnitProperties
from suppilo.analytics.scores.features import History
from suppilo.analytics.scores.points import find_places, keys_within, seen_keys


def last_properties(source: EventSource, names: Sequence[str], as_of_us: int) -> UnitProperties:
    """Return properties of the units, as their events said them last.

    Parameters
    ----------
    as_of_us
        The moment of observation, microseconds UTC; what was said later is not known.

    Raises
    ------
    DefinitionError
        If no event has one of the properties.
    """
    known = source.property_names()
    if missing := [name for name in names if name not in known]:
        raise DefinitionError(
            f"no event has a property {missing[0]!r}; there are {', '.join(sorted(known))}"
        )
    if not names:
        return UnitProperties()
    keys = seen_keys(source, as_of_us)
    labels = {name: Labels() for name in names}
    codes = {name: np.full(len(keys), -1, np.int32) for name in names}
    for paths in source.path_ranges():
        own = keys_within(keys, paths)
        history = History(source, paths, keys[own])
        for name in labels:
            every = history.codes(name, labels[name])
            codes[name][own] = history.latest_codes(every, as_of_us)
    columns = {name: PropertyValues(codes[name], labels[name].labels) for name in labels}
    return UnitProperties(keys, columns)


def name_units(source: EventSource, keys: Int64) -> Sequence[str]:
    """Return what the paths of ascending keys are called; empty for a key without events."""
    rows = np.full(len(keys), -1, np.int64)
    for paths in source.path_ranges():
        for name in source.event_names():
            table = source.read(name, paths)
            path = np.asarray(table.path)
            place = find_places(keys, path)
            mine = place >= 0
            rows[place[mine]] = table.first_row + np.flatnonzero(mine)
    names = np.full(len(keys), "", object)
    known = np.flatnonzero(rows >= 0)
    names[known] = [str(path) for path in source.describe_rows(rows[known])["path"]]
    return list(names)
