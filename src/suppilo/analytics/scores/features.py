"""What was known of somebody at a moment, as figures.

Everything here is a function of the events up to and including the moment: what came later does
not exist. Counts and lengths of time are told as logarithms (``log(1 + x)``), so that the tenth
visit weighs less than the first; a property with few values is one figure of 0 or 1 for each of
the frequent ones, and one that is a number is told by its logarithm, with its sign.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from suppilo.analytics.amounts import read_number
from suppilo.analytics.events import Bool, EventSource, Int64, PathRange
from suppilo.analytics.funnel.select import Labels, encode_values
from suppilo.analytics.scores.points import DAY_US, find_places
from suppilo.analytics.walks import Walks, changes, walk

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]

WINDOWS_DAYS = (7, 30, 90)
SESSION_GAP_US = 30 * 60 * 1_000_000
"""A session ends after half an hour without an event."""
_NEVER = -(2**62)


@dataclass(frozen=True, slots=True)
class Feature:
    """One figure about somebody.

    Attributes
    ----------
    kind
        ``event``: how often an event happened; ``time``: when the first and last event were;
        ``sessions``; ``channel``; ``property``.
    subject
        The name of the event or property; else the kind again.
    detail
        ``7d``, ``30d``, ``90d`` or ``ever`` of events and sessions; ``since_first``,
        ``since_last`` (days); ``channels`` (how many different ones); ``first=NAME`` of channels;
        ``=VALUE``, ``number`` or ``known`` of properties.
    """

    kind: Literal["event", "time", "sessions", "channel", "property"]
    subject: str
    detail: str

    @property
    def name(self) -> str:
        """Its name in tables."""
        return f"{self.subject}:{self.detail}"

    @property
    def is_figure(self) -> bool:
        """Whether it is a count, a time or a number; otherwise it is 1 or 0 for yes or no."""
        return not self.detail.startswith(("=", "first=")) and self.detail != "known"


@dataclass(frozen=True, slots=True)
class FeaturePlan:
    """Which figures are told.

    Attributes
    ----------
    events
        The events that are counted.
    channel, first_channels
        The property that names channels, and which of them can be the first; None: no channels.
    categories
        Properties with their frequent values, as text.
    numbers
        Properties that are numbers.
    """

    events: tuple[str, ...]
    channel: str | None = None
    first_channels: tuple[str, ...] = ()
    categories: tuple[tuple[str, tuple[str, ...]], ...] = ()
    numbers: tuple[str, ...] = ()

    def features(self) -> tuple[Feature, ...]:
        """Return the figures in the order of the columns."""
        spans = [*(f"{days}d" for days in WINDOWS_DAYS), "ever"]
        found = [Feature("event", name, span) for name in self.events for span in spans]
        found += [Feature("time", "time", detail) for detail in ("since_last", "since_first")]
        found += [Feature("sessions", "sessions", span) for span in ("30d", "ever")]
        if self.channel is not None:
            details = ["channels", *(f"first={name}" for name in self.first_channels)]
            found += [Feature("channel", self.channel, detail) for detail in details]
        for name, labels in self.categories:
            found += [Feature("property", name, f"={label}") for label in labels]
        for name in self.numbers:
            found += [Feature("property", name, detail) for detail in ("number", "known")]
        return tuple(found)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "events": list(self.events), "channel": self.channel,
            "first_channels": list(self.first_channels),
            "categories": [[name, list(labels)] for name, labels in self.categories],
            "numbers": list(self.numbers),
        }  # fmt: skip

    @classmethod
    def from_dict(cls, spec: Mapping[str, Any]) -> FeaturePlan:
        """Return the plan that :meth:`to_dict` wrote."""
        return cls(
            tuple(spec["events"]), spec["channel"], tuple(spec["first_channels"]),
            tuple((name, tuple(labels)) for name, labels in spec["categories"]),
            tuple(spec["numbers"]),
        )  # fmt: skip


class History:
    """The events of some units in one range of paths, ready to be looked at from any moment."""

    def __init__(self, source: EventSource, paths: PathRange, keys: Int64) -> None:
        walks = walk(source, source.event_names(), paths)
        place = find_places(keys, walks.path)
        self._walks, self._keep = walks, np.flatnonzero(place >= 0)
        self.units = len(keys)
        self.place, self.at = place[self._keep], walks.at[self._keep]
        self._event = walks.event()[self._keep]
        self._names = [table.name for table in walks.tables]

    @property
    def walks(self) -> Walks:
        """The rows of all units of the range, also those not looked at."""
        return self._walks

    def event_rows(self, name: str) -> tuple[Int64, Int64]:
        """Return place and time of an event's rows."""
        mine = self._event == self._names.index(name) if name in self._names else slice(0, 0)
        return self.place[mine], self.at[mine]

    def codes(self, name: str, labels: Labels) -> Int64:
        """Return a property's code of each row; -1 where it has no value."""
        columns = [encode_values(table, name, labels) for table in self._walks.tables]
        return np.asarray(self._walks.take(columns)[self._keep]) if columns else self.place

    def first_and_last(self, until_us: int) -> tuple[Int64, Int64]:
        """Return each unit's first and last time up to a moment; far in the past: none."""
        seen = self.at <= until_us
        first, last = (np.full(self.units, _NEVER) for _ in range(2))
        # Rows stand in the order of time: the last one written stays.
        last[self.place[seen]] = self.at[seen]
        first[self.place[seen][::-1]] = self.at[seen][::-1]
        return first, last

    def session_starts(self) -> tuple[Int64, Int64]:
        """Return place and time of the beginning of each session."""
        begins = changes(self.place)
        begins[1:] |= np.diff(self.at) > SESSION_GAP_US
        return self.place[begins], self.at[begins]

    def latest_codes(self, codes: Int64, until_us: int) -> Int64:
        """Return each unit's last known value up to a moment; -1 for none."""
        known = (codes >= 0) & (self.at <= until_us)
        found = np.full(self.units, -1, np.int64)
        found[self.place[known]] = codes[known]
        return found


