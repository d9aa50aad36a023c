"""Small random streams with many ties, and funnels that combine every option."""

from __future__ import annotations

import os
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from oracle.bruteforce import Event, make_stream, meets
from suppilo.analytics.funnel.definition import Exclusion, FunnelDefinition, Step

TICK_US = 8 * 3_600_000_000
"""Three to a day, so that streams of a few ticks cross days."""

START_US = 1_774_648_800_000_000
"""2026-03-27T22:00Z, midnight in Riga; the clocks change a day later."""

TICKS = 7
NAMES = ("a", "b", "c", "x")
LONGEST_PATH = 8


def moment(tick: int) -> int:
    return START_US + tick * TICK_US


def fixed_profile(examples: int) -> settings:
    """Return settings that try the same examples on each run; SUPPILO_EXAMPLES tries others."""
    asked = os.environ.get("SUPPILO_EXAMPLES")
    return settings(
        derandomize=asked is None,
        database=None,
        deadline=None,
        max_examples=examples if asked is None else int(asked),
        suppress_health_check=list(HealthCheck),
    )


def one_in(n: int) -> st.SearchStrategy[bool]:
    """Draw True about once in ``n``; shrinks to False."""
    return st.integers(0, n - 1).map(lambda drawn: drawn == n - 1)


def sometimes(values: st.SearchStrategy[Any], n: int) -> st.SearchStrategy[Any]:
    """Draw one of ``values`` about once in ``n``, else None."""
    return one_in(n).flatmap(lambda yes: values if yes else st.none())


@st.composite
def streams(draw: st.DrawFn, distinct_times: bool = False) -> list[Event]:
    """Draw up to three paths of up to eight events in a few moments, in any order."""
    drawn = draw(
        st.lists(
            st.tuples(
                st.integers(1, 3).map(lambda n: (1, 1, 2)[n - 1] if n < 3 else 9),
                st.integers(0, TICKS - 1),
                st.sampled_from(NAMES),
                st.sampled_from(({}, {"p": 1}, {"p": 2}, {"p": 1, "q": 1}, {"p": 2, "q": 1})),
            ),
            max_size=15,
            unique_by=(lambda e: (e[0], e[1])) if distinct_times else None,
        )
    )
    kept = [e for n, e in enumerate(drawn) if [p[0] for p in drawn[:n]].count(e[0]) < LONGEST_PATH]
    return make_stream(*[(path, moment(tick), name, props) for path, tick, name, props in kept])


wheres = sometimes(st.sampled_from(("p = 1", "p = 2", "q = 1")), 4)
lengths = st.integers(0, TICKS).map(lambda ticks: ticks * TICK_US)
moments = st.integers(-1, TICKS).map(moment)


@st.composite
def steps(draw: st.DrawFn, number: int, plain: bool) -> Step:
    """Draw step ``number`` (from 0); mostly the letter of its number."""
    names: list[tuple[str, ...] | None] = [(NAMES[number],), ("a", "b"), None, ("b",), ("a",)]
    events = draw(st.sampled_from([names[0]] * 4 + names))
    later = number > 0 and not plain
    return Step(
        name=f"step {number + 1}",
        events=events,
        where=draw(wheres),
        optional=later and draw(one_in(3)),
        within_us=draw(sometimes(lengths, 4)) if later else None,
        first_ever=draw(one_in(8)),
    )


@st.composite
def exclusions(draw: st.DrawFn, required: list[int]) -> Exclusion:
    """Draw an exclusion between two required steps."""
    after = draw(st.integers(0, len(required) - 2))
    before = draw(st.integers(after + 1, len(required) - 1))
    events = draw(st.sampled_from([("x",), ("x",), ("c", "x"), None]))
    return Exclusion(events, required[after] + 1, required[before] + 1, draw(wheres))


@st.composite
def definitions(draw: st.DrawFn, order: str, count: str = "paths", by: bool = False) -> Any:
    """Draw a funnel; every option that its order allows comes with every other."""
    plain = order == "any"
    drawn = [draw(steps(n, plain)) for n in range(draw(st.sampled_from((3, 2, 4, 1))))]
    required = [n for n, step in enumerate(drawn) if not step.optional]
    excluded = st.lists(exclusions(required), max_size=2) if len(required) > 1 else st.just([])
    bounds = sorted(draw(st.lists(moments, min_size=2, max_size=2, unique=True)))
    return FunnelDefinition(
        steps=tuple(drawn),
        order=order,  # type: ignore[arg-type]
        window_us=draw(st.one_of(st.none(), lengths, lengths)),
        ties=draw(st.sampled_from(("any", "given"))),
        entry="first" if not plain and count == "paths" and draw(one_in(4)) else "longest",
        count=count,  # type: ignore[arg-type]
        exclude=() if plain or draw(st.booleans()) else tuple(draw(excluded)),
        on_exclusion=draw(st.sampled_from(("remove", "stop"))),
        hold=draw(st.sampled_from(((), (), (), ("p",), ("p", "q")))),
        by=draw(st.sampled_from(("p", "q"))) if by else None,
        by_value=draw(breakdown_values(len(drawn))) if by else "first",
        from_us=bounds[0] if draw(one_in(4)) else None,
        to_us=bounds[1] if draw(one_in(4)) else None,
        as_of_us=draw(sometimes(moments, 3)),
        every=draw(st.sampled_from((None, "day", "week", "month"))),
        timezone=draw(st.sampled_from(("UTC", "Europe/Riga", "America/New_York"))),
    )


def breakdown_values(steps_drawn: int) -> st.SearchStrategy[str]:
    numbered = [f"step:{number}" for number in range(1, steps_drawn + 1)]
    return st.sampled_from(["first", "last", "all", *numbered])


def serves_one_step(events: list[Event], funnel: FunnelDefinition) -> bool:
    """Whether each event can serve at most one step, so that the chain's rows are settled."""
    return all(
        sum(
            (step.events is None or event.name in step.events) and meets(event, step.where)
            for step in funnel.steps
        )
        <= 1
        for event in events
    )
