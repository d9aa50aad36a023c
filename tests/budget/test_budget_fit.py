"""Response curves from histories: worlds whose curves are known, and what can't be told."""

import csv
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from budget_support.spend_world import START, make_world
from suppilo.analytics.budget import (
    BudgetError,
    DoubtKind,
    Prior,
    SpendHistory,
    Verdict,
    build_history,
    draw_curve,
    find_period,
    fit_responses,
    plan_budget,
)
from suppilo.analytics.budget.baseline import build_baseline
from suppilo.analytics.budget.fit import _build_posterior
from suppilo.analytics.budget.grid import build_grid

ROBYN = Path(__file__).parents[3] / "shared" / "data" / "robyn_mmm"
SEEDS = range(10)


def random_of(seed=0):
    return np.random.default_rng(seed)


@pytest.fixture(scope="module")
def fits():
    worlds = [make_world(seed) for seed in SEEDS]
    return [(world, fit_responses(world.history, random_of())) for world in worlds]


@pytest.fixture(scope="module")
def fit(fits):
    return fits[0][1]


def kinds(fit):
    return [[doubt.kind for doubt in doubts] for doubts in fit.doubts]


@pytest.mark.parametrize("figure", ["brings", "next_step", "elasticity", "half_life"])
def test_ranges_of_eighty_percent_hold_about_eighty_percent_of_the_truth(fits, figure):
    inside = []
    for world, fit in fits:
        spend = world.history.spend.mean(axis=0)
        of = {
            "brings": lambda curves, at=spend: curves.respond(at),
            "next_step": lambda curves, at=spend: curves.add(at, 100),
            "elasticity": lambda curves: curves.elasticity,
            "half_life": lambda curves: curves.half_life_days,
        }[figure]
        lower, upper = np.quantile(of(fit.curves), [0.1, 0.9], axis=0)
        inside += list((lower <= of(world.truth)[0]) & (of(world.truth)[0] <= upper))
    # Of 30: 80 % give or take three standard errors.
    assert 0.6 <= np.mean(inside) <= 0.98


def test_little_noise_leaves_little_doubt_of_the_next_step():
    world = make_world(3, weeks=208, noise=0.01)
    fit = fit_responses(world.history, random_of())
    spend = world.history.spend.mean(axis=0)
    found = np.median(fit.curves.add(spend, 100), axis=0)
    assert found == pytest.approx(world.truth.add(spend, 100)[0], rel=0.25)
    assert kinds(fit) == [[], [], []]


def test_the_split_that_is_called_better_is_better_in_truth(fits):
    gains = []
    for world, fit in fits:
        plan = plan_budget(fit)
        best = np.array([one.best for one in plan.channels])
        truth = world.truth
        gains.append(float((truth.respond(best) - truth.respond(fit.now)).sum()))
        assert best.sum() == pytest.approx(fit.now.sum())
    assert np.mean(np.array(gains) > 0) >= 0.8
    assert np.mean(gains) > 0


@pytest.mark.parametrize("share", [1.0, 0.1])
def test_the_gradient_is_that_of_the_density(share):
    world = make_world(1)
    history = world.history
    posterior = _build_posterior(
        history, Prior(), build_baseline(history), build_grid(history), history.outcome.std()
    )
    posterior = replace(posterior, most=posterior.most * share)
    z = random_of(5).normal(0, 0.5, (4, 9))
    _, gradient = posterior.evaluate(z)
    for place in range(9):
        step = np.zeros(9)
        step[place] = 1e-6
        difference = posterior.evaluate(z + step)[0] - posterior.evaluate(z - step)[0]
        assert gradient[:, place] == pytest.approx(difference / 2e-6, rel=1e-3, abs=1e-3)


def test_chains_that_stray_come_back():
    """Noise of 30 weeks, in which a step once led beyond all numbers."""
    history = make_world(0, weeks=30).history
    posterior = _build_posterior(
        history, Prior(), build_baseline(history), build_grid(history), history.outcome.std()
    )
    value, gradient = posterior.evaluate(np.array([[1e6] * 9, [-1e6] * 9]))
    assert np.isfinite(value).all()
    assert np.sign(gradient).tolist() == [[1] * 9, [-1] * 9]
    for seed in range(100, 104):
        outcome = random_of(seed).normal(1_000, 400, 30)
        fit_responses(replace(history, outcome=outcome), random_of(seed))


def test_channels_are_not_said_to_bring_more_than_there_is():
    """Spend that follows the outcome up to a constant explains all of it, and yet not more."""
    random = random_of(3)
    outcome = 1_000 * np.exp(random.normal(0, 0.3, 100))
    spend = (np.log(outcome / 300) * 500 + random.normal(0, 30, 100)).clip(1)[:, np.newaxis]
    fit = fit_responses(SpendHistory(START, 7, ("search",), spend, outcome), random_of())
    assert fit.share.upper < 1.1


