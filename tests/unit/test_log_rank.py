"""The log-rank test against published figures and against lifelines."""

from __future__ import annotations

import numpy as np
import pytest
from lifelines.statistics import multivariate_logrank_test

from suppilo.analytics.durations import log_rank

# Weeks of remission, + is censored: Freireich et al. (1963), Blood 21, 699-716. The chi-square of
# 16.8 on one degree of freedom is that of Collett, "Modelling Survival Data", and of R's survdiff.
TREATED = "6 6 6 6+ 7 9+ 10 10+ 11+ 13 16 17+ 19+ 20+ 22 23 25+ 32+ 32+ 34+ 35+"
PLACEBO = "1 1 2 2 3 4 4 5 5 8 8 8 8 11 11 12 12 15 17 22 23"


def read_groups(*texts):
    words = [(word, number) for number, text in enumerate(texts) for word in text.split()]
    return (
        np.array([float(word.rstrip("+")) for word, _ in words]),
        np.array([not word.endswith("+") for word, _ in words]),
        np.array([number for _, number in words]),
    )


def test_remissions_with_and_without_6_mp_are_told_apart_as_in_the_textbook():
    found = log_rank(*read_groups(TREATED, PLACEBO), 2)
    assert found.statistic == pytest.approx(16.79, abs=0.005)
    assert found.degrees == 1
    assert found.p_value == pytest.approx(4.17e-5, rel=0.01)
    assert found.ended == (9, 21)
    assert found.expected == pytest.approx((19.25, 10.75), abs=0.005)


@pytest.mark.filterwarnings("ignore:Starting with pandas")  # lifelines sums in an older way
@pytest.mark.parametrize("seed", range(12))
def test_any_groups_with_ties_and_censoring_give_what_lifelines_gives(seed):
    random = np.random.default_rng(seed)
    size, groups = int(random.integers(12, 200)), int(random.integers(2, 5))
    group = np.concatenate([np.arange(groups), random.integers(0, groups, size - groups)])
    durations, ended = random.integers(1, 12, size).astype(float), random.random(size) < 0.7
    found = log_rank(durations, ended, group, groups)
    theirs = multivariate_logrank_test(durations, group, ended)
    assert found.degrees == groups - 1
    assert sum(found.ended) == ended.sum()
    assert sum(found.expected) == pytest.approx(float(ended.sum()))
    assert found.statistic == pytest.approx(theirs.test_statistic, rel=1e-6, abs=1e-9)
    assert found.p_value == pytest.approx(theirs.p_value, rel=1e-6, abs=1e-9)


@pytest.mark.filterwarnings("ignore:Starting with pandas")
def test_more_moments_than_are_looked_at_at_once_give_the_same():
    random = np.random.default_rng(5)
    group = random.integers(0, 3, 9_000)
    durations, ended = random.exponential(1 + 0.05 * group), random.random(9_000) < 0.9
    assert len(np.unique(durations)) > 8_192
    found = log_rank(durations, ended, group, 3)
    theirs = multivariate_logrank_test(durations, group, ended)
    assert found.statistic == pytest.approx(theirs.test_statistic, rel=1e-6)
    assert sum(found.expected) == pytest.approx(float(ended.sum()))


def test_groups_that_are_one_and_the_same_do_not_differ():
    durations, ended, _ = read_groups(TREATED)
    twice = np.concatenate([durations, durations]), np.concatenate([ended, ended])
    found = log_rank(*twice, np.repeat([0, 1], len(durations)), 2)
    assert found.statistic == pytest.approx(0, abs=1e-12)
    assert found.p_value == pytest.approx(1)


def test_one_group_or_none_has_nothing_to_compare():
    durations, ended, group = read_groups(TREATED)
    assert log_rank(durations, ended, group, 1).degrees == 0
    nobody = log_rank(np.zeros(0), np.zeros(0, bool), np.zeros(0, int), 2)
    assert (nobody.degrees, nobody.p_value) == (0, 1.0)
    waiting = log_rank(durations, np.zeros(len(durations), bool), group, 2)
    assert (waiting.degrees, waiting.p_value) == (0, 1.0)


def test_the_test_errs_as_often_as_it_says():
    random = np.random.default_rng(11)
    group = np.repeat([0, 1, 2], 60)
    wrong = 0
    for _ in range(400):
        durations = np.ceil(random.exponential(5, 180))
        limit = random.integers(3, 12, 180)
        found = log_rank(np.minimum(durations, limit), durations <= limit, group, 3)
        wrong += found.p_value < 0.05
    assert 0.03 <= wrong / 400 <= 0.075
