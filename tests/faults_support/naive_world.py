"""What the server should hold, kept in dictionaries: the rules of the documents, said slowly.

It shares nothing with the product. Accounts follow ``docs/explanation``'s accounting, and persons
the rules of ``docs/explanation/identity.md``, by lists that are searched and joined.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

BLOCKED = ("null", "UNDEFINED", "0", "[object Object]", "00000000-0000-0000-0000-000000000000")
PARTS = ("stored", "duplicate", "quarantined", "suppressed", "filtered")
FIELDS = ("received", *PARTS, "conflicting")

Pair = tuple[str, str, str]
"""A link's source, target and kind."""


@dataclass(frozen=True)
class Call:
    """One event as a client sends it; ``None`` is a field that it leaves out."""

    id: str
    kind: str
    name: str
    at_us: int
    user: str | None = None
    device: str | None = None
    previous: str | None = None
    properties: dict[str, Any] = field(default_factory=dict)
    is_bot: bool = False

    @property
    def said(self) -> tuple[Any, ...]:
        """What a repetition must say again to be the same event."""
        properties = tuple(sorted(self.properties.items()))
        return (self.kind, self.name, self.at_us, *self.who, self.previous, properties)

    @property
    def who(self) -> tuple[str | None, str | None]:
        """The user and the device that it can be counted for."""
        user, device = (None if one in BLOCKED else one for one in (self.user, self.device))
        return user, None if device == user else device

    @property
    def path(self) -> str:
        """The identifier that it counts for."""
        user, device = self.who
        return user or device or ""


@dataclass(frozen=True)
class Link:
    source: str
    target: str
    kind: str
    at_us: int
    event_id: str

    @property
    def pair(self) -> Pair:
        return self.source, self.target, self.kind

    @property
    def turn(self) -> tuple[Any, ...]:
        """What the order in which links are taken goes by."""
        return self.kind != "manual", self.at_us, self.event_id, *self.pair


class NaiveWorld:
    """Everything that was sent and done, and what follows from it."""

    def __init__(self) -> None:
        self.counts: dict[int, Counter[str]] = {}
        self.stored: dict[tuple[int, str], Call] = {}
        self.refused: set[tuple[int, str]] = set()
        self.handed_on = 0
        self.by_hand: dict[Pair, Link] = {}
        self.apart: set[frozenset[str]] = set()

    # --- what is received ---------------------------------------------------------------------

    def receive(self, source: int, calls: Iterable[Call]) -> dict[str, str]:
        """Take a batch; return what each id's sender hears, of equal ids the first one's."""
        said: dict[str, str] = {}
        good = [call for call in calls if not call.is_bot and call.path]
        bad = [call for call in calls if not call.is_bot and not call.path]
        bots = [call for call in calls if call.is_bot]
        for call in [*good, *bad, *bots]:
            outcome = self._take(source, call)
            said.setdefault(call.id, outcome)
            self._count(source, "received")
            self._count(source, outcome)
        return said

    def _take(self, source: int, call: Call) -> str:
        key = (source, call.id)
        if call.is_bot:
            return "filtered"
        if key in self.stored:
            if call.path and self.stored[key].said != call.said:
                self._count(source, "conflicting")
            return "duplicate"
        if call.path:
            self.stored[key] = call
            return "stored"
        if key in self.refused:
            return "duplicate"
        self.refused.add(key)
        return "quarantined"

    def _count(self, source: int, name: str) -> None:
        self.counts.setdefault(source, Counter())[name] += 1

    def ids(self) -> Counter[str]:
        """How often each id is stored (two sources may use the same)."""
        return Counter(event_id for _source, event_id in self.stored)

    # --- who is who ---------------------------------------------------------------------------

    def hand_on(self) -> None:
        """Let people know of all that is stored."""
        self.handed_on = len(self.stored)

    def known_calls(self) -> list[Call]:
        """The events that people know of."""
        return list(self.stored.values())[: self.handed_on]

    def identifiers(self) -> set[str]:
        named: set[str | None] = set()
        for call in self.known_calls():
            named |= {*call.who, self._previous(call)}
        return {one for one in named if one}

    def users(self) -> set[str]:
        return {call.who[0] for call in self.known_calls() if call.who[0]}

    def said_links(self) -> Iterator[Link]:
        """Every link that an event says."""
        for call in self.known_calls():
            user, device = call.who
            if user and device:
                yield Link(device, user, "identify", call.at_us, call.id)
            if previous := self._previous(call):
                yield Link(previous, call.path, "alias", call.at_us, call.id)

    def _previous(self, call: Call) -> str | None:
        usable = call.kind == "alias" and call.previous not in (None, *BLOCKED, call.path)
        return call.previous if usable else None

    def links(self) -> list[Link]:
        """The links that count, in the order in which they are taken."""
        said = [link for link in self.said_links() if frozenset(link.pair[:2]) not in self.apart]
        return sorted([*said, *self.by_hand.values()], key=lambda link: link.turn)

    def divide(self) -> tuple[list[tuple[set[str], str | None]], list[Link]]:
        """Return the groups with the user who owns each, and the links that joined two."""
        users, joins = self.users(), []
        groups = [({one}, one if one in users else None) for one in self.identifiers()]
        for link in self.links():
            source = next(group for group in groups if link.source in group[0])
            target = next(group for group in groups if link.target in group[0])
            two_users = source[1] and target[1] and link.kind != "manual"
            void = link.kind == "alias" and link.source in users
            if source is target or two_users or void:
                continue
            groups = [group for group in groups if group is not source and group is not target]
            groups.append((source[0] | target[0], target[1] or source[1]))
            joins.append(link)
        return groups, joins

    def roots(self) -> dict[str, str]:
        """The identifier that stands for each."""
        return {one: owner or min(group) for group, owner in self.divide()[0] for one in group}

    def group_of(self, one: str) -> set[str]:
        return next(group for group, _owner in self.divide()[0] if one in group)

    # --- what people at work do ---------------------------------------------------------------

    def merge(self, other: str, keep: str, at_us: int, who: str) -> None:
        link = Link(other, keep, "manual", at_us, who)
        self.by_hand[link.pair] = link

    def undo(self, pair: Pair) -> None:
        """Switch a link off; if others hold the same two sides together, these as well."""
        source, target, kind = pair
        side = self._side(source, [link for link in self.divide()[1] if link.pair != pair])
        self._switch_off(source, target, kind)
        if target in self.group_of(source):
            self._part(side, self.identifiers())

    def split(self, taken: set[str]) -> None:
        """Switch off every link between these and the rest of their person."""
        self._part(taken, self.group_of(min(taken)))

    def _part(self, side: set[str], whole: set[str]) -> None:
        for link in self.links():
            ends = {link.source, link.target}
            if len(ends & side) == 1 and ends <= whole:
                self._switch_off(*link.pair)

    def _switch_off(self, source: str, target: str, kind: str) -> None:
        if kind == "manual":
            del self.by_hand[source, target, kind]
        else:
            self.apart.add(frozenset([source, target]))

    def _side(self, start: str, joins: list[Link]) -> set[str]:
        side, grown = set(), {start}
        while side != grown:
            side = grown
            near = [{link.source, link.target} for link in joins]
            grown = side.union(*(ends for ends in near if ends & side))
        return side
