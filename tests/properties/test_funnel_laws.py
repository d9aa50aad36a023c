"""Laws that hold whatever the data: they need no second implementation to be checked."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oracle.compare import outline, run_engine
from oracle.strategies import TICK_US, definitions, fixed_profile, serves_one_step, streams

ORDERS = ["sequential", "strict", "any"]
KINDS = [("sequential", "paths"), ("sequential", "attempts"), ("strict", "attempts")]
KINDS += [("strict", "paths"), ("any", "paths")]


@pytest.mark.parametrize(("order", "count"), KINDS)
def test_counts_never_rise_without_optional_steps(order, count):
    @fixed_profile(400)
    @given(streams(), definitions(order, count))
    def check(events, funnel):
        steps = tuple(replace(step, optional=False) for step in funnel.steps)
        _, report = run_engine(events, replace(funnel, steps=steps))
        counts = [step.count for step in report.steps]
        assert counts == sorted(counts, reverse=True)

    check()


@pytest.mark.parametrize("order", ["sequential", "any"])
def test_order_of_rows_does_not_matter_where_ties_stand_in_any_order(order):
    @fixed_profile(400)
    @given(streams(), definitions(order), st.randoms(use_true_random=False))
    def check(events, funnel, random):
        funnel = replace(funnel, ties="any")
        if any(step.optional for step in funnel.steps) and not serves_one_step(events, funnel):
            # Which of two tied events the chain takes decides what is left for an optional step.
            return
        numbers = [event.row for event in events]
        random.shuffle(numbers)
        shuffled = [replace(e, row=row) for e, row in zip(events, numbers, strict=True)]
        first, second = run_engine(events, funnel), run_engine(shuffled, funnel)
        assert outline(first[0]) == outline(second[0])
        assert first[1].to_dict() == second[1].to_dict()

    check()


@pytest.mark.parametrize(("order", "count"), KINDS)
def test_shifting_time_does_not_matter(order, count):
    @fixed_profile(400)
    @given(streams(), definitions(order, count), st.integers(-(10**16), 10**16))
    def check(events, funnel, shift):
        funnel = replace(funnel, every=None)
        moved = [replace(event, at=event.at + shift) for event in events]
        bounds = ("from_us", "to_us", "as_of_us")
        given_bounds = {name: getattr(funnel, name) for name in bounds if getattr(funnel, name)}
        later = replace(funnel, **{name: at + shift for name, at in given_bounds.items()})
        before, after = outline(run_engine(events, funnel)[0], True), run_engine(moved, later)[0]
        for unit in before["units"]:
            unit["at"] = {step: at + shift for step, at in unit["at"].items()}
        assert before == outline(after, True)

    check()


@pytest.mark.parametrize(("order", "count"), KINDS)
def test_split_paths_add_up_to_the_whole(order, count):
    @fixed_profile(400)
    @given(streams(), definitions(order, count), st.sampled_from((1, 2)))
    def check(events, funnel, last):
        as_of = funnel.as_of_us or max((event.at for event in events), default=0)
        funnel = replace(funnel, as_of_us=as_of)
        whole = run_engine(events, funnel)
        low = run_engine([event for event in events if event.path <= last], funnel)
        high = run_engine([event for event in events if event.path > last], funnel)
        assert whole[0].units == low[0].units + high[0].units
        for name in ("paths", "excluded"):
            total = getattr(low[1], name) + getattr(high[1], name)
            assert getattr(whole[1], name) == total
        for step, one, other in zip(whole[1].steps, low[1].steps, high[1].steps, strict=True):
            assert step.count == one.count + other.count
            assert step.drop_off == one.drop_off + other.drop_off
            assert step.open == one.open + other.open

    check()


@pytest.mark.parametrize(("order", "count"), KINDS)
def test_threads_and_ranges_of_paths_do_not_matter(order, count):
    ranges = [(-(2**63), 1), (2, 5), (6, 2**63 - 1)]

    @fixed_profile(150)
    @given(streams(), definitions(order, count, by=True))
    def check(events, funnel):
        answer, report = run_engine(events, funnel)
        for threads, parts in ((2, ranges), (1, ranges), (3, [ranges[0], (2, 2**63 - 1)])):
            other_answer, other_report = run_engine(events, funnel, threads, parts)
            assert other_answer == answer
            assert other_report.to_dict() == report.to_dict()

    check()


@pytest.mark.parametrize("order", ORDERS)
def test_breakdown_by_all_values_reconciles_at_step_one(order):
    @fixed_profile(400)
    @given(streams(), definitions(order, by=True))
    def check(events, funnel):
        _, report = run_engine(events, replace(funnel, by_value="all"))
        split = report.breakdown
        summed = sum(value.steps[0].count for value in split.values)
        assert report.steps[0].count == summed - split.twice + split.none - split.beyond
        if not funnel.exclude and not any(step.first_ever for step in funnel.steps):
            assert split.beyond == 0 or funnel.entry == "first"

    check()


@pytest.mark.parametrize("order", ORDERS)
def test_longer_window_never_lowers_a_level(order):
    @fixed_profile(400)
    @given(streams(), definitions(order))
    def check(events, funnel):
        funnel = replace(funnel, exclude=(), window_us=funnel.window_us or 0)
        longer = replace(funnel, window_us=funnel.window_us + TICK_US)
        short, long = run_engine(events, funnel)[0], run_engine(events, longer)[0]
        levels = {unit.path: unit.level for unit in long.units}
        assert all(levels[unit.path] >= unit.level for unit in short.units)

    check()
