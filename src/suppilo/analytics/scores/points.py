"""Counting a score sheet: whole columns of events at a time.

An event's points halve every ``half_life_days``: after ``d`` days it gives ``points *
2 ** (-d / half_life_days)``. A rule's points are those of its last event (``once``) or of all
(``each``), at most its cap. Fit and engagement are the sums of their rules' points; as shares of
what is a full one, kept within 0..1, they are multiplied: ``total = 100 * fit * engagement``.
So nobody is hot who fits and never comes, nor who comes daily and never could buy. A sheet without
fit rules takes everybody's fit for full, and one without engagement rules everybody's engagement.

Own definition, with an example: ``docs/explanation/algorithms/scores.md``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from suppilo.analytics.distinct import distinct
from suppilo.analytics.events import EventSource, Int64, PathRange
from suppilo.analytics.scores.conditions import EventCondition, PropertyCondition, UnitProperties
from suppilo.analytics.scores.rules import TEMPERATURES, Kind, Rule, ScoreRules, Temperature

Float64 = NDArray[np.float64]
DAY_US = 86_400_000_000


@dataclass(frozen=True, slots=True)
class RuleReason:
    """What a rule gave somebody.

    Attributes
    ----------
    points
        What it is worth now, after decay and cap.
    count
        How many events met it; 1 for a property.
    last_us
        When the last of them happened; None for a property.
    """

    rule: Rule
    points: float
    count: int
    last_us: int | None


@dataclass(frozen=True, eq=False)
class _Given:
    """What one rule gave: only those units stand here whom it gave something."""

    place: Int64
    points: Float64
    count: Int64
    last_us: Int64


@dataclass(frozen=True, eq=False)
class RuleScores:
    """The scores of many, by rules.

    Attributes
    ----------
    keys
        The path keys, ascending.
    fit, engagement
        Points of each.
    total
        0..100.
    temperature
        0 cold, 1 warm, 2 hot: places in ``TEMPERATURES``.
    """

    rules: ScoreRules
    as_of_us: int
    keys: Int64
    fit: Float64
    engagement: Float64
    total: Float64
    temperature: Int64
    given: tuple[_Given, ...] = field(repr=False, default=())

    def reasons(self, key: int) -> tuple[RuleReason, ...]:
        """Return what gave somebody points, what weighs most first; none for an unknown key."""
        place = int(np.searchsorted(self.keys, key))
        if place == len(self.keys) or self.keys[place] != key:
            return ()
        found = [
            reason for rule, given in zip(self.rules.rules, self.given, strict=True)
            if (reason := _reason_at(rule, given, place)) is not None
        ]  # fmt: skip
        return tuple(sorted(found, key=lambda reason: -abs(reason.points)))

    def temperature_of(self, place: int) -> Temperature:
        """Return the temperature of the key at a place."""
        return TEMPERATURES[int(self.temperature[place])]

    def counts(self) -> dict[Temperature, int]:
        """Return how many are cold, warm and hot."""
        counts = np.bincount(self.temperature, minlength=len(TEMPERATURES))
        return dict(zip(TEMPERATURES, counts.tolist(), strict=True))


def _reason_at(rule: Rule, given: _Given, place: int) -> RuleReason | None:
    row = int(np.searchsorted(given.place, place))
    if row == len(given.place) or given.place[row] != place:
        return None
    last = None if isinstance(rule.condition, PropertyCondition) else int(given.last_us[row])
    return RuleReason(rule, float(given.points[row]), int(given.count[row]), last)


def score_by_rules(
    source: EventSource,
    properties: UnitProperties | None,
    rules: ScoreRules,
    as_of_us: int,
    keys: Int64 | None = None,
) -> RuleScores:
    """Count a score sheet.

    Parameters
    ----------
    source
        The events; the paths are the units that are scored.
    properties
        What is known of the units themselves; None: nothing.
    rules
        The sheet.
    as_of_us
        The moment of observation, microseconds UTC: later events do not count.
    keys
        Who is scored: path keys, ascending. None: who has an event by then, or properties.

    Raises
    ------
    DefinitionError
        If the sheet can't be counted.
    WhereError
        If a rule's condition can't be read, or names a property that no event has.
    """
    rules.check()
    known = properties or UnitProperties()
    if keys is None:
        keys = distinct(np.concatenate([seen_keys(source, as_of_us), known.keys]))
    given = tuple(_give(source, known, rule, as_of_us, keys) for rule in rules.rules)
    fit, engagement = (_add_up(rules, given, kind, len(keys)) for kind in ("fit", "engagement"))
    total = 100 * _share(rules, "fit", fit) * _share(rules, "engagement", engagement)
    temperature = np.searchsorted([rules.warm, rules.hot], total, side="right").astype(np.int64)
    return RuleScores(rules, as_of_us, keys, fit, engagement, total, temperature, given)


def seen_keys(source: EventSource, as_of_us: int) -> Int64:
    """Return the keys of all paths that have an event by a moment, ascending."""
    parts = []
    for paths in source.path_ranges():
        for name in source.event_names():
            table = source.read(name, paths)
            parts.append(distinct(np.asarray(table.path)[np.asarray(table.at) <= as_of_us]))
    return distinct(np.concatenate(parts)) if parts else np.zeros(0, np.int64)


def find_places(keys: Int64, path: Int64) -> Int64:
    """Return each row's place among ascending keys; -1 where it is none of them."""
    if not len(keys):
        return np.full(len(path), -1, np.int64)
    place = np.minimum(np.searchsorted(keys, path), len(keys) - 1)
    return np.where(keys[place] == path, place, -1)


