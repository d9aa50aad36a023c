"""Rates of leaving a stage, and what they come to, against other ways of reckoning the same."""

import numpy as np
import pytest

from suppilo.analytics.durations import aalen_johansen
from suppilo.analytics.forecast.arrivals import find_spread, measure_arrivals
from suppilo.analytics.forecast.book import DAY_US, Stays
from suppilo.analytics.forecast.hazards import fit_rates
from suppilo.analytics.forecast.passage import at_steps, follow_rates

WON = np.array([False, True])
TWO = np.array([False, False, True])


def stays_of(length, to, entry=None, stage=None):
    count = len(length)
    return Stays(
        np.arange(count), np.zeros(count, np.int64) if stage is None else stage,
        np.zeros(count, np.int64), np.zeros(count) if entry is None else entry,
        np.asarray(length, float), np.asarray(to, np.int64),
    )  # fmt: skip


def watched_stays(count=4_000, seed=1):
    """Return stays that end won (1), lost (2), or are still on when they are last seen."""
    random = np.random.default_rng(seed)
    won, lost = random.weibull(1.5, count) * 40, random.exponential(60, count)
    end = random.uniform(0, 120, count)
    length = np.minimum(np.minimum(won, lost), end)
    to = np.where(length == end, -1, np.where(won < lost, 1, 2))
    return length, to


def test_chances_of_being_won_agree_with_aalen_johansen():
    length, to = watched_stays()
    won, _lost = aalen_johansen(length, np.maximum(to, 0))
    passages = follow_rates(fit_rates(stays_of(length, to), 2, 1.0), WON, 1.0, 90)
    for days in (5, 15, 30, 60, 90):
        expected = won.share[np.searchsorted(won.time, days, side="right") - 1]
        # The grid counts an exit by the nearest day.
        found = passages.won[0, 0, days - 1 : days + 1].mean()
        assert found == pytest.approx(expected, abs=0.012)


def test_deals_that_came_before_the_records_begin_do_not_lower_or_raise_the_rates():
    random = np.random.default_rng(2)
    came = random.uniform(-100, 100, 20_000)
    length = random.exponential(30, 20_000)
    # Only ends after day 0 are known, so deals that ended before are not there at all.
    known = came + length > 0
    entry = np.maximum(0, -came[known])
    rates = fit_rates(stays_of(length[known], np.ones(known.sum()), entry), 2, 1.0)
    assert rates[0].usual == pytest.approx(1 / 30, rel=0.03)


def test_old_deals_are_judged_by_what_became_of_old_deals():
    # Half are won after about ten days; who is there after 40 days is lost at last.
    length = np.concatenate((np.linspace(8, 12, 300), np.linspace(60, 80, 300)))
    to = np.repeat([1, 2], 300)
    passages = follow_rates(fit_rates(stays_of(length, to), 2, 1.0), WON, 1.0, 60)
    young, old = passages.chances(0, 0, np.array([0, 40]), np.array([60.0]))[:, 0]
    assert young == pytest.approx(0.5, abs=0.03)
    assert old < 0.03


def test_two_stages_take_as_long_as_walking_through_them_does():
    random = np.random.default_rng(3)
    first, second = random.gamma(2, 5, 6_000), random.gamma(2, 8, 6_000)
    on = random.random(6_000) < 0.6
    stays = stays_of(
        np.concatenate((first, second[on])),
        np.concatenate((np.where(on, 1, 3), np.full(on.sum(), 2))),
        stage=np.concatenate((np.zeros(6_000, np.int64), np.ones(on.sum(), np.int64))),
    )
    passages = follow_rates(fit_rates(stays, 3, 1.0), TWO, 1.0, 80)
    for days in (10, 20, 40, 80):
        walked = np.mean((first + second <= days) & on)
        assert passages.won[0, 0, days] == pytest.approx(walked, abs=0.02)


def test_moves_at_one_moment_are_won_at_once():
    stays = stays_of(np.zeros(60), np.repeat([1, 2], 30))
    passages = follow_rates(fit_rates(stays, 2, 1.0), WON, 1.0, 10)
    assert passages.won[0, 0, 0] > 0.4
    assert passages.won[0, 0, 10] == pytest.approx(0.5, abs=0.01)


def test_drawn_rates_vary_as_so_few_exits_leave_them_unsure():
    length, to = watched_stays(60)
    rates = fit_rates(stays_of(length, to), 2, 1.0)
    few = follow_rates(rates, WON, 1.0, 60, np.random.default_rng(0), 300).won[:, 0, 60]
    length, to = watched_stays(6_000)
    rates = fit_rates(stays_of(length, to), 2, 1.0)
    many = follow_rates(rates, WON, 1.0, 60, np.random.default_rng(0), 300).won[:, 0, 60]
    assert few.std() > 5 * many.std()
    share = few.mean()
    # As unsure as a rate of about so many deals: not surer than a binomial one.
    assert few.std() > 0.6 * np.sqrt(share * (1 - share) / 60)


def test_a_stage_that_nobody_has_left_yet_is_like_the_others():
    stays = stays_of([10.0] * 40, [1] * 20 + [3] * 20)
    rates = fit_rates(stays, 3, 1.0)
    assert rates[1].usual == pytest.approx(0.1, rel=0.05)
    assert np.isfinite(follow_rates(rates, TWO, 1.0, 30).won).all()


def test_what_is_left_after_the_last_step_is_nothing():
    won = np.array([[0.0, 0.5, 0.8]])
    assert at_steps(won, np.array([1.5]))[0, :, 0].tolist() == [0.65, 0.25, 0.0]


def test_counts_that_vary_as_chance_does_have_no_spread():
    random = np.random.default_rng(5)
    even = random.poisson(100, 4_000).astype(float)
    assert find_spread(even, np.full(4_000, 100.0)) < 0.002
    uneven = random.poisson(100 * random.gamma(10, 0.1, 4_000)).astype(float)
    assert find_spread(uneven, np.full(4_000, 100.0)) == pytest.approx(0.1, abs=0.015)


def test_arrivals_are_those_of_the_shortest_time_that_has_enough():
    now = 400 * DAY_US
    began = np.array([(400 - day) * DAY_US for day in (*range(1, 41), *range(100, 300))])
    found = measure_arrivals(np.sort(began), np.zeros(240, np.int64), 2, now, 0)
    assert (found.count, found.days) == (40, 91)
    assert found.entry.tolist() == [1.0, 0.0]
    few = measure_arrivals(began[:5], np.zeros(5, np.int64), 2, now, 350 * DAY_US)
    assert (few.count, few.days) == (5, 50)