def test_the_same_history_gives_the_same_answer(fits):
    world, fit = fits[0]
    again = fit_responses(world.history, random_of())
    assert np.array_equal(again.curves.level, fit.curves.level)


def test_days_are_fitted_with_their_week():
    random = random_of(2)
    days = 250
    spend = random.gamma(2, 100, (days, 1))
    spend[random.random(days) < 0.2] = 0
    weekday = np.array([5.0, 0, 0, 0, 0, -8, -9])[np.arange(days) % 7]
    outcome = 50 + weekday + 4 * np.sqrt(spend[:, 0]) + random.normal(0, 4, days)
    history = SpendHistory(START, 1, ("search",), spend, outcome)
    fit = fit_responses(history, random_of(), Prior(half_life_days=0.5))
    # A week brings seven times 4 × sqrt(a day's spend).
    brings = plan_budget(fit).channels[0].brings
    assert brings.median == pytest.approx(28 * np.sqrt(fit.now[0] / 7), rel=0.1)


def test_spend_that_never_varied_is_said_so():
    history = make_world(4).history
    spend = history.spend.copy()
    spend[:, 1] = 1_000
    assert kinds(fit_responses(replace(history, spend=spend), random_of()))[1] == [
        DoubtKind.CONSTANT
    ]


def test_spend_of_two_weeks_is_said_to_be_rare():
    history = make_world(4).history
    spend = history.spend.copy()
    spend[:, 1] = 0
    spend[40:42, 1] = 1_000
    assert kinds(fit_responses(replace(history, spend=spend), random_of()))[1] == [DoubtKind.RARE]


def test_channels_that_move_together_are_named():
    history = make_world(4).history
    spend = history.spend.copy()
    spend[:, 1] = spend[:, 0] * random_of().uniform(0.95, 1.05, len(spend))
    fit = fit_responses(replace(history, spend=spend), random_of())
    assert fit.doubts[0][0].kind is fit.doubts[1][0].kind is DoubtKind.TOGETHER
    assert (fit.doubts[0][0].other, fit.doubts[1][0].other) == ("channel 2", "channel 1")
    assert not fit.doubts[2]


def test_spend_that_follows_the_season_is_said_so():
    history = make_world(4).history
    spend = history.spend.copy()
    spend[:, 2] = 1_000 + 600 * np.sin(2 * np.pi * np.arange(len(spend)) / 52.18)
    assert kinds(fit_responses(replace(history, spend=spend), random_of()))[2] == [DoubtKind.SEASON]


@pytest.mark.parametrize("weeks", [30, 104])
def test_an_outcome_that_nothing_moves_never_makes_sure(weeks):
    for seed in range(3):
        history = make_world(seed, weeks=weeks).history
        noise = replace(history, outcome=random_of(seed + 100).normal(1_000, 400, weeks))
        plan = plan_budget(fit_responses(noise, random_of()))
        assert not plan.is_sure
        assert {one.verdict for one in plan.channels} <= {Verdict.KEEP, Verdict.CANT_TELL}


def test_too_little_history_is_refused_in_words():
    history = make_world(0, weeks=12).history
    with pytest.raises(BudgetError, match="13 are the least"):
        fit_responses(history, random_of())
    idle = replace(make_world(0).history, spend=np.ones((130, 3)) * [1, 0, 1])
    with pytest.raises(BudgetError, match="nothing was ever spent on channel 2"):
        fit_responses(idle, random_of())
    still = replace(make_world(0).history, outcome=np.full(130, 9.0))
    with pytest.raises(BudgetError, match="never changes"):
        fit_responses(still, random_of())


def test_no_more_than_was_seen_is_advised_and_what_is_beyond_is_said(fit):
    plan = plan_budget(fit)
    for one in plan.channels:
        assert one.lowest - 1e-6 <= one.best <= one.highest + 1e-6
        assert not one.is_beyond
    huge = plan_budget(fit, float(fit.highest.sum() * 2))
    assert huge.unspent == pytest.approx(0, abs=1e-6)
    assert any(one.is_beyond for one in huge.channels)


def test_given_bounds_hold_and_may_lead_beyond(fit):
    name, most = fit.history.channels[0], float(fit.highest[0])
    plan = plan_budget(fit, bounds={name: (most * 1.5, most * 1.5)}, budget=most * 4)
    assert plan.channels[0].best == pytest.approx(most * 1.5)
    assert plan.channels[0].is_beyond
    low = plan_budget(fit, bounds={name: (None, 5.0)})
    assert low.channels[0].best <= 5.0


