"""The funnel by search: every chain is tried, and the rules are written as they are said.

Slow and obvious on purpose. It shares nothing with the engine but the question
(``FunnelDefinition``), so that the two can only agree by both being right. It reads as the
longer form of ``docs/explanation/algorithms/funnel.md``: one small function per rule.

Words: a *chain* is a tuple of events, one per required step in order; a *place* is an event's
position ``(at, row)`` in its path; ``row`` is the order in which events were given.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from math import inf
from typing import Any

from suppilo.analytics.funnel.definition import Exclusion, FunnelDefinition, Step


@dataclass(frozen=True)
class Event:
    """One event; ``row`` is its number in the order given, ``at`` is in microseconds."""

    row: int
    path: int
    at: int
    name: str
    props: Mapping[str, Any] = field(default_factory=dict, hash=False)


Chain = tuple[Event, ...]


@dataclass(frozen=True)
class Unit:
    """One counted path or attempt. ``hits`` maps a step (from 0) to its event in the chain."""

    path: int
    level: int
    hits: Mapping[int, Event]
    open: bool

    @property
    def entry(self) -> Event:
        return self.hits[0]


@dataclass(frozen=True)
class Answer:
    """The counted units, in path order then time, and how many paths left by an exclusion."""

    units: tuple[Unit, ...]
    excluded: int


@dataclass(frozen=True)
class StepCount:
    """A step's figures; ``seconds`` are the times since the required step before, sorted."""

    count: int
    drop_off: int
    open: int
    seconds: tuple[float, ...]


@dataclass(frozen=True)
class Split:
    """A breakdown: the steps of each value that someone entered with, and the reconciliation."""

    values: Mapping[Any, tuple[StepCount, ...]]
    twice: int
    none: int
    beyond: int


def make_stream(*events: tuple[Any, ...]) -> list[Event]:
    """Number ``(path, at, name)`` or ``(path, at, name, props)`` in the order given."""
    return [Event(row, *event) for row, event in enumerate(events)]


def place(event: Event) -> tuple[int, int]:
    return event.at, event.row


# --- what matches -------------------------------------------------------------------------------


def meets(event: Event, where: str | None) -> bool:
    """Read conditions of the form ``p = 1``, the only ones the tests ask; unknown is false."""
    if where is None:
        return True
    name, value = where.split(" = ")
    return event.props.get(name) == int(value)


def is_named(event: Event, names: Sequence[str] | None) -> bool:
    return names is None or event.name in names


def find_step_events(
    history: Sequence[Event], whole: Sequence[Event], step: Step, row_order: bool
) -> list[Event]:
    """Return the events of a path that match a step.

    With ``first_ever`` only the path's first event of that name in its whole history counts,
    whatever its properties; where order within a moment means nothing, every such event of the
    first moment is first.
    """
    named = [event for event in whole if is_named(event, step.events)]
    if step.first_ever and row_order:
        named = named[:1]
    elif step.first_ever:
        named = [event for event in named if event.at == named[0].at]
    return [event for event in named if event in history and meets(event, step.where)]


class Story:
    """One path's history in order, and which of it each step and exclusion matches.

    ``whole`` is the history that a breakdown by all values took ``events`` from.
    """

    def __init__(
        self,
        events: Iterable[Event],
        funnel: FunnelDefinition,
        as_of: int,
        whole: Iterable[Event] | None = None,
    ) -> None:
        self.funnel = funnel
        self.as_of = as_of
        self.history = sorted((event for event in events if event.at <= as_of), key=place)
        known = self.history if whole is None else [e for e in whole if e.at <= as_of]
        known = sorted(known, key=place)
        self.row_order = funnel.order == "strict" or funnel.ties == "given"
        self.matching = [
            find_step_events(self.history, known, step, self.row_order) for step in funnel.steps
        ]
        self.used: set[int] = set()
        """Rows that attempts before used up."""
        self.window = inf if funnel.window_us is None else funnel.window_us

    def find_excluding(self, item: Exclusion) -> list[Event]:
        return [e for e in self.history if is_named(e, item.events) and meets(e, item.where)]

    def held(self, event: Event) -> tuple[Any, ...] | None:
        """Return the values that a chain must hold constant; None if any of them is missing."""
        values = tuple(event.props.get(name) for name in self.funnel.hold)
        return None if None in values else values

    def may_stand(self, before: Event, after: Event) -> bool:
        """Whether ``after`` may come after ``before`` in a chain, as far as order goes."""
        if self.row_order:
            return place(before) < place(after)
        return before.row != after.row and before.at <= after.at


# --- chains -------------------------------------------------------------------------------------


