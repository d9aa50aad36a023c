"""Pace, projection and lights of goals, against plain programs, chance, and laws."""

from math import sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from suppilo.analytics.goals import (
    EVEN,
    Light,
    Outlook,
    Rhythm,
    Starts,
    describe_usual,
    find_rhythm,
    is_too_early,
    judge_goal,
    measure_passage,
    project_flow,
    project_pace,
    project_rate,
)

laws = settings(max_examples=60, deadline=None)
WEEK = (2.0, 1.5, 1.0, 1.0, 1.0, 0.3, 0.2)
counts = st.integers(0, 500)
shares = st.floats(0.01, 1.0)
lists_of_days = st.lists(st.floats(0.0, 60.0), max_size=30)


def days_of(rng, weeks, a_day=20.0, weights=WEEK):
    return rng.poisson(a_day * np.tile(weights, weeks)).astype(float)


@st.composite
def passages(draw):
    seed = draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    size = draw(st.integers(30, 120))
    ended = rng.choice([0, 1, 2], size, p=[0.2, 0.5, 0.3])
    ended[:10] = 1
    return measure_passage(np.round(rng.exponential(12.0, size), 1), ended)


# --- The rhythm of the week


def test_each_weekday_weighs_its_share_of_the_counts():
    found = find_rhythm(np.array([19.0, 9, 9, 9, 9, 4, 4] * 4), 0)
    # On paper: 77 + 1, 36 + 1 (four times), 16 + 1 (twice) by their mean of 259 / 7.
    assert found.weights == pytest.approx(
        [77 / 37, *[37 / 37] * 4, 17 / 37, 17 / 37][:7]
    )  # fmt: skip
    assert found.weeks == 4


@laws
@given(st.integers(0, 6), st.integers(0, 6))
def test_the_rhythm_is_the_same_whatever_day_the_history_begins_on(start, more):
    whole = np.tile([30.0, 20, 10, 10, 10, 5, 1], 6)
    cut = whole[start : len(whole) - more]
    found = find_rhythm(cut, start)
    assert np.argmax(found.weights) == 0
    assert np.argmin(found.weights) == 6


@pytest.mark.parametrize("history", [[], [9.0] * 27, [1.0] * 35])
def test_with_little_history_all_days_weigh_the_same(history):
    assert find_rhythm(np.array(history), 3) == EVEN


@laws
@given(st.lists(st.floats(0.1, 5.0), min_size=7, max_size=7), st.integers(0, 6),
       st.integers(1, 92), st.floats(0, 92), st.floats(0, 10))  # fmt: skip
def test_the_share_due_grows_from_nothing_to_all(weights, first, days, gone, more):
    rhythm = Rhythm(tuple(weights), 4)
    share = rhythm.share_gone(first, days, gone)
    assert 0 <= share <= rhythm.share_gone(first, days, gone + more) + 1e-12
    assert rhythm.share_gone(first, days, 0) == 0
    assert rhythm.share_gone(first, days, days) == pytest.approx(1)
    by_hand = sum(
        weights[(first + day) % 7] * min(max(gone - day, 0), 1) for day in range(days)
    ) / sum(weights[(first + day) % 7] for day in range(days))
    assert share == pytest.approx(min(by_hand, 1))


# --- The pace so far


@laws
@given(counts, shares, st.none() | st.floats(0, 500), st.floats(0.1, 50))
def test_more_that_came_projects_more_and_never_less_than_the_fact(fact, share, usual, spread):
    found = project_pace(fact, share, usual, spread)
    more = project_pace(fact + 1, share, usual, spread)
    assert fact <= found.lower <= found.value <= found.upper
    assert (more.value, more.lower, more.upper) >= (found.value, found.lower, found.upper)
    assert more.upper >= found.upper - 1e-9


@laws
@given(counts, st.none() | st.floats(0, 500), st.floats(0.1, 50))
def test_at_the_end_the_projection_is_the_fact(fact, usual, spread):
    assert project_pace(fact, 1.0, usual, spread) == Outlook(fact, fact, fact)


def test_the_example_of_the_page_comes_out_on_paper():
    """40 by the middle, 100 usually: m = (40 + 25) / 0.75, and half of it is still to come."""
    found = project_pace(40, 0.5, 100)
    assert found.value == pytest.approx(40 + 65 / 0.75 / 2)
    spread = sqrt(65 / 0.75 / 2 * (1 + 0.5 / 0.75))
    assert (found.upper - found.lower) / 2 == pytest.approx(1.2816 * spread, rel=0.02)


def test_the_range_holds_eight_months_of_ten():
    rng, inside, tried = np.random.default_rng(5), 0, 400
    for _ in range(tried):
        history, month = days_of(rng, 12), days_of(rng, 4)
        rhythm = find_rhythm(history, 0)
        usual = describe_usual(history, history, 0, rhythm)
        gone = int(rng.integers(4, 26))
        share = rhythm.share_gone(0, 28, gone)
        found = project_pace(month[:gone].sum(), share, usual.a_day * 28, usual.spread)
        inside += found.lower <= month.sum() <= found.upper
    assert 0.7 <= inside / tried <= 0.9


