"""Small random streams with many ties, and funnels that combine every option.

Both are read from drawn bytes as from thrown dice: much faster than a draw for every choice,
evenly spread over all combinations, and hypothesis still shrinks them (a 0 is the plain choice).
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TypeVar

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
PROPS = ({"p": 1}, {"p": 1, "q": 1}, {"p": 2}, {"p": 2, "q": 1}, {})
SLOTS = 18
LONGEST_PATH = 8

T = TypeVar("T")


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


class Dice:
    """Choices read from bytes; after the last one every choice is the first."""

    def __init__(self, data: bytes) -> None:
        self._data = iter(data)

    def roll(self, sides: int) -> int:
        return next(self._data, 0) % sides

    def pick(self, options: Sequence[T]) -> T:
        return options[self.roll(len(options))]

    def one_in(self, n: int) -> bool:
        return self.roll(n) == n - 1

    def sometimes(self, n: int, options: Sequence[T]) -> T | None:
        picked = self.pick(options)
        return picked if self.one_in(n) else None


def streams(distinct_times: bool = False) -> st.SearchStrategy[list[Event]]:
    """Draw up to three paths of up to eight events in a few moments, in any order."""
    data = st.binary(min_size=4 * SLOTS, max_size=4 * SLOTS)
    return data.map(lambda drawn: read_stream(Dice(drawn), distinct_times))


def read_stream(dice: Dice, distinct_times: bool) -> list[Event]:
    # Shorter spans of time have more ties, longer ones more order.
    ticks = dice.pick((TICKS, TICKS, 3))
    lengths: dict[int, int] = {}
    kept, moments = [], set()
    for _ in range(SLOTS):
        path, tick = dice.pick((0, 1, 1, 2, 9)), dice.roll(ticks)
        name, props = dice.pick(("a", "b", "c", "a", "b", "c", "x")), dice.pick(PROPS)
        lengths[path] = lengths.get(path, 0) + 1
        seen = distinct_times and (path, tick) in moments
        if path and not seen and lengths[path] <= LONGEST_PATH:
            kept.append((path, moment(tick), name, props))
            moments.add((path, tick))
    return make_stream(*kept)


WHERES = ("p = 1", "p = 2", "q = 1")


def read_step(dice: Dice, number: int, plain: bool) -> Step:
    """Read step ``number`` (from 0); mostly the letter of its number."""
    own = NAMES[number : number + 1]
    events = dice.pick((own, own, own, own, ("a", "b"), None, ("b",), ("a",)))
    where = dice.sometimes(6, WHERES)
    first_ever = dice.one_in(10)
    optional, within = dice.one_in(3), dice.sometimes(4, range(TICKS))
    later = number > 0 and not plain
    return Step(
        name=f"step {number + 1}",
        events=events,
        where=where,
        optional=later and optional,
        within_us=within * TICK_US if later and within is not None else None,
        first_ever=first_ever,
    )


def read_exclusion(dice: Dice, required: Sequence[int]) -> Exclusion:
    """Read an exclusion between two required steps."""
    after = dice.roll(len(required) - 1)
    before = after + 1 + dice.roll(len(required) - 1 - after)
    events = dice.pick((("x",), ("x",), ("c", "x"), None))
    where = dice.sometimes(4, WHERES)
    return Exclusion(events, required[after] + 1, required[before] + 1, where)


def read_definition(dice: Dice, order: str, count: str, by: bool) -> FunnelDefinition:
    """Read a funnel; every option that its order allows comes with every other."""
    plain = order == "any"
    steps = [read_step(dice, n, plain) for n in range(dice.pick((3, 3, 2, 4, 2, 1)))]
    required = [n for n, step in enumerate(steps) if not step.optional]
    exclusions = 0 if plain or len(required) < 2 else dice.pick((0, 0, 1, 1, 2))
    window, bounds = dice.pick((None, *range(TICKS))), sorted((dice.roll(5), dice.roll(5) + 4))
    as_of = dice.sometimes(4, range(1, TICKS))
    numbered = [f"step:{number + 1}" for number in range(len(steps))]
    return FunnelDefinition(
        steps=tuple(steps),
        order=order,  # type: ignore[arg-type]
        window_us=None if window is None else window * TICK_US,
        ties=dice.pick(("any", "given")),
        entry="first" if dice.one_in(4) and not plain and count == "paths" else "longest",
        count=count,  # type: ignore[arg-type]
        exclude=tuple(read_exclusion(dice, required) for _ in range(exclusions)),
        on_exclusion=dice.pick(("remove", "stop")),
        hold=dice.pick(((), (), (), (), ("p",), ("p",), ("p", "q"))),
        by=dice.pick(("p", "q")) if by else None,
        by_value=dice.pick(["first", "last", "all", *numbered]) if by else "first",
        from_us=moment(bounds[0]) if dice.one_in(5) else None,
        to_us=moment(bounds[1] + 1) if dice.one_in(5) else None,
        as_of_us=None if as_of is None else moment(as_of),
        every=dice.pick((None, "day", "week", "month")),
        timezone=dice.pick(("UTC", "Europe/Riga", "America/New_York")),
    )


def definitions(
    order: str, count: str = "paths", by: bool = False
) -> st.SearchStrategy[FunnelDefinition]:
    """Draw a funnel of one order and one way to count."""
    data = st.binary(min_size=72, max_size=72)
    return data.map(lambda drawn: read_definition(Dice(drawn), order, count, by))


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
