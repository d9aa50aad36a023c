"""Intervals of rates, against published figures and the closed form."""

from __future__ import annotations

from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suppilo.analytics.intervals import wilson_interval


@st.composite
def rates(draw):
    trials = draw(st.integers(1, 10**7))
    return draw(st.integers(0, trials)), trials


@pytest.mark.parametrize(
    ("successes", "trials", "lower", "upper"),
    [
        # Newcombe (1998), "Two-sided confidence intervals for the single proportion: comparison
        # of seven methods", Statistics in Medicine 17, 857-872, table I, method 3.
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
        # The conversion of 8,000 leads.
        (842, 8000, 0.0987, 0.1122),
    ],
)
def test_intervals_are_the_published_ones(successes, trials, lower, upper):
    found = wilson_interval(successes, trials)
    assert (round(found.lower, 4), round(found.upper, 4)) == (lower, upper)
    assert (found.level, found.method) == (0.95, "wilson")


@given(rates())
def test_bounds_solve_the_score_equation(rate):
    """Wilson's bounds p are the solutions of |x/n - p| = z sqrt(p (1 - p) / n)."""
    successes, trials = rate
    found, z = wilson_interval(successes, trials), 1.959963984540054
    for p in (found.lower, found.upper):
        if 0 < p < 1:
            score = z * sqrt(p * (1 - p) / trials)
            assert abs(successes / trials - p) == pytest.approx(score, rel=1e-6, abs=1e-9)


@given(rates())
def test_the_interval_holds_its_rate_and_stays_within_0_and_1(rate):
    successes, trials = rate
    found = wilson_interval(successes, trials)
    assert 0 <= found.lower <= successes / trials <= found.upper <= 1
    assert (found.lower == 0) == (successes == 0)
    assert (found.upper == 1) == (successes == trials)


@given(rates())
def test_failures_have_the_mirrored_interval(rate):
    successes, trials = rate
    ours, theirs = wilson_interval(successes, trials), wilson_interval(trials - successes, trials)
    assert ours.lower == pytest.approx(1 - theirs.upper, abs=1e-12)


def test_a_higher_level_is_wider_and_more_trials_are_narrower():
    def width(successes, trials, level=0.95):
        found = wilson_interval(successes, trials, level)
        return found.upper - found.lower

    assert width(8, 80, 0.8) < width(8, 80) < width(8, 80, 0.99)
    assert width(80, 800) < width(8, 80)


def test_without_trials_there_is_no_interval():
    assert wilson_interval(0, 0) is None


@pytest.mark.parametrize(("successes", "trials"), [(3, 2), (-1, 2)])
def test_more_successes_than_trials_are_no_rate(successes, trials):
    with pytest.raises(ValueError, match="is not a rate"):
        wilson_interval(successes, trials)
