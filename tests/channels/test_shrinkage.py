"""Rates of small groups: against scipy's distributions, and in worlds whose truth is known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from suppilo.analytics.shrinkage import BetaPrior, fit_prior, shrink_rate


def world(seed, groups, a=3.0, b=27.0):
    """Draw groups whose rates are Beta(a, b): their rates, successes and trials."""
    random = np.random.default_rng(seed)
    rates = random.beta(a, b, groups)
    trials = random.integers(5, 400, groups)
    return rates, random.binomial(trials, rates), trials


@pytest.mark.parametrize("seed", range(4))
def test_no_other_prior_explains_the_groups_better(seed):
    _, won, of = world(seed, 40)
    prior = fit_prior(won, of)

    def density(a, b):
        scale = np.log(a) + np.log(b) - 2.5 * np.log(a + b)
        return stats.betabinom.logpmf(won, of, a, b).sum() + scale

    best = density(prior.a, prior.b)
    for mean in prior.mean * np.array([0.7, 0.9, 0.97, 1.03, 1.1, 1.4]):
        for weight in prior.weight * np.array([0.5, 0.9, 1.0, 1.1, 2.0]):
            assert density(mean * weight, (1 - mean) * weight) <= best + 1e-6


RATS = (
    (0, 20, 7), (0, 19, 4), (0, 18, 2), (0, 17, 1), (1, 20, 4), (1, 19, 2), (1, 18, 2), (2, 25, 1),
    (2, 24, 1), (2, 23, 1), (2, 20, 6), (1, 10, 1), (5, 49, 1), (2, 19, 1), (5, 46, 1), (3, 27, 1),
    (2, 17, 1), (7, 49, 1), (7, 47, 1), (3, 20, 2), (2, 13, 1), (9, 48, 1), (10, 50, 1), (4, 20, 7),
    (10, 48, 1), (4, 19, 3), (5, 22, 1), (11, 46, 1), (12, 49, 1), (5, 20, 2), (6, 23, 1),
    (5, 19, 1), (6, 22, 1), (6, 20, 3), (16, 52, 1), (15, 46, 1), (15, 47, 1), (9, 24, 1),
    (4, 14, 1),
)  # fmt: skip
"""Tumours among rats, and in how many groups alike: R. E. Tarone (1982), Biometrics 38, 215-220, as
in Gelman and others (2013), table 5.1."""


def test_published_prior_of_the_rats_is_found_again():
    won = [tumours for tumours, _, groups in RATS for _ in range(groups)]
    of = [rats for _, rats, groups in RATS for _ in range(groups)]
    assert len(of) == 71
    prior = fit_prior(won, of)
    # The book reads the mode of (log(a / b), log(a + b)) off a grid, as (-1.75, 2.8).
    assert np.log(prior.a / prior.b) == pytest.approx(-1.75, abs=0.06)
    assert np.log(prior.weight) == pytest.approx(2.8, abs=0.06)


@settings(deadline=None, max_examples=60)
@given(st.floats(0.2, 50), st.floats(0.2, 500), st.integers(0, 300), st.integers(0, 300))
def test_rate_and_interval_are_those_of_the_posterior(a, b, won, lost):
    found = shrink_rate(BetaPrior(a, b), won, won + lost)
    posterior = stats.beta(a + won, b + lost)
    assert found.rate == pytest.approx(posterior.mean())
    assert found.interval.lower == pytest.approx(posterior.ppf(0.025), abs=1e-9)
    assert found.interval.upper == pytest.approx(posterior.ppf(0.975), abs=1e-9)


def test_what_groups_are_like_is_found_again():
    _, won, of = world(7, 4_000)
    prior = fit_prior(won, of)
    assert prior.a == pytest.approx(3, rel=0.1)
    assert prior.b == pytest.approx(27, rel=0.1)


def test_shrunk_rates_are_nearer_the_truth_and_their_intervals_cover_it():
    errors, raw_errors, covered = [], [], []
    for seed in range(60):
        rates, won, of = world(seed, 12)
        prior = fit_prior(won, of)
        found = [shrink_rate(prior, *pair) for pair in zip(won.tolist(), of.tolist(), strict=True)]
        errors.append(np.mean([(one.rate - r) ** 2 for one, r in zip(found, rates, strict=True)]))
        raw_errors.append(np.mean((won / of - rates) ** 2))
        covered += [
            one.interval.lower <= r <= one.interval.upper
            for one, r in zip(found, rates, strict=True)
        ]
    assert np.mean(errors) < 0.75 * np.mean(raw_errors)
    # The prior's own uncertainty is left out: a little less than 95 % with a dozen groups.
    assert 0.90 <= np.mean(covered) <= 0.97


def test_a_group_without_trials_is_as_usual():
    assert shrink_rate(BetaPrior(2, 18), 0, 0).rate == pytest.approx(0.1)


def test_too_few_groups_and_nonsense_have_no_prior():
    assert fit_prior([1, 2], [10, 10]) is None
    assert fit_prior([1, 2, 0], [10, 10, 0]) is None
    with pytest.raises(ValueError, match="more successes"):
        fit_prior([2, 1, 1], [1, 5, 5])


def test_groups_that_do_not_differ_are_all_as_usual():
    prior = fit_prior([10] * 20, [100] * 20)
    assert shrink_rate(prior, 0, 20).rate == pytest.approx(0.1, abs=0.01)
