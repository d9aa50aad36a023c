"""Journeys read out of events: what is a touch, what a conversion, and where a journey ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from suppilo.analytics.attribution.journeys import NO_MOMENT, Ends, Float64, Journeys
from suppilo.analytics.events import Bool, EventSource, EventTable, Int64, PathRange
from suppilo.analytics.walks import changes, walk

_NONE = -2
"""The code of a row that has no value; -1 is that of a value that is no channel."""


class NoChannelError(ValueError):
    """No event has a channel: there is nothing that conversions could be owed to."""


@dataclass(frozen=True, slots=True)
class TouchRules:
    """What is a touch, beside having a channel.

    Attributes
    ----------
    otherwise
        The property that stands in for the channel where an event has none; its values are put in
        brackets.
    skip
        Channels that are none: moving about on one's own pages, say.
    visit_us
        Events through one channel with no longer pause between them are one touch, at the first.
    """

    otherwise: str | None = None
    skip: tuple[str, ...] = ()
    visit_us: int | None = None


@dataclass(frozen=True, slots=True)
class GoalRules:
    """Which goals are conversions, and what they are worth.

    Attributes
    ----------
    once
        Only a path's first goal is a conversion; what follows belongs to no journey.
    only
        A property and the value (as text; empty for none) that a goal must have to be worth
        anything: its currency.
    """

    once: bool = False
    only: tuple[str, str] | None = None


def read_journeys(
    events: EventSource,
    touches: Sequence[str],
    goals: Sequence[str],
    channel: str = "channel",
    value: str | None = None,
    look_back_us: int | None = None,
    lead: str | None = None,
    touch_rules: TouchRules | None = None,
    goal_rules: GoalRules | None = None,
) -> Journeys:
    """Return the journeys of all paths.

    A conversion ends a journey; its touches are those since the path's conversion before it, and
    not longer ago than the look-back. What follows a path's last conversion is a journey without
    one. A touch and a conversion at one moment: the touch came first.

    Parameters
    ----------
    touches
        Events that are touches where they have a channel.
    goals
        Events that are conversions.
    channel, value
        The properties that say through what a touch came, and what a conversion is worth (1 where
        it is left out; 0 where one has no number).
    look_back_us
        How long a touch counts; without it for ever.
    lead
        An event that makes a lead, for the W-shaped rule.
    touch_rules, goal_rules
        What else is asked of touches and goals.

    Raises
    ------
    NoChannelError
        If no touch has a channel.
    """
    reader = _Reader(
        events, frozenset(touches), frozenset(goals), channel, value, lead,
        touch_rules or TouchRules(), goal_rules or GoalRules(),
    )  # fmt: skip
    rows = _Rows.join([reader.read(paths) for paths in events.path_ranges()])
    if not reader.labels:
        raise NoChannelError(f"no touch has a property {channel!r}")
    rows = rows.with_touches_first()
    if reader.goal_rules.once:
        rows = rows.until_first_goal()
    if reader.touch_rules.visit_us is not None:
        rows = rows.with_visits_as_one(reader.touch_rules.visit_us)
    return _cut(rows, look_back_us, tuple(reader.labels))


@dataclass(frozen=True, slots=True)
class _Rows:
    """Events in order; ``channel`` is -1 where an event is no touch."""

    path: Int64
    at: Int64
    row: Int64
    channel: Int64
    goal: Bool
    worth: Float64
    lead: Bool

    @classmethod
    def join(cls, parts: Sequence[_Rows]) -> _Rows:
        """Return the rows of several ranges of paths, one after the other."""
        names = cls.__slots__
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))

    def with_touches_first(self) -> _Rows:
        """Return the rows with a touch before a conversion of its path and moment."""
        same = (self.path[1:] == self.path[:-1]) & (self.at[1:] == self.at[:-1])
        if not np.any(same & self.goal[:-1]):
            return self
        return self._take(np.lexsort((self.goal, self.at, self.path)))

    def until_first_goal(self) -> _Rows:
        """Return the rows of each path up to its first goal."""
        before: Int64 = np.cumsum(self.goal) - self.goal
        starts = changes(self.path)
        at_start: Int64 = before[starts][np.cumsum(starts) - 1] if len(before) else before
        return self._take(before == at_start)

    def with_visits_as_one(self, pause_us: int) -> _Rows:
        """Return the rows with one touch for events through one channel without a longer pause."""
        place = np.flatnonzero(self.channel >= 0)
        path, at, code = self.path[place], self.at[place], self.channel[place]
        goes_on = (path[1:] == path[:-1]) & (code[1:] == code[:-1]) & (np.diff(at) <= pause_us)
        channel = self.channel.copy()
        channel[place[1:][goes_on]] = -1
        return replace(self, channel=channel)

    def _take(self, chosen: np.ndarray) -> _Rows:
        return _Rows(*(getattr(self, name)[chosen] for name in self.__slots__))


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads touches and goals, range by range; ``labels`` are the channels found so far."""

    events: EventSource
    touches: frozenset[str]
    goals: frozenset[str]
    channel: str
    value: str | None
    lead: str | None
    touch_rules: TouchRules
    goal_rules: GoalRules
    labels: dict[str, int] = field(default_factory=dict)

    def read(self, paths: PathRange) -> _Rows:
        """Return the rows of one range of paths, in order."""
        names = sorted({*self.touches, *self.goals, *([self.lead] if self.lead else [])})
        found = walk(self.events, names, paths)
        rows, codes, goal, worth, leads = [], [], [], [], []
        for name, table in zip(names, found.tables, strict=True):
            size, is_goal = len(table.path), name in self.goals
            rows.append(np.arange(table.first_row, table.first_row + size, dtype=np.int64))
            codes.append(self._channels(table) if name in self.touches else np.full(size, -1))
            goal.append(np.full(size, is_goal))
            worth.append(self._worth(table) if is_goal else np.zeros(size))
            leads.append(np.full(size, name == self.lead))
        columns = (found.take(parts) for parts in (rows, codes, goal, worth, leads))
        return _Rows(found.path, found.at, *columns)

    def _channels(self, table: EventTable) -> Int64:
        codes = self._codes(table, self.channel, "{}")
        if self.touch_rules.otherwise is not None:
            others = self._codes(table, self.touch_rules.otherwise, "({})")
            codes = np.where(codes == _NONE, others, codes)
        return np.maximum(codes, -1)

    def _codes(self, table: EventTable, name: str, form: str) -> Int64:
        """Return each row's channel: -1 for one that is none, ``_NONE`` where it has no value."""
        values = table.values(name)
        if values is None or not len(table.path):
            return np.full(len(table.path), _NONE, np.int64)
        used = np.bincount(values.codes[values.codes >= 0], minlength=len(values.labels)) > 0
        known = [
            self._code(str(label), form) if is_used else _NONE
            for label, is_used in zip(values.labels, used.tolist(), strict=True)
        ]
        return np.array([*known, _NONE], np.int64)[values.codes]

    def _code(self, label: str, form: str) -> int:
        if not label:
            return _NONE
        if label in self.touch_rules.skip:
            return -1
        return self.labels.setdefault(form.format(label), len(self.labels))

    def _worth(self, table: EventTable) -> Float64:
        worth = _values(table, self.value)
        if self.goal_rules.only is None or self.value is None:
            return worth
        name, wanted = self.goal_rules.only
        values = table.values(name)
        if values is None:
            return worth if not wanted else np.zeros(len(worth))
        fits = np.array([*(str(label) == wanted for label in values.labels), not wanted])
        return np.where(fits[values.codes], worth, 0.0)


