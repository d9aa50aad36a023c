"""Where a request really comes from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TypeAlias

Network: TypeAlias = IPv4Network | IPv6Network
_Address: TypeAlias = IPv4Address | IPv6Address


def parse_networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """Return the networks of CIDR texts; a bare address is a network of one.

    Raises
    ------
    ValueError
        If a text is no network.
    """
    return tuple(ip_network(text, strict=False) for text in texts)


def client_address(headers: Mapping[str, str], peer: str, trusted: Sequence[Network]) -> str:
    """Return the address that a request comes from.

    ``X-Forwarded-For`` is read from the right, and only as far as proxies that are trusted wrote
    it: what stands left of the first address that is not trusted, the client may have made up.

    Parameters
    ----------
    headers
        The request's headers, by lower-case name (or without regard to case).
    peer
        The address at the other end of the connection.
    trusted
        The networks of the proxies in front of the server.
    """
    forwarded = headers.get("x-forwarded-for")
    if not forwarded:
        return _tidy_address(peer)
    best = _parse_address(peer)
    if best is None:
        return peer
    for text in reversed(forwarded.split(",")):
        if not any(best in network for network in trusted):
            break
        given = _parse_address(text)
        if given is None:
            break
        best = given
    return str(best)


@lru_cache(maxsize=4096)
def _tidy_address(text: str) -> str:
    return str(_parse_address(text) or text)


@lru_cache(maxsize=4096)
def _parse_address(text: str) -> _Address | None:
    try:
        address = ip_address(_without_port(text.strip()))
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _without_port(text: str) -> str:
    if text.startswith("["):
        return text[1:].partition("]")[0]
    host, colon, _ = text.partition(":")
    return host if colon and text.count(":") == 1 else text