def find_chains(story: Story, chain: Chain = ()) -> Iterator[Chain]:
    """Yield every chain of required steps, of every length, that begins with ``chain``."""
    if chain:
        yield chain
    if len(chain) < len(story.funnel.required):
        for event in story.matching[story.funnel.required[len(chain)]]:
            if event not in chain and can_extend(story, chain, event):
                yield from find_chains(story, (*chain, event))


def can_extend(story: Story, chain: Chain, event: Event) -> bool:
    if story.held(event) is None:
        return False
    if not chain:
        return True
    funnel, length = story.funnel, len(chain)
    within = funnel.steps[funnel.required[length]].within_us
    return (
        story.may_stand(chain[-1], event)
        and event.at - chain[0].at <= story.window
        and (within is None or event.at - chain[-1].at <= within)
        and story.held(event) == story.held(chain[0])
        and (funnel.order != "strict" or any(find_bridges(story, length - 1, chain[-1], event)))
    )


def preference(story: Story, chain: Chain) -> tuple[Any, ...]:
    """Sort the counted chain first: by length and times; rows only settle what times leave.

    Where row order settles ties, a later row of the same moment is later.
    """
    by_row = story.row_order and story.funnel.order != "any"
    times = [place(event) if by_row else (event.at, 0) for event in chain]
    late = [(-at, -row) for at, row in times]
    return -len(chain), times[-1], late[0], late[::-1], [event.row for event in chain]


def choose(story: Story, chains: Iterable[Chain]) -> Chain:
    return min(chains, key=lambda chain: preference(story, chain), default=())


def find_sets(story: Story) -> Iterator[Chain]:
    """Yield, for order ``any``, every set of different events that match different steps."""

    def grow(step: int, chosen: Chain) -> Iterator[Chain]:
        if step == len(story.matching):
            yield tuple(sorted(chosen, key=place))
            return
        yield from grow(step + 1, chosen)
        for event in story.matching[step]:
            if event not in chosen:
                yield from grow(step + 1, (*chosen, event))

    for chosen in grow(0, ()):
        held = {story.held(event) for event in chosen}
        alike = len(held) == 1 and None not in held
        if alike and chosen[-1].at - chosen[0].at <= story.window:
            yield chosen


# --- strict -------------------------------------------------------------------------------------

Bridge = tuple[tuple[int, Event], ...]


def find_bridges(story: Story, number: int, start: Event, end: Event) -> Iterator[tuple[Bridge]]:
    """Yield the ways from the ``number``-th required step's event to the next one's.

    A way passes optional steps or none; between its events stand only events that match the
    earlier of the two. Each is wrapped in a tuple, so that the empty way counts as one.
    """
    required = story.funnel.required
    between = range(required[number] + 1, required[number + 1])

    def grow(step: int, here: Event, bridge: Bridge) -> Iterator[tuple[Bridge]]:
        if is_quiet(story, step, here, end):
            yield (bridge,)
        for later in (s for s in between if s > step):
            for event in story.matching[later]:
                if (
                    place(here) < place(event) < place(end)
                    and is_quiet(story, step, here, event)
                    and may_serve(story, later, event, start)
                ):
                    yield from grow(later, event, (*bridge, (later, event)))

    yield from grow(required[number], start, ())


def is_quiet(story: Story, step: int, start: Event, end: Event) -> bool:
    """Whether only events that match ``step`` stand between two events, whatever they hold."""
    between = [e for e in story.history if place(start) < place(e) < place(end)]
    return all(event in story.matching[step] for event in between)


def may_serve(story: Story, step: int, event: Event, required_before: Event) -> bool:
    """Whether an event may serve an optional step, as far as time limits and values go."""
    within = story.funnel.steps[step].within_us
    return (
        event.row not in story.used
        and story.held(event) == story.held(required_before)
        and (within is None or event.at - required_before.at <= within)
    )


def prefer_bridge(wrapped: tuple[Bridge]) -> tuple[Any, ...]:
    """Sort most optional steps first, then earlier-numbered ones, then later events."""
    bridge = wrapped[0]
    backward = [(-event.at, -event.row) for _, event in reversed(bridge)]
    return -len(bridge), [step for step, _ in bridge], backward


def pass_optional_strict(story: Story, chain: Chain) -> dict[int, Event]:
    hits: dict[int, Event] = {}
    for number, (start, end) in enumerate(pairwise(chain)):
        hits |= dict(min(find_bridges(story, number, start, end), key=prefer_bridge)[0])
    return hits | walk_on(story, chain)


def walk_on(story: Story, chain: Chain) -> dict[int, Event]:
    """Return the optional steps after the last reached required one, row by row."""
    hits: dict[int, Event] = {}
    required, last = story.funnel.required, chain[-1]
    current = required[len(chain) - 1]
    limit = required[len(chain)] if len(chain) < len(required) else len(story.funnel.steps)
    for event in story.history:
        if place(event) <= place(last):
            continue
        if event.at - chain[0].at > story.window:
            break
        later = [
            step
            for step in range(current + 1, limit)
            if event in story.matching[step] and may_serve(story, step, event, last)
        ]
        if later:
            current = later[0]
            hits[current] = event
        elif event not in story.matching[current]:
            break
    return hits


