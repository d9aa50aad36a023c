"""What if, and how a budget is split best."""

from __future__ import annotations

import random as plain_random
from datetime import date
from typing import Any

import numpy as np
from benchmarks.insights.asking import Ask, Comparison, Sizes

COUNTS = (1_000_000.0, 80_000.0, 9_000.0, 2_400.0, 800.0, 300.0)
VALUE, FACTOR, STRETCHED, SAVED = 250.0, 1.5, 2, 0.1
DRAWS = 4_000
CHANNELS, DAYS = 8, 730


def what_if_by_suppilo(_sizes: Sizes) -> Ask:
    """Return how two levers are pulled, and the key levels are ranked, with their ranges."""
    from suppilo.analytics.whatif import Expand, Level, Stretch, project, rank_key_levels

    levels = [Level(f"level {n}", count) for n, count in enumerate(COUNTS)]
    levers = [Expand("level 0", FACTOR), Stretch(f"level {STRETCHED}", saved=SAVED)]

    def ask() -> dict[str, float]:
        random = np.random.default_rng(0)
        found = project(levels, levers, VALUE, random=random)
        ranked = rank_key_levels(levels, VALUE, random=random)
        ends = {"lower": found.gain_range.lower, "upper": found.gain_range.upper}
        gains = {f"gain of {one.stage}": one.gain for one in ranked}
        return ends | gains | {"gain": found.gain}

    return ask


def what_if_plainly(_sizes: Sizes) -> Ask:
    """Return the same in plain Python, draw by draw."""

    def ask() -> dict[str, float]:
        random = plain_random.Random(1)
        rates = [after / before for before, after in zip(COUNTS[:-1], COUNTS[1:], strict=True)]
        gains = sorted(
            _gain([random.betavariate(after + 0.5, before - after + 0.5) for before, after
                   in zip(COUNTS[:-1], COUNTS[1:], strict=True)])
            for _ in range(DRAWS)
        )  # fmt: skip
        found = {"gain": _gain(rates), "lower": gains[DRAWS // 40], "upper": gains[-DRAWS // 40]}
        for place, rate in enumerate(rates):
            better = [*rates[:place], rate + 0.1 * (1 - rate), *rates[place + 1 :]]
            found[f"gain of level {place}"] = _money(COUNTS[0], better) - _money(COUNTS[0], rates)
        return found

    return ask


def _gain(rates: list[float]) -> float:
    after = list(rates)
    after[STRETCHED] += SAVED * (1 - after[STRETCHED])
    return _money(COUNTS[0] * FACTOR, after) - _money(COUNTS[0], rates)


def _money(first: float, rates: list[float]) -> float:
    for rate in rates:
        first *= rate
    return first * VALUE


def fit_budget() -> Any:
    """Fit response curves to two years of spend by day in eight channels."""
    from suppilo.analytics.budget import SpendHistory, fit_responses

    random = np.random.default_rng(8)
    usual = random.uniform(50, 800, CHANNELS)
    spend = usual * random.lognormal(0, 0.5, (DAYS, CHANNELS))
    power = random.uniform(0.3, 0.7, CHANNELS)
    brought = (usual / 10 * (spend / usual) ** power).sum(axis=1)
    outcome = 3_000 + 10 * brought + random.normal(0, 300, DAYS)
    names = tuple(f"channel {n}" for n in range(CHANNELS))
    history = SpendHistory(date(2024, 1, 1), 1, names, spend, outcome)
    return fit_responses(history, np.random.default_rng(0))


def _brings(curves: Any, spend: Any) -> float:
    return float(curves.respond(spend).mean(axis=0).sum())


def budget_by_suppilo(_sizes: Sizes) -> Ask:
    """Return how two years are fitted, and the budget is split."""
    from suppilo.analytics.budget import plan_budget

    def ask() -> dict[str, float]:
        fit = fit_budget()
        plan = plan_budget(fit)
        return {"brings": _brings(fit.curves, np.array([one.best for one in plan.channels]))}

    return ask


def budget_by_scipy(_sizes: Sizes) -> Ask:
    """Return the split alone, over the same fitted curves, by SciPy's SLSQP."""
    from scipy.optimize import minimize

    fit = fit_budget()
    budget = float(fit.now.sum())
    bounds = list(zip(fit.lowest, fit.highest, strict=True))

    def ask() -> dict[str, float]:
        found = minimize(
            lambda shares: -_brings(fit.curves, np.maximum(shares * budget, 1e-9)),
            fit.now / budget,
            method="SLSQP",
            bounds=[(low / budget, high / budget) for low, high in bounds],
            constraints={"type": "eq", "fun": lambda shares: shares.sum() - 1},
            options={"ftol": 1e-12, "maxiter": 300},
        )
        return {"brings": -float(found.fun)}

    return ask


COMPARISONS = (
    Comparison("what-if", "two levers on six levels, and the key levels", "draw by draw",
               what_if_by_suppilo, what_if_plainly, 0.5, tolerance=0.05),
    Comparison("budget", "eight channels over two years; the peer splits only", "SciPy's SLSQP",
               budget_by_suppilo, budget_by_scipy, 5.0),
)  # fmt: skip
