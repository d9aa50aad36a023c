"""How long things take: Kaplan-Meier and Aalen-Johansen of many cases, beside lifelines."""

from __future__ import annotations

from typing import Any

import numpy as np
from benchmarks.insights.asking import Ask, Comparison, Sizes

AT_DAYS = (1.0, 5.0, 10.0, 20.0, 40.0, 80.0)
CAUSES = 2


def make_cases(count: int) -> tuple[Any, Any]:
    """Draw days until the end, and by which of two causes it came; 0 where it is still on."""
    random = np.random.default_rng(3)
    took = random.weibull(0.8, count) * 30
    watched = random.random(count) * 120
    cause = random.choice([1, 2], count, p=[0.4, 0.6])
    return np.minimum(took, watched), np.where(took <= watched, cause, 0)


def _at(time: Any, values: Any, before: float) -> list[float]:
    place = np.searchsorted(time, AT_DAYS, side="right") - 1
    found: list[float] = np.where(place >= 0, values[np.maximum(place, 0)], before).tolist()
    return found


def _name(**columns: list[float]) -> dict[str, float]:
    return {
        f"{name} after {day:g} days": value
        for name, values in columns.items()
        for day, value in zip(AT_DAYS, values, strict=True)
    }


def km_by_suppilo(sizes: Sizes) -> Ask:
    """Return how the share still waiting is estimated, with its range."""
    from suppilo.analytics.durations import kaplan_meier

    days, cause = make_cases(sizes.customers)

    def ask() -> dict[str, float]:
        curve = kaplan_meier(days, cause > 0)
        columns = (curve.share, curve.lower, curve.upper)
        share, lower, upper = (_at(curve.time, one, 1.0) for one in columns)
        return _name(share=share, lower=lower, upper=upper)

    return ask


def km_by_lifelines(sizes: Sizes) -> Ask:
    """Return the same by lifelines."""
    from lifelines import KaplanMeierFitter

    days, cause = make_cases(sizes.customers)

    def ask() -> dict[str, float]:
        found = KaplanMeierFitter().fit(days, cause > 0)
        share, ends = found.survival_function_, found.confidence_interval_survival_function_
        time = share.index.to_numpy()
        columns = (share.iloc[:, 0], ends.iloc[:, 0], ends.iloc[:, 1])
        share, lower, upper = (_at(time, one.to_numpy(), 1.0) for one in columns)
        return _name(share=share, lower=lower, upper=upper)

    return ask


def aj_by_suppilo(sizes: Sizes) -> Ask:
    """Return how the shares ended by each cause are estimated, with their ranges."""
    from suppilo.analytics.durations import aalen_johansen

    days, cause = make_cases(sizes.customers)

    def ask() -> dict[str, float]:
        found = aalen_johansen(days, cause)
        return _name(**{f"cause {one.cause}": _at(one.time, one.share, 0.0) for one in found})

    return ask


def aj_by_lifelines(sizes: Sizes) -> Ask:
    """Return the same by lifelines; without ranges, for which it takes time by the square."""
    from lifelines import AalenJohansenFitter

    days, cause = make_cases(sizes.customers)

    def ask() -> dict[str, float]:
        columns = {}
        for number in range(1, CAUSES + 1):
            fitter = AalenJohansenFitter(calculate_variance=False)
            share = fitter.fit(days, cause, event_of_interest=number).cumulative_density_
            time, values = share.index.to_numpy(), share.iloc[:, 0].to_numpy()
            columns[f"cause {number}"] = _at(time, values, 0.0)
        return _name(**columns)

    return ask


COMPARISONS = (
    Comparison("kaplan-meier", "a case for each customer, with ranges", "lifelines",
               km_by_suppilo, km_by_lifelines, 1.0, is_slow=True),
    Comparison("aalen-johansen", "two causes, with ranges; lifelines without", "lifelines",
               aj_by_suppilo, aj_by_lifelines, 1.0, is_slow=True),
)  # fmt: skip