def read_features(
    history: History, plan: FeaturePlan, moments_us: tuple[int, ...]
) -> list[Float32]:
    """Return a table of figures for each moment: a row for each unit, a column for each feature.

    A unit that has no event by then has 0 everywhere.
    """
    columns: list[list[Float64]] = [[] for _ in moments_us]
    for reader in (_read_events, _read_times, _read_sessions, _read_channels, _read_categories,
                   _read_numbers):  # fmt: skip
        for place, found in enumerate(reader(history, plan, moments_us)):
            columns[place] += found
    return [np.stack(found, axis=1).astype(np.float32) for found in columns]


def _count(rows: tuple[Int64, Int64], units: int, from_us: int, until_us: int) -> Float64:
    """Return the logarithm of 1 + how many rows each unit has in ``(from_us, until_us]``."""
    place, at = rows
    inside = (at > from_us) & (at <= until_us)
    return np.log1p(np.bincount(place[inside], minlength=units))


def _spans(
    rows: tuple[Int64, Int64], units: int, until_us: int, days: tuple[int, ...]
) -> list[Float64]:
    begins = [*(until_us - length * DAY_US for length in days), _NEVER]
    return [_count(rows, units, begin, until_us) for begin in begins]


def _read_events(
    history: History, plan: FeaturePlan, moments_us: tuple[int, ...]
) -> list[list[Float64]]:
    found: list[list[Float64]] = [[] for _ in moments_us]
    for name in plan.events:
        rows = history.event_rows(name)
        for columns, moment in zip(found, moments_us, strict=True):
            columns += _spans(rows, history.units, moment, WINDOWS_DAYS)
    return found