def _values(table: EventTable, name: str | None) -> Float64:
    if name is None:
        return np.ones(len(table.path))
    values = table.values(name)
    if values is None:
        return np.zeros(len(table.path))
    return np.array([*map(_number, values.labels), 0.0])[values.codes]


def _number(label: object) -> float:
    try:
        number = float(str(label))
    except ValueError:
        return 0.0
    return number if np.isfinite(number) else 0.0


def _cut(rows: _Rows, look_back_us: int | None, names: tuple[str, ...]) -> Journeys:
    """Cut the events into journeys."""
    path, at, code, goal = rows.path, rows.at, rows.channel, rows.goal
    # A journey's number: one more at each path, and after each conversion.
    begins = changes(path)
    begins[1:] |= goal[:-1]
    number = np.cumsum(begins) - 1
    count = int(number[-1]) + 1 if len(number) else 0
    converted = np.zeros(count, np.bool_)
    converted[number[goal]] = True
    # Of each journey the place of its conversion, else of its last touch.
    end = np.zeros(count, np.int64)
    end[number[goal]] = np.flatnonzero(goal)
    is_touch = code >= 0
    if look_back_us is not None:
        is_touch &= ~(converted[number] & (at < at[end][number] - look_back_us))
    place = np.flatnonzero(is_touch & ~converted[number])
    end[number[place]] = place
    lead_us = np.full(count, NO_MOMENT)
    lead_us[number[rows.lead]] = at[rows.lead]
    ends = Ends(path[end], rows.row[end], at[end], np.where(converted, rows.worth[end], 0.0))
    touched = np.bincount(number[is_touch], minlength=count)
    here = touched > 0
    return Journeys(
        np.concatenate([[0], np.cumsum(touched[here])]), code[is_touch], at[is_touch],
        converted[here], ends.choose(here), lead_us[here], names, ends.choose(converted & ~here),
    )  # fmt: skip
