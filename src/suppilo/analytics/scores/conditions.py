"""What a rule of a score, or a goal, asks: that an event happened, or what a property is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np

from suppilo.analytics.amounts import read_number
from suppilo.analytics.events import Bool, EventSource, Int64, PathRange, PropertyValues


@dataclass(frozen=True, slots=True)
class EventCondition:
    """An event of one name that, where ``where`` is given, meets it."""

    event: str
    where: str | None = None

    def rows(self, source: EventSource, paths: PathRange) -> tuple[Int64, Int64]:
        """Return path and time of the events that meet it, by path and time.

        Raises
        ------
        WhereError
            If the condition can't be read, or names a property that no event has.
        """
        table = source.read(self.event, paths)
        path, at = np.asarray(table.path), np.asarray(table.at)
        if self.where is None:
            return path, at
        keep = table.matches(self.where)
        return path[keep], at[keep]


class Comparison(StrEnum):
    """How a property is compared; a missing value meets nothing but ``MISSING``."""

    IS = "is"
    IS_NOT = "is_not"
    ONE_OF = "one_of"
    CONTAINS = "contains"
    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    KNOWN = "known"
    MISSING = "missing"


ALONE = frozenset({Comparison.KNOWN, Comparison.MISSING})
"""What is asked without a value."""
NUMERIC = frozenset({Comparison.AT_LEAST, Comparison.AT_MOST})
"""What compares with a number."""


@dataclass(frozen=True, slots=True)
class PropertyCondition:
    """What a property of the person, company or deal itself is.

    Attributes
    ----------
    value
        What it is compared with: text or a number; a tuple of them for ``one_of``; None for
        ``known`` and ``missing``. Texts are compared without regard to case.
    """

    name: str
    test: Comparison = Comparison.IS
    value: Any = None

    def holds(self, label: object) -> bool:
        """Return whether a value that is known meets the condition."""
        if self.test in NUMERIC:
            number, bound = read_number(label), read_number(self.value)
            return number >= bound if self.test is Comparison.AT_LEAST else number <= bound
        if self.test is Comparison.CONTAINS:
            return str(self.value).casefold() in str(label).casefold()
        wanted = self.value if self.test is Comparison.ONE_OF else (self.value,)
        if self.test in ALONE:
            return self.test is Comparison.KNOWN
        return any(_is_same(label, one) for one in wanted) is not (self.test is Comparison.IS_NOT)


def _is_same(label: object, value: object) -> bool:
    number = read_number(label)
    if np.isfinite(number) and number == read_number(value):
        return True
    return str(label).casefold() == str(value).casefold()


@dataclass(frozen=True, eq=False)
class UnitProperties:
    """Properties of people, companies or deals as they are now.

    Attributes
    ----------
    keys
        The units' path keys, ascending, each once.
    columns
        Each property's values, one for each key.
    """

    keys: Int64 = field(default_factory=lambda: np.zeros(0, np.int64))
    columns: Mapping[str, PropertyValues] = field(default_factory=dict)

    def matches(self, condition: PropertyCondition, keys: Int64) -> Bool:
        """Return which of the keys meet a condition; a unit not here has no values."""
        empty = condition.test is Comparison.MISSING
        column = self.columns.get(condition.name)
        if column is None or not len(self.keys):
            return np.full(len(keys), empty)
        met = np.array([*(condition.holds(label) for label in column.labels), empty])
        place = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        known = self.keys[place] == keys
        return np.asarray(np.where(known, met[column.codes[place]], empty))
