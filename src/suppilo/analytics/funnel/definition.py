"""The funnel question: steps, window, order and options, and its JSON form."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from suppilo.analytics.funnel.spec import (
    DefinitionError,
    check_keys,
    read_choice,
    read_duration,
    read_flag,
    read_list,
    read_moment,
    read_text,
)
from suppilo.analytics.periods import Every, find_timezone, format_duration, format_moment

Order = Literal["sequential", "strict", "any"]
Ties = Literal["any", "given"]
Entry = Literal["longest", "first"]
Count = Literal["paths", "attempts"]
OnExclusion = Literal["remove", "stop"]
Unit = Literal["person", "company", "deal"]

MAX_STEPS = 64


@dataclass(frozen=True, slots=True)
class Selector:
    """Which events are meant: by name (``None``: any event) and by a condition on properties."""

    events: tuple[str, ...] | None
    where: str | None = None
    first_ever: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a funnel.

    ``within_us`` is the longest time since the previous required step; ``first_ever`` asks that
    the path's first such event in all history is the one that matches.
    """

    name: str
    events: tuple[str, ...] | None
    where: str | None = None
    optional: bool = False
    within_us: int | None = None
    first_ever: bool = False

    @property
    def selector(self) -> Selector:
        """What the step selects."""
        return Selector(self.events, self.where, self.first_ever)


@dataclass(frozen=True, slots=True)
class Exclusion:
    """Events that must not stand between step ``after`` and step ``before`` (from 1)."""

    events: tuple[str, ...] | None
    after: int
    before: int
    where: str | None = None

    @property
    def selector(self) -> Selector:
        """What the exclusion selects."""
        return Selector(self.events, self.where)


