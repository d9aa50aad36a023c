"""What a number of events say about who is who: collected, so that each is recorded once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from suppilo.apps.capture.event import CapturedEvent
from suppilo.apps.outbox.paths import is_reserved
from suppilo.apps.people.evidence import Evidence, Grouping, Link, LinkKind, Sighting, Trait


def collect_evidence(events: Iterable[CapturedEvent]) -> Evidence:
    """Return what events say, one sighting for each identifier and one link for each pair."""
    found = _Found()
    for event in events:
        found.add(event)
    return Evidence(
        tuple(seen.sighting(identifier) for identifier, seen in found.seen.items()),
        tuple(found.links.values()),
        tuple(found.traits),
        tuple(found.groupings),
    )


@dataclass(slots=True)
class _Seen:
    """An identifier, as events come in any order and in batches of any size.

    What merely names it (a link) tells when it was seen only where no event counts for it.
    """

    first_at_us: int
    last_at_us: int
    is_known: bool = False
    events: int = 0
    first_touch: tuple[int, Mapping[str, str]] | None = None
    last_touch: tuple[int, Mapping[str, str]] | None = None

    def see(self, at_us: int, events: int) -> None:
        if bool(events) == bool(self.events):
            self.first_at_us = min(self.first_at_us, at_us)
            self.last_at_us = max(self.last_at_us, at_us)
        elif events:
            self.first_at_us = self.last_at_us = at_us
        self.events += events

    def touch(self, at_us: int, touch: Mapping[str, str]) -> None:
        found = (at_us, touch)
        if self.first_touch is None or _is_before(found, self.first_touch):
            self.first_touch = found
        if self.last_touch is None or _is_before(self.last_touch, found):
            self.last_touch = found

    def sighting(self, identifier: str) -> Sighting:
        first_at_us, first = self.first_touch or (None, {})
        last_at_us, last = self.last_touch or (None, {})
        return Sighting(
            identifier,
            self.is_known,
            self.first_at_us,
            self.last_at_us,
            self.events,
            first,
            last,
            first_at_us,
            last_at_us,
        )


def _is_before(one: tuple[int, Mapping[str, str]], other: tuple[int, Mapping[str, str]]) -> bool:
    """Return whether a touch comes before another; at one moment its text decides, as later."""
    from suppilo.apps.people.values import json_text

    if one[0] != other[0]:
        return one[0] < other[0]
    return json_text(dict(one[1])) < json_text(dict(other[1]))


@dataclass(slots=True)
class _Found:
    seen: dict[str, _Seen] = field(default_factory=dict)
    links: dict[tuple[str, str, LinkKind], Link] = field(default_factory=dict)
    traits: list[Trait] = field(default_factory=list)
    groupings: list[Grouping] = field(default_factory=list)

    def add(self, event: CapturedEvent) -> None:
        user, device, previous = (
            _usable(identifier)
            for identifier in (event.user_id, event.anonymous_id, event.previous_id)
        )
        path = user or device
        if path is None or is_reserved(path):
            return
        self._see(event, path, is_known=user is not None, events=1)
        if user and device and user != device:
            self._see(event, device, is_known=False, events=0)
            self._link(event, device, user, "identify")
        if event.kind == "alias" and previous and previous != path:
            self._see(event, previous, is_known=False, events=0)
            self._link(event, previous, path, "alias")
        self._describe(event, path)

    def _see(self, event: CapturedEvent, identifier: str, *, is_known: bool, events: int) -> None:
        seen = self.seen.setdefault(identifier, _Seen(event.at_us, event.at_us))
        seen.is_known |= is_known
        seen.see(event.at_us, events)
        # Only the identifier that an event counts for carries its touch.
        if events and (touch := _touch(event)):
            seen.touch(event.at_us, touch)

    def _link(self, event: CapturedEvent, source: str, target: str, kind: LinkKind) -> None:
        made = Link(source, target, event.at_us, event.id, kind)
        before = self.links.get((source, target, kind))
        if before is None or (made.at_us, made.event_id) < (before.at_us, before.event_id):
            self.links[source, target, kind] = made

    def _describe(self, event: CapturedEvent, path: str) -> None:
        if event.group_id:
            about_company = event.traits if event.kind == "group" else {}
            self.groupings.append(Grouping(path, event.group_id, event.at_us, about_company))
        if event.kind != "group":
            for name, value in event.traits.items():
                self.traits.append(Trait(path, name, value, event.at_us))
            for name, value in event.traits_once.items():
                self.traits.append(Trait(path, name, value, event.at_us, once=True))


def _usable(identifier: str | None) -> str | None:
    from suppilo.apps.people.blocked import is_blocked

    return None if identifier is None or is_blocked(identifier) else identifier


def _touch(event: CapturedEvent) -> Mapping[str, str]:
    from suppilo.apps.capture.enrich import touch_of

    return touch_of(event)
