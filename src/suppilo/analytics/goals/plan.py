"""A plan of goals as a file holds it: what is counted, how much is asked for, how often."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from suppilo.analytics.funnel.definition import FunnelDefinition, check_person
from suppilo.analytics.funnel.spec import (
    DefinitionError,
    check_keys,
    read_choice,
    read_flag,
    read_text,
)
from suppilo.analytics.goals.calendar import Cadence
from suppilo.analytics.periods import find_timezone

MOST_GOALS = 100
MOST_TARGET = 1e15

_KEYS = (
    "name", "event", "where", "sum", "limit", "funnel", "step", "to_step", "target", "cadence",
)  # fmt: skip
_OF_EVENTS = ("event", "where", "sum", "limit")
_OF_PERIODS = ("from", "to", "as_of", "every", "by", "timezone")


@dataclass(frozen=True, slots=True)
class PlannedGoal:
    """What one figure is to reach in every period.

    Attributes
    ----------
    name
        What people call it.
    target
        In the figure's unit; more than 0. Of a conversion a share, at most 1.
    event, where
        What is counted: an event, where it meets a condition. Empty of a funnel's goal.
    amount
        The property that is added up; empty: how often the event happens.
    is_limit
        The sum is to stay at or below the target: spend.
    funnel, step
        Counted are those who reach this step, by its place from 0, on the day on which they do.
    to_step
        Of a conversion: the later step that those who come to ``step`` in a period are to reach.
    """

    name: str
    cadence: Cadence
    target: Decimal
    event: str = ""
    where: str | None = None
    amount: str = ""
    is_limit: bool = False
    funnel: FunnelDefinition | None = None
    step: int = 0
    to_step: int | None = None

    @property
    def is_money(self) -> bool:
        """Whether it is an amount, of pieces that differ in size."""
        return bool(self.amount)

    @property
    def is_rate(self) -> bool:
        """Whether it is a share: a conversion."""
        return self.to_step is not None

    @property
    def is_level(self) -> bool:
        """Whether it is how many there are: never, events come."""
        return False

    @classmethod
    def from_dict(cls, spec: Any, place: str) -> PlannedGoal:
        """Return a goal out of its JSON form.

        Raises
        ------
        DefinitionError
            The message says at which place what is wrong.
        """
        if not isinstance(spec, Mapping):
            raise DefinitionError(
                f'{place} must be an object such as {{"event": "purchase", "target": 40, '
                '"cadence": "week"}'
            )
        check_keys(spec, _KEYS, place)
        if ("event" in spec) == ("funnel" in spec):
            raise DefinitionError(f'{place} must have either "event" or "funnel"')
        read = _read_event if "event" in spec else _read_funnel
        what = read(spec, place)
        target = _read_target(spec, place)
        if what.get("to_step") is not None and target > 1:
            raise DefinitionError(
                f'{place}: "target" of a conversion is a share, at most 1: for 40 % write 0.4'
            )
        return cls(
            name=read_text(spec, "name", None, place) or _usual_name(what),
            cadence=_read_cadence(spec, place), target=target, **what,
        )  # fmt: skip

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        said: dict[str, Any] = {"name": self.name}
        if self.funnel is not None:
            said |= {"funnel": self.funnel.to_dict(), "step": self.step + 1}
            if self.to_step is not None:
                said["to_step"] = self.to_step + 1
        else:
            said |= {"event": self.event, "where": self.where, "sum": self.amount or None,
                     "limit": self.is_limit}  # fmt: skip
        return said | {"target": float(self.target), "cadence": str(self.cadence)}


@dataclass(frozen=True, slots=True)
class GoalPlan:
    """The goals of a plan, and whose calendar their periods are of; None: nothing is said."""

    goals: tuple[PlannedGoal, ...]
    timezone: str | None = None

    @classmethod
    def from_dict(cls, spec: Any) -> GoalPlan:
        """Return a plan out of its JSON form.

        Raises
        ------
        DefinitionError
            The message says at which place what is wrong.
        """
        if not isinstance(spec, Mapping):
            raise DefinitionError('a plan must be an object with "goals"')
        check_keys(spec, ("goals", "timezone"), "the plan")
        rows = spec.get("goals")
        if isinstance(rows, str) or not isinstance(rows, Sequence) or not rows:
            raise DefinitionError('"goals" must be a list of at least one goal')
        if len(rows) > MOST_GOALS:
            raise DefinitionError(
                f'"goals": at most {MOST_GOALS}, not {len(rows):,}; write several plans'
            )
        timezone = read_text(spec, "timezone", None, "the plan")
        if timezone is not None:
            _check_timezone(timezone)
        return cls(
            tuple(PlannedGoal.from_dict(row, place_of(n, row)) for n, row in enumerate(rows, 1)),
            timezone,
        )


def place_of(number: int, goal: Any) -> str:
    """Return how an error names a goal: its number from 1, and its name where it has one."""
    name = goal.get("name") if isinstance(goal, Mapping) else getattr(goal, "name", None)
    return f'goal {number} ("{name}")' if isinstance(name, str) else f"goal {number}"


def _check_timezone(name: str) -> None:
    try:
        find_timezone(name)
    except ValueError as error:
        raise DefinitionError(f'"timezone": {error}') from error


def _read_event(spec: Mapping[str, Any], place: str) -> dict[str, Any]:
    for key in ("step", "to_step"):
        if key in spec:
            raise DefinitionError(f'{place}: "{key}" is a funnel\'s; leave it out')
    event = read_text(spec, "event", None, place)
    if event is None:
        raise DefinitionError(f'{place}: "event" names no event')
    return {
        "event": event, "where": read_text(spec, "where", None, place),
        "amount": read_text(spec, "sum", "", place), "is_limit": read_flag(spec, "limit", place),
    }  # fmt: skip


def _read_funnel(spec: Mapping[str, Any], place: str) -> dict[str, Any]:
    for key in _OF_EVENTS:
        if key in spec:
            advice = "write the condition into a step" if key == "where" else "leave it out"
            raise DefinitionError(f'{place}: "{key}" is an event\'s; {advice}')
    asked = spec["funnel"]
    if not isinstance(asked, Mapping):
        raise DefinitionError(f'{place}: "funnel" must be an object with "steps"')
    for key in _OF_PERIODS:
        if key in asked:
            raise DefinitionError(
                f'{place}: "funnel": leave out "{key}"; the goal\'s periods say which dates'
            )
    try:
        funnel = FunnelDefinition.from_dict(asked)
        check_person(funnel)
    except DefinitionError as error:
        raise DefinitionError(f'{place}: "funnel": {error}') from error
    if "to_step" not in spec:
        step = _read_step(spec, "step", funnel.required[-1], funnel, place)
        return {"funnel": funnel, "step": step}
    first = _read_step(spec, "step", funnel.required[0], funnel, place)
    last = _read_step(spec, "to_step", None, funnel, place)
    if last <= first:
        raise DefinitionError(f'{place}: "to_step" must come after "step" in the funnel')
    return {"funnel": funnel, "step": first, "to_step": last}


def _read_step(
    spec: Mapping[str, Any], key: str, usual: int | None, funnel: FunnelDefinition, place: str
) -> int:
    """Return a step's place, from 0, of its number or name."""
    given = spec.get(key)
    if given is None and usual is not None:
        return usual
    names = [step.name for step in funnel.steps]
    if isinstance(given, str) and names.count(given) == 1:
        return names.index(given)
    if isinstance(given, int) and not isinstance(given, bool) and 1 <= given <= len(names):
        return given - 1
    listed = ", ".join(f"{number} {name}" for number, name in enumerate(names, 1))
    raise DefinitionError(f'{place}: "{key}" is {given!r}; it can be {listed}')


