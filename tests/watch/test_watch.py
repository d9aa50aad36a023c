"""Breaks of daily figures: few false alarms on stable ones, known breaks soon found."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from scipy import stats

from suppilo.analytics.watch import (
    LEAST_SUM,
    LEVEL_LIMIT,
    Change,
    DailySeries,
    Ending,
    Kind,
    Verdict,
    Watched,
    kernels,
    scan,
    too_little,
    watch_series,
)
from suppilo.analytics.watch.normal import normal_score
from suppilo.analytics.watch.scan import WINDOW, signed_root
from suppilo.analytics.watch.series import lay_out
from suppilo.charts.watch import finding_sentence, season_words
from suppilo.cli.watch import describe_breaks
from watch_support.plain_day import judge_plainly

MONDAY = date(2025, 1, 6)
WEEK = np.array([1.25, 1.2, 1.15, 1.1, 1.0, 0.75, 0.55])
YEAR, LEARNED, WORLDS = 365, 28, 14


def days(length: int) -> np.ndarray:
    return WEEK[np.arange(length) % 7]


def counts(rng, mean, length, scatter=0.0, worlds=WORLDS, effect=1.0) -> list[DailySeries]:
    expected = mean * days(length) * effect * np.ones((worlds, 1))
    if scatter:
        expected = expected * rng.gamma(1 / scatter, scatter, expected.shape)
    return [
        DailySeries(f"count of {mean}", Kind.COUNT, MONDAY, row)
        for row in rng.poisson(expected).astype(float)
    ]


def rates(rng, entered, rate, length, scatter=0.0, worlds=WORLDS, effect=1.0) -> list[DailySeries]:
    of = rng.poisson(entered * days(length) * np.ones((worlds, 1)))
    chance = rate * effect * np.ones(of.shape)
    if scatter:
        pseudo = 1 / scatter - 1
        chance = rng.beta(chance * pseudo, (1 - chance) * pseudo)
    return [
        DailySeries(f"rate of {rate}", Kind.RATE, MONDAY, k.astype(float), n.astype(float))
        for k, n in zip(rng.binomial(of, chance), of, strict=True)
    ]


def sums(rng, orders, length, worlds=WORLDS) -> list[DailySeries]:
    made = []
    for _ in range(worlds):
        n = rng.poisson(orders * days(length))
        day = np.repeat(np.arange(length), n)
        amounts = rng.lognormal(4, 0.8, n.sum())
        values = np.bincount(day, amounts, length)
        made.append(DailySeries("sum", Kind.SUM, MONDAY, values))
    return made


@pytest.fixture(scope="module")
def stable() -> tuple[Watched, ...]:
    """A year, after four weeks to learn, of 140 figures that never change."""
    rng, length = np.random.default_rng(11), YEAR + LEARNED
    return watch_series([
        *counts(rng, 100, length), *counts(rng, 5, length), *counts(rng, 0.6, length),
        *counts(rng, 80, length, 0.05), *counts(rng, 1500, length, 0.02),
        *rates(rng, 200, 0.1, length), *rates(rng, 200, 0.1, length, 0.02),
        *rates(rng, 40, 0.92, length), *rates(rng, 25, 0.05, length), *sums(rng, 20, length),
    ])  # fmt: skip


def test_a_stable_figure_has_at_most_two_false_alarms_a_year_on_average(stable):
    by_kind: dict[str, list[int]] = {}
    for one in stable:
        by_kind.setdefault(one.series.name, []).append(len(one.findings))
    assert np.mean([len(one.findings) for one in stable]) < 1
    assert all(np.mean(found) <= 2 for found in by_kind.values()), by_kind


def test_no_stable_figure_has_more_than_one_false_alarm_a_month(stable):
    assert max(len(one.findings) for one in stable) <= 12


def test_the_band_holds_95_of_100_stable_days(stable):
    for one in stable:
        if one.series.kind != Kind.COUNT or one.series.values.mean() < 50:
            continue
        judged = np.isfinite(one.expected)
        inside = (one.series.values >= one.lower) & (one.series.values <= one.upper)
        assert 0.9 < inside[judged].mean() < 0.99


def first_level(found: Watched, at: int):
    """Return the first change of level or trend found since day ``at``, and after how many days."""
    began = found.series.first_day + timedelta(days=at)
    for one in found.findings:
        if one.change != Change.SPIKE and one.found_day >= began:
            return one, (one.found_day - began).days + 1
    return None, None


def drop(at: int, length: int, factor: float) -> np.ndarray:
    return np.where(np.arange(length) < at, 1.0, factor)


@pytest.mark.parametrize(
    ("scatter", "median", "nine_of_ten"), [(0.0, 5, 7), (0.05, 12, 24)]
)  # fmt: skip
def test_a_level_that_falls_by_30_percent_is_found_in_days(scatter, median, nine_of_ten):
    at, length = 150, 190
    rng = np.random.default_rng(3)
    found = watch_series(counts(rng, 100, length, scatter, 30, drop(at, length, 0.7)))
    delays = [first_level(one, at)[1] or 99 for one in found]
    assert np.median(delays) <= median
    assert np.quantile(delays, 0.9) <= nine_of_ten
    share = np.mean([first_level(one, at)[0].share for one in found])
    assert share == pytest.approx(-0.3, abs=0.05)


def test_a_conversion_that_falls_from_10_to_7_percent_is_found_in_two_weeks():
    at, length = 150, 190
    rng = np.random.default_rng(4)
    found = watch_series(rates(rng, 200, 0.1, length, worlds=30, effect=drop(at, length, 0.7)))
    delays = [first_level(one, at)[1] or 99 for one in found]
    assert np.median(delays) <= 9
    assert np.quantile(delays, 0.9) <= 16


def test_a_slow_decline_is_found_within_seven_weeks_and_told_once():
    at, length = 150, 215
    rng = np.random.default_rng(5)
    effect = np.exp(-0.007 * np.maximum(np.arange(length) - at, 0))
    found = watch_series(counts(rng, 100, length, 0.02, 30, effect))
    delays = [first_level(one, at)[1] or 99 for one in found]
    assert np.quantile(delays, 0.9) <= 49
    levels = [[f for f in one.findings if f.change != Change.SPIKE] for one in found]
    assert np.mean([len(one) for one in levels]) <= 1.7
    trends = [f for one in levels for f in one if f.change == Change.TREND]
    assert len(trends) >= 6
    # 0.7 % a day is 4.8 % a week at first.
    assert np.median([f.weekly.value for f in trends]) == pytest.approx(-0.045, abs=0.02)


def test_a_break_begins_where_it_was_made_and_says_what_was_before():
    values = np.array([20.0] * 60 + [8.0] * 10)
    found = watch_series([DailySeries("x", Kind.COUNT, MONDAY, values)])[0]
    (one,) = found.findings
    assert one.change == Change.LEVEL
    assert one.first_day == MONDAY + timedelta(days=60)
    assert one.found_day == MONDAY + timedelta(days=62)
    assert one.before.value == pytest.approx(20)
    assert one.after.value == pytest.approx(8)
    assert one.after.lower < 8 < one.after.upper < one.before.lower
    assert one.is_open


def test_a_break_ends_where_the_figure_comes_back():
    rng = np.random.default_rng(6)
    effect = np.where((np.arange(120) >= 80) & (np.arange(120) < 95), 0.3, 1.0)
    found = watch_series(counts(rng, 60, 120, worlds=1, effect=effect))[0]
    fall, rise = (one for one in found.findings if one.change == Change.LEVEL)
    assert fall.score < 0 < rise.score
    assert fall.ending == Ending.BREAK
    assert abs((fall.ended_day - MONDAY).days - 95) <= 2


def test_a_new_level_is_usual_after_four_weeks():
    rng = np.random.default_rng(7)
    found = watch_series(counts(rng, 60, 160, worlds=1, effect=drop(80, 160, 0.5)))[0]
    fall = found.findings[0]
    assert (fall.ending, fall.ended_day - fall.found_day) == (Ending.USUAL, timedelta(days=28))


def test_a_single_odd_day_is_told_as_one_and_passes():
    rng = np.random.default_rng(8)
    effect = np.where(np.arange(120) == 90, 3.0, 1.0)
    found = watch_series(counts(rng, 40, 120, worlds=1, effect=effect))[0]
    (one,) = (f for f in found.findings if f.first_day == MONDAY + timedelta(days=90))
    assert (one.change, one.ending) == (Change.SPIKE, Ending.PASSED)
    assert one.share > 1.5


def test_an_odd_last_day_is_not_over_yet():
    values = np.array([30.0] * 70 + [90.0])
    (one,) = watch_series([DailySeries("x", Kind.COUNT, MONDAY, values)])[0].findings
    assert (one.change, one.is_open) == (Change.SPIKE, True)


def test_no_day_is_judged_by_later_ones():
    rng = np.random.default_rng(9)
    whole = counts(rng, 50, 140, worlds=3, effect=drop(100, 140, 0.6))
    part = [DailySeries(s.name, s.kind, s.first_day, s.values[:110]) for s in whole]
    for early, late in zip(watch_series(part), watch_series(whole), strict=True):
        known = [(f.found_day, f.first_day) for f in late.findings
                 if f.found_day <= early.series.last_day]  # fmt: skip
        assert [(f.found_day, f.first_day) for f in early.findings] == known
        np.testing.assert_array_equal(early.expected, late.expected[:110])


def test_the_week_is_learned_so_that_weekends_are_not_breaks():
    values = np.tile([100.0, 100, 100, 100, 100, 0, 0], 20)
    found = watch_series([DailySeries("office", Kind.COUNT, MONDAY, values)])[0]
    assert not found.findings
    assert found.expected[-2] < 2 < 90 < found.expected[-3]


def test_days_that_are_not_known_or_skipped_are_no_breaks():
    rng = np.random.default_rng(10)
    (made,) = counts(rng, 80, 120, worlds=1)
    gone = made.values.copy()
    gone[90:100] = np.nan
    assert not watch_series([DailySeries("x", Kind.COUNT, MONDAY, gone)])[0].findings
    empty = np.nan_to_num(gone)
    holidays = [MONDAY + timedelta(days=place) for place in range(90, 100)]
    assert watch_series([DailySeries("x", Kind.COUNT, MONDAY, empty)])[0].findings
    assert not watch_series([DailySeries("x", Kind.COUNT, MONDAY, empty)], holidays)[0].findings


def test_a_rate_of_hardly_any_on_holidays_says_nothing():
    rng = np.random.default_rng(12)
    (made,) = rates(rng, 100, 0.2, 120, worlds=1)
    of, values = made.of.copy(), made.values.copy()
    of[90:97], values[90:97] = 2, 0
    found = watch_series([DailySeries("x", Kind.RATE, MONDAY, values, of)])[0]
    assert not [f for f in found.findings if f.change == Change.LEVEL]


def test_too_little_history_is_said_rather_than_judged():
    short = DailySeries("short", Kind.COUNT, MONDAY, np.array([50.0] * 20 + [0.0] * 5))
    rare = DailySeries("rare", Kind.COUNT, MONDAY, np.eye(60)[0])
    late = DailySeries("late", Kind.COUNT, MONDAY, np.array([0.0] * 90 + [50.0] * 10))
    found = watch_series([short, rare, late])
    assert [one.verdict for one in found] == [Verdict.SHORT, Verdict.SPARSE, Verdict.SHORT]
    assert not any(one.findings for one in found)
    assert found[2].known_days == 10


def test_one_wild_order_does_not_hide_a_fall_of_sums():
    rng = np.random.default_rng(13)
    (made,) = sums(rng, 30, 150, worlds=1)
    values = made.values * drop(110, 150, 0.5)
    values[60] *= 20
    found = watch_series([DailySeries("revenue", Kind.SUM, MONDAY, values)])[0]
    one, delay = first_level(found, 110)
    assert one is not None
    assert delay <= 15


def test_a_high_rate_is_told_as_itself():
    rng = np.random.default_rng(14)
    effect = drop(100, 140, 0.95)
    found = watch_series(rates(rng, 300, 0.95, 140, worlds=1, effect=effect))[0]
    one, _ = first_level(found, 100)
    assert one.before.value == pytest.approx(0.95, abs=0.01)
    assert one.after.value == pytest.approx(0.9025, abs=0.02)
    assert one.after.lower < one.after.value < one.after.upper <= 1
    assert one.score < 0
    judged = np.isfinite(found.expected)
    assert np.all(found.expected[judged] > 0.85)


def test_where_a_days_rate_usually_lies_is_within_nothing_and_all():
    rng = np.random.default_rng(16)
    for rate in (0.1, 0.6, 0.9):
        found = watch_series(rates(rng, 6, rate, 80, worlds=1))[0]
        judged = np.isfinite(found.expected)
        assert judged.any()
        assert np.all(found.lower[judged] >= 0)
        assert np.all(found.upper[judged] <= 1)
        assert np.all(found.lower[judged] <= found.expected[judged])
        assert np.all(found.expected[judged] <= found.upper[judged])


def mixed(rng, length) -> list[DailySeries]:
    """Return figures of all kinds: steady ones, some that fall, with odd and unknown days."""
    fall = drop(150, length, 0.6)
    made = [
        *counts(rng, 100, length, 0.02, 3, fall), *counts(rng, 4, length, worlds=3),
        *rates(rng, 200, 0.1, length, 0.01, 3, fall), *rates(rng, 60, 0.9, length, worlds=3),
        *sums(rng, 20, length, 3),
    ]  # fmt: skip
    for one in made[::2]:
        one.values[100] *= 4 if one.of is None else 0
        one.values[60:64] = np.nan
    return made


def test_many_figures_are_told_as_each_is_by_itself():
    series = mixed(np.random.default_rng(20), 260)
    for one, together in zip(series, watch_series(series), strict=True):
        (alone,) = watch_series([one])
        assert together.findings == alone.findings
        assert together.verdict == alone.verdict
        for name in ("expected", "lower", "upper", "shape"):
            np.testing.assert_array_equal(getattr(together, name), getattr(alone, name))


def test_a_day_is_judged_as_whole_arrays_judge_it():
    """The kernel beside plain array code, with levels before, odd days and young ones."""
    rng = np.random.default_rng(21)
    run = scan.Run(lay_out(mixed(rng, 260)))
    found = 0
    for day in range(scan.LEAST_DAYS - 1, 260):
        before = run.past.copy(), run.odd.copy(), run.start.copy()
        run.step(day)
        plain = judge_plainly(run.board, *before, day)
        told = run.told
        np.testing.assert_allclose(told[:, :7], plain.weekday, rtol=1e-9, atol=1e-9)
        places = {
            "mean": kernels.MEAN, "variance": kernels.VARIANCE, "weight": kernels.WEIGHT,
            "phi": kernels.PHI, "score": kernels.SCORE,
        }  # fmt: skip
        for name, place in places.items():
            np.testing.assert_allclose(
                told[:, place], getattr(plain, name), rtol=1e-7, atol=1e-7, err_msg=name
            )
        found += int((np.abs(plain.score) > LEVEL_LIMIT).sum())
    assert found > 6
    assert run.odd.any()


def test_scores_of_days_are_those_of_scipys_distributions():
    x = np.arange(0.0, 12)

    def middle(of) -> np.ndarray:
        return stats.norm.ppf((of.cdf(x) + of.cdf(x - 1)) / 2)

    flat = np.ones(12)
    none = np.zeros(12, bool)
    for mean, variance, law in [
        (4, 4, stats.poisson(4)),
        (4, 8, stats.nbinom(4, 0.5)),
        (6, 4.2, stats.binom(20, 0.3)),
    ]:
        np.testing.assert_allclose(
            normal_score(x, mean * flat, variance * flat, none), middle(law), atol=1e-6
        )
    gamma = stats.norm.ppf(stats.gamma(2, scale=3).cdf(x[1:]))
    np.testing.assert_allclose(
        normal_score(x[1:], 6 * flat[1:], 18 * flat[1:], ~none[1:]), gamma, atol=1e-9
    )


def test_the_likelihood_ratio_is_that_of_scipys_poisson_distributions():
    one = np.array(1.0)
    # The ratio of Poisson likelihoods of sums, each with its own rate and with one for both.
    own = stats.poisson(100).logpmf(100) + stats.poisson(140).logpmf(140)
    both = stats.poisson(120).logpmf(100) + stats.poisson(120).logpmf(140)
    root = signed_root(100 * one, 10 * one, 140 * one, 10 * one, one)
    assert float(root) == pytest.approx(np.sqrt(2 * (own - both)))


def seasonal(rng, years: int, effect: object = 1.0, worlds: int = 10) -> list[DailySeries]:
    """Return figures of 100 a day that rise and fall by two fifths with the year."""
    days = np.arange(364 * years)
    season = np.exp(0.4 * np.sin(2 * np.pi * days / 365.25))
    return counts(rng, 100, len(days), 0.02, worlds, season * np.asarray(effect))


def test_a_yearly_season_is_told_at_most_once_a_month_and_seldom_once_it_is_known():
    found = watch_series(seasonal(np.random.default_rng(21), 3))
    known_since = MONDAY + timedelta(days=364 + WINDOW)
    told = [sum(f.found_day >= known_since for f in one.findings) for one in found]
    silent = [sum(f.found_day >= known_since for f in one.seasonal) for one in found]
    years = (2 * 364 - WINDOW) / 364
    assert max(told) <= 12 * years
    assert np.mean(told) <= 3 * years
    assert np.mean(silent) >= 2 * years
    for finding in (f for one in found for f in one.findings):
        weeks_before = (finding.first_day - MONDAY).days - 364 >= LEARNED
        assert finding.has_year_before == weeks_before
        assert (season_words(finding) == "") == weeks_before


def test_a_season_is_told_in_its_first_year():
    found = watch_series(seasonal(np.random.default_rng(22), 1))
    assert np.mean([len(one.findings) for one in found]) >= 2
    assert not any(one.seasonal for one in found)
    assert not any(f.has_year_before for one in found for f in one.findings)
    assert "may be of the season" in season_words(found[0].findings[0])


def test_a_change_beyond_the_season_is_told():
    at, length = 800, 3 * 364
    found = watch_series(seasonal(np.random.default_rng(23), 3, drop(at, length, 0.5)))
    fell = MONDAY + timedelta(days=at)
    for one in found:
        near = [f for f in one.findings if f.score < 0 and f.first_day >= fell - timedelta(days=42)]
        assert near, one.series.name
        assert min(f.found_day for f in near) <= fell + timedelta(days=14)


def test_an_odd_day_of_every_year_is_of_the_season():
    rng = np.random.default_rng(24)
    days = np.arange(2 * 364)
    once, twice = (np.where(np.isin(days, those), 3.0, 1.0) for those in ([500], [136, 501]))
    one, both = (counts(rng, 60, len(days), worlds=1, effect=e)[0] for e in (once, twice))
    alone, yearly = watch_series([one, both])
    assert [(f.first_day - MONDAY).days for f in alone.findings if f.share > 1] == [500]
    assert [(f.first_day - MONDAY).days for f in yearly.findings if f.share > 1] == [136]
    assert [(f.first_day - MONDAY).days for f in yearly.seasonal] == [501]


def test_what_is_too_few_is_of_the_weeks_that_it_takes():
    sparse = np.zeros(3 * WINDOW)
    sparse[5::21] = 3
    found = watch_series([DailySeries("sparse", Kind.COUNT, MONDAY, sparse)])[0]
    assert found.verdict == Verdict.SPARSE
    assert sparse.sum() > LEAST_SUM
    assert too_little(found) == (18, LEAST_SUM)


def test_of_odd_days_in_a_row_the_sentence_tells_the_oddest_with_its_own_figure():
    values = np.random.default_rng(0).poisson(200, 90).astype(float)
    values[88:] = 280, 380
    (watched,) = watch_series([DailySeries("visit", Kind.COUNT, date(2026, 1, 1), values)])
    (found,) = watched.findings
    assert (found.change, found.first_day) == (Change.SPIKE, date(2026, 3, 30))
    said = finding_sentence("visit", Kind.COUNT, found)
    assert said.startswith("visit was unusually high on 2026-03-31: 380, where ")


@pytest.mark.parametrize(("count", "said"), [(1, "in 1 figure."), (2, "in 2 figures.")])
def test_the_command_counts_figures_in_words(count, said):
    quiet = DailySeries("visit", Kind.COUNT, date(2026, 1, 1), np.full(60, 20.0))
    assert next(iter(describe_breaks(watch_series([quiet] * count)))).endswith(said)
