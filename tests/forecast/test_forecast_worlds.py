"""Forecasts of pipelines whose truth is known, and of a real one."""

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest

from forecast_support.forecast_worlds import MAVEN, Truth, day_us, read_maven, simulate_book
from suppilo.analytics.forecast import (
    Advice,
    ForecastQuestion,
    back_test,
    forecast_revenue,
    past_origins,
)
from suppilo.analytics.forecast.book import DAY_US
from suppilo.analytics.stages import LOST, NEVER, VALUE_UNITS, Outcome, trace_deals

NOW = day_us("2025-03-10")
QUICK = ForecastQuestion(NOW, "month", 3, draws=30, each=10)


def generator():
    return np.random.default_rng(11)


@pytest.fixture(scope="module")
def book():
    return simulate_book(Truth(), seed=4)


@pytest.fixture(scope="module")
def found(book):
    (forecast,) = forecast_revenue(book, QUICK, generator())
    return forecast


def test_the_ranges_of_a_seeded_pipeline_hold_what_they_promise():
    book = simulate_book(Truth(), seed=1)
    asked = replace(QUICK, as_of_us=day_us("2025-06-01"))
    origins = past_origins(asked.as_of_us, "month", 16, "UTC")
    tried = back_test(lambda _at: book, asked, origins, generator())
    record = tried.record("EUR")
    assert record.scored == 16 + 15 + 14
    assert 0.7 <= record.coverage[0.8] <= 0.9
    assert record.error < record.weighted_error
    assert record.pinball < record.weighted_pinball
    assert record.advice is Advice.HISTORY
    # Two months on, deals that have not come yet bring most of it, and the sum is still right.
    far = [one for one in tried.trials if one.ahead == 3]
    middle = np.mean([one.forecast.median for one in far])
    assert middle == pytest.approx(Truth().per_month, rel=0.2)


@pytest.mark.skipif(not MAVEN.is_dir(), reason=f"the real data set is not at {MAVEN}")
def test_the_ranges_of_a_real_pipeline_hold_what_they_promise():
    book = read_maven()
    asked = replace(QUICK, as_of_us=day_us("2018-01-01"), draws=40, each=12)
    origins = past_origins(asked.as_of_us, "month", 8, "UTC")
    record = back_test(lambda _at: book, asked, origins, generator()).record("USD")
    assert record.scored == 21
    assert 0.7 <= record.coverage[0.8] <= 0.9
    assert record.error < record.weighted_error
    assert record.advice is Advice.HISTORY


def test_what_happens_later_is_not_looked_at(book, found):
    ledger = book.ledger
    later = ledger.at > NOW
    changed = replace(
        book, ledger=replace(ledger, stage=np.where(later, LOST, ledger.stage)),
    )  # fmt: skip
    (again,) = forecast_revenue(changed, QUICK, generator())
    assert again.periods == found.periods


def test_the_same_generator_gives_the_same_figures(book, found):
    (again,) = forecast_revenue(book, QUICK, generator())
    assert again.total == found.total


def test_periods_begin_with_the_one_at_hand_and_what_is_won_in_it(book, found):
    assert [str(one.start) for one in found.periods] == ["2025-03-01", "2025-04-01", "2025-05-01"]
    traces = trace_deals(book.ledger, NOW)
    won = (traces.outcome == Outcome.WON) & (traces.ended >= day_us("2025-03-01"))
    assert found.periods[0].won == Decimal(int(book.won_amount[won].sum())) / VALUE_UNITS
    assert found.periods[0].quantiles[0] >= found.periods[0].won
    assert found.periods[1].won == 0


def test_open_deals_matter_less_and_new_ones_more_as_time_goes_on(found):
    open_ones = [one.from_open for one in found.periods]
    assert open_ones[1] > open_ones[2]
    assert found.periods[0].from_new < found.periods[1].from_new < found.periods[2].from_new


def test_every_open_deal_has_its_chance(book, found):
    traces = trace_deals(book.ledger, NOW)
    assert found.open_deals.tolist() == np.flatnonzero(traces.outcome == Outcome.OPEN).tolist()
    assert (np.diff(found.chances, axis=1) >= 0).all()
    ahead = found.chances[traces.place[found.open_deals] == 1, -1].mean()
    assert ahead == pytest.approx(Truth().win, abs=0.1)


def test_the_weighted_pipeline_is_amount_times_chance_when_expected(book, found):
    traces = trace_deals(book.ledger, NOW)
    open_ones = np.flatnonzero(traces.outcome == Outcome.OPEN)
    due = np.maximum(book.expected_us[open_ones], NOW)
    chance = np.array([0.3, 0.6])[traces.place[open_ones]]
    april = (due >= day_us("2025-04-01")) & (due < day_us("2025-05-01"))
    by_hand = (book.money[open_ones] * chance)[april].sum()
    assert found.periods[1].weighted == pytest.approx(by_hand)


def test_a_chance_that_somebody_typed_in_counts_before_the_stages(book, found):
    sure = replace(book, odds=np.ones(len(book.odds)))
    (forecast,) = forecast_revenue(sure, QUICK, generator())
    assert forecast.total.weighted > found.total.weighted


def test_too_little_history_leaves_the_weighted_pipeline(book):
    asked = replace(QUICK, as_of_us=day_us("2023-02-10"))
    (forecast,) = forecast_revenue(book, asked, generator())
    assert not forecast.history.is_enough
    assert forecast.periods[0].quantiles == ()
    assert forecast.total.weighted > 0
    assert forecast.chance_of(Decimal(1)) is None


def test_currencies_are_kept_apart(book, found):
    half = np.arange(len(book.amount)) % 2
    mixed = replace(book, currency=half, currencies=("EUR", "USD"))
    euro, dollar = forecast_revenue(mixed, QUICK, generator())
    assert (euro.currency, dollar.currency) == ("EUR", "USD")
    assert euro.total.won + dollar.total.won == found.total.won
    both = euro.total.median + dollar.total.median
    assert both == pytest.approx(found.total.median, rel=0.25)


def test_a_part_of_the_deals_is_forecast_by_the_rates_of_all(book, found):
    part = np.arange(len(book.amount)) % 4 == 0
    (forecast,) = forecast_revenue(book, QUICK, generator(), part)
    assert set(forecast.open_deals.tolist()) < set(found.open_deals.tolist())
    assert forecast.total.from_new == pytest.approx(found.total.from_new / 4, rel=0.4)


def test_the_chance_of_a_target_falls_with_the_target(found):
    low, middle = Decimal(1), Decimal(str(found.periods[0].median))
    assert found.chance_of(low) == 1.0
    assert found.chance_of(middle) == pytest.approx(0.5, abs=0.05)
    assert found.chance_of(middle * 10) == 0.0


def test_weeks_begin_on_mondays(book):
    (forecast,) = forecast_revenue(book, replace(QUICK, every="week", periods=4), generator())
    assert [one.start.isoweekday() for one in forecast.periods] == [1, 1, 1, 1]


def test_a_book_without_days_or_chances_still_has_a_weighted_pipeline(book):
    count = len(book.amount)
    bare = replace(book, expected_us=np.full(count, NEVER), probability=np.full(3, np.nan))
    (forecast,) = forecast_revenue(bare, QUICK, generator())
    assert forecast.total.weighted > 0


def test_past_origins_are_the_first_moments_of_past_periods():
    assert past_origins(NOW, "month", 2, "UTC") == [day_us("2025-01-01"), day_us("2025-02-01")]
    weeks = past_origins(NOW, "week", 2, "UTC")
    assert weeks == [NOW - 14 * DAY_US, NOW - 7 * DAY_US]
