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

import numpy as np

from suppilo.analytics.watch.baseline import (
    CLIP,
    Baseline,
    Family,
    fit_baseline,
    normal_score,
    scatter,
)
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
_GUARD, _YOUNG = 14, 42
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
    run = _Run(board)
    begun = np.flatnonzero(board.known.any(axis=0))
    first = int(begun[0]) if len(begun) else board.days
    for day in range(first + LEAST_DAYS - 1, board.days):
        run.step(day)
    return Scan(run.mean, run.variance, run.weekday, tuple(run.breaks))


@dataclass(slots=True)
class _Run:
    board: Board
    family: Family = field(init=False)
    weekdays: Float64 = field(init=False)
    start: Int = field(init=False)
    past: Float64 = field(init=False)
    odd: Bool = field(init=False)
    mean: Float64 = field(init=False)
    variance: Float64 = field(init=False)
    weekday: Float64 = field(init=False)
    breaks: list[Break] = field(default_factory=list)

    def __post_init__(self) -> None:
        board = self.board
        self.family = Family(board.is_rate, board.is_sum)
        self.weekdays = board.weekdays()
        self.start = np.zeros(len(board.x), np.intp)
        self.past, self.mean, self.variance = np.full((3, *board.x.shape), np.nan)
        self.odd = np.zeros(board.x.shape, np.bool_)
        self.weekday = np.ones((len(board.x), WEEK))

    def step(self, day: int) -> None:
        """Judge one day, and the time until then."""
        low = max(0, day - WINDOW + 1)
        window = slice(low, day + 1)
        columns = np.arange(low, day + 1)
        fit = self._fit(window, columns, day)
        shape = fit.weekday @ self.weekdays[window].T
        of = self.board.of[:, window]
        mean = of * fit.level[:, None] * shape
        variance = self.family.variance(mean, of, fit.theta)
        ready = self._ready(day)
        self.weekday = np.where(ready[:, None], fit.weekday, self.weekday)
        self._judge_day(day, mean[:, -1], variance[:, -1], fit, ready)
        self._judge_level(window, columns, day, mean, variance, shape, ready)

    def _fit(self, window: slice, columns: Int, day: int) -> Baseline:
        young = (day - self.start < _YOUNG)[:, None]
        # The last days may be the ones that differ: the baseline leaves them out, if it can.
        settled = (columns <= day - _GUARD) | (young & (columns < day))
        use = settled & ~self.odd[:, window]
        board = self.board
        return fit_baseline(
            board.x[:, window], board.of[:, window], self.past[:, window], use,
            self.weekdays[window], self.family,
        )  # fmt: skip

    def _ready(self, day: int) -> Bool:
        known = self.board.known[:, : day + 1].sum(axis=1)
        recent = self.board.x[:, max(0, day + 1 - WINDOW) : day + 1].sum(axis=1)
        enough = np.where(self.board.is_sum[:, 0], recent > 0, recent >= LEAST_SUM)
        return np.asarray((known >= LEAST_DAYS) & enough)

    def _judge_day(
        self, day: int, mean: Float64, variance: Float64, fit: Baseline, ready: Bool
    ) -> None:
        known = self.board.known[:, day] & ready & (mean > _TINY)
        # The baseline is an estimate itself: a weekday's mean of a seventh of the days.
        doubt = mean * variance * WEEK / np.maximum(fit.weight, _TINY)
        whole = variance + doubt
        self.mean[known, day], self.variance[known, day] = mean[known], whole[known]
        score = normal_score(self.board.x[:, day], mean, whole, self.board.is_sum[:, 0])
        settled = day - self.start >= WEEK
        for row in np.flatnonzero(known & settled & (np.abs(score) > SPIKE_LIMIT)).tolist():
            self.odd[row, day] = True
            phi = float(whole[row] / mean[row])
            since = int(self.start[row])
            self.breaks.append(Break(row, day, day, float(score[row]), True, since, phi))

    def _judge_level(
        self, window: slice, columns: Int, day: int, mean: Float64, variance: Float64,
        shape: Float64, ready: Bool,
    ) -> None:  # fmt: skip
        board = self.board
        inside = (columns >= self.start[:, None]) & board.known[:, window]
        reach = CLIP * np.sqrt(variance)
        x = np.clip(board.x[:, window], mean - reach, mean + reach) * inside
        phi = scatter(mean * inside, variance * inside)
        score, _ = _best_split(x, board.of[:, window] * shape * inside, inside, phi, SHORTEST)
        found = ready & board.known[:, day] & (np.abs(score) > LEVEL_LIMIT)
        for row in np.flatnonzero(found).tolist():
            length = self._lasted(row, window, shape[row] * inside[row], inside[row], score[row])
            first = day - length + 1
            since = max(int(columns[0]), int(self.start[row]))
            self.breaks.append(
                Break(row, first, day, float(score[row]), False, since, float(phi[row]))
            )
            self._begin(row, since, first, shape[row, : first - int(columns[0])], int(columns[0]))

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
