"""What the models of customers' value must hold on any data."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import check_grad

from suppilo.analytics.value import (
    BgBb,
    BgNbd,
    CustomerSummary,
    FitError,
    GammaGamma,
    RfmSegment,
    ShiftedBetaGeometric,
    bgnbd,
    discounted_value,
    fit_bgbb,
    fit_bgnbd,
    fit_gamma_gamma,
    fit_retention,
    gamma_gamma,
    retention,
    score_rfm,
    simple_value,
    summarise_purchases,
)

DAY_US = 86_400_000_000
ONE = np.ones(1)
MODEL = BgNbd(0.243, 4.414, 0.793, 2.426)

unhurried = settings(deadline=None)
rows = st.lists(
    st.tuples(st.integers(1, 4), st.integers(0, 40), st.integers(1, 90)), max_size=30
)  # fmt: skip


@unhurried
@given(rows)
def test_summary_agrees_with_one_made_by_hand(rows):
    as_of = 30
    customer, day, amount = np.array(rows, np.int64).reshape(-1, 3).T
    found = summarise_purchases(customer, day * DAY_US, amount.astype(float), as_of * DAY_US)
    by_hand = {}
    for who, when, money in rows:
        if when <= as_of:
            days = by_hand.setdefault(who, {})
            days[when] = days.get(when, 0) + money
    assert found.customer.tolist() == sorted(by_hand)
    for place, who in enumerate(sorted(by_hand)):
        days = by_hand[who]
        first, again = min(days), len(days) - 1
        assert found.frequency[place] == again
        assert found.recency[place] == max(days) - first
        assert found.age[place] == as_of - first
        assert found.total[place] == sum(days.values())
        mean = (sum(days.values()) - days[first]) / again if again else 0
        assert found.value[place] == pytest.approx(mean)


def simulate(model, customers, weeks, seed):
    """Draw customers who buy and leave as the model says."""
    random = np.random.default_rng(seed)
    rate = random.gamma(model.r, 1 / model.alpha, customers)
    leaves = random.beta(model.a, model.b, customers)
    x, recency = np.zeros(customers), np.zeros(customers)
    there, at = np.ones(customers, bool), np.zeros(customers)
    while there.any():
        at = at + random.exponential(1, customers) / np.maximum(rate, 1e-12)
        there &= at <= weeks
        x[there] += 1
        recency[there] = at[there]
        there &= random.random(customers) >= leaves
    none = np.zeros(customers)
    return CustomerSummary(np.arange(customers), x, recency, np.full(customers, weeks), none, none)


def test_fit_finds_the_parameters_that_customers_were_drawn_from():
    found = fit_bgnbd(simulate(MODEL, 40_000, 52.0, 7))
    assert found.r == pytest.approx(MODEL.r, rel=0.06)
    assert found.alpha == pytest.approx(MODEL.alpha, rel=0.1)
    assert found.a / (found.a + found.b) == pytest.approx(0.793 / 3.219, rel=0.1)


def test_expected_purchases_are_those_of_customers_drawn():
    drawn = simulate(MODEL, 200_000, 52.0, 8).frequency.mean()
    assert MODEL.expected_purchases(np.array([52.0]))[0] == pytest.approx(drawn, rel=0.02)


def test_times_in_other_units_change_nothing_but_the_rate():
    weeks = simulate(MODEL, 5_000, 52.0, 9)
    days = CustomerSummary(
        weeks.customer, weeks.frequency, weeks.recency * 7, weeks.age * 7, weeks.value, weeks.total
    )
    one, other = fit_bgnbd(weeks), fit_bgnbd(days)
    assert other.alpha == pytest.approx(one.alpha * 7, rel=1e-3)
    assert (other.r, other.a, other.b) == pytest.approx((one.r, one.a, one.b), rel=1e-3)


@unhurried
@given(st.integers(0, 30), st.floats(0, 1), st.floats(1, 100))
def test_probability_of_being_there_falls_with_silence(x, share, age):
    recency = age * share if x else 0.0
    alive = MODEL.probability_alive(ONE * x, ONE * recency, ONE * age)[0]
    later = MODEL.probability_alive(ONE * x, ONE * recency, ONE * (age + 5))[0]
    assert 0 <= later <= alive <= 1
    if not x:
        assert alive == 1


@unhurried
@given(st.integers(0, 30), st.floats(0, 1), st.floats(1, 100), st.floats(0.1, 100))
def test_more_time_never_means_fewer_purchases(x, share, age, t):
    columns = (ONE * x, ONE * (age * share if x else 0.0), ONE * age)
    sooner, later = MODEL.expected_from(t, *columns)[0], MODEL.expected_from(t * 1.5, *columns)[0]
    assert 0 <= sooner <= later * (1 + 1e-9)


POSITIVE = st.floats(0.05, 5)


@settings(max_examples=30, deadline=None)
@given(st.tuples(POSITIVE, POSITIVE, POSITIVE, POSITIVE))
def test_slopes_of_the_purchases_are_those_of_the_likelihood(values):
    drawn = simulate(MODEL, 50, 52.0, 10)
    found = bgnbd._Likelihood(drawn.frequency, drawn.recency, drawn.age, np.ones(50))
    assert_slope(found, values)


@settings(max_examples=30, deadline=None)
@given(st.tuples(POSITIVE, POSITIVE, POSITIVE))
def test_slopes_of_the_values_are_those_of_the_likelihood(values):
    found = gamma_gamma._Likelihood(np.array([1.0, 2, 7]), np.array([3.0, 0.5, 20]))
    assert_slope(found, values)


@settings(max_examples=30, deadline=None)
@given(st.tuples(POSITIVE, POSITIVE))
def test_slopes_of_the_retention_are_those_of_the_likelihood(values):
    assert_slope(retention._Likelihood(np.array([5.0, 3, 1]), np.array([4.0, 0, 3, 20])), values)


def assert_slope(likelihood, values):
    values = np.array(values)
    slope = likelihood(values)[1]
    error = check_grad(lambda v: likelihood(v)[0], lambda v: likelihood(v)[1], values)
    assert error <= 1e-4 * (1 + np.linalg.norm(slope))


def test_customer_who_never_came_again_is_expected_to_spend_the_mean():
    model = GammaGamma(6.25, 3.74, 15.45)
    found = model.expected_value(np.array([0.0, 1e6]), np.array([0.0, 80.0]))
    assert found[0] == pytest.approx(model.mean)
    assert found[1] == pytest.approx(80, rel=1e-3)


def test_mean_value_is_unknown_where_the_tail_is_too_heavy():
    assert GammaGamma(6.0, 0.9, 15.0).mean == float("inf")


@unhurried
@given(POSITIVE, POSITIVE)
def test_retention_rises_and_survival_falls(alpha, beta):
    model = ShiftedBetaGeometric(alpha, beta)
    assert (np.diff(model.retention(20)) >= 0).all()
    survival = model.survival(20)
    assert survival[0] == 1
    assert (np.diff(survival) <= 0).all()


def test_residual_lifetime_is_the_discounted_sum_of_the_survival():
    model, discount = ShiftedBetaGeometric(0.668, 3.806), 0.1
    survival = model.survival(4000)
    ahead = survival[4:] / survival[3]
    by_hand = (ahead / (1 + discount) ** np.arange(len(ahead))).sum()
    assert model.residual_lifetime(3, discount) == pytest.approx(by_hand, rel=1e-6)


def test_expected_gifts_agree_with_gifts_drawn():
    random, model, people = np.random.default_rng(3), BgBb(1.204, 0.750, 0.657, 2.783), 300_000
    gives = random.beta(model.alpha, model.beta, people)
    leaves = random.beta(model.gamma, model.delta, people)
    stays = np.cumprod(random.random((11, people)) >= leaves, axis=0).astype(bool)
    gave = stays & (random.random((11, people)) < gives)
    x = gave[:6].sum(axis=0)
    last = np.where(x > 0, 6 - np.argmax(gave[5::-1], axis=0), 0)
    for kind in ((6, 6), (3, 5), (0, 0)):
        here = (x == kind[0]) & (last == kind[1])
        expected = model.expected_from(5, ONE * kind[0], ONE * kind[1], ONE * 6)[0]
        alive = model.probability_alive(ONE * kind[0], ONE * kind[1], ONE * 6)[0]
        assert gave[6:, here].sum(axis=0).mean() == pytest.approx(expected, rel=0.05, abs=0.01)
        assert stays[6, here].mean() == pytest.approx(alive, rel=0.05, abs=0.01)


def test_discounted_value_without_a_discount_is_purchases_times_value():
    drawn = simulate(MODEL, 100, 52.0, 11)
    columns = (drawn.frequency, drawn.recency, drawn.age)
    worth = discounted_value(MODEL, drawn, np.full(100, 20.0), 12, 4.0)
    assert worth == pytest.approx(MODEL.expected_from(48.0, *columns) * 20)
    assert (discounted_value(MODEL, drawn, np.full(100, 20.0), 12, 4.0, 0.01) < worth).all()


def test_simple_value_is_a_product():
    assert simple_value(50, 4, 3, 0.25) == 150


@unhurried
@given(
    arrays(np.float64, st.shared(st.integers(0, 40), key="n"), elements=st.integers(0, 9)),
    arrays(np.float64, st.shared(st.integers(0, 40), key="n"), elements=st.integers(0, 30)),
)
def test_better_customers_never_score_less(frequency, silence):
    total = frequency * 10
    none = np.zeros_like(frequency)
    summary = CustomerSummary(
        np.arange(len(frequency)), frequency, 30 - silence, none + 30, none, total
    )
    scores = score_rfm(summary)
    order = np.argsort(frequency, kind="stable")
    assert (np.diff(scores.frequency[order]) >= 0).all()
    order = np.argsort(-silence, kind="stable")
    assert (np.diff(scores.recency[order]) >= 0).all()
    for same in np.unique(frequency):
        assert len(set(scores.frequency[frequency == same])) == 1


def test_recent_frequent_generous_customers_are_champions():
    figures = np.arange(100.0)
    summary = CustomerSummary(
        figures.astype(np.int64), figures, figures, np.full(100, 100.0), figures, figures
    )
    segment = score_rfm(summary).segment
    assert segment[-1] == RfmSegment.CHAMPIONS
    assert segment[0] == RfmSegment.LOST


@pytest.mark.parametrize("there", [[10], [10, 11], [10, 10], [10, 0]])
def test_cohort_that_tells_nothing_is_refused(there):
    with pytest.raises(FitError):
        fit_retention(np.array(there))


def test_too_few_repeaters_are_refused_with_advice():
    few = simulate(MODEL, 5, 1.0, 12)
    with pytest.raises(FitError, match="longer period or more customers"):
        fit_bgnbd(few)
    with pytest.raises(FitError, match="longer period or more customers"):
        fit_gamma_gamma(few)


def test_occasions_at_which_nobody_bought_are_refused():
    with pytest.raises(FitError, match="nobody bought"):
        fit_bgbb(ONE * 0, ONE * 0, ONE * 6, ONE * 100)


def test_customers_who_all_leave_alike_are_no_reason_to_refuse():
    # With one chance to leave for all, a and b have no end: only a / (a + b) is told.
    random = np.random.default_rng(2)
    customer, day = [], []
    for number in range(1500):
        at, rate = random.uniform(0, 200), random.gamma(0.6, 0.05)
        while at < 400:
            customer.append(number)
            day.append(int(at))
            at += random.exponential(1 / rate)
            if random.random() < 0.3:
                break
    columns = np.array(customer), np.array(day) * DAY_US, np.ones(len(day))
    model = fit_bgnbd(summarise_purchases(*columns, 400 * DAY_US))
    assert model.a / (model.a + model.b) == pytest.approx(0.3, abs=0.05)
    alive = model.probability_alive(np.array([2.0]), np.array([10.0]), np.array([400.0]))
    assert 0 < alive[0] < 0.5
