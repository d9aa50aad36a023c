"""Looking for breaks day by day, as one would have: nothing is known of the days to come.

Each day two questions are asked. Was the day itself unusual (a spike)? And has the level changed:
is there a day since the last break from which on the figure differs from before? The second is the
window-limited generalised likelihood ratio test, with both levels unknown: T. L. Lai (1995),
"Sequential changepoint detection in quality control and dynamical systems", JRSS B 57, 613-658;
D. Siegmund and E. S. Venkatraman (1995), Annals of Statistics 23, 255-271; for counts M. Hohle and
M. Paul (2008), Computational Statistics & Data Analysis 52, 4357-4368. The likelihood is Poisson's,
divided by the dispersion (R. W. M. Wedderburn 1974, Biometrika 61, 439-447).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from suppilo.analytics.watch.kernels import (
    MEAN,
    PHI,
    RECENT,
    SCORE,
    VARIANCE,
    WEIGHT,
    WIDTH,
    judge_day,
)
from suppilo.analytics.watch.normal import normal_score
from suppilo.analytics.watch.series import WEEK, Board, Bool, Float64, Int

LEVEL_LIMIT = 3.8
"""A level has changed where the signed root of the likelihood ratio goes beyond this."""
SPIKE_LIMIT = 3.6
"""A day is unusual where its normal score goes beyond this."""
LEAST_EFFECT = 0.05
"""Changes of a level by less than this share are not told, however certain."""
LEAST_DAYS = 28
LEAST_SUM = 30
"""From fewer days, or less in all, nothing is said: there is too little history."""
WINDOW = 126
"""So many days back are looked at."""
SHORTEST, LONGEST = 4, 56
"""A level has lasted for so many days at least, and a change is looked for so many days back."""
GUARD, YOUNG = 14, 42
"""So many last days the baseline leaves out, for they may be the ones that differ; unless its level
is younger than that."""
CLIP = 3.0
"""So many standard deviations a day's figure may pull the baseline."""
_LEAST_SEEN = 2
_TINY = 1e-12


@dataclass(frozen=True, slots=True)
class Break:
    """What was found on a day, as places of days.

    ``first`` is the first day that differs and ``found`` the one on which that was seen; ``score``
    is in standard deviations, positive where the board's figure rose. ``since`` is the first day
    of what it is compared with; ``phi`` how much sums scatter beyond Poisson counts.
    """

    row: int
    first: int
    found: int
    score: float
    is_spike: bool
    since: int = 0
    phi: float = 1.0


@dataclass(frozen=True, slots=True)
class Scan:
    """What day after day was expected, and what was found.

    ``mean`` and ``variance`` are those that each day was judged by; NaN where there was too little
    history to judge. ``weekday`` are the last factors.
    """

    mean: Float64
    variance: Float64
    weekday: Float64
    breaks: tuple[Break, ...]


def scan_board(board: Board) -> Scan:
    """Look for breaks in each row of a board, day after day."""
    run = Run(board)
    begun = np.flatnonzero(board.known.any(axis=0))
    first = int(begun[0]) if len(begun) else board.days
    for day in range(first + LEAST_DAYS - 1, board.days):
        run.step(day)
    return Scan(run.mean, run.variance, run.weekday, tuple(run.breaks))