# --- optional steps, sequential -----------------------------------------------------------------


def pass_optional(story: Story, chain: Chain) -> dict[int, Event]:
    """Return the optional steps done inside the counted chain: each the earliest event it can."""
    hits = dict(zip(story.funnel.required, chain, strict=False))
    taken: dict[int, Event] = {}
    for step in range(len(story.funnel.steps)):
        done = [s for s in story.funnel.required if s < step]
        if step in story.funnel.required or len(done) > len(chain):
            continue
        required_before = chain[len(done) - 1]
        before = max((hits | taken).items(), key=lambda hit: hit[0] if hit[0] < step else -1)[1]
        after = chain[len(done)] if len(done) < len(chain) else None
        for event in story.matching[step]:
            if (
                event not in [*chain, *taken.values()]
                and story.may_stand(before, event)
                and (after is None or story.may_stand(event, after))
                and event.at - chain[0].at <= story.window
                and may_serve(story, step, event, required_before)
            ):
                taken[step] = event
                break
    return taken


# --- exclusions ---------------------------------------------------------------------------------


def find_dirt(story: Story, chain: Chain) -> list[Event]:
    """Return the excluding events that make a chain dirty."""
    hits = dict(zip(story.funnel.required, chain, strict=False))
    dirt: list[Event] = []
    for item in story.funnel.exclude:
        first, last = hits.get(item.after - 1), hits.get(item.before - 1)
        for event in story.find_excluding(item) if first else ():
            if last is None:
                dirty = first.at < event.at <= chain[0].at + story.window
            else:
                dirty = first.at < event.at < last.at
            if dirty:
                dirt.append(event)
    return dirt


def choose_clean(story: Story, chains: Iterable[Chain]) -> Chain:
    return choose(story, (chain for chain in chains if not find_dirt(story, chain)))


# --- paths and attempts -------------------------------------------------------------------------


def is_in_period(funnel: FunnelDefinition, entry: Event) -> bool:
    after_start = funnel.from_us is None or funnel.from_us <= entry.at
    return after_start and (funnel.to_us is None or entry.at < funnel.to_us)


def may_enter(story: Story, entry: Event) -> bool:
    """Whether a chain may begin here: in the period, and under ``first`` at the path's first."""
    if not is_in_period(story.funnel, entry):
        return False
    if story.funnel.entry == "longest":
        return True
    first = story.matching[0][0]
    return entry == first if story.row_order else entry.at == first.at


def count_path(story: Story) -> tuple[list[Unit], int]:
    """Return a path's unit, if it has one, and whether the path left by an exclusion (0 or 1)."""
    found = find_sets(story) if story.funnel.order == "any" else find_chains(story)
    chains = [chain for chain in found if may_enter(story, chain[0])]
    longest, clean = choose(story, chains), choose_clean(story, chains)
    if not longest:
        return [], 0
    removed = story.funnel.on_exclusion == "remove" and len(longest) > len(clean)
    if removed or not clean:
        return [], 1
    return [finish(story, clean)], 0


def count_attempts(story: Story) -> list[Unit]:
    """Take attempts greedily in time; each says where the next may begin.

    What a converted attempt used, optional steps too, no later attempt uses again; an attempt
    ends with its last required step all the same.
    """
    funnel, units = story.funnel, []
    free = [event for event in story.matching[0] if story.held(event) is not None]
    while free:
        start = free[0]
        chains = [
            chain
            for entry in free
            if (entry == start if story.row_order else entry.at == start.at)
            for chain in find_chains(story, (entry,))
            if story.used.isdisjoint(event.row for event in chain)
        ]
        longest, clean = choose(story, chains), choose_clean(story, chains)
        unit = finish(story, clean) if clean else None
        story.used.add(start.row)
        if unit and len(clean) == len(funnel.required):
            story.used |= {event.row for event in unit.hits.values()}
            free = [e for e in free if is_after_end(story, clean[-1], e)]
        elif len(longest) > len(clean):
            end = min(event.at for event in find_dirt(story, longest))
            free = [e for e in free if e.at >= end]
        else:
            free = [e for e in free if e.at > start.at + story.window]
        free = [e for e in free if e.row not in story.used]
        removed = funnel.on_exclusion == "remove" and len(longest) > len(clean)
        if unit and not removed and is_in_period(funnel, unit.entry):
            units.append(unit)
    return units


def is_after_end(story: Story, last: Event, event: Event) -> bool:
    return place(event) > place(last) if story.row_order else event.at >= last.at


