"""Response curves from a history of spend, with all that is not known about them."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from suppilo.analytics.budget.adstock import Float64
from suppilo.analytics.budget.baseline import Baseline, build_baseline
from suppilo.analytics.budget.curves import Curves, Spread, find_spread
from suppilo.analytics.budget.doubts import Doubt, find_doubts, find_weak
from suppilo.analytics.budget.grid import EffectGrid, build_grid
from suppilo.analytics.budget.history import FEWEST_WEEKS, WEEK, BudgetError, SpendHistory
from suppilo.analytics.budget.posterior import (
    MOST_SHARE,
    SHARE_EDGE,
    Posterior,
    find_precision,
)
from suppilo.analytics.budget.prior import Prior
from suppilo.analytics.budget.sampling import draw_places, find_mode
from suppilo.analytics.threads import one_thread

NOW_WEEKS = 8
"""What is spent now is the mean of so many weeks, or of all where there are fewer."""
_MOST_MEMORY, _PRIOR_DRAWS = 0.9, 2_000


@dataclass(frozen=True, slots=True)
class ResponseFit:
    """What a history tells of each channel.

    Attributes
    ----------
    now
        What is spent a week, by channel.
    lowest, highest
        What was spent in the week with least and most of it, by channel.
    doubts
        By channel, why the data can't tell; empty where they can.
    share
        What all channels together brought of the outcome.
    explained
        The share of the outcome's variance that the fit accounts for (R²).
    noise_memory
        How much of a period's deviation is left in the next, 0..0.9.
    """

    history: SpendHistory
    prior: Prior
    curves: Curves
    now: Float64
    lowest: Float64
    highest: Float64
    doubts: tuple[tuple[Doubt, ...], ...]
    share: Spread
    explained: float
    noise_memory: float

    def describe(self) -> dict[str, Any]:
        """Return the JSON form of what the fit was made of, without its draws."""
        history = self.history
        return {
            "start": history.start.isoformat(), "end": history.end.isoformat(),
            "periods": history.periods, "period_days": history.period_days,
            "share": asdict(self.share), "explained": self.explained,
            "noise_memory": self.noise_memory, "prior": asdict(self.prior),
        }  # fmt: skip


def fit_responses(
    history: SpendHistory, random: np.random.Generator, prior: Prior | None = None
) -> ResponseFit:
    """Return the response curves of a history's channels.

    Source: Y. Jin, Y. Wang, Y. Sun, D. Chan, J. Koehler (2017), "Bayesian methods for media mix
    modeling with carryover and shape effects", Google; with a curve of constant elasticity in place
    of theirs of Hill, for a few years of weeks seldom tell three parameters of a shape apart.

    Raises
    ------
    BudgetError
        If the history is shorter than 13 weeks, its outcome never changes, or a channel has no
        spend at all.

    Examples
    --------
    >>> from datetime import date
    >>> random = np.random.default_rng(0)
    >>> spend = random.gamma(2, 500, (80, 1))
    >>> outcome = 100 + 2 * np.sqrt(spend[:, 0]) + random.normal(0, 3, 80)
    >>> weeks = SpendHistory(date(2025, 1, 6), 7, ("search",), spend, outcome)
    >>> fit = fit_responses(weeks, random, Prior(half_life_days=0.5))
    >>> bool(0.35 < np.median(fit.curves.elasticity) < 0.65)
    True
    """
    _check(history)
    with one_thread("scipy.optimize"):
        return _fit(history, random, prior or Prior())


def _fit(history: SpendHistory, random: np.random.Generator, usual: Prior) -> ResponseFit:
    baseline, grid = build_baseline(history), build_grid(history)
    scale = float(history.outcome.std())
    plain = _build_posterior(history, usual, baseline, grid, scale)
    first = find_mode(plain)
    memory = _find_memory(plain, first)
    posterior = replace(plain, precision=find_precision(baseline, memory))
    mode = find_mode(posterior)
    places = draw_places(posterior, mode, random)
    curves = _curves_of(posterior, places, history, scale)
    weekly = history.sum_weeks()
    now = weekly[-NOW_WEEKS:].mean(axis=0)
    before = _curves_of(
        posterior, random.standard_normal((_PRIOR_DRAWS, len(mode))), history, scale
    )
    brought = posterior.contribution(places).sum(axis=1) * scale / history.outcome.sum()
    return ResponseFit(
        history, usual, curves, now, weekly.min(axis=0), weekly.max(axis=0),
        find_weak(find_doubts(history, baseline, grid), curves, before, now),
        find_spread(brought), _find_explained(plain, mode), memory,
    )  # fmt: skip


def _check(history: SpendHistory) -> None:
    if history.weeks < FEWEST_WEEKS:
        raise BudgetError(
            f"the history has {history.weeks:.0f} weeks; {FEWEST_WEEKS} are the least, a year is "
            "better"
        )
    idle = [name for name, spent in zip(history.channels, history.spend.sum(axis=0), strict=True)
            if not spent]  # fmt: skip
    if idle:
        raise BudgetError(f"nothing was ever spent on {', '.join(idle)}; leave that out")
    if history.outcome.std() <= 1e-9 * abs(history.outcome.mean()) or not history.outcome.any():
        raise BudgetError("the outcome never changes, so nothing can be told from it")


def _build_posterior(
    history: SpendHistory, prior: Prior, baseline: Baseline, grid: EffectGrid, scale: float
) -> Posterior:
    centred = (history.outcome - history.outcome.mean()) / scale
    usual = grid.find_corners(
        np.full((1, len(history.channels)), prior.elasticity),
        np.full((1, len(history.channels)), prior.half_life_days),
    )
    effect = sum(
        weight[0] * rows[0].mean(axis=-1)
        for weight, rows in zip(usual.weights, usual.effects, strict=True)
    )
    mean = float(history.outcome.mean())
    # Where the outcome is no more than 0 on average, a share of it means nothing.
    limit = mean / scale if mean > 0 else np.inf
    part = history.spend.sum(axis=0) / history.spend.sum()
    brought = prior.share * abs(mean) * part / scale
    return Posterior(
        centred, grid, find_precision(baseline, 0.0), float(history.periods - baseline.free),
        prior.centre(brought / effect), prior.spread(len(history.channels)),
        MOST_SHARE * limit, SHARE_EDGE * limit,
    )  # fmt: skip


def _find_memory(posterior: Posterior, mode: Float64) -> float:
    """Return the correlation of residuals with those one period before, 0..0.9."""
    rest = posterior.outcome - posterior.contribution(mode[np.newaxis])[0]
    # With noise of size one, K⁻¹ r is r less its baseline.
    residual = posterior.precision @ rest
    found = float(residual[1:] @ residual[:-1] / (residual @ residual))
    return min(_MOST_MEMORY, max(0.0, found))


def _find_explained(posterior: Posterior, mode: Float64) -> float:
    rest = posterior.outcome - posterior.contribution(mode[np.newaxis])[0]
    residual = posterior.precision @ rest
    return 1 - float(residual.var() / posterior.outcome.var())


def _curves_of(
    posterior: Posterior, places: Float64, history: SpendHistory, scale: float
) -> Curves:
    """Return the curves of a week: a week of days brings seven times what a day does."""
    level, elasticity, half_life = posterior.parameters(places)
    periods = WEEK / history.period_days
    reference = posterior.grid.reference * periods
    return Curves(level * scale * periods, reference, elasticity, half_life)