def _read_target(spec: Mapping[str, Any], place: str) -> Decimal:
    given = spec.get("target")
    if given is None:
        raise DefinitionError(f'{place} has no "target"; say how much, as in "target": 40')
    is_number = isinstance(given, int | float) and not isinstance(given, bool)
    if not is_number or not 0 < given <= MOST_TARGET:
        raise DefinitionError(
            f'{place}: "target" is {given!r}; it must be a number above 0, and at most 1e15'
        )
    return Decimal(str(given))


def _read_cadence(spec: Mapping[str, Any], place: str) -> Cadence:
    try:
        found = read_choice(spec, "cadence", [str(one) for one in Cadence], None)
    except DefinitionError as error:
        raise DefinitionError(f"{place}: {error}") from error
    if found is None:
        raise DefinitionError(f'{place} has no "cadence"; it can be {", ".join(Cadence)}')
    return Cadence(found)


def _usual_name(what: Mapping[str, Any]) -> str:
    funnel: FunnelDefinition | None = what.get("funnel")
    if funnel is not None:
        step: int = what["step"]
        last: int | None = what.get("to_step")
        names = [funnel.steps[one].name for one in (step, last) if one is not None]
        return " → ".join(names)
    return f"{what['event']}: {what['amount']}" if what["amount"] else str(what["event"])
