"""Customers with a contract: lives out of payments, churn, and the model fitted to all of them."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import check_grad

from suppilo.analytics.value import FitError, fit_retention
from suppilo.analytics.value.lives import count_lives, report_renewals, trace_lives
from suppilo.analytics.value.purchases import Purchases
from suppilo.analytics.value.retention import _Likelihood, fit_lives

AS_OF = datetime(2026, 7, 10, tzinfo=UTC)


def us(moment) -> int:
    return round(moment.timestamp() * 1e6)


def paid_in(month: int) -> datetime:
    return datetime(2025 + (month - 1) // 12, (month - 1) % 12 + 1, 15, tzinfo=UTC)


payments = st.lists(st.tuples(st.integers(1, 4), st.integers(1, 18)), min_size=1, max_size=40)


@settings(deadline=None)
@given(payments)
def test_lives_agree_with_ones_made_by_hand(drawn):
    customer, at = np.array([who for who, _ in drawn]), [us(paid_in(month)) for _, month in drawn]
    found = trace_lives(customer, np.array(at), us(AS_OF))
    for who, renewals, has_left in zip(found.customer, found.renewals, found.has_left, strict=True):
        months = sorted({month for name, month in drawn if name == who})
        run = months[0]
        while run + 1 in months:
            run += 1
        # July 2026 is month 19; June is the last that is over.
        assert (renewals, has_left) == (run - months[0], run < 18)


def test_a_model_of_one_cohort_is_that_of_the_published_one():
    there = [1000, 869, 743, 653, 593, 551, 517, 491]
    left = -np.diff(there)
    stayed = np.append(np.zeros(7), 491)
    one, all_of_them = fit_retention(np.array(there)), fit_lives(left, stayed)
    assert (one.alpha, one.beta) == pytest.approx((all_of_them.alpha, all_of_them.beta))
    assert one.alpha == pytest.approx(0.668, abs=5e-4)
    assert one.beta == pytest.approx(3.806, abs=5e-4)


def test_slope_is_that_of_the_likelihood():
    likelihood = _Likelihood(np.array([5.0, 3, 2]), np.array([4.0, 0, 3, 1]))
    for point in ([0.7, 3.0], [2.0, 1.5]):
        off = check_grad(lambda v: likelihood(v)[0], lambda v: likelihood(v)[1], point)
        assert off < 1e-4


def simulate(rng, people=4000, alpha=0.8, beta=4.0):
    """Draw customers who begin in any of 18 months and leave by the model."""
    customer, month = [], []
    for who, (start, leaves) in enumerate(
        zip(rng.integers(1, 19, people), rng.beta(alpha, beta, people), strict=True)
    ):
        last = start + rng.geometric(leaves) - 1
        months = range(start, min(last, 18) + 1)
        customer += [who] * len(months)
        month += months
    at = np.array([us(paid_in(m)) for m in month])
    return Purchases(np.array(customer), at, np.full(len(at), 9.0), np.arange(len(at)), 0)


def test_the_model_finds_the_truth_of_a_seeded_world():
    report = report_renewals(simulate(np.random.default_rng(3)), us(AS_OF))
    assert report.model.alpha / (report.model.alpha + report.model.beta) == pytest.approx(
        0.8 / 4.8, abs=0.02
    )
    steps = [step for step in report.steps if step.due > 100]
    assert all(step.there == pytest.approx(step.expected, abs=0.04) for step in steps)
    assert report.churn_interval.lower < report.churn < report.churn_interval.upper
    assert report.mean_payment == pytest.approx(9.0)
    assert report.worth == pytest.approx(9.0 * report.periods_ahead * report.active)


def test_who_left_and_who_renewed_add_up():
    bought = simulate(np.random.default_rng(4), 300)
    report = report_renewals(bought, us(AS_OF))
    left, stayed = count_lives(trace_lives(bought.customer, bought.at_us, us(AS_OF)))
    assert left.sum() + stayed.sum() == report.customers
    assert (left.sum(), stayed.sum()) == (report.left, report.active)
    assert sum(step.due for step in report.steps) == report.due
    assert sum(step.due - step.renewed for step in report.steps) == report.left


def test_who_never_left_tells_no_rate():
    day = us(AS_OF - timedelta(days=40))
    bought = Purchases(np.array([1]), np.array([day]), np.ones(1), np.zeros(1, np.int64), 0)
    with pytest.raises(FitError, match="nobody left"):
        report_renewals(bought, us(AS_OF))
