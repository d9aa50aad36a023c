"""Evidence in short words, and the whole state of identities as plain values."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from suppilo.apps.people.evidence import Evidence, Grouping, Link, LinkKind, Sighting, Trait
from suppilo.apps.people.models import (
    Company,
    CompanyTrait,
    Identifier,
    LinkRow,
    Membership,
    Person,
    TraitValue,
)
from suppilo.apps.people.models import (
    Sighting as SightingRow,
)
from suppilo.apps.people.selectors import read_overrides

SOURCE = "source:1"


def seen(
    identifier: str, at: int = 0, *, known: bool = False, events: int = 1, channel: str = ""
) -> Sighting:
    touch = {"channel": channel} if channel else {}
    return Sighting(identifier, known, at, at, events, touch, touch)


def user(identifier: str, at: int = 0, **more: Any) -> Sighting:
    return seen(identifier, at, known=True, **more)


def link(
    source: str, target: str, at: int = 0, kind: LinkKind = "identify", event_id: str = ""
) -> Link:
    return Link(source, target, at, event_id or f"{source}>{target}@{at}", kind)


def evidence(
    *said: Sighting | Link | Trait | Grouping,
) -> Evidence:
    def of(kind: type) -> list[Any]:
        return [one for one in said if isinstance(one, kind)]

    return Evidence(of(Sighting), of(Link), of(Trait), of(Grouping))


def roots() -> dict[str, str]:
    """Return the root of each identifier."""
    values = dict(Identifier.objects.values_list("id", "value"))
    pairs = Identifier.objects.values_list("value", "person_id")
    return {value: values[person] for value, person in pairs}


def persons() -> list[list[str]]:
    """Return the identifiers of each person."""
    groups: dict[str, list[str]] = {}
    for value, root in sorted(roots().items()):
        groups.setdefault(root, []).append(value)
    return sorted(groups.values())


def overrides() -> dict[int, int]:
    found = read_overrides()
    return dict(zip(found.from_key.tolist(), found.to_key.tolist(), strict=True))


def _rows(model: Any, *columns: str) -> list[tuple[Any, ...]]:
    found = (tuple(bytes(v) if isinstance(v, memoryview) else v for v in row)
             for row in model.objects.values_list(*columns))  # fmt: skip
    return sorted(found, key=repr)


def dump(*, with_ids: bool = False) -> dict[str, list[tuple[Any, ...]]]:
    """Return everything that is known of people, without what counts arrivals."""
    ids = ["id"] if with_ids else []
    seen = ["is_known", "first_seen_us", "last_seen_us", "events", "first_touch",
            "first_touch_us", "last_touch", "last_touch_us"]  # fmt: skip
    return {
        "roots": sorted(roots().items()),
        "overrides": sorted(overrides().items()),
        "identifiers": _rows(Identifier, *ids, "value", "key", "search_key", *seen),
        "sightings": _rows(SightingRow, "identifier__value", "origin", *seen),
        "links": _rows(LinkRow, "source__value", "target__value", "kind", "origin", "at_us",
                       "event_id", "switched_off_at"),
        "traits": _rows(TraitValue, "identifier__value", "origin", "name", "value", "first_us",
                        "last_us", "once", "is_current"),
        "members": _rows(Membership, "identifier__value", "company__key", "origin", "at_us",
                         "is_removed", "is_current"),
        "companies": _rows(Company, "key", "name", "name_key", "is_manual"),
        "company traits": _rows(CompanyTrait, "company__key", "origin", "name", "value", "at_us"),
        "persons": _rows(Person, *ids, "is_visible", "is_known", "has_email", "identifier",
                         "name", "email", "company__key", "first_seen_us", "last_seen_us",
                         "events", "first_channel", "last_channel", "name_key", "surname_key",
                         "email_key"),
    }  # fmt: skip


def every(parts: Iterable[Evidence], origin: str = SOURCE) -> None:
    """Record several batches in their order."""
    from suppilo.apps.people.services import record_evidence

    for part in parts:
        record_evidence(origin, part)
