"""The engine against the brute force, on random streams full of ties and every option."""

from __future__ import annotations

import pytest
from hypothesis import given

from oracle.bruteforce import run_bruteforce
from oracle.compare import check_breakdown, check_report, outline, run_engine
from oracle.strategies import definitions, fixed_profile, serves_one_step, streams

KINDS = [
    ("sequential", "paths"),
    ("sequential", "attempts"),
    ("strict", "paths"),
    ("strict", "attempts"),
    ("any", "paths"),
]


def are_rows_settled(events, funnel) -> bool:
    """Whether the rules name the very events of the chain, not their times alone."""
    if funnel.order == "any":
        times = {(event.path, event.at) for event in events}
        return len(times) == len(events) and serves_one_step(events, funnel)
    return funnel.ties == "given" or serves_one_step(events, funnel)


@pytest.mark.parametrize(("order", "count"), KINDS)
def test_units_and_figures_are_those_of_the_brute_force(order, count):
    @fixed_profile(2000)
    @given(streams(), definitions(order, count))
    def check(events, funnel):
        found, report = run_engine(events, funnel)
        rows = are_rows_settled(events, funnel)
        assert outline(found, rows) == outline(run_bruteforce(events, funnel), rows)
        check_report(events, funnel, report)

    check()


@pytest.mark.parametrize(("order", "count"), KINDS)
def test_breakdown_is_that_of_the_brute_force(order, count):
    @fixed_profile(1000)
    @given(streams(), definitions(order, count, by=True))
    def check(events, funnel):
        # The value of a chain's event is settled only where the event is.
        if funnel.by_value.startswith("step:") and not are_rows_settled(events, funnel):
            return
        _, report = run_engine(events, funnel)
        check_report(events, funnel, report)
        check_breakdown(events, funnel, report)

    check()