@dataclass(slots=True)
class Run:
    """A scan under way: what is known of each row, and what was told of the last day judged.

    ``told`` has the figures of :func:`suppilo.analytics.watch.kernels.judge_day`.
    """

    board: Board
    start: Int = field(init=False)
    past: Float64 = field(init=False)
    odd: Bool = field(init=False)
    mean: Float64 = field(init=False)
    variance: Float64 = field(init=False)
    weekday: Float64 = field(init=False)
    breaks: list[Break] = field(default_factory=list)
    told: Float64 = field(init=False)
    _known: Bool = field(init=False)
    _known_days: Int = field(init=False)
    _fixed: tuple[NDArray[Any], ...] = field(init=False)
    _scratch: Float64 = field(init=False)

    def __post_init__(self) -> None:
        board, rows = self.board, len(self.board.x)
        self.start = np.zeros(rows, np.int64)
        self.past, self.mean, self.variance = np.full((3, *board.x.shape), np.nan)
        self.odd = np.zeros(board.x.shape, np.bool_)
        self.weekday = np.ones((rows, WEEK))
        self.told = np.zeros((rows, WIDTH))
        self._known = board.known
        self._known_days = np.cumsum(self._known, axis=1)
        kind = np.where(board.is_rate, 1, np.where(board.is_sum, 2, 0))[:, 0]
        self._fixed = (
            np.ravel(board.x), np.ravel(board.of), np.ravel(self.past),
            np.ravel(self.odd).view(np.uint8), self.start, kind.astype(np.int64),
            board.weekdays().argmax(axis=1).astype(np.int64),
        )  # fmt: skip
        self._scratch = np.zeros(4 * (WINDOW + WEEK))

    def step(self, day: int) -> None:
        """Judge one day, and the time until then."""
        judge_day(
            *self._fixed, self.board.days, day, WINDOW, GUARD, YOUNG, SHORTEST, LONGEST, CLIP,
            float(np.log1p(LEAST_EFFECT)), _TINY, self._scratch, np.ravel(self.told),
        )  # fmt: skip
        ready = self._ready(day)
        self.weekday[ready] = self.told[ready, :WEEK]
        self._judge_day(day, ready)
        self._judge_level(day, ready)

    def _ready(self, day: int) -> Bool:
        recent = self.told[:, RECENT]
        enough = np.where(self.board.is_sum[:, 0], recent > 0, recent >= LEAST_SUM)
        return np.asarray((self._known_days[:, day] >= LEAST_DAYS) & enough)

    def _judge_day(self, day: int, ready: Bool) -> None:
        rows = np.flatnonzero(self._known[:, day] & ready & (self.told[:, MEAN] > _TINY))
        told = self.told[rows]
        mean, variance = told[:, MEAN], told[:, VARIANCE]
        # The baseline is an estimate itself: a weekday's mean of a seventh of the days.
        doubt = mean * variance * WEEK / np.maximum(told[:, WEIGHT], _TINY)
        whole = variance + doubt
        self.mean[rows, day], self.variance[rows, day] = mean, whole
        score = normal_score(self.board.x[rows, day], mean, whole, self.board.is_sum[rows, 0])
        settled = day - self.start[rows] >= WEEK
        for place in np.flatnonzero(settled & (np.abs(score) > SPIKE_LIMIT)).tolist():
            row = int(rows[place])
            self.odd[row, day] = True
            phi, since = float(whole[place] / mean[place]), int(self.start[row])
            self.breaks.append(Break(row, day, day, float(score[place]), True, since, phi))

    def _judge_level(self, day: int, ready: Bool) -> None:
        low = max(0, day - WINDOW + 1)
        window, score = slice(low, day + 1), self.told[:, SCORE]
        found = ready & self._known[:, day] & (np.abs(score) > LEVEL_LIMIT)
        for row in np.flatnonzero(found).tolist():
            shape = self.told[row, self._fixed[-1][window]]
            inside = (np.arange(low, day + 1) >= self.start[row]) & self._known[row, window]
            length = self._lasted(row, window, shape * inside, inside, score[row])
            first, since = day - length + 1, max(low, int(self.start[row]))
            phi = float(self.told[row, PHI])
            self.breaks.append(Break(row, first, day, float(score[row]), False, since, phi))
            self._begin(row, since, first, shape[: first - low], low)

    def _lasted(self, row: int, window: slice, shape: Float64, known: Bool, score: float) -> int:
        """Return for how many days a level has lasted: what was clipped is now seen in full."""
        one = slice(row, row + 1)
        x, of = self.board.x[one, window] * known, self.board.of[one, window] * shape
        found, length = _best_split(x, of, known[None], np.ones(1), _LEAST_SEEN)
        return int(length[0]) if found[0] * score > 0 else SHORTEST

    def _begin(self, row: int, since: int, first: int, shape: Float64, low: int) -> None:
        """Note the level until a break, and begin anew with it."""
        before = slice(since, first)
        x, of = self.board.x[row, before].sum(), self.board.of[row, before]
        self.past[row, before] = x / max(float((of * shape[since - low :]).sum()), _TINY)
        self.start[row] = first
        self.odd[row, first:] = False


def _best_split(
    x: Float64, exposure: Float64, known: Bool, phi: Float64, shortest: int
) -> tuple[Float64, Int]:
    """Return the largest signed root of the likelihood ratio, and how many days back it splits."""
    days = x.shape[1]
    longest = min(LONGEST, days - WEEK)
    lengths = np.arange(shortest, longest + 1)
    last = days - 1 - lengths
    (xb, xa), (eb, ea), (nb, na) = (_split(part, last) for part in (x, exposure, known))
    score = signed_root(xb, eb, xa, ea, phi[:, None])
    effect = np.abs(np.log(np.maximum(xa, 0.5) / np.maximum(ea, _TINY))
                    - np.log(np.maximum(xb, 0.5) / np.maximum(eb, _TINY)))  # fmt: skip
    asked = (nb >= WEEK) & (na >= shortest) & (effect > np.log1p(LEAST_EFFECT))
    score = np.where(asked, score, 0)
    best = np.argmax(np.abs(score), axis=1)
    return np.take_along_axis(score, best[:, None], 1)[:, 0], lengths[best]


def _split(part: Float64 | Bool, last: Int) -> tuple[Float64, Float64]:
    """Return the sums up to each of some columns, and those of all after it."""
    sums = np.cumsum(part, axis=1, dtype=np.float64)
    return sums[:, last], np.asarray(sums[:, -1:] - sums[:, last])


def signed_root(xb: Float64, eb: Float64, xa: Float64, ea: Float64, phi: Float64) -> Float64:
    """Return the signed root of the likelihood ratio of two rates, in standard deviations.

    Parameters
    ----------
    xb, xa
        Figures before and after.
    eb, ea
        What they are out of: days, or trials, times the weekday's factor.
    phi
        How much the figures scatter more than Poisson counts.

    Examples
    --------
    >>> one = np.array(1.0)
    >>> round(float(signed_root(100 * one, 10 * one, 140 * one, 10 * one, one)), 2)
    2.59
    """
    whole = (xb + xa) / np.maximum(eb + ea, _TINY)
    gain = _log_part(xb, eb, whole) + _log_part(xa, ea, whole)
    root = np.sqrt(np.maximum(2 * gain, 0) / np.maximum(phi, _TINY))
    return np.asarray(np.where(xa * eb >= xb * ea, root, -root))


def _log_part(x: Float64, exposure: Float64, rate: Float64) -> Float64:
    expected = np.maximum(exposure * rate, _TINY)
    return np.asarray(x * np.log(np.maximum(x, _TINY) / expected))
