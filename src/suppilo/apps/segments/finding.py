"""Who meets a segment's rules now: statements over whole tables, arrays over events."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import reduce
from typing import TYPE_CHECKING, cast

import numpy as np

from suppilo.analytics.distinct import distinct
from suppilo.analytics.events import EventSource, Int64
from suppilo.analytics.periods import to_microseconds
from suppilo.analytics.segments import Did, who_did
from suppilo.apps.events.selectors import open_events
from suppilo.apps.events.units import read_unit_map, regroup
from suppilo.apps.people.bulk import read_rows
from suppilo.apps.people.models import Identifier
from suppilo.apps.segments.rules import Condition, Group, RuleError, Rules
from suppilo.apps.segments.tables import Ids, all_ids, ids_by_tables
from suppilo.apps.segments.there import missing_name

if TYPE_CHECKING:
    from suppilo.analytics.funnel.definition import Unit

_COMBINE: dict[str, Callable[[Int64, Int64], Int64]] = {
    "all": lambda a, b: np.intersect1d(a, b, assume_unique=True),
    "any": np.union1d,
}


def find_members(rules: Rules, unit: str, now: datetime) -> Int64:
    """Return the ids of the people, companies or deals that meet rules, ascending.

    Parameters
    ----------
    unit
        ``person``, ``company`` or ``deal``.

    Raises
    ------
    RuleError
        If a condition on events can't be read, or a stage or field is not there any more, with
        the condition's place.
    LakeError
        If the event tables can't be read.
    """
    return _Finder(cast("Unit", unit), now).whole(rules)


class _Finder:
    """One answer: the events and the whole are read at most once, and only if they are needed."""

    def __init__(self, unit: Unit, now: datetime) -> None:
        self._unit, self._now = unit, now
        self._source: EventSource | None = None
        self._everything: Int64 | None = None

    def whole(self, rules: Rules) -> Int64:
        found = [self._group(group, number) for number, group in enumerate(rules.groups, 1)]
        return reduce(_COMBINE[rules.match], found)

    def _group(self, group: Group, number: int) -> Int64:
        found = [
            self._meeting(condition, (number, place))
            for place, condition in enumerate(group.conditions, 1)
        ]
        return reduce(_COMBINE[group.match], found)

    def _meeting(self, condition: Condition, place: tuple[int, int]) -> Int64:
        found = self._asked(condition, place)
        if not condition.negated:
            return found
        if self._everything is None:
            self._everything = _read(all_ids(self._unit))
        return np.setdiff1d(self._everything, found, assume_unique=True)

    def _asked(self, condition: Condition, place: tuple[int, int]) -> Int64:
        if condition.kind != "event":
            # Without it nobody would meet the condition, or everybody not: that is no answer.
            if missing := missing_name(condition):
                raise RuleError(missing, place)
            return _read(ids_by_tables(condition, self._unit, self._now))
        from suppilo.lake import WhereError

        if self._source is None:
            self._source = regroup(open_events(), self._unit)
        try:
            did = Did(condition.name, condition.times, condition.days, condition.where or None)
            keys = who_did(self._source, did, to_microseconds(self._now))
        except WhereError as error:
            raise RuleError(str(error), place) from error
        return _ids_of_keys(keys, self._unit)


def _ids_of_keys(keys: Int64, unit: Unit) -> Int64:
    if unit == "person":
        rows = read_rows(Identifier, "key", keys.tolist(), ("person_id",))
        return distinct(np.fromiter((number for (number,) in rows), np.int64))
    found = read_unit_map(unit).find_ids(keys)
    return distinct(found[found >= 0])


def _read(ids: Ids) -> Int64:
    return distinct(np.fromiter(ids.iterator(chunk_size=10_000), np.int64))
