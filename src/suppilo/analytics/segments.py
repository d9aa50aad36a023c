"""Who did, or did not do, what: segments over events alone.

A segment's conditions on what people, companies and deals are stand in the server's tables; what
they did, and what their events said of them, is found here.

Own definition: ``docs/explanation/algorithms/segments.md``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import Literal

import numpy as np

from suppilo.analytics.distinct import distinct
from suppilo.analytics.events import EventSource, Int64
from suppilo.analytics.scores.conditions import PropertyCondition
from suppilo.analytics.scores.points import seen_keys
from suppilo.analytics.scores.units import last_properties

DAY_US = 86_400_000_000
Match = Literal["all", "any"]


@dataclass(frozen=True, slots=True)
class Did:
    """That somebody did something.

    Attributes
    ----------
    event
        The event's name.
    times
        At least so often.
    days
        Within so many days up to the moment of observation, its first moment included. None: ever.
    where
        A condition that each of them meets.
    """

    event: str
    times: int = 1
    days: int | None = None
    where: str | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """A condition; ``negated``: who meets it is left out."""

    condition: Did | PropertyCondition
    negated: bool = False


def who_did(source: EventSource, did: Did, as_of_us: int) -> Int64:
    """Return the keys of the paths that did it by a moment, ascending.

    Raises
    ------
    WhereError
        If the condition can't be read, or names a property that no event has.
    """
    found = []
    for paths in source.path_ranges():
        table = source.read(did.event, paths)
        counts = table.at <= as_of_us
        if did.days is not None:
            counts &= table.at >= as_of_us - did.days * DAY_US
        if did.where:
            counts &= table.matches(did.where)
        path = np.asarray(table.path)[counts]  # ascending, as tables are
        firsts = max(0, len(path) - did.times + 1)
        found.append(path[:firsts][path[:firsts] == path[did.times - 1 :][:firsts]])
    return distinct(np.concatenate(found)) if found else np.zeros(0, np.int64)


def find_members(
    source: EventSource, asked: tuple[Asked, ...], match: Match, as_of_us: int
) -> Int64:
    """Return the keys of the paths that meet all, or any, of some conditions, ascending.

    Only paths that have an event by the moment are asked about. Properties are what each path's
    events said last by then.

    Parameters
    ----------
    as_of_us
        The moment of observation, microseconds UTC.

    Raises
    ------
    DefinitionError
        If no event has a property that is asked for.
    WhereError
        As :func:`who_did` does.
    """
    everybody = seen_keys(source, as_of_us)
    names = [one.condition.name for one in asked if isinstance(one.condition, PropertyCondition)]
    properties = last_properties(source, names, as_of_us)

    def meeting(one: Asked) -> Int64:
        if isinstance(one.condition, Did):
            found = who_did(source, one.condition, as_of_us)
        else:
            found = everybody[properties.matches(one.condition, everybody)]
        return np.setdiff1d(everybody, found, assume_unique=True) if one.negated else found

    found = [meeting(one) for one in asked]
    if match == "any":
        return distinct(np.concatenate(found))
    return reduce(lambda a, b: np.intersect1d(a, b, assume_unique=True), found)
