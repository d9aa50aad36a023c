"""Scores of forecasts, by hand."""

import numpy as np
import pytest

from suppilo.analytics.forecast import BANDS, QUANTILES, Advice, Scored, judge_record
from suppilo.analytics.forecast.scores import pinball_loss


def scored(actual, weighted=0.0, width=10.0):
    """Return a forecast of 100, its quantiles ``width`` apart, and what came."""
    return Scored(tuple(100 + width * place for place in range(-3, 4)), weighted, actual)


def judge(*some):
    return judge_record(some, QUANTILES, BANDS)


def test_the_loss_is_least_for_the_true_quantile():
    seen = np.random.default_rng(0).normal(0, 1, 4_000)
    tries = np.arange(-2, 2.1, 0.1)
    for quantile, true in ((0.1, -1.28), (0.5, 0.0), (0.9, 1.28)):
        losses = [np.mean([pinball_loss(quantile, one, x) for x in seen]) for one in tries]
        assert tries[int(np.argmin(losses))] == pytest.approx(true, abs=0.15)


def test_coverage_counts_what_lies_inside_with_the_ends():
    record = judge(scored(100), scored(110), scored(120), scored(130), scored(131))
    assert record.coverage == {0.5: 0.4, 0.8: 0.6, 0.95: 0.8}


def test_errors_are_those_of_the_median_and_of_the_weighted_pipeline():
    record = judge(scored(110, weighted=80), scored(50, weighted=100))
    assert (record.error, record.weighted_error) == (30, 40)
    assert record.mape == pytest.approx((10 / 110 + 50 / 50) / 2)
    assert record.weighted_mape == pytest.approx((30 / 110 + 50 / 50) / 2)
    # A single figure as every quantile costs half its error, as the quantiles lie evenly.
    assert record.weighted_pinball == pytest.approx(20)


def test_a_period_with_nothing_won_has_no_relative_error():
    assert judge(scored(0.0)).mape is None


def test_history_is_advised_when_its_range_holds_and_it_is_no_worse():
    good = [scored(100, weighted=50)] * 8 + [scored(300, weighted=50)] * 2
    assert judge(*good).advice is Advice.HISTORY


def test_a_range_is_judged_by_the_whole_percent_that_is_shown():
    held = [scored(100, weighted=50)] * 23 + [scored(300, weighted=50)] * 10
    record = judge(*held)
    assert record.coverage[0.8] < 0.7
    assert f"{record.coverage[0.8]:.0%}" == "70%"
    assert record.advice is Advice.HISTORY


def test_the_weighted_pipeline_is_advised_when_ranges_are_too_narrow_too_wide_or_off():
    assert judge(*[scored(150, weighted=50)] * 10).advice is Advice.WEIGHTED
    assert judge(*[scored(100, weighted=50)] * 10).advice is Advice.WEIGHTED
    closer = [scored(115, weighted=115)] * 8 + [scored(300, weighted=300)] * 2
    assert judge(*closer).advice is Advice.WEIGHTED


def test_five_periods_prove_nothing():
    assert judge(*[scored(100)] * 5).advice is Advice.UNTRIED
    assert judge() is None
