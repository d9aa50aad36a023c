"""Events as PostHog's clients write them, of both generations."""

from __future__ import annotations

from typing import Any, NamedTuple

from suppilo.apps.capture.event import CapturedEvent, Kind
from suppilo.apps.capture.protocol.delivery import Delivery
from suppilo.apps.capture.protocol.errors import EventRefusedError
from suppilo.apps.capture.protocol.identifiers import find_event_id, read_event_id, read_identifier
from suppilo.apps.capture.protocol.moments import settle_time
from suppilo.apps.capture.protocol.sender import (
    choose_address,
    choose_user_agent,
    is_from_device,
    read_name,
    read_object,
    read_session,
)

_KINDS: dict[str, Kind] = {
    "$pageview": "page",
    "$screen": "screen",
    "$identify": "identify",
    "$set": "identify",
    "$set_once": "identify",
    "$groupidentify": "group",
    "$create_alias": "alias",
}
_COMPANY_TYPES = ("company", "organization", "organisation", "account", "customer", "team")


class _Who(NamedTuple):
    user: str | None
    device: str | None
    previous: str | None = None


def read_posthog(
    raw: dict[str, Any], delivery: Delivery, warnings: list[str], *, event_id: str | None = None
) -> CapturedEvent:
    """Return the event that ``raw`` is; its name stays as it is written.

    Parameters
    ----------
    raw
        Its JSON, cleaned; it belongs to the event from now on.
    event_id
        Its id where it was read before.

    Raises
    ------
    EventRefusedError
        ``no_event_name`` or ``no_identity``.
    """
    properties = read_object(raw.get("properties"), "properties", warnings)
    name = _read_event_name(raw, warnings)
    kind = _KINDS.get(name, "track")
    library = properties.get("$lib") or delivery.library
    on_device = is_from_device(library, None, delivery)
    if kind == "alias":
        who = _read_alias(raw, properties, library, warnings)
    else:
        who = _read_who(raw, kind, properties, on_device, warnings)
    original = _read_original(raw, properties, delivery)
    skew_us = delivery.skew_us if on_device and "offset" not in raw else 0
    agent = choose_user_agent(
        properties.get("$raw_user_agent") or properties.get("$user_agent"),
        delivery,
        on_device=on_device,
    )
    given_id = find_event_id(raw, properties)
    return CapturedEvent(
        id=event_id or read_event_id(given_id, warnings, delivery.received_us),
        kind=kind,
        name=name,
        at_us=settle_time(
            original, delivery.received_us, skew_us, warnings, delivery.max_future_us
        ),
        received_us=delivery.received_us,
        user_id=who.user,
        anonymous_id=who.device,
        previous_id=who.previous,
        group_id=_read_group(kind, properties, warnings),
        session_id=read_session(properties.get("$session_id")),
        ip=choose_address(properties.pop("$ip", None), delivery, on_device=on_device),
        traits=_read_traits(raw, kind, properties, warnings),
        traits_once=_take(raw, properties, "$set_once", warnings),
        properties=_tidy(properties),
        context=_make_context(library, properties, agent),
        original_at=None if original is None else str(original),
        sent_at=delivery.sent_at,
        warnings=tuple(dict.fromkeys(warnings)) if warnings else (),
    )


def _read_event_name(raw: dict[str, Any], warnings: list[str]) -> str:
    name = read_name(raw.get("event"), warnings)
    if name:
        return name
    if "$set" in raw or "$set_once" in raw:
        return "$set"  # What /engage takes has no name.
    raise EventRefusedError("no_event_name", "it needs an event")


def _read_who(
    raw: dict[str, Any],
    kind: Kind,
    properties: dict[str, Any],
    on_device: bool,
    warnings: list[str],
) -> _Who:
    person = _read_person(raw, properties, warnings)
    device = read_identifier(properties.get("$device_id"), warnings)
    if person is None:
        if device is None:
            raise EventRefusedError("no_identity", "it needs a usable distinct_id")
        return _Who(None, device)
    if kind == "identify":
        former = read_identifier(properties.get("$anon_distinct_id"), warnings)
        if former is not None and former != person:
            return _Who(person, former)
    if _is_anonymous(raw, properties, person, device) or (kind == "group" and not on_device):
        # A server's client makes up a distinct_id for what it says of a company.
        return _Who(None, person)
    return _Who(person, None)