def test_a_channel_that_can_t_be_told_keeps_its_share():
    history = make_world(4).history
    spend = history.spend.copy()
    spend[:, 1] = 1_000
    fit = fit_responses(replace(history, spend=spend), random_of())
    plan = plan_budget(fit, float(fit.now.sum() / 2))
    assert plan.channels[1].best == pytest.approx(500)
    moved = plan_budget(fit, bounds={"channel 2": (0, 3_000)})
    assert moved.channels[1].upper == 3_000


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"budget": 0.0}, "above 0"), ({"bounds": {"tv": (0, 1)}}, "no channel 'tv'"),
        ({"bounds": {"channel 1": (5, 1)}}, "above its upper"), ({"step": 0}, "next step"),
        ({"bounds": {"channel 1": (-5, 1)}}, "0 and more"),
        ({"bounds": {"channel 1": (1e9, None)}}, "more than the budget"),
    ],
)  # fmt: skip
def test_questions_that_can_t_be_asked_are_refused(fit, asked, said):
    with pytest.raises(BudgetError, match=said):
        plan_budget(fit, **asked)


def test_the_next_step_brings_less_where_more_is_spent(fit):
    spend, (lower, median, upper) = draw_curve(fit.curves, 0, float(fit.highest[0]))
    assert np.all(np.diff(median) > 0)
    mean = [fit.curves.respond(np.full(3, one)).mean(axis=0)[0] for one in spend]
    assert np.all(np.diff(mean, 2) <= 1e-9)
    assert np.all((lower <= median) & (median <= upper))
    assert (spend[0], median[0]) == (0, 0)


def test_histories_are_built_of_days_and_weeks():
    days = [START + timedelta(days=number) for number in range(3, 293)]
    spend = {(day, "search"): 10.0 for day in days}
    spend |= {(days[0], "never"): 0.0, (days[0], "beside"): 9.0}
    outcome = dict.fromkeys(days, 2)
    weeks = build_history(spend, outcome, days[0], days[-1] + timedelta(days=1))
    # The first Monday after the Thursday; whole weeks only.
    assert (weeks.start, weeks.period_days, weeks.periods) == (START + timedelta(days=7), 7, 40)
    assert weeks.channels == ("search",)
    assert set(weeks.spend[:, 0]) == {70.0}
    assert set(weeks.outcome) == {14.0}
    by_day = build_history(spend, outcome, days[0], days[-1] + timedelta(days=1), "day")
    assert (by_day.periods, by_day.period_days, by_day.end) == (290, 1, days[-1] + timedelta(1))
    with pytest.raises(BudgetError, match="nothing was spent"):
        build_history({}, outcome, days[0], days[-1])


def test_a_missing_day_is_named():
    assert find_period([date(2026, 1, 1), date(2026, 1, 2)]) == 1
    assert find_period([date(2026, 1, 1), date(2026, 1, 8)]) == 7
    with pytest.raises(BudgetError, match="2026-01-02 is missing"):
        find_period([date(2026, 1, 1), date(2026, 1, 3), date(2026, 1, 4)])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"spend": np.full((130, 3), -1.0)}, "below 0"), ({"channels": ("a",)}, "each period"),
        ({"outcome": np.full(130, np.nan)}, "missing"), ({"period_days": 30}, "days or weeks"),
    ],
)  # fmt: skip
def test_histories_that_can_t_be_are_refused(change, said):
    with pytest.raises(BudgetError, match=said):
        replace(make_world(0).history, **change)


@pytest.mark.parametrize("wrong", [{"elasticity": 1.2}, {"share": 0}, {"half_life_days": 90}])
def test_what_can_t_be_usual_is_refused(wrong):
    with pytest.raises(BudgetError):
        Prior(**wrong)


@pytest.mark.skipif(not ROBYN.exists(), reason="the data of robyn_mmm are not here")
def test_the_simulated_weeks_of_robyn_are_explained():
    """208 weeks, five channels and a competitor's sales; the known outcome is written down."""
    with (ROBYN / "dt_simulated_weekly.csv").open() as file:
        rows = list(csv.DictReader(file))
    names = ("tv_S", "ooh_S", "print_S", "search_S", "facebook_S")
    history = SpendHistory(
        date.fromisoformat(rows[0]["DATE"]), 7, names,
        np.array([[float(row[name]) for name in names] for row in rows]),
        np.array([float(row["revenue"]) for row in rows]), ("competitor",),
        np.array([[float(row["competitor_sales_B"])] for row in rows]),
    )  # fmt: skip
    fit = fit_responses(history, random_of())
    assert fit.explained == pytest.approx(0.88, abs=0.02)
    assert 0.1 < fit.share.median < 0.25
    plan = plan_budget(fit)
    told = {one.name: one.verdict for one in plan.channels}
    # Television earns most of the next coin; search is the least. Facebook can't be told.
    assert told["tv_S"] is Verdict.MORE
    assert told["search_S"] is Verdict.LESS
    assert told["facebook_S"] is Verdict.CANT_TELL