def test_the_usual_day_and_the_spread_of_amounts_are_found():
    rng = np.random.default_rng(1)
    pieces = rng.poisson(np.tile(WEEK, 20) * 6)
    values = np.array([rng.exponential(100.0, n).sum() for n in pieces])
    rhythm = find_rhythm(pieces.astype(float), 0)
    found = describe_usual(values, pieces.astype(float), 0, rhythm)
    assert found.a_day == pytest.approx(600, rel=0.1)
    assert found.spread == pytest.approx(200, rel=0.5)  # E[A²] / E[A] of an exponential amount
    assert describe_usual(values[:27], pieces[:27] * 1.0, 0, EVEN) is None
    assert describe_usual(values * 0, pieces * 0.0, 0, EVEN) is None


@pytest.mark.parametrize(("share", "pieces", "has_history", "is_early"), [
    (0.09, 50, True, True), (0.1, 0, True, False), (0.24, 50, False, True),
    (0.25, 5, False, False), (0.9, 4, False, True),
])  # fmt: skip
def test_nothing_is_said_of_too_little(share, pieces, has_history, is_early):
    assert is_too_early(share, pieces, has_history=has_history) == is_early


# --- Those under way


def test_how_long_the_way_takes_is_counted_as_by_hand():
    days = np.array([1.0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 4.5, 20, 30])
    ended = np.array([1] * 10 + [2, 0, 0])
    found = measure_passage(days, ended)
    # Nobody is censored before the last end, so shares are plain shares of the thirteen.
    assert found.reached_by(np.array([0.5, 4.0, 4.7, 100])) == pytest.approx(
        [0, 4 / 13, 4 / 13, 10 / 13]
    )
    assert found.chance_of(np.array([4.7, 20.0]), 2.0) == pytest.approx([2 / 8, 0])
    assert (found.wait(0.5), found.arrived) == (5.0, 10)
    assert measure_passage(days[1:], ended[1:]) is None


@laws
@given(passages(), counts, lists_of_days, st.floats(0, 60), st.floats(0, 20))
def test_those_under_way_add_what_their_chances_add_up_to(passage, fact, ages, days, more):
    ages = np.array(ages)
    starts = Starts(np.array([2.0, 1.0]), np.array([days, days / 2]))
    found = project_flow(fact, passage, ages, np.ones(len(ages)), days, starts)
    by_hand = 0.0
    for age in ages:
        before = after = 0.0
        left = 1.0
        for time, reached, still in zip(passage.time, passage.reached, passage.left, strict=True):
            if time <= age:
                before, left = reached, still
            if time <= age + days:
                after = reached
        by_hand += (after - before) / left if left > 1e-12 else 0.0
    assert found.under_way == pytest.approx(by_hand)
    whole = found.outlook
    assert whole.value == pytest.approx(fact + found.under_way + found.from_new)
    assert fact <= whole.lower <= whole.value <= whole.upper
    later = project_flow(fact, passage, ages, np.ones(len(ages)), days + more, starts)
    assert later.under_way >= found.under_way - 1e-9
    assert project_flow(fact + 1, passage, ages, np.ones(len(ages)), days, starts).outlook.value > (
        whole.value
    )


@laws
@given(passages(), counts, lists_of_days)
def test_with_no_time_left_nobody_under_way_counts_any_more(passage, fact, ages):
    found = project_flow(fact, passage, np.array(ages), np.ones(len(ages)), 0.0,
                         Starts(np.zeros(0), np.zeros(0)))  # fmt: skip
    assert found.outlook == Outlook(fact, fact, fact)


def test_the_range_of_those_under_way_holds_eight_months_of_ten():
    """Deals start by chance, 60 % are won after 12 days on average, the others lost as fast."""
    rng, inside, tried = np.random.default_rng(8), 0, 300
    for _ in range(tried):
        start = np.sort(rng.uniform(-200, 30, rng.poisson(460)))
        end = start + rng.exponential(12.0, len(start))
        won = rng.random(len(start)) < 0.6
        now = float(rng.integers(3, 26))
        there = start <= now
        seen = np.minimum(end, now) - start
        ended = np.where(end <= now, np.where(won, 1, 2), 0)
        passage = measure_passage(seen[there], ended[there])
        is_open = there & (end > now)
        rest = np.arange(now, 30) + 0.5
        starts = Starts(np.full(len(rest), there.sum() / (now + 200)), 30 - rest)
        fact = np.count_nonzero(won & (end > 0) & (end <= now))
        found = project_flow(fact, passage, now - start[is_open], np.ones(is_open.sum()),
                             30 - now, starts).outlook  # fmt: skip
        truth = np.count_nonzero(won & (end > 0) & (end <= 30))
        inside += np.floor(found.lower) <= truth <= np.ceil(found.upper)
    assert 0.74 <= inside / tried <= 0.92


