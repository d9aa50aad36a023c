"""Adstock, curves and the best split, against plain programs and brute force."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from suppilo.analytics.budget import BudgetError, Curves, allocate, carry_over, find_retention

effects = st.lists(st.floats(0, 1e6), min_size=1, max_size=30)
shares = st.floats(0, 0.99)


def curves_of(level, elasticity, reference=None) -> Curves:
    level, elasticity = np.atleast_2d(level), np.atleast_2d(elasticity)
    known = np.ones(level.shape[1]) if reference is None else np.asarray(reference, float)
    return Curves(level * 1.0, known, elasticity * 1.0, np.ones_like(level, dtype=float))


@given(effects, shares, st.floats(0, 1e6))
def test_adstock_is_what_a_plain_loop_adds_up(effect, kept, before):
    expected = []
    for now in range(len(effect)):
        carried = sum((1 - kept) * kept**ago * effect[now - ago] for ago in range(now + 1))
        expected.append(carried + kept ** (now + 1) * before)
    assert carry_over(effect, kept, before) == pytest.approx(expected, rel=1e-9, abs=1e-6)


def test_nothing_of_a_steady_spend_is_lost_or_made_by_carrying_over():
    assert carry_over([7.0] * 5, find_retention(9.0, 7), 7.0) == pytest.approx([7.0] * 5)


@given(
    st.floats(0.01, 1e6), st.floats(0.02, 0.98), st.floats(0.01, 1e6),
    st.lists(st.floats(0.1, 1e6), min_size=3, max_size=3, unique=True),
)  # fmt: skip
def test_curves_rise_and_each_further_unit_brings_less(level, elasticity, reference, spends):
    low, middle, high = sorted(spends)
    curves = curves_of([level], [elasticity], [reference])
    brought = [float(curves.respond([spend])[0, 0]) for spend in (low, middle, high)]
    assert brought[0] < brought[1] < brought[2] or high / low < 1 + 1e-9
    share = (middle - low) / (high - low)
    between = (1 - share) * brought[0] + share * brought[2]
    assert brought[1] >= between * (1 - 1e-9)
    assert curves.respond([0.0])[0, 0] == 0


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10_000))
def test_the_best_split_is_no_worse_than_any_of_a_fine_grid(seed):
    random = np.random.default_rng(seed)
    curves = curves_of(random.uniform(1, 50, (5, 3)), random.uniform(0.2, 0.8, (5, 3)))
    lower, upper = random.uniform(0, 20, 3), random.uniform(30, 100, 3)
    budget = random.uniform(lower.sum(), upper.sum())
    found = allocate(curves, budget, lower, upper)
    assert found.sum() == pytest.approx(budget, rel=1e-9)
    assert np.all((found >= lower - 1e-9) & (found <= upper + 1e-9))
    best = float(curves.respond(found).mean(axis=0).sum())
    for a, b in product(*(np.linspace(lower[n], upper[n], 40) for n in (0, 1))):
        rest = budget - a - b
        if lower[2] <= rest <= upper[2]:
            split = np.array([a, b, rest])
            assert curves.respond(split).mean(axis=0).sum() <= best * (1 + 1e-9)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 8))
def test_the_best_split_has_equal_marginal_returns_but_for_bounds(seed, channels):
    random = np.random.default_rng(seed)
    curves = curves_of(
        random.uniform(1, 500, (20, channels)), random.uniform(0.1, 0.9, (20, channels)),
        random.uniform(10, 1_000, channels),
    )  # fmt: skip
    lower, upper = random.uniform(1, 50, channels), random.uniform(60, 2_000, channels)
    found = allocate(curves, random.uniform(lower.sum(), upper.sum()), lower, upper)
    slope = curves.slope(found).mean(axis=0)
    at_lower, at_upper = found <= lower * (1 + 1e-7), found >= upper * (1 - 1e-7)
    free = slope[~at_lower & ~at_upper]
    if len(free):
        assert free == pytest.approx(np.full(len(free), free[0]), rel=1e-5)
        assert np.all(slope[at_lower] <= free[0] * (1 + 1e-5))
        assert np.all(slope[at_upper] >= free[0] * (1 - 1e-5))


def test_what_upper_bounds_leave_is_not_spent():
    curves = curves_of([3.0, 4.0], [0.5, 0.5])
    assert allocate(curves, 99.0, np.zeros(2), np.array([10.0, 20.0])).tolist() == [10, 20]


def test_bounds_that_can_t_be_met_are_refused():
    curves = curves_of([3.0, 4.0], [0.5, 0.5])
    with pytest.raises(BudgetError, match="more than the budget"):
        allocate(curves, 9.0, np.array([5.0, 5.0]), np.array([9.0, 9.0]))
    with pytest.raises(BudgetError, match="upper bound"):
        allocate(curves, 9.0, np.array([5.0, 0.0]), np.array([4.0, 9.0]))
