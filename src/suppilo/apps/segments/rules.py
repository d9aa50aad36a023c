"""What a segment's rules say: groups of conditions on people, companies, deals and events."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

MOST_GROUPS = 5
MOST_CONDITIONS = 20
LONGEST_TEXT = 1_000
MOST_DAYS = 3_650
MOST_TIMES = 1_000_000

OPERATORS = (
    "is", "one_of", "contains", "starts_with", "more", "at_least", "less", "at_most", "is_set",
)  # fmt: skip
NUMERIC = frozenset({"more", "at_least", "less", "at_most"})

PARTS: Mapping[str, tuple[str, ...]] = {
    "event": ("name", "times", "days", "where"),
    "person": ("name", "operator", "value"),
    "company": ("name", "operator", "value"),
    "deal": ("name", "operator", "value"),
    "seen": ("which", "days"),
    "channel": ("which", "value"),
    "stage": ("name", "which", "days"),
    "deal_state": ("which", "days"),
    "tag": ("value",),
    "segment": ("value",),
}
"""Each kind of condition, and what it consists of."""

CHOICES: Mapping[str, tuple[str, ...]] = {
    "seen": ("last", "first"),
    "channel": ("first", "last", "deal"),
    "stage": ("in", "longer", "expected"),
    "deal_state": ("open", "won", "lost"),
}
"""What ``which`` may be; the first is what is meant where nothing is said."""

_OF_DEALS = frozenset({"deal", "stage", "deal_state", "tag"})


class RuleError(ValueError):
    """Rules that can't be used.

    Attributes
    ----------
    place
        Group and condition, both from 1; None where it is about no single one.
    reason
        What is wrong with it.
    """

    def __init__(self, reason: str, place: tuple[int, int] | None = None) -> None:
        self.place, self.reason = place, reason
        super().__init__(reason)

    def __str__(self) -> str:
        if self.place is None:
            return self.reason
        group, condition = self.place
        return _("Group %(group)d, condition %(condition)d: %(reason)s") % {
            "group": group, "condition": condition, "reason": self.reason,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition; what it consists of depends on its kind (:data:`PARTS`).

    Attributes
    ----------
    kind
        ``event`` (did it), ``person``, ``company`` and ``deal`` (a property or field), ``seen``,
        ``channel``, ``stage``, ``deal_state``, ``tag``, ``segment`` (is in another one).
    negated
        Whether who meets it is left out.
    name
        The event's or property's; of a stage ``PIPELINE:KEY``, empty for any.
    operator, value
        How a property's value compares (:data:`OPERATORS`). Several values of ``one_of`` stand in
        one text with ``|`` between them.
    days
        Within so many days, back from now; in a stage for longer than that. None: ever.
    times
        At least so often.
    where
        A condition on the event, in the ``where`` grammar.
    which
        One of :data:`CHOICES`.
    """

    kind: str
    negated: bool = False
    name: str = ""
    operator: str = "is"
    value: str = ""
    days: int | None = None
    times: int = 1
    where: str = ""
    which: str = ""

    @property
    def choice(self) -> str:
        """What ``which`` says, or means where it says nothing."""
        return self.which or CHOICES.get(self.kind, ("",))[0]

    def to_dict(self) -> dict[str, Any]:
        """Return its JSON form: its kind's parts alone."""
        said = {"kind": self.kind, **{part: getattr(self, part) for part in PARTS[self.kind]}}
        return said | ({"not": True} if self.negated else {})


@dataclass(frozen=True, slots=True)
class Group:
    """Conditions of which all, or any, have to hold."""

    conditions: tuple[Condition, ...]
    match: str = "all"


