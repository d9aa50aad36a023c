"""The largest funnels, and paths of very different sizes."""

from __future__ import annotations

import pytest

from oracle.bruteforce import make_stream
from oracle.memory import MemorySource
from suppilo.analytics.funnel import DefinitionError, FunnelDefinition, run_funnel

STEPS = [f"e{number}" for number in range(64)]


def counts(events, **spec):
    definition = FunnelDefinition.from_dict({"steps": STEPS, **spec})
    return [step.count for step in run_funnel(MemorySource(events), definition).report().steps]


@pytest.mark.parametrize(
    "spec",
    [{}, {"ties": "given"}, {"order": "strict"}, {"count": "attempts"}, {"order": "any"}],
    ids=str,
)
def test_sixty_four_steps_are_all_told_apart(spec):
    whole = [(1, at, name) for at, name in enumerate(STEPS)]
    short = [(2, at, name) for at, name in enumerate(STEPS[:63])]
    assert counts(make_stream(*whole, *short), **spec) == [2] * 63 + [1]


def test_sixty_four_steps_of_any_event_are_sixty_four_events():
    steps = [{"event": None}] * 64
    events = make_stream(*[(1, 0, "x")] * 64, *[(2, 0, "x")] * 63)
    definition = FunnelDefinition.from_dict({"steps": steps, "window": "1s"})
    report = run_funnel(MemorySource(events), definition).report()
    assert [step.count for step in report.steps] == [2] * 63 + [1]


def test_sixty_five_steps_are_refused():
    with pytest.raises(DefinitionError, match="1 to 64 steps, not 65"):
        FunnelDefinition.from_dict({"steps": [*STEPS, "one more"]})


def test_path_of_many_events_counts_like_a_short_one():
    busy = [(1, at, "e0") for at in range(20_000)] + [(1, 20_000, "e1")]
    assert counts(make_stream(*busy, (2, 0, "e0"), (2, 1, "e1")))[:3] == [2, 2, 0]
