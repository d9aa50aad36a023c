"""Who an event's context says has sent it: library, address, user agent, session."""

from __future__ import annotations

import re
from typing import Any

from suppilo.apps.capture.protocol.delivery import Delivery
from suppilo.apps.capture.protocol.identifiers import read_address, shorten_address
from suppilo.apps.capture.protocol.libraries import runs_on_device

_BROWSER_LIKE = re.compile(r"Mozilla/|bot|crawl|spider", re.IGNORECASE)


def is_from_device(library: Any, channel: Any, delivery: Delivery) -> bool:
    """Return whether an event comes from a person's own device, by its library's name."""
    if channel == "server":
        return False
    name = library if type(library) is str else delivery.library
    return runs_on_device(name, is_browser_route=delivery.is_browser)


def choose_address(given: Any, delivery: Delivery, *, on_device: bool) -> str | None:
    """Return the person's address: the connection's for a device, else what the server says."""
    if on_device:
        return delivery.address
    if type(given) is not str or not given:
        return None
    if delivery.anonymise:
        return shorten_address(given)
    address = read_address(given)
    return None if address is None else str(address)


def choose_user_agent(given: Any, delivery: Delivery, *, on_device: bool) -> str | None:
    """Return the person's user agent: what the event says, else the request's of a browser."""
    if type(given) is str and given:
        return given
    if on_device and _BROWSER_LIKE.search(delivery.user_agent):
        return delivery.user_agent
    return None


def read_session(value: Any) -> str | None:
    """Return a session's id as text, or None."""
    kind = type(value)
    if kind is str:
        return value[:255] or None
    if kind is int:
        return str(value)
    return None


def read_object(value: Any, field: str, warnings: list[str]) -> dict[str, Any]:
    """Return a JSON object, or an empty one and a warning where it is something else."""
    if type(value) is dict:
        return value
    if value is not None:
        warnings.append(f"{field}_not_an_object")
    return {}


def read_name(value: Any, warnings: list[str]) -> str:
    """Return an event's name, or an empty text."""
    if type(value) is str:
        if len(value) > 255:
            warnings.append("name_cut")
            return value[:255]
        return value if value.strip() else ""
    return str(value) if type(value) in (int, float) else ""
