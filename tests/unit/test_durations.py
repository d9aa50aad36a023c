"""Kaplan-Meier against textbook data worked through by hand, and its laws."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from suppilo.analytics.durations import aalen_johansen, curve_quantile, kaplan_meier

# Weeks of remission under 6-mercaptopurine, + is censored: Freireich et al. (1963), Blood 21,
# 699-716. After each week with a relapse: who were left of who were at risk.
REMISSION = "6 6 6 6+ 7 9+ 10 10+ 11+ 13 16 17+ 19+ 20+ 22 23 25+ 32+ 32+ 34+ 35+"
LEFT = {6: (18, 21), 7: (16, 17), 10: (14, 15), 13: (11, 12), 16: (10, 11), 22: (6, 7), 23: (5, 6)}
# Their shares and Greenwood's standard errors, as survival packages print them.
SHARES = [0.857, 0.807, 0.753, 0.690, 0.627, 0.538, 0.448]
ERRORS = [0.0764, 0.0869, 0.0963, 0.1068, 0.1141, 0.1282, 0.1346]


def read_weeks(text):
    weeks = text.split()
    durations = np.array([float(week.rstrip("+")) for week in weeks])
    return durations, np.array([not week.endswith("+") for week in weeks])


def test_remissions_under_6_mp_are_estimated_as_in_the_textbook():
    curve = kaplan_meier(*read_weeks(REMISSION))
    assert curve.time.tolist() == list(LEFT)
    assert curve.share.round(3).tolist() == SHARES
    assert curve.share == pytest.approx(np.cumprod([left / of for left, of in LEFT.values()]))


def test_the_interval_is_greenwoods_error_on_the_log_log_scale():
    curve = kaplan_meier(*read_weeks(REMISSION))
    for share, lower, upper, error in zip(
        curve.share, curve.lower, curve.upper, ERRORS, strict=True
    ):
        # Kalbfleisch and Prentice: share ** exp(±1.96 error / (share ln share)).
        theta = np.exp(1.959964 * error / (share * np.log(share)))
        assert sorted([lower, upper]) == pytest.approx(
            sorted([share**theta, share ** (1 / theta)]), abs=5e-4
        )
        assert lower < share < upper


def test_without_censoring_the_curve_is_the_share_that_lasted_longer():
    curve = kaplan_meier(np.array([1.0, 2.0, 2.0, 4.0]), np.ones(4, bool))
    assert curve.time.tolist() == [1, 2, 4]
    assert curve.share.tolist() == pytest.approx([0.75, 0.25, 0])


def test_when_nobody_is_left_the_share_is_zero_without_a_range():
    curve = kaplan_meier(np.array([1.0, 3.0]), np.ones(2, bool))
    assert (curve.share[-1], curve.lower[-1], curve.upper[-1]) == (0, 0, 0)


def test_who_is_censored_at_a_moment_is_at_risk_at_it():
    curve = kaplan_meier(np.array([5.0, 5.0]), np.array([True, False]))
    assert curve.share.tolist() == [0.5]


def test_waits_that_never_ended_give_an_empty_curve():
    assert len(kaplan_meier(np.array([1.0, 2.0]), np.zeros(2, bool)).time) == 0
    assert len(kaplan_meier(np.zeros(0), np.zeros(0, bool)).time) == 0


def test_a_negative_wait_is_kept_as_what_it_is():
    curve = kaplan_meier(np.array([-1.0, 3.0]), np.ones(2, bool))
    assert curve.time.tolist() == [-1, 3]
    assert curve.share.tolist() == [0.5, 0]


@given(st.lists(st.tuples(st.integers(0, 20), st.booleans()), min_size=1, max_size=60))
def test_the_curve_falls_within_its_range_and_equals_the_product_by_hand(waits):
    curve = kaplan_meier(
        np.array([float(time) for time, _ in waits]), np.array([ended for _, ended in waits])
    )
    share, expected = 1.0, []
    for moment in sorted({time for time, ended in waits if ended}):
        at_risk = sum(time >= moment for time, _ in waits)
        ends = sum(time == moment and ended for time, ended in waits)
        share *= 1 - ends / at_risk
        expected.append(share)
    assert curve.share.tolist() == pytest.approx(expected, abs=1e-12)
    assert (np.diff(curve.share) < 0).all()
    assert ((curve.lower <= curve.share) & (curve.share <= curve.upper)).all()
    assert ((curve.lower >= 0) & (curve.upper <= 1)).all()


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 2)), min_size=1, max_size=60))
def test_the_causes_and_those_that_wait_make_the_whole(waits):
    durations = np.array([float(time) for time, _ in waits])
    causes = np.array([cause for _, cause in waits])
    left = kaplan_meier(durations, causes > 0)
    found = aalen_johansen(durations, causes)
    ended = sum((curve.share for curve in found), np.zeros(len(left.time)))
    assert ended + left.share == pytest.approx(np.ones(len(left.time)))
    for curve in found:
        assert (np.diff(curve.share) >= -1e-12).all()
        assert ((curve.lower <= curve.share + 1e-12) & (curve.share <= curve.upper + 1e-12)).all()
        assert ((curve.lower >= 0) & (curve.upper <= 1)).all()


@pytest.mark.parametrize("seed", range(5))
def test_competing_causes_are_estimated_as_lifelines_does(seed):
    # Another implementation of the same book's formulas: lifelines 0.30 (MIT), CamDavidsonPilon
    # et al., https://lifelines.readthedocs.io. It jitters ties, so there are none here; it calls
    # the lower bound the upper one.
    from lifelines import AalenJohansenFitter

    chance = np.random.default_rng(seed)
    durations = chance.permutation(np.arange(1.0, 81.0))
    causes = chance.integers(0, 3, len(durations))
    for curve in aalen_johansen(durations, causes):
        fitter = AalenJohansenFitter()
        fitter.fit(durations, causes, event_of_interest=curve.cause)
        theirs = fitter.cumulative_density_.reindex(curve.time)
        assert curve.share == pytest.approx(theirs.iloc[:, 0].to_numpy())
        bounds = fitter.confidence_interval_.reindex(curve.time).to_numpy()
        here = curve.share > 0
        assert curve.lower[here] == pytest.approx(bounds[here, 0])
        assert curve.upper[here] == pytest.approx(bounds[here, 1])


def test_the_median_has_the_interval_that_survival_packages_print():
    from lifelines import KaplanMeierFitter
    from lifelines.utils import median_survival_times

    durations, ended = read_weeks(REMISSION)
    fitter = KaplanMeierFitter().fit(durations, ended)
    found = curve_quantile(kaplan_meier(durations, ended), 0.5)
    assert found.time == fitter.median_survival_time_ == 23
    bounds = median_survival_times(fitter.confidence_interval_).to_numpy()[0]
    assert found.lower == bounds[0] == 13
    assert found.upper is None
    assert np.isinf(bounds[1])


def test_a_share_that_the_curve_never_reaches_has_no_time():
    curve = kaplan_meier(np.array([1.0, 2.0, 3.0, 4.0]), np.array([True, False, False, False]))
    assert curve_quantile(curve, 0.25).time == 1
    assert curve_quantile(curve, 0.5).time is None


def test_nothing_that_ended_gives_no_causes():
    assert aalen_johansen(np.array([1.0, 2.0]), np.zeros(2, np.int8)) == ()


def test_the_worked_example_of_the_documentation_comes_out():
    page = (Path(__file__).parents[2] / "docs/explanation/algorithms/durations.md").read_text()
    curve = kaplan_meier(*read_weeks(page.split("```\n")[1]))
    cells = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in page.splitlines() if re.match(r"\| \d", line)
    ]  # fmt: skip
    assert [int(row[0]) for row in cells] == curve.time.tolist()
    shown = [row[3].split(" = ")[-1] for row in cells]
    assert shown == [f"{round(100 * share, 1):g} %" for share in curve.share]
    bounds = zip(curve.lower[:-1], curve.upper[:-1], strict=True)
    assert [row[4] for row in cells[:-1]] == [
        f"{100 * low:.1f}–{100 * high:.1f} %" for low, high in bounds
    ]
    median, late = curve_quantile(curve, 0.5), curve_quantile(curve, 0.8)
    assert (median.time, median.lower, median.upper, late.time) == (4, 1, 8, 8)
