"""From what was found day by day to breaks: steps, ramps and odd days, told once each."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from suppilo.analytics.watch.ramp import Ramp, find_ramp
from suppilo.analytics.watch.report import Change, Ending, Finding, Side, Verdict, Watched
from suppilo.analytics.watch.scan import (
    LEAST_DAYS,
    LEVEL_LIMIT,
    SPIKE_LIMIT,
    WINDOW,
    Break,
    Scan,
    scan_board,
)
from suppilo.analytics.watch.season import WOBBLE_DAYS, YEAR_DAYS, Sums, is_of_season
from suppilo.analytics.watch.series import Board, Bool, DailySeries, Float64, lay_out

USUAL_AFTER = 28
"""So many days after it was found, a new level is what is usual."""
_TOGETHER = 42
_RECENT = 7
_LEVEL = 0.95
_SURE = 1.96


def watch_series(series: Sequence[DailySeries], skip: Collection[date] = ()) -> tuple[Watched, ...]:
    """Look for breaks of daily figures: levels, trends and single days.

    Parameters
    ----------
    skip
        Days that tell nothing, such as holidays: they are left out of everything.

    Returns
    -------
    tuple of Watched
        One for each series; breaks in the order in which they were found. Each is one that would
        have been found on that very day: no day is judged by later ones.

    Notes
    -----
    See :mod:`suppilo.analytics.watch.scan` for the method and its sources. On stable figures a
    false alarm comes about once a year or less often; ``tests/watch`` measures it.

    Examples
    --------
    >>> values = np.array([20.0] * 60 + [8.0] * 10)
    >>> found = watch_series([DailySeries("signed_up", "count", date(2026, 1, 1), values)])[0]
    >>> [(str(one.change), str(one.first_day)) for one in found.findings]
    [('level', '2026-03-02')]
    """
    if not series:
        return ()
    board = lay_out(series, skip)
    scan = scan_board(board)
    rows: list[list[Break]] = [[] for _ in series]
    for one in scan.breaks:
        rows[one.row].append(one)
    return tuple(_Row(board, scan, row, one).read(rows[row]) for row, one in enumerate(series))


@dataclass(frozen=True, slots=True)
class _Row:
    board: Board
    scan: Scan
    row: int
    series: DailySeries

    def read(self, breaks: list[Break]) -> Watched:
        """Return what was found of this row."""
        known = self._known()
        mean, of = self.scan.mean[self.row], np.maximum(self.board.of[self.row], 1e-12)
        half = _SURE * np.sqrt(self.scan.variance[self.row])
        ends = [self._own(part / of) for part in (mean, mean - half, mean + half)]
        begin = (self.series.first_day - self.board.first_day).days
        own = slice(begin, begin + len(self.series.values))
        expected, one, other = (end[own] for end in ends)
        most = 1.0 if self.board.is_rate[self.row, 0] else np.inf
        total = float(self.board.x[self.row, -WINDOW:].sum())
        found = self._findings(breaks)
        told, seasonal = (
            tuple(one for one in found if one.is_seasonal == of_season)
            for of_season in (False, True)
        )
        return Watched(
            self.series, self._verdict(), int(known.sum()), total, told, seasonal, expected,
            np.maximum(np.minimum(one, other), 0), np.minimum(np.maximum(one, other), most),
            self._figures(own)[1],
        )  # fmt: skip

    def _known(self) -> Bool:
        return np.asarray(self.board.of[self.row] > 0)

    def _own(self, share: Float64) -> Float64:
        """Return figures as the series has them, which a flipped rate is not."""
        return 1 - share if self.board.flipped[self.row] else share

    def _verdict(self) -> Verdict:
        if self._known().sum() < LEAST_DAYS:
            return Verdict.SHORT
        return Verdict.SPARSE if np.isnan(self.scan.mean[self.row]).all() else Verdict.READY

    def _findings(self, breaks: list[Break]) -> list[Finding]:
        levels = [one for one in breaks if not one.is_spike]
        groups = self._group(levels)
        found = [
            self._level(group, groups[place + 1] if place + 1 < len(groups) else None)
            for place, group in enumerate(groups)
        ]
        odd = [one for one in breaks if one.is_spike]
        spikes = [one for one in odd if not _is_part(one, levels)]
        found += [self._spike(run, odd) for run in _runs(spikes)]
        return sorted(found, key=lambda one: (one.found_day, one.first_day))

    def _group(self, levels: list[Break]) -> list[list[Break]]:
        """Put breaks together that are steps of one trend."""
        groups: list[list[Break]] = []
        for one in levels:
            if groups and self._goes_on(groups[-1], one):
                groups[-1].append(one)
            else:
                groups.append([one])
        return groups

    def _goes_on(self, group: list[Break], one: Break) -> bool:
        last = group[-1]
        is_near = last.score * one.score > 0 and one.found - last.found <= _TOGETHER
        return is_near and self._ramp([*group, one]) is not None

    def _ramp(self, group: list[Break]) -> Ramp | None:
        since = max(group[0].since, group[0].first - 2 * _TOGETHER)
        days = slice(since, group[-1].found + 1)
        x, exposure = self._figures(days)
        return find_ramp(x, exposure, group[-1].phi, [one.first for one in group], since)

    def _figures(self, days: slice) -> tuple[Float64, Float64]:
        shape = self.scan.weekday[self.row] @ self.board.weekdays()[days].T
        return self.board.x[self.row, days], self.board.of[self.row, days] * shape

    def _side(self, days: slice, phi: float) -> Side:
        """Return the mean day of some days, with an interval as of a scattered Poisson sum."""
        from scipy.special import gammaincinv

        x, exposure = (float(part.sum()) for part in self._figures(days))
        exposure, phi = max(exposure, 1e-12), max(phi, 1e-12)
        tail = (1 - _LEVEL) / 2
        lower = gammaincinv(x / phi, tail) * phi / exposure if x > 0 else 0.0
        upper = gammaincinv(x / phi + 1, 1 - tail) * phi / exposure
        return self._as_side(x / exposure, float(lower), float(upper))

    def _as_side(self, value: float, lower: float, upper: float) -> Side:
        if self.board.is_rate[self.row, 0]:
            lower, upper = max(lower, 0.0), min(upper, 1.0)
        if self.board.flipped[self.row]:
            value, lower, upper = 1 - value, 1 - upper, 1 - lower
        return Side(value, lower, upper)

    def _level(self, group: list[Break], following: list[Break] | None) -> Finding:
        one, last = group[0], group[-1]
        ramp = self._ramp(group)
        first = one.first if ramp is None else ramp.first
        end = self.board.days if following is None else following[0].first
        begin = last.first if ramp is None else max(end - _RECENT, last.first)
        ended, ending = self._ending(last, following)
        return Finding(
            Change.LEVEL if ramp is None else Change.TREND,
            self._day(first), self._day(one.found), self._day(one.since),
            self._side(slice(one.since, first), one.phi),
            self._side(slice(begin, end), one.phi),
            self._sign() * max((b.score for b in group), key=abs), LEVEL_LIMIT,
            last.phi, None if ramp is None else self._weekly(ramp), ended, ending,
            self._is_of_season(one.since, first, last), self._has_year_before(first),
            self._span(begin, end),
        )  # fmt: skip

    def _span(self, start: int, end: int) -> tuple[date, date]:
        """Return the first and the last of some days that are known."""
        known = start + np.flatnonzero(self._known()[start:end])
        first, last = (known[0], known[-1]) if len(known) else (start, end - 1)
        return self._day(int(first)), self._day(int(last))

    def _has_year_before(self, first: int) -> bool:
        """Return whether four weeks before the same day a year ago are known."""
        end = max(first - YEAR_DAYS, 0)
        known = self._known()[max(end - WINDOW, 0) : end]
        return int(known.sum()) >= LEAST_DAYS

    def _is_of_season(self, since: int, first: int, last: Break) -> bool:
        """Return whether the change came a year before as well, by the days until it was found."""
        if first <= YEAR_DAYS:
            return False
        since, end = max(since, first - WINDOW), last.found + 1
        now = self._sums(since, first), self._sums(first, end)
        begin, changed = max(since - YEAR_DAYS, 0), first - YEAR_DAYS
        then = self._sums(begin, changed), self._sums(changed, end - YEAR_DAYS)
        return is_of_season(now, then, last.phi)

    def _sums(self, start: int, end: int) -> Sums:
        return Sums.of(*self._figures(slice(start, end)))

    def _weekly(self, ramp: Ramp) -> Side:
        """Return what a week adds, as a share of the level before; a flipped rate's own one."""
        scale = float(_RECENT * self._sign())
        if self.board.flipped[self.row]:
            scale *= ramp.level / max(1 - ramp.level, 1e-12)
        value, half = ramp.slope * scale, _SURE * ramp.error * abs(scale)
        return Side(value, value - half, value + half)

    def _ending(self, last: Break, following: list[Break] | None) -> tuple[date | None, Ending]:
        usual = last.found + USUAL_AFTER
        if following is not None and following[0].first <= usual:
            # What began before this one was found can't have ended it before.
            return self._day(max(following[0].first, last.found)), Ending.BREAK
        if usual < self.board.days:
            return self._day(usual), Ending.USUAL
        return None, Ending.NONE

    def _spike(self, run: list[Break], odd: list[Break]) -> Finding:
        """Tell odd days that follow each other as one: by the oddest of them."""
        one = max(run, key=lambda day: abs(day.score))
        of = max(float(self.board.of[self.row, one.first]), 1e-12)
        mean = float(self.scan.mean[self.row, one.first]) / of
        half = _SURE * float(np.sqrt(self.scan.variance[self.row, one.first])) / of
        came = float(self.board.x[self.row, one.first]) / of
        last = run[-1].first
        later = np.flatnonzero(self._known()[last + 1 :])
        ended = self._day(last + 1 + int(later[0])) if len(later) else None
        return Finding(
            Change.SPIKE, self._day(run[0].first), self._day(run[0].found), self._day(one.since),
            self._as_side(mean, max(mean - half, 0.0), mean + half),
            self._as_side(came, came, came), self._sign() * one.score, SPIKE_LIMIT, one.phi, None,
            ended, Ending.PASSED if ended else Ending.NONE,
            all(any(_is_a_year_before(old, day) for old in odd) for day in run),
            self._has_year_before(run[0].first), (self._day(one.first), self._day(one.first)),
        )  # fmt: skip

    def _sign(self) -> int:
        return -1 if self.board.flipped[self.row] else 1

    def _day(self, place: int) -> date:
        return self.board.first_day + timedelta(days=place)


def _is_a_year_before(old: Break, day: Break) -> bool:
    """Return whether an odd day was one a year before, too, and to the same side."""
    apart = day.first - old.first - YEAR_DAYS
    return old.score * day.score > 0 and abs(apart) <= WOBBLE_DAYS


def _is_part(spike: Break, levels: list[Break]) -> bool:
    """Return whether a day is of a new level rather than odd by itself."""
    return any(
        one.first - 1 <= spike.first <= one.found and one.score * spike.score > 0 for one in levels
    )


def _runs(spikes: list[Break]) -> list[list[Break]]:
    """Return odd days in one direction that follow each other, as runs."""
    runs: list[list[Break]] = []
    for one in spikes:
        if runs and one.first == runs[-1][-1].first + 1 and one.score * runs[-1][-1].score > 0:
            runs[-1].append(one)
        else:
            runs.append([one])
    return runs