@dataclass(frozen=True, slots=True)
class Rules:
    """Groups of which all, or any, have to hold."""

    groups: tuple[Group, ...] = field(default=())
    match: str = "all"

    def each(self) -> Iterator[tuple[tuple[int, int], Condition]]:
        """Yield every condition with its place: group and condition, both from 1."""
        for number, group in enumerate(self.groups, 1):
            for position, condition in enumerate(group.conditions, 1):
                yield (number, position), condition

    def segments(self) -> set[int]:
        """Return the other segments that are named."""
        named = (one.value for _place, one in self.each() if one.kind == "segment")
        return {int(value) for value in named if _is_number(value)}

    def tell_of_deals(self) -> bool:
        """Return whether a condition is about deals."""
        return any(one.kind in _OF_DEALS or one.choice == "deal" for _place, one in self.each())

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form, which :meth:`from_dict` reads."""
        groups = [
            {"match": group.match, "conditions": [one.to_dict() for one in group.conditions]}
            for group in self.groups
        ]
        return {"match": self.match, "groups": groups}

    @classmethod
    def from_dict(cls, said: Any) -> Rules:
        """Read the JSON form.

        Raises
        ------
        RuleError
            If it is no such form, or a condition lacks something, with its place.
        """
        match, groups = _read_match(said), _read_list(said, "groups", MOST_GROUPS)
        return cls(tuple(_read_group(one, place) for place, one in enumerate(groups, 1)), match)


def _read_group(said: Any, number: int) -> Group:
    conditions = _read_list(said, "conditions", MOST_CONDITIONS)
    found = []
    for place, one in enumerate(conditions, 1):
        try:
            found.append(read_condition(one))
        except RuleError as error:
            raise RuleError(error.reason, (number, place)) from None
    return Group(tuple(found), _read_match(said))


def _read_match(said: Any) -> str:
    match = said.get("match", "all") if isinstance(said, dict) else None
    if match not in ("all", "any"):
        raise RuleError(_("“match” is “all” or “any”."))
    return str(match)


def _read_list(said: Any, name: str, most: int) -> Sequence[Any]:
    found = said.get(name)
    if not isinstance(found, list) or not found:
        raise RuleError(_("Add at least one condition."))
    if len(found) > most or set(said) - {"match", name}:
        raise RuleError(
            _("Rules are %(groups)d groups of %(conditions)d conditions at most, and nothing else.")
            % {"groups": MOST_GROUPS, "conditions": MOST_CONDITIONS}
        )
    return found


def read_condition(said: Any) -> Condition:
    """Read a condition's JSON form.

    Raises
    ------
    RuleError
        If it is none, or lacks something.
    """
    kind = said.get("kind") if isinstance(said, dict) else None
    if not isinstance(kind, str) or kind not in PARTS:
        raise RuleError(_("Choose what the condition is about."))
    strange = set(said) - {"kind", "not", *PARTS[kind]}
    if strange:
        raise RuleError(_("It has no “%(name)s”.") % {"name": sorted(strange)[0]})
    one = Condition(
        kind, bool(said.get("not", False)), _text(said, "name"), _text(said, "operator") or "is",
        _text(said, "value"), _number(said, "days", MOST_DAYS),
        _number(said, "times", MOST_TIMES) or 1, _text(said, "where"), _text(said, "which"),
    )  # fmt: skip
    _check(one)
    return one


def _text(said: Mapping[str, Any], name: str) -> str:
    value = said.get(name)
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str | int | float) or len(str(value)) > LONGEST_TEXT:
        raise RuleError(_("“%(name)s” is a text of at most 1,000 characters.") % {"name": name})
    return str(value).strip()


def _number(said: Mapping[str, Any], name: str, most: int) -> int | None:
    value = said.get(name)
    if value is None or value == "":
        return None
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    if not is_whole or not 1 <= value <= most:
        words = _("“%(name)s” is a whole number from 1 to %(most)d.")
        raise RuleError(words % {"name": name, "most": most})
    return int(value)


def _check(one: Condition) -> None:
    """Make sure that a condition has what its kind needs."""
    parts = PARTS[one.kind]
    if one.choice not in CHOICES.get(one.kind, ("",)):
        raise RuleError(_("Choose one of: %(all)s.") % {"all": ", ".join(CHOICES[one.kind])})
    if "name" in parts and not one.name and one.kind != "stage":
        raise RuleError(_("Choose an event.") if one.kind == "event" else _("Choose a property."))
    if "operator" in parts:
        _check_operator(one)
    elif "value" in parts and not one.value:
        raise RuleError(_("Write a value."))
    if one.days is None and (one.kind == "seen" or (one.kind, one.choice) == ("stage", "longer")):
        raise RuleError(_("Write the number of days."))
    if one.kind == "segment" and not _is_number(one.value):
        raise RuleError(_("Choose a segment."))


def _check_operator(one: Condition) -> None:
    if one.operator not in OPERATORS:
        raise RuleError(_("Choose one of: %(all)s.") % {"all": ", ".join(OPERATORS)})
    if one.operator != "is_set" and not one.value:
        raise RuleError(_("Write a value."))
    if one.operator in NUMERIC and as_number(one.value) is None:
        raise RuleError(_("“%(value)s” is no number.") % {"value": one.value})


def as_number(text: str) -> float | None:
    """Return a text's number; None where it is none, or not a finite one."""
    try:
        number = float(text)
    except ValueError:
        return None
    return number if abs(number) < float("inf") else None


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 19
