"""Who is in a segment of events, against a plain program that asks one after the other."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scores_support.histories import at_day, key_of, source_of
from suppilo.analytics.funnel.spec import DefinitionError
from suppilo.analytics.scores import Comparison, PropertyCondition
from suppilo.analytics.segments import Asked, Did, find_members, who_did

PEOPLE = ("ann", "bob", "cid", "dot")
AS_OF = 20

histories = st.lists(
    st.tuples(
        st.sampled_from(PEOPLE), st.integers(0, 60).map(lambda number: number / 2),
        st.sampled_from(["view", "price", "pay"]),
        st.fixed_dictionaries({"plan": st.sampled_from(["small", "large", None])}),
    ),
    min_size=1, max_size=40,
)  # fmt: skip
dids = st.builds(
    Did, st.sampled_from(["view", "price", "pay", "never"]), st.integers(1, 6),
    st.sampled_from([None, 1, 5, 20]), st.sampled_from([None, "plan = 'large'"]),
)  # fmt: skip
havings = st.builds(
    PropertyCondition, st.just("plan"), st.sampled_from([Comparison.IS, Comparison.IS_NOT]),
    st.sampled_from(["small", "large"]),
)  # fmt: skip
questions = st.lists(
    st.builds(Asked, st.one_of(dids, havings), st.booleans()), min_size=1, max_size=4
)


def meets(rows, one):
    """Return whether somebody's events by the moment meet a condition."""
    if isinstance(one.condition, PropertyCondition):
        said = [row[3]["plan"] for row in rows if row[3]["plan"] is not None]
        same = said and said[-1] == one.condition.value
        holds = bool(said) and bool(same) is (one.condition.test == Comparison.IS)
    else:
        did = one.condition
        counted = [
            row for row in rows
            if row[2] == did.event
            and (did.days is None or row[1] >= AS_OF - did.days)
            and (did.where is None or row[3]["plan"] == "large")
        ]  # fmt: skip
        holds = len(counted) >= did.times
    return holds is not one.negated


@given(history=histories, asked=questions, match=st.sampled_from(["all", "any"]))
def test_members_are_those_whom_a_plain_program_finds(history, asked, match):
    # What was said last must not hang on the order within one moment.
    history = [(*row[:1], row[1] + n / 10_000, *row[2:]) for n, row in enumerate(history)]
    history.sort(key=lambda row: row[1])
    history.append(("dot", AS_OF + 20, "view", {"plan": "small"}))  # some event has a plan
    expected = set()
    for name in PEOPLE:
        rows = [row for row in history if row[0] == name and row[1] <= AS_OF]
        combine = all if match == "all" else any
        if rows and combine(meets(rows, one) for one in asked):
            expected.add(key_of(name))
    found = find_members(source_of(history, ["plan"]), tuple(asked), match, at_day(AS_OF))
    assert found.tolist() == sorted(expected)


def test_what_happened_just_so_many_days_before_counts():
    source = source_of([("ann", 10.0, "view", {}), ("bob", 9.99, "view", {})])
    found = who_did(source, Did("view", days=10), at_day(20))
    assert found.tolist() == [key_of("ann")]


def test_a_property_that_no_event_has_is_refused():
    source = source_of([("ann", 1.0, "view", {"plan": "small"})])
    asked = (Asked(PropertyCondition("plam", Comparison.KNOWN)),)
    with pytest.raises(DefinitionError, match="no event has a property 'plam'"):
        find_members(source, asked, "all", at_day(AS_OF))


def test_nobody_is_in_a_segment_of_no_events():
    found = find_members(source_of([("ann", 30.0, "view", {})]), (Asked(Did("view"), True),), "all",
                         at_day(AS_OF))  # fmt: skip
    assert found.dtype == np.int64
    assert not len(found)
