"""Scores by rules: points for what somebody is, and for what they do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal, get_args

from suppilo.analytics.amounts import read_number
from suppilo.analytics.funnel.spec import DefinitionError, check_keys, read_choice, read_list
from suppilo.analytics.scores.conditions import (
    ALONE,
    NUMERIC,
    Comparison,
    EventCondition,
    PropertyCondition,
)

Kind = Literal["fit", "engagement"]
Repeat = Literal["once", "each"]

MOST_RULES = 200
FULL_POINTS = 100.0
USUAL_HOT, USUAL_WARM = 50.0, 20.0

_KEYS = (
    "name", "event", "where", "property", "test", "value", "points", "half_life_days", "repeat",
    "cap", "kind",
)  # fmt: skip


class Temperature(StrEnum):
    """What a total means for whoever picks up the telephone."""

    COLD = "cold"
    WARM = "warm"
    HOT = "hot"


TEMPERATURES = tuple(Temperature)


@dataclass(frozen=True, slots=True)
class Rule:
    """Points for an event or a property.

    Attributes
    ----------
    name
        What people call it; no two rules of a sheet have the same.
    condition
        What gives the points.
    points
        How many; negative ones are taken off.
    half_life_days
        After so many days an event's points are half of what they were; None: they stay.
    repeat
        ``once``: only the last event counts; ``each``: every one does.
    cap
        The most that the rule can give (or take off), whatever its sign; None: no limit.
    kind
        ``fit``: whether it is the right customer; ``engagement``: whether it is the right moment.
    """

    name: str
    condition: EventCondition | PropertyCondition
    points: float
    half_life_days: float | None = None
    repeat: Repeat = "once"
    cap: float | None = None
    kind: Kind = "engagement"

    def __post_init__(self) -> None:
        """Refuse what makes no sense.

        Raises
        ------
        DefinitionError
            The message names the rule.
        """
        place = f'the rule "{self.name}"'
        if not self.name.strip():
            raise DefinitionError("a rule has no name; say what gives the points")
        for what in ("half_life_days", "cap"):
            amount = getattr(self, what)
            if amount is not None and not amount > 0:
                raise DefinitionError(f'{place}: "{what}" must be more than 0; leave it out')
        if not self.points or not abs(self.points) <= 1e6:
            raise DefinitionError(f'{place}: "points" must be a number that is not 0')
        if self.repeat not in get_args(Repeat) or self.kind not in get_args(Kind):
            raise DefinitionError(f"{place} can't be of kind {self.kind!r}, {self.repeat!r}")
        self._check_condition(place)

    def _check_condition(self, place: str) -> None:
        asked = self.condition
        if isinstance(asked, EventCondition):
            if not asked.event.strip():
                raise DefinitionError(f'{place}: "event" names no event')
            return
        if self.half_life_days is not None or self.repeat == "each":
            raise DefinitionError(
                f"{place}: a property has no moment; leave out half_life_days and repeat"
            )
        if asked.test not in ALONE and asked.value in (None, "", ()):
            raise DefinitionError(f'{place}: "value" is missing; compare with what?')
        if asked.test in NUMERIC and read_number(asked.value) != read_number(asked.value):
            raise DefinitionError(f'{place}: "value" must be a number, not {asked.value!r}')

    @property
    def most(self) -> float:
        """The most points that it can give when it counts once; 0 for one that takes off."""
        return max(0.0, min(self.points, self.cap or self.points))

    @classmethod
    def from_dict(cls, spec: Mapping[str, Any], place: str) -> Rule:
        """Return a rule out of its JSON form.

        Raises
        ------
        DefinitionError
            The message says at which place what is wrong.
        """
        check_keys(spec, _KEYS, place)
        name = spec.get("name") or spec.get("event") or spec.get("property") or ""
        return cls(
            name=str(name), condition=_read_condition(spec, place),
            points=_read_figure(spec, "points", place) or 0.0,
            half_life_days=_read_figure(spec, "half_life_days", place),
            repeat=read_choice(spec, "repeat", get_args(Repeat), "once"),
            cap=_read_figure(spec, "cap", place),
            kind=read_choice(
                spec, "kind", get_args(Kind), "fit" if "property" in spec else "engagement"
            ),
        )  # fmt: skip

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        asked = self.condition
        if isinstance(asked, EventCondition):
            said: dict[str, Any] = {"event": asked.event, "where": asked.where}
        else:
            value = list(asked.value) if isinstance(asked.value, tuple) else asked.value
            said = {"property": asked.name, "test": str(asked.test), "value": value}
        return {"name": self.name, **said} | {
            "points": self.points, "half_life_days": self.half_life_days, "repeat": self.repeat,
            "cap": self.cap, "kind": self.kind,
        }  # fmt: skip


def _read_condition(spec: Mapping[str, Any], place: str) -> EventCondition | PropertyCondition:
    event, name = spec.get("event"), spec.get("property")
    if (event is None) == (name is None):
        raise DefinitionError(f'{place} must have either "event" or "property"')
    if not isinstance(event if name is None else name, str):
        raise DefinitionError(f"{place}: an event or property is named by text")
    if event is not None:
        where = spec.get("where")
        return EventCondition(event, str(where) if where else None)
    if spec.get("where"):
        raise DefinitionError(f'{place}: "where" goes with an event; write "test" and "value"')
    test = Comparison(read_choice(spec, "test", [str(test) for test in Comparison], "is"))
    value = spec.get("value")
    if test is Comparison.ONE_OF:
        value = tuple(read_list(spec, "value"))
    return PropertyCondition(str(name), test, value)


def _read_figure(spec: Mapping[str, Any], key: str, place: str) -> float | None:
    value = spec.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise DefinitionError(f'{place}: "{key}" must be a number, not {value!r}')
    return float(value)


@dataclass(frozen=True, slots=True)
class ScoreRules:
    """A score sheet.

    Attributes
    ----------
    rules
        What gives points.
    hot, warm
        From which total on (0..100) somebody is hot, or warm.
    full_engagement
        So many points of engagement are a full one.
    full_fit
        So many points of fit are a full one; None: what all fit rules give together, or 100 where
        none gives any.
    """

    rules: tuple[Rule, ...]
    hot: float = USUAL_HOT
    warm: float = USUAL_WARM
    full_engagement: float = FULL_POINTS
    full_fit: float | None = None

    @classmethod
    def from_dict(cls, spec: Mapping[str, Any]) -> ScoreRules:
        """Return a sheet out of its JSON form, checked.

        Raises
        ------
        DefinitionError
            The message says at which place what is wrong.
        """
        if not isinstance(spec, Mapping):
            raise DefinitionError('score rules are an object with "rules"')
        check_keys(spec, ("rules", "hot", "warm", "full_engagement", "full_fit"), "the score")
        rules = []
        for number, rule in enumerate(read_list(spec, "rules"), 1):
            if not isinstance(rule, Mapping):
                raise DefinitionError(f"rule {number} must be an object")
            rules.append(Rule.from_dict(rule, f"rule {number}"))
        usual = {"hot": USUAL_HOT, "warm": USUAL_WARM, "full_engagement": FULL_POINTS}
        given = {key: _read_figure(spec, key, "the score") for key in (*usual, "full_fit")}
        figures = usual | {key: value for key, value in given.items() if value is not None}
        made = cls(tuple(rules), **figures)
        made.check()
        return made

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "rules": [rule.to_dict() for rule in self.rules], "hot": self.hot, "warm": self.warm,
            "full_engagement": self.full_engagement, "full_fit": self.full_fit,
        }  # fmt: skip

    def check(self) -> None:
        """Refuse a sheet that can't be counted.

        Raises
        ------
        DefinitionError
            If there are no rules or too many, two of one name, or limits in the wrong order.
        """
        if not 1 <= len(self.rules) <= MOST_RULES:
            raise DefinitionError(f"a score has 1 to {MOST_RULES} rules, not {len(self.rules)}")
        names = [rule.name for rule in self.rules]
        if twice := [name for name in names if names.count(name) > 1]:
            raise DefinitionError(f'two rules are called "{twice[0]}"; give each its own name')
        if not 0 < self.warm < self.hot <= 100:
            raise DefinitionError('"warm" must be more than 0, and less than "hot"; "hot" at most '
                                  "100")  # fmt: skip
        if not self.full_engagement > 0 or (self.full_fit is not None and not self.full_fit > 0):
            raise DefinitionError('"full_engagement" and "full_fit" must be more than 0')

    @property
    def property_names(self) -> tuple[str, ...]:
        """The properties that rules ask for."""
        asked = (rule.condition for rule in self.rules)
        return tuple(one.name for one in asked if isinstance(one, PropertyCondition))

    def full(self, kind: Kind) -> float:
        """Return how many points of a kind are a full one."""
        if kind == "engagement":
            return self.full_engagement
        whole = sum(rule.most for rule in self.rules if rule.kind == "fit")
        return self.full_fit or whole or FULL_POINTS

    def has(self, kind: Kind) -> bool:
        """Return whether a rule of this kind gives points; one that only takes off does not."""
        return any(rule.kind == kind and rule.points > 0 for rule in self.rules)
