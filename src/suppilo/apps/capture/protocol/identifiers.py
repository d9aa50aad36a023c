"""Ids of events and of people."""

from __future__ import annotations

import hashlib
import os
from functools import lru_cache
from typing import Any

from suppilo.apps.capture.protocol.errors import EventRefusedError
from suppilo.apps.capture.protocol.limits import MAX_KEY
from suppilo.apps.outbox.paths import RESERVED, is_reserved
from suppilo.apps.people.blocked import is_blocked


def read_identifier(value: Any, warnings: list[str]) -> str | None:
    """Return who a client means, or None; numbers become text, blocked texts are left out.

    Raises
    ------
    EventRefusedError
        If it is one of those that only this server gives: nobody else may speak for a deal.
    """
    if value is None:
        return None
    text = value if type(value) is str else _to_text(value)
    if text is None:
        warnings.append("id_not_a_text")
        return None
    text = text.strip()
    if is_blocked(text):
        if text:
            warnings.append("blocked_id")
        return None
    if is_reserved(text):
        raise EventRefusedError(
            "reserved_identifier", f"ids that begin with {RESERVED} are this server's own"
        )
    return text if len(text) <= MAX_KEY else _hash(text, warnings)


def find_event_id(raw: dict[str, Any], properties: Any) -> Any:
    """Return what an event says its id is, under whichever of the clients' names; None if none."""
    given = raw.get("messageId")
    if given is None:
        given = raw.get("uuid")
    if given is None and type(properties) is dict:
        given = properties.get("$insert_id")
    return given


def read_event_id(value: Any, warnings: list[str], now_us: int) -> str:
    """Return the event's own id; one is made up where the client gave none."""
    text = value if type(value) is str else _to_text(value)
    if not text or not text.strip():
        warnings.append("id_made")
        return make_uuid7(now_us)
    return text if len(text) <= MAX_KEY else _hash(text, warnings)


def _hash(text: str, warnings: list[str]) -> str:
    warnings.append("id_hashed")  # To cut it could make two ids one.
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def _to_text(value: Any) -> str | None:
    kind = type(value)
    if kind is int:
        return str(value)
    if kind is float:
        return str(int(value)) if value.is_integer() else repr(value)
    if kind is bool:
        return "true" if value else "false"
    return None


def make_uuid7(now_us: int) -> str:
    """Return a UUID of version 7 (RFC 9562, 5.7): it begins with the time, so it sorts by it."""
    random = int.from_bytes(os.urandom(10), "big")
    milliseconds = (now_us // 1000) & ((1 << 48) - 1)
    number = (
        milliseconds << 80
        | 0x7 << 76
        | (random >> 68 & 0xFFF) << 64
        | 0b10 << 62
        | random & ((1 << 62) - 1)
    )
    text = f"{number:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


@lru_cache(maxsize=4096)
def shorten_address(text: str) -> str | None:
    """Return an IP address without its last part (IPv4 /24, IPv6 /48); None if it is none."""
    from ipaddress import IPv6Address, ip_network

    address = read_address(text)
    if address is None:
        return None
    bits = 48 if isinstance(address, IPv6Address) else 24
    return str(ip_network((address, bits), strict=False).network_address)


def read_address(text: str) -> Any:
    """Return the IP address a text is, or None; an IPv4 inside an IPv6 is the IPv4."""
    from ipaddress import IPv6Address, ip_address

    try:
        address = ip_address(text.strip())
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