def keys_within(keys: Int64, paths: PathRange) -> slice:
    """Return which of ascending keys lie in a range of paths."""
    low, high = paths
    return slice(int(np.searchsorted(keys, low)), int(np.searchsorted(keys, high, side="right")))


def _share(rules: ScoreRules, kind: Kind, points: Float64) -> Float64:
    full = np.ones(len(points))
    if not rules.has(kind):
        # Nothing can be gained here; what is taken off still counts.
        return np.asarray(np.clip(full + points / rules.full(kind), 0, 1))
    return np.asarray(np.clip(points / rules.full(kind), 0, 1))


def _add_up(rules: ScoreRules, given: Sequence[_Given], kind: Kind, units: int) -> Float64:
    points = np.zeros(units)
    for rule, one in zip(rules.rules, given, strict=True):
        if rule.kind == kind:
            points[one.place] += one.points
    return points


def _give(
    source: EventSource, properties: UnitProperties, rule: Rule, as_of_us: int, keys: Int64
) -> _Given:
    asked = rule.condition
    if isinstance(asked, PropertyCondition):
        place = np.flatnonzero(properties.matches(asked, keys))
        points = np.full(len(place), _cap(rule, np.array([rule.points], np.float64))[0])
        return _Given(place, points, np.ones(len(place), np.int64), np.zeros(len(place), np.int64))
    parts = [_give_by_events(rule, asked, source, as_of_us, keys, paths)
             for paths in source.path_ranges()]  # fmt: skip
    if not parts:
        empty = np.zeros(0, np.int64)
        return _Given(empty, np.zeros(0), empty, empty)
    joined = _Given(
        np.concatenate([part.place for part in parts]),
        np.concatenate([part.points for part in parts]),
        np.concatenate([part.count for part in parts]),
        np.concatenate([part.last_us for part in parts]),
    )
    # Ranges of paths need not stand in the order of their keys.
    order = np.argsort(joined.place, kind="stable")
    return _Given(
        joined.place[order], joined.points[order], joined.count[order], joined.last_us[order]
    )


def _give_by_events(
    rule: Rule, asked: EventCondition, source: EventSource, as_of_us: int, keys: Int64,
    paths: PathRange,
) -> _Given:  # fmt: skip
    path, at = asked.rows(source, paths)
    place = find_places(keys, path)
    keep = (at <= as_of_us) & (place >= 0)
    place, at = place[keep], at[keep]
    starts = np.flatnonzero(np.concatenate([[True], place[1:] != place[:-1]])[: len(place)])
    count = np.diff(np.append(starts, len(place)))
    worth = np.full(len(place), rule.points, np.float64)
    if rule.half_life_days is not None:
        worth *= np.exp2((at - as_of_us) / (rule.half_life_days * DAY_US))
    ends = starts + count - 1
    if rule.repeat == "once":
        points = worth[ends]
    else:
        points = np.add.reduceat(worth, starts) if len(starts) else worth
    return _Given(place[starts], _cap(rule, points), count, at[ends])


def _cap(rule: Rule, points: Float64) -> Float64:
    return points if rule.cap is None else np.clip(points, -rule.cap, rule.cap)