# --- Conversions


def test_a_rate_gives_everybody_the_whole_of_their_time():
    days = np.array([float(day) for day in range(1, 11)] + [50.0] * 10)
    passage = measure_passage(days, np.array([1] * 10 + [2] * 10))
    found = project_rate(8, 2, np.array([0.0, 5.0]), passage)
    # One has all of the way before it (10 of 20), the other is through half: 5 of 15 left.
    assert found.value == pytest.approx((2 + 0.5 + 5 / 15) / 8)
    assert 2 / 8 <= found.lower < found.value < found.upper <= 4 / 8
    assert project_rate(0, 0, np.array([]), passage) is None
    settled = project_rate(8, 2, np.array([]), passage)
    assert settled == Outlook(0.25, 0.25, 0.25)


@laws
@given(passages(), st.integers(0, 40), lists_of_days, st.integers(0, 40), st.floats(0, 30))
def test_a_rate_stays_within_what_is_possible(passage, converted, ages, lost, starts):
    entered = converted + len(ages) + lost
    found = project_rate(entered, converted, np.array(ages), passage, starts)
    if found is None:
        assert entered + starts == 0
        return
    most = (converted + len(ages) + starts) / (entered + starts)
    assert converted / (entered + starts) - 1e-9 <= found.lower <= found.value + 1e-9
    assert found.value - 1e-9 <= found.upper <= most + 1e-9 <= 1 + 2e-9


# --- Lights

outlooks = st.tuples(*[st.floats(0, 100)] * 3).map(
    lambda three: Outlook(sorted(three)[1], min(three), max(three))
)


@pytest.mark.parametrize(("fact", "outlook", "is_over", "light"), [
    (100, None, False, "reached"),
    (99, None, False, "too_early"),
    (50, Outlook(100, 90, 110), False, "on_track"),
    (50, Outlook(99, 90, 110), False, "at_risk"),
    (50, Outlook(90, 80, 99.5), False, "at_risk"),  # 100 of them are still within the range
    (50, Outlook(90, 80, 99.4), False, "missed"),
    (99, Outlook(120, 110, 130), True, "missed"),
])  # fmt: skip
def test_lights_follow_the_rule(fact, outlook, is_over, light):
    assert judge_goal(100, fact, outlook, is_over=is_over) == light


@pytest.mark.parametrize(("fact", "outlook", "is_over", "light"), [
    (101, None, False, "missed"),
    (50, None, False, "too_early"),
    (50, Outlook(100, 90, 110), False, "on_track"),
    (50, Outlook(105, 99.5, 110), False, "at_risk"),
    (50, Outlook(120, 100.5, 140), False, "missed"),
    (100, None, True, "reached"),
])  # fmt: skip
def test_a_limit_is_judged_the_other_way_round(fact, outlook, is_over, light):
    light_found = judge_goal(100, fact, outlook, is_over=is_over, is_limit=True, is_whole=False)
    assert light_found == light


@laws
@given(st.floats(1, 100), st.floats(0, 100), outlooks, st.booleans())
def test_a_light_is_never_green_when_the_rest_is_impossible(target, fact, outlook, is_over):
    light = judge_goal(target, fact, outlook, is_over=is_over, is_whole=False)
    if fact < target * (1 - 1e-9) and (is_over or outlook.upper < target * (1 - 1e-9)):
        assert light == Light.MISSED


@laws
@given(st.floats(1, 100), st.floats(0, 100), st.floats(0, 50), outlooks)
def test_more_never_makes_a_light_worse(target, fact, more, outlook):
    order = [Light.MISSED, Light.AT_RISK, Light.ON_TRACK, Light.REACHED]
    better = Outlook(outlook.value + more, outlook.lower + more, outlook.upper + more)
    one = judge_goal(target, fact, outlook, is_over=False)
    other = judge_goal(target, fact + more, better, is_over=False)
    assert order.index(other) >= order.index(one)


def test_the_example_of_those_under_way_comes_out_on_paper():
    """The second example of docs/explanation/algorithms/goals.md."""
    days = np.array([5.0] * 5 + [10.0] * 15)
    passage = measure_passage(days, np.array([1] * 10 + [2] * 10))
    starts = Starts(np.ones(6), np.array([5.5, 4.5, 3.5, 2.5, 1.5, 0.5]))
    found = project_flow(10, passage, np.full(4, 5.0), np.ones(4), 6.0, starts)
    assert found.under_way == pytest.approx(4 * (0.5 - 0.25) / 0.75)
    assert found.from_new == pytest.approx(0.25)
    assert found.outlook.value == pytest.approx(11.58, abs=0.005)
    assert (found.outlook.lower, found.outlook.upper) == pytest.approx((10.4, 13.2), abs=0.05)
    assert passage.wait(0.5) == 5.0
