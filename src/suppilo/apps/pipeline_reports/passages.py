"""Deals that entered a stage and went on from it: how many of each day's, and which."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from django.db.models import QuerySet

from suppilo.analytics.durations import Float64
from suppilo.analytics.events import Bool, Int64
from suppilo.apps.deals.models import MoveKind, StageChange
from suppilo.apps.deals.selectors import counting_changes
from suppilo.apps.people.values import as_us
from suppilo.apps.pipelines.models import Pipeline, StageKind
from suppilo.apps.segments.lists import deals_in
from suppilo.apps.segments.models import Segment

_DAY_US = 86_400_000_000
_NEVER = -1


@dataclass(frozen=True, slots=True)
class DayPassages:
    """By day of entry: how many deals entered, and how many of them went on in time.

    ``advanced`` is NaN from the first day on of which some deal may still go on in time.
    """

    entered: Float64
    advanced: Float64


@dataclass(frozen=True, slots=True)
class Passages:
    """Entries of a stage, one row each, in the order of deals and times.

    Attributes
    ----------
    deal, at_us
        Which deal entered, and when.
    wait_us
        How long until it went on, to a later open stage or to won; -1 where it did not.
    is_there
        Which still stand at the stage.
    channel
        The deal's channel; empty where it has none.
    """

    deal: Int64
    at_us: Int64
    wait_us: Int64
    is_there: Bool
    channel: tuple[str, ...]

    def of_channel(self, channel: str) -> Passages:
        """Return the entries of one channel's deals."""
        return self._take(np.array([one == channel for one in self.channel], np.bool_))

    def between(self, start_us: int, end_us: int) -> Passages:
        """Return each deal's first entry in ``[start_us, end_us)``."""
        inside = (self.at_us >= start_us) & (self.at_us < end_us)
        _, first = np.unique(self.deal[inside], return_index=True)
        return self._take(np.flatnonzero(inside)[first])

    def advanced(self, within_days: int) -> Bool:
        """Return which went on within so many times 24 hours, the end included."""
        return np.asarray((self.wait_us >= 0) & (self.wait_us <= within_days * _DAY_US))

    def deals_on(self, within_days: int) -> Int64:
        """Return the ids of the deals that went on in time."""
        return self.deal[self.advanced(within_days)]

    def usual_days(self, end_us: int, recent_days: int = 120) -> float:
        """Return in how many days three of four that went on lately did; infinite for none."""
        recent = (self.at_us >= end_us - recent_days * _DAY_US) & (self.wait_us >= 0)
        waits = self.wait_us[recent]
        return float(np.percentile(waits, 75)) / _DAY_US if len(waits) else np.inf

    def tally(self, edges: Int64, within_days: int) -> DayPassages:
        """Count by day of entry; each deal once a day, by its first entry of the day.

        Parameters
        ----------
        edges
            When each day begins, microseconds since 1970 UTC; one more: when the last one ends.
        """
        size, end_us = len(edges) - 1, int(edges[-1])
        day = np.searchsorted(edges, self.at_us, "right") - 1
        inside = np.flatnonzero((day >= 0) & (day < size))
        _, first = np.unique((self.deal * size + day)[inside], return_index=True)
        chosen = inside[first]
        day, found = day[chosen], self._take(chosen)
        went = found.advanced(within_days)
        may_go = found.is_there & (found.at_us + within_days * _DAY_US >= end_us)
        still = np.maximum.accumulate(np.bincount(day, may_go, size) > 0)
        advanced = np.where(still, np.nan, np.bincount(day, went, size))
        return DayPassages(np.bincount(day, minlength=size).astype(np.float64), advanced)

    def _take(self, rows: Int64 | Bool) -> Passages:
        places = np.flatnonzero(rows) if rows.dtype == np.bool_ else rows
        return Passages(
            self.deal[rows], self.at_us[rows], self.wait_us[rows], self.is_there[rows],
            tuple(self.channel[place] for place in places.tolist()),
        )  # fmt: skip


def read_passages(
    pipeline: Pipeline, stage_key: str, segment: Segment | None = None,
    since: datetime | None = None,
) -> Passages:  # fmt: skip
    """Return the entries of a stage and what became of them, in one query.

    Corrected entries count where they were corrected to; a move to another version is none, and
    who is handed over to another pipeline has not gone on.

    Parameters
    ----------
    segment
        Only deals that belong to it now.
    since
        Only entries of this time and later.
    """
    rows = counting_changes().filter(version__pipeline=pipeline)
    if segment is not None:
        rows = rows.filter(deal__in=deals_in(segment))
    if since is not None:
        rows = rows.filter(at__gte=since)
    return _follow(rows.exclude(kind=MoveKind.RENEW_VERSION), stage_key)


def _follow(changes: QuerySet[StageChange], stage_key: str) -> Passages:
    rows = changes.order_by("deal", "at", "number").values_list(
        "deal", "at", "from_stage__key", "from_stage__position", "to_stage__key",
        "to_stage__position", "to_stage__kind", "deal__channel",
    )  # fmt: skip
    found: list[list[int]] = []
    channels: list[str] = []
    last: int | None = None
    here: tuple[str | None, int | None] = (None, None)
    for deal, at, from_key, from_place, key, place, kind, channel in rows.iterator():
        before, stood = here if deal == last else (from_key, from_place)
        last, here = deal, (key, place)
        if key == before:
            continue
        if before == stage_key and found and found[-1][0] == deal and found[-1][3]:
            is_later = stood is not None and place > stood
            goes_on = kind == StageKind.WON or (kind == StageKind.OPEN and is_later)
            found[-1][2:] = [as_us(at) - found[-1][1] if goes_on else _NEVER, 0]
        if key == stage_key:
            found.append([deal, as_us(at), _NEVER, 1])
            channels.append(channel)
    table = np.array(found, np.int64).reshape(-1, 4)
    deal_ids, at_us, wait_us, is_there = table.T
    return Passages(deal_ids, at_us, wait_us, is_there == 1, tuple(channels))