@dataclass(frozen=True, slots=True)
class FunnelDefinition:
    """A funnel question, checked. ``docs/explanation/algorithms/funnel.md`` says what each means.

    ``window_us`` is the conversion window (``None``: no limit); ``from_us`` and ``to_us`` bound
    the entry dates, ``[from, to)``; ``as_of_us`` is the moment of observation (``None``: the last
    event of the data). ``unit`` says what a path stands for; whoever opens the events groups them
    by it, and shows only those of ``segment``, where one is named.
    """

    steps: tuple[Step, ...]
    order: Order = "sequential"
    window_us: int | None = None
    ties: Ties = "any"
    entry: Entry = "longest"
    count: Count = "paths"
    exclude: tuple[Exclusion, ...] = ()
    on_exclusion: OnExclusion = "remove"
    hold: tuple[str, ...] = ()
    by: str | None = None
    by_value: str = "first"
    from_us: int | None = None
    to_us: int | None = None
    as_of_us: int | None = None
    every: Every | None = None
    timezone: str = "UTC"
    unit: Unit = "person"
    segment: int | None = None
    required: tuple[int, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Check that the parts fit together."""
        object.__setattr__(
            self, "required", tuple(i for i, step in enumerate(self.steps) if not step.optional)
        )
        _check(self)

    @classmethod
    def from_dict(cls, spec: Mapping[str, Any]) -> FunnelDefinition:
        """Read the JSON form.

        Raises
        ------
        DefinitionError
            For an unknown key (with the nearest known one), a value of the wrong kind, or parts
            that don't fit together.

        Examples
        --------
        >>> FunnelDefinition.from_dict({"steps": [{"event": "view"}, {"event": "buy"}],
        ...                             "window": "7d"}).steps[1].name
        'buy'
        """
        if not isinstance(spec, Mapping):
            raise DefinitionError('a funnel is an object with "steps", "window" and so on')
        check_keys(spec, _FUNNEL_KEYS, "the funnel")
        steps = spec.get("steps")
        if not isinstance(steps, Sequence) or isinstance(steps, str) or not steps:
            raise DefinitionError('"steps" must be a list of at least one step')
        timezone = read_text(spec, "timezone", "UTC", "the funnel")
        try:
            find_timezone(timezone)
        except ValueError as error:
            raise DefinitionError(f"timezone: {error}") from error
        return cls(
            steps=tuple(_read_step(step, number) for number, step in enumerate(steps, 1)),
            order=read_choice(spec, "order", get_args(Order), "sequential"),
            window_us=read_duration(spec, "window", "the funnel"),
            ties=read_choice(spec, "ties", get_args(Ties), "any"),
            entry=read_choice(spec, "entry", get_args(Entry), "longest"),
            count=read_choice(spec, "count", get_args(Count), "paths"),
            exclude=tuple(
                _read_exclusion(item, number)
                for number, item in enumerate(read_list(spec, "exclude"), 1)
            ),
            on_exclusion=read_choice(spec, "on_exclusion", get_args(OnExclusion), "remove"),
            hold=tuple(str(name) for name in read_list(spec, "hold")),
            by=read_text(spec, "by", None, "the funnel"),
            by_value=read_text(spec, "by_value", "first", "the funnel"),
            from_us=read_moment(spec, "from", timezone),
            to_us=read_moment(spec, "to", timezone),
            as_of_us=read_moment(spec, "as_of", timezone),
            every=read_choice(spec, "every", get_args(Every), None),
            timezone=timezone,
            unit=read_choice(spec, "unit", get_args(Unit), "person"),
            segment=_read_segment(spec.get("segment")),
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the whole JSON form, defaults written out; ``from_dict`` reads it back.

        Only a server knows of segments: where none is named, the form says nothing of them.
        """

        def moment(at_us: int | None) -> str | None:
            return None if at_us is None else format_moment(at_us, self.timezone)

        return {
            "steps": [
                {
                    "name": step.name,
                    **_selector_dict(step.selector),
                    "optional": step.optional,
                    "within": None if step.within_us is None else format_duration(step.within_us),
                    "first_ever": step.first_ever,
                }
                for step in self.steps
            ],
            "order": self.order,
            "window": None if self.window_us is None else format_duration(self.window_us),
            "ties": self.ties,
            "entry": self.entry,
            "count": self.count,
            "exclude": [
                {**_selector_dict(item.selector), "after": item.after, "before": item.before}
                for item in self.exclude
            ],
            "on_exclusion": self.on_exclusion,
            "hold": list(self.hold),
            "by": self.by,
            "by_value": self.by_value,
            "from": moment(self.from_us),
            "to": moment(self.to_us),
            "as_of": moment(self.as_of_us),
            "every": self.every,
            "timezone": self.timezone,
            "unit": self.unit,
            **({} if self.segment is None else {"segment": self.segment}),
        }


def check_person(funnel: FunnelDefinition) -> None:
    """Make sure that a funnel can be asked of files, which know of paths and nothing else.

    Raises
    ------
    DefinitionError
        If it counts companies or deals, or only a segment.
    """
    if funnel.segment is not None:
        raise DefinitionError(
            '"segment" needs a server, which keeps segments; in files, write a condition '
            "on the first step"
        )
    if funnel.unit != "person":
        raise DefinitionError(
            f'"unit": "{funnel.unit}" needs a server, which knows who belongs to which '
            f"{funnel.unit}; in files, make the {funnel.unit}'s column the path: --path COLUMN"
        )


def parse_step(text: str) -> dict[str, Any]:
    """Read a step as written on the command line: ``purchase where amount > 10``.

    ``Name = event`` names the step, ``a | b`` takes either event, ``*`` any event. A part in
    double quotes is an event's name as it stands: ``"add | remove"``.

    Examples
    --------
    >>> parse_step("Paid = purchase | pay where amount > 10")
    {'name': 'Paid', 'event': ['purchase', 'pay'], 'where': 'amount > 10'}
    """
    head, where = text.strip(), None
    unquoted = re.sub(r'"[^"]*"', lambda found: "\0" * len(found[0]), text.strip())
    if split := re.search(r"\s+where\s+", unquoted, re.IGNORECASE):
        head, where = text.strip()[: split.start()], text.strip()[split.end() :].strip()
    name = None
    masked = re.sub(r'"[^"]*"', lambda found: "\0" * len(found[0]), head)
    if (equals := masked.find("=")) > 0:
        name, head = head[:equals].strip().strip('"'), head[equals + 1 :].strip()
    events = [part.strip() for part in re.findall(r'(?:"[^"]*"|[^|])+', head)]
    events = [part[1:-1] if part[:1] == part[-1:] == '"' and len(part) > 1 else part
              for part in events]  # fmt: skip
    if not events or not all(events):
        raise DefinitionError(
            f"step {text!r} names no event; write e.g. purchase where amount > 10"
        )
    event: str | list[str] | None = events[0] if len(events) == 1 else events
    step: dict[str, Any] = {"name": name} if name else {}
    step["event"] = None if event == "*" and '"' not in head else event
    return step | ({"where": where} if where else {})


_FUNNEL_KEYS = (
    "steps", "order", "window", "ties", "entry", "count", "exclude", "on_exclusion", "hold",
    "by", "by_value", "from", "to", "as_of", "every", "timezone", "unit",
    "segment",
)  # fmt: skip
_STEP_KEYS = ("name", "event", "where", "optional", "within", "first_ever")
_EXCLUSION_KEYS = ("event", "where", "after", "before")


def _selector_dict(selector: Selector) -> dict[str, Any]:
    events = selector.events
    event = None if events is None else events[0] if len(events) == 1 else list(events)
    return {"event": event, "where": selector.where}


def _read_segment(given: Any) -> int | None:
    if given is None:
        return None
    if not isinstance(given, int) or isinstance(given, bool) or not 0 < given < 2**63:
        raise DefinitionError('"segment" must be the number of a segment, or null')
    return given


def _read_step(spec: Any, number: int) -> Step:
    place = f"step {number}"
    if isinstance(spec, str):
        spec = parse_step(spec)
    if not isinstance(spec, Mapping):
        raise DefinitionError(f'{place} must be an object such as {{"event": "purchase"}}')
    check_keys(spec, _STEP_KEYS, place)
    events = _events(spec, place)
    fallback = "any event" if events is None else " or ".join(events)
    return Step(
        name=read_text(spec, "name", None, place) or fallback,
        events=events,
        where=read_text(spec, "where", None, place),
        optional=read_flag(spec, "optional", place),
        within_us=read_duration(spec, "within", place),
        first_ever=read_flag(spec, "first_ever", place),
    )


def _read_exclusion(spec: Any, number: int) -> Exclusion:
    place = f"exclusion {number}"
    if not isinstance(spec, Mapping):
        raise DefinitionError(f'{place} must be an object with "event", "after" and "before"')
    check_keys(spec, _EXCLUSION_KEYS, place)
    for key in ("after", "before"):
        if not isinstance(spec.get(key), int) or isinstance(spec.get(key), bool):
            raise DefinitionError(f'{place}: "{key}" must be the number of a step')
    return Exclusion(
        _events(spec, place), spec["after"], spec["before"], read_text(spec, "where", None, place)
    )


def _events(spec: Mapping[str, Any], place: str) -> tuple[str, ...] | None:
    if "event" not in spec:
        raise DefinitionError(f'{place} has no "event"; write its name, a list of names, or null')
    event = spec["event"]
    if event is None:
        return None
    names = [event] if isinstance(event, str) else event
    if not isinstance(names, Sequence) or not names or not all(isinstance(n, str) for n in names):
        raise DefinitionError(f'{place}: "event" must be a name, a list of names, or null')
    return tuple(dict.fromkeys(names))


def _check(funnel: FunnelDefinition) -> None:
    if not 1 <= len(funnel.steps) <= MAX_STEPS:
        raise DefinitionError(f"a funnel has 1 to {MAX_STEPS} steps, not {len(funnel.steps)}")
    if funnel.steps[0].optional:
        raise DefinitionError("step 1 can't be optional: it is the entry")
    if funnel.steps[0].within_us is not None:
        raise DefinitionError('step 1 can\'t have "within": there is no step before it')
    if funnel.from_us is not None and funnel.to_us is not None and funnel.from_us >= funnel.to_us:
        raise DefinitionError('"from" must be before "to"; "to" itself is not included')
    for number, item in enumerate(funnel.exclude, 1):
        _check_exclusion(funnel, item, number)
    _check_breakdown(funnel)
    if funnel.order == "any":
        _check_any(funnel)
    if funnel.entry == "first" and funnel.count == "attempts":
        raise DefinitionError(
            '"entry": "first" allows one entry only, "count": "attempts" counts each; '
            "leave one of them out"
        )


def _check_exclusion(funnel: FunnelDefinition, item: Exclusion, number: int) -> None:
    for key, step in (("after", item.after), ("before", item.before)):
        if not 1 <= step <= len(funnel.steps):
            raise DefinitionError(
                f'exclusion {number}: "{key}" is {step}, but the steps are 1 to {len(funnel.steps)}'
            )
        if funnel.steps[step - 1].optional:
            raise DefinitionError(
                f'exclusion {number}: "{key}" is step {step}, which is optional; '
                "name the required steps around it"
            )
    if item.after >= item.before:
        raise DefinitionError(
            f'exclusion {number}: "after" ({item.after}) must be smaller than '
            f'"before" ({item.before})'
        )


def _check_breakdown(funnel: FunnelDefinition) -> None:
    value = funnel.by_value
    if value in {"first", "last", "all"}:
        return
    number = value.removeprefix("step:")
    if number == value or not number.isdecimal() or not 1 <= int(number) <= len(funnel.steps):
        raise DefinitionError(
            f'"by_value" is {value!r}; it can be first, last, all, or '
            f"step:1 to step:{len(funnel.steps)}"
        )


def _check_any(funnel: FunnelDefinition) -> None:
    barred = {
        "optional steps": any(step.optional for step in funnel.steps),
        '"within"': any(step.within_us is not None for step in funnel.steps),
        '"exclude"': bool(funnel.exclude),
        '"entry": "first"': funnel.entry == "first",
        '"count": "attempts"': funnel.count == "attempts",
    }
    for option, used in barred.items():
        if used:
            raise DefinitionError(
                f'"order": "any" has no first, next or last step, so {option} means nothing '
                'there; leave it out, or use "order": "sequential"'
            )