def finish(story: Story, chain: Chain) -> Unit:
    """Add what the counted chain passed on its way, and whether it may still go on."""
    funnel = story.funnel
    hits = dict(zip(funnel.required, chain, strict=False))
    if funnel.order == "strict":
        hits |= pass_optional_strict(story, chain)
    elif funnel.order == "sequential":
        hits |= pass_optional(story, chain)
    return Unit(chain[0].path, len(chain), hits, is_open(story, chain))


def is_open(story: Story, chain: Chain) -> bool:
    """Whether the next required step could still come in time, as seen at ``as_of``."""
    required = story.funnel.required
    if len(chain) == len(required):
        return False
    limits = [story.funnel.steps[step].within_us for step in required[1 : len(chain) + 1]]
    length = story.window
    if None not in limits:
        length = min(length, sum(limits))
    return chain[0].at + length > story.as_of


def run_bruteforce(
    events: Sequence[Event], funnel: FunnelDefinition, whole: Sequence[Event] | None = None
) -> Answer:
    """Return the units that a funnel counts; ``whole`` is the history if this is a part of it."""
    as_of = find_as_of(events, funnel)
    units: list[Unit] = []
    excluded = 0
    for path in sorted({event.path for event in events}):
        own = [event for event in events if event.path == path]
        all_ = own if whole is None else [event for event in whole if event.path == path]
        story = Story(own, funnel, as_of, all_)
        if funnel.count == "attempts":
            units += count_attempts(story)
        else:
            found, left = count_path(story)
            units += found
            excluded += left
    return Answer(tuple(units), excluded)


def find_as_of(events: Sequence[Event], funnel: FunnelDefinition) -> int:
    if funnel.as_of_us is not None:
        return funnel.as_of_us
    return max((event.at for event in events), default=0)


# --- figures ------------------------------------------------------------------------------------


def count_steps(units: Sequence[Unit], funnel: FunnelDefinition) -> tuple[StepCount, ...]:
    """Return each step's figures."""
    return tuple(count_step(units, funnel, step) for step in range(len(funnel.steps)))


def count_step(units: Sequence[Unit], funnel: FunnelDefinition, step: int) -> StepCount:
    did = [unit for unit in units if step in unit.hits]
    following = next((s for s in funnel.required if s > step), None)
    before = max((s for s in funnel.required if s < step), default=None)
    stayed = [unit for unit in did if following is not None and following not in unit.hits]
    waiting = sum(unit.open for unit in stayed)
    seconds = sorted(
        (unit.hits[step].at - unit.hits[before].at) / 1e6 for unit in did if before is not None
    )
    return StepCount(len(did), len(stayed) - waiting, waiting, tuple(seconds))


def split_units(events: Sequence[Event], funnel: FunnelDefinition) -> Split:
    """Return the breakdown by ``funnel.by``."""
    assert funnel.by is not None
    as_of = find_as_of(events, funnel)
    known = sorted((event for event in events if event.at <= as_of), key=place)
    total = run_bruteforce(events, funnel).units
    if funnel.by_value == "all":
        return split_events(known, funnel, as_of, {unit.path for unit in total})
    by_value: dict[Any, list[Unit]] = {}
    for unit in total:
        by_value.setdefault(value_of(unit, known, funnel), []).append(unit)
    none = len(by_value.pop(None, []))
    return Split({v: count_steps(u, funnel) for v, u in by_value.items()}, 0, none, 0)


def split_events(
    known: Sequence[Event], funnel: FunnelDefinition, as_of: int, counted: set[int]
) -> Split:
    """Run the funnel on each value's events, and say who was counted how often."""
    alone = replace(funnel, by=None, by_value="first", as_of_us=as_of)
    values, entries, paths = {}, 0, set()
    for value in {event.props.get(funnel.by) for event in known} - {None}:
        own = [event for event in known if event.props.get(funnel.by) == value]
        if units := run_bruteforce(own, alone, known).units:
            values[value] = count_steps(units, funnel)
            entries += len(units)
            paths |= {unit.path for unit in units}
    return Split(values, entries - len(paths), len(counted - paths), len(paths - counted))


def value_of(unit: Unit, known: Sequence[Event], funnel: FunnelDefinition) -> Any:
    """Return a unit's value: of its path's first touch, of its last one, or of one step."""
    if funnel.by_value.startswith("step:"):
        hit = unit.hits.get(int(funnel.by_value.removeprefix("step:")) - 1)
        return None if hit is None else hit.props.get(funnel.by)
    own = [e for e in known if e.path == unit.path and e.props.get(funnel.by) is not None]
    if funnel.by_value == "last":
        last_at = max(hit.at for hit in unit.hits.values())
        own = [event for event in own if event.at <= last_at][::-1]
    return own[0].props[funnel.by] if own else None
