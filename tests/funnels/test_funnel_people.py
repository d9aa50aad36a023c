"""Each figure's people: exactly as many as the figure says, for any funnel and any events."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from oracle.memory import MemorySource
from oracle.strategies import Dice, fixed_profile, read_definition, streams
from suppilo.analytics.funnel import FunnelDefinition, run_funnel
from suppilo.apps.funnels.people import Cell, list_cell, select_units, take_units, units_of


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


def check_steps(result, steps, **cell):
    for number, step in enumerate(steps, 1):
        for outcome, count in (
            ("reached", step.count), ("dropped", step.drop_off), ("open", step.open),
        ):  # fmt: skip
            assert len(select_units(result, Cell(number, outcome, **cell))) == count


@fixed_profile(300)
@given(streams(), definitions(by=False))
def test_every_figure_has_as_many_people_as_it_says(events, definition):
    _, result, report = ask(events, definition)
    check_steps(result, report.steps)
    for bucket in report.buckets or ():
        check_steps(result, bucket.steps, bucket=bucket.start)
        for outcome in ("converted", "dropped", "open"):
            chosen = select_units(result, Cell(0, outcome, bucket.start))
            assert len(chosen) == getattr(bucket, outcome)


@fixed_profile(300)
@given(streams(), definitions(by=True))
def test_every_value_has_as_many_people_as_it_says(events, definition):
    _, result, report = ask(events, definition)
    for value in report.breakdown.values:
        check_steps(result, value.steps, value=str(value.value))
    if definition.by_value != "all":
        without = select_units(result, Cell(value=None, has_value=False))
        assert len(without) == report.breakdown.none


@fixed_profile(100)
@given(streams(), definitions(by=False), st.sampled_from(["reached", "dropped", "open"]))
def test_listed_people_are_those_of_the_figure(events, definition, outcome):
    source, result, _ = ask(events, definition)
    cell = Cell(1, outcome)
    chosen = select_units(result, cell)
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
