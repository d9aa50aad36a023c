"""Each figure's people: exactly as many as the figure says, for any funnel and any events."""

from itertools import combinations
from math import inf

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oracle.memory import MemorySource
from oracle.strategies import Dice, fixed_profile, read_definition, streams
from suppilo.analytics.funnel import FunnelDefinition, correlation, run_funnel
from suppilo.analytics.funnel.times import time_to_convert
from suppilo.analytics.funnel.times_by import times_by_value
from suppilo.apps.funnels.people import Beside, Cell, list_cell, select_units, take_units, units_of


def definitions(by):
    return st.binary(min_size=60, max_size=60).flatmap(
        lambda data: st.tuples(st.sampled_from(["sequential", "any"]), st.booleans()).map(
            lambda drawn: read_definition(
                Dice(data), drawn[0], "attempts" if drawn[1] and drawn[0] != "any" else "paths", by
            )
        )
    )


def ask(events, definition):
    source = MemorySource(events, properties=["p", "q"])
    result = run_funnel(source, definition)
    return source, result, result.report()


def check_steps(source, result, steps, **cell):
    for number, step in enumerate(steps, 1):
        for outcome, count in (
            ("reached", step.count), ("dropped", step.drop_off), ("open", step.open),
        ):  # fmt: skip
            assert len(select_units(result, Cell(number, outcome, **cell), source)) == count


@fixed_profile(300)
@given(streams(), definitions(by=False))
def test_every_figure_has_as_many_people_as_it_says(events, definition):
    source, result, report = ask(events, definition)
    check_steps(source, result, report.steps)
    for bucket in report.buckets or ():
        check_steps(source, result, bucket.steps, bucket=bucket.start)
        for outcome in ("converted", "dropped", "open"):
            chosen = select_units(result, Cell(0, outcome, bucket.start), source)
            assert len(chosen) == getattr(bucket, outcome)


@fixed_profile(300)
@given(streams(), definitions(by=True))
def test_every_value_has_as_many_people_as_it_says(events, definition):
    source, result, report = ask(events, definition)
    for value in report.breakdown.values:
        check_steps(source, result, value.steps, value=str(value.value))
    if definition.by_value != "all":
        without = select_units(result, Cell(value=None, has_value=False), source)
        assert len(without) == report.breakdown.none


@fixed_profile(100)
@given(streams(), definitions(by=False))
def test_every_figure_of_times_has_as_many_people_as_it_says(events, definition):
    source, result, _ = ask(events, definition)
    numbers = [place + 1 for place in definition.required]
    for since, step in combinations(numbers, 2):
        times = time_to_convert(result, since, step)
        assert len(select_units(result, Cell(step, since=since), source)) == times.converted
        waiting = select_units(result, Cell(step, "waiting", since=since), source)
        assert len(waiting) == times.censored
        ends = [*(high for _low, high, _count in times.histogram[:-1]), inf]
        for (low, _high, count), end in zip(times.histogram, ends, strict=False):
            cell = Cell(step, since=since, took_s=(low, end))
            assert len(select_units(result, cell, source)) == count


@fixed_profile(100)
@given(streams(), definitions(by=True))
def test_every_values_times_have_as_many_people_as_they_say(events, definition):
    source, result, _ = ask(events, definition)
    if definition.by_value == "all" or len(definition.required) < 2:
        return
    since, step = definition.required[0] + 1, definition.required[-1] + 1
    for one in times_by_value(result).values:
        cell = Cell(step, since=since, value=str(one.value))
        assert len(select_units(result, cell, source)) == one.converted
        cell = Cell(step, "waiting", since=since, value=str(one.value))
        assert len(select_units(result, cell, source)) == one.censored


@fixed_profile(200)
@given(streams(), definitions(by=False))
def test_every_figure_of_correlations_has_as_many_people_as_it_says(events, definition):
    source, result, _ = ask(events, definition)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(correlation, "MIN_PATHS", 1)
        found = correlation.correlate(result, source)
    for one in found:
        value = None if one.value is None else str(one.value)
        for has, outcome, count in (
            (True, "converted", one.with_converted), (True, "reached", one.with_total),
            (False, "converted", one.without_converted), (False, "reached", one.without_total),
        ):  # fmt: skip
            cell = Cell(1, outcome, beside=Beside(one.kind, one.name, value, has))
            assert len(select_units(result, cell, source)) == count


@fixed_profile(100)
@given(streams(), definitions(by=False), st.sampled_from(["reached", "dropped", "open"]))
def test_listed_people_are_those_of_the_figure(events, definition, outcome):
    source, result, _ = ask(events, definition)
    cell = Cell(1, outcome)
    chosen = select_units(result, cell, source)
    rows = list(list_cell(result, source, cell, chosen))
    assert len(rows) == len(chosen)
    if outcome != "reached":
        assert {row["outcome"] for row in rows} <= {outcome}


def test_taken_units_keep_their_chains():
    from oracle.bruteforce import make_stream

    events = make_stream((1, 1, "a", {}), (1, 2, "b", {}), (2, 1, "a", {}), (3, 4, "a", {}),
                         (3, 9, "b", {}))  # fmt: skip
    _, result, _ = ask(events, FunnelDefinition.from_dict({"steps": ["a", "b"]}))
    taken = take_units(units_of(result, Cell()), np.array([0, 2]))
    assert taken.path.tolist() == [1, 3]
    assert taken.hits[1].at.tolist() == [2, 9]
    assert taken.hits[1].unit.tolist() == [0, 1]