def _read_times(
    history: History, _plan: FeaturePlan, moments_us: tuple[int, ...]
) -> list[list[Float64]]:
    found = []
    for moment in moments_us:
        first, last = history.first_and_last(moment)
        seen = last > _NEVER
        found.append([np.where(seen, np.log1p((moment - at) / DAY_US), 0) for at in (last, first)])
    return found


def _read_sessions(
    history: History, _plan: FeaturePlan, moments_us: tuple[int, ...]
) -> list[list[Float64]]:
    rows = history.session_starts()
    return [_spans(rows, history.units, moment, (30,)) for moment in moments_us]


def _read_channels(
    history: History, plan: FeaturePlan, moments_us: tuple[int, ...]
) -> list[list[Float64]]:
    if plan.channel is None:
        return [[] for _ in moments_us]
    labels = Labels()
    codes = history.codes(plan.channel, labels)
    touches = _first_touches(history, codes)
    texts = np.array([str(label) for label in labels.labels], object)
    known = np.flatnonzero(codes >= 0)
    head = known[changes(history.place[known])]
    found = []
    for moment in moments_us:
        columns = [_count(touches, history.units, _NEVER, moment)]
        seen = head[history.at[head] <= moment]
        for name in plan.first_channels:
            column = np.zeros(history.units)
            column[history.place[seen][texts[codes[seen]] == name]] = 1
            columns.append(column)
        found.append(columns)
    return found


def _first_touches(history: History, codes: Int64) -> tuple[Int64, Int64]:
    """Return place and time of each unit's first touch by each of its channels."""
    known = np.flatnonzero(codes >= 0)
    order = known[np.lexsort((codes[known], history.place[known]))]
    fresh = order[changes(history.place[order]) | changes(codes[order])]
    return history.place[fresh], history.at[fresh]


def _read_categories(
    history: History, plan: FeaturePlan, moments_us: tuple[int, ...]
) -> list[list[Float64]]:
    found: list[list[Float64]] = [[] for _ in moments_us]
    for name, wanted in plan.categories:
        labels = Labels()
        codes = history.codes(name, labels)
        number = {text: place for place, text in enumerate(wanted)}
        mapped = np.array([*(number.get(str(label), -1) for label in labels.labels), -1])
        for columns, moment in zip(found, moments_us, strict=True):
            latest = mapped[history.latest_codes(codes, moment)]
            columns += [(latest == place).astype(np.float64) for place in range(len(wanted))]
    return found


def _read_numbers(
    history: History, plan: FeaturePlan, moments_us: tuple[int, ...]
) -> list[list[Float64]]:
    found: list[list[Float64]] = [[] for _ in moments_us]
    for name in plan.numbers:
        labels = Labels()
        codes = history.codes(name, labels)
        figures = np.array([*map(read_number, labels.labels), np.nan])
        # What is no number is as good as not said: the last one that is a number counts.
        codes = np.where(np.isnan(figures[codes]), -1, codes)
        for columns, moment in zip(found, moments_us, strict=True):
            value = figures[history.latest_codes(codes, moment)]
            known = ~np.isnan(value)
            size = np.sign(value) * np.log1p(np.abs(value))
            columns += [np.where(known, size, 0.0), known.astype(np.float64)]
    return found


def is_asked(
    history: History, goal: tuple[Int64, Int64], moment_us: int, active_us: int, *, again: bool
) -> Bool:
    """Return who is asked about at a moment: who was active lately.

    Unless ``again``, nobody who has had the goal by then.
    """
    _, last = history.first_and_last(moment_us)
    asked = last > moment_us - active_us
    if not again:
        place, at = goal
        asked[place[at <= moment_us]] = False
    return np.asarray(asked)


def find_outcomes(goal: tuple[Int64, Int64], units: int, moment_us: int, horizon_us: int) -> Bool:
    """Return of whom the goal comes in ``(moment_us, moment_us + horizon_us]``."""
    place, at = goal
    found = np.zeros(units, np.bool_)
    found[place[(at > moment_us) & (at <= moment_us + horizon_us)]] = True
    return found