def _is_anonymous(
    raw: dict[str, Any], properties: dict[str, Any], person: str, device: str | None
) -> bool:
    """Return whether a distinct_id is only a device's.

    ``$device_id`` of a known person is not used: a device outlives ``reset()``, and may be shared.
    """
    if person == device or properties.get("$is_identified") is False:
        return True
    options = raw.get("options")
    personless = properties.get("$process_person_profile") is False or (
        type(options) is dict and options.get("process_person_profile") is False
    )
    return personless and "$user_id" not in properties


def _read_person(
    raw: dict[str, Any], properties: dict[str, Any], warnings: list[str]
) -> str | None:
    for place, field in ((raw, "distinct_id"), (properties, "distinct_id"), (raw, "$distinct_id")):
        if place.get(field) is not None:
            return read_identifier(place[field], warnings)
    return None


def _read_alias(
    raw: dict[str, Any], properties: dict[str, Any], library: Any, warnings: list[str]
) -> _Who:
    person = _read_person(raw, properties, warnings)
    alias = read_identifier(properties.get("alias"), warnings)
    if person is None or alias is None:
        if person is None and alias is None:
            raise EventRefusedError("no_identity", "it needs a usable distinct_id")
        return _Who(person or alias, None)
    if str(library).startswith("posthog-python"):
        return _Who(alias, None, person)  # alias(previous_id, distinct_id), in this order.
    return _Who(person, None, alias)


def _read_original(raw: dict[str, Any], properties: dict[str, Any], delivery: Delivery) -> Any:
    given = raw.get("timestamp") or properties.get("$time")
    offset = raw.get("offset")
    if given is None and isinstance(offset, int | float):
        return delivery.received_us / 1e6 - offset / 1000
    return given


def _read_group(kind: Kind, properties: dict[str, Any], warnings: list[str]) -> str | None:
    if kind == "group":
        return _name_group(
            properties.get("$group_type"), read_identifier(properties.get("$group_key"), warnings)
        )
    groups = properties.get("$groups")
    if type(groups) is not dict or not groups:
        return None
    kinds = [name for name in _COMPANY_TYPES if name in groups] or [next(iter(groups))]
    return _name_group(kinds[0], read_identifier(groups[kinds[0]], warnings))


def _name_group(kind: Any, key: str | None) -> str | None:
    if key is None or kind in _COMPANY_TYPES or not kind:
        return key
    return f"{kind}:{key}"


def _read_traits(
    raw: dict[str, Any], kind: Kind, properties: dict[str, Any], warnings: list[str]
) -> dict[str, Any]:
    traits = _take(raw, properties, "$set", warnings)
    if kind == "group":
        return _take(raw, properties, "$group_set", warnings)
    return traits


def _take(
    raw: dict[str, Any], properties: dict[str, Any], field: str, warnings: list[str]
) -> dict[str, Any]:
    """Return what stands in a field of the event or of its properties, without the empty ones."""
    found: dict[str, Any] = {}
    for place in (properties, raw):
        given = read_object(place.pop(field, None), field.strip("$"), warnings)
        found |= {key: value for key, value in given.items() if value is not None}
    return found


def _tidy(properties: dict[str, Any]) -> dict[str, Any]:
    """Take out what posthog-js adds to each event and the event says elsewhere."""
    properties.pop("distinct_id", None)
    if properties.get("$lib") == "web":
        properties.pop("token", None)
    return properties


def _make_context(library: Any, properties: dict[str, Any], agent: str | None) -> dict[str, Any]:
    context: dict[str, Any] = {}
    if library:
        context["library"] = {"name": library, "version": properties.get("$lib_version")}
    if agent:
        context["userAgent"] = agent
    if locale := properties.get("$browser_language"):
        context["locale"] = locale
    return context
