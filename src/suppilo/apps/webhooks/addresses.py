"""Which addresses may be told anything: no server of ours is asked on behalf of a stranger.

A webhook's address is given by people and answered by the network. Without care it would let
whoever may set one up reach what only this machine can reach: its own services, its neighbours,
the cloud's metadata. So a name is resolved once, every address that it has is looked at, and the
connection goes to one that was looked at; a name that changes its mind between is no way around.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import TypeAlias
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from suppilo.apps.net import Network

Address: TypeAlias = IPv4Address | IPv6Address

MAX_URL = 2000
_PORTS = {"http": 80, "https": 443}
_PRINTABLE = re.compile(r"[!-\[\]-~]+")
"""What an address may be written with: ASCII without blanks, control characters and backslashes,
about which programs disagree."""
_NOT_PUBLIC = tuple(
    ip_network(text)
    for text in (
        # Python's is_global calls these global, at least in some versions, and they lead
        # elsewhere: translation and tunnelling to IPv4 of any kind, protocol assignments.
        "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/23", "::/96", "fec0::/10",
        "192.0.0.0/24", "192.88.99.0/24",
    )
)  # fmt: skip


class AddressRefusedError(Exception):
    """An address that may not be told anything, and why, in words for whoever set it up."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a message goes: the parts of its address."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def host_header(self) -> str:
        """The ``Host`` header: with the port where it isn't the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


def read_url(url: str) -> Target:
    """Return the parts of an address.

    Raises
    ------
    AddressRefusedError
        If it is none, or not http(s), or holds a user name.
    """
    url = url.strip()
    if len(url) > MAX_URL or not _PRINTABLE.fullmatch(url):
        raise AddressRefusedError(_("Write an address such as https://example.com/hook, in ASCII."))
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise AddressRefusedError(_("This is no address: %s.") % error) from error
    if parts.scheme not in _PORTS or not parts.hostname:
        raise AddressRefusedError(_("An address begins with https:// or http://."))
    if parts.username is not None or parts.password is not None:
        raise AddressRefusedError(_("Leave the user name and password out of the address."))
    path = parts.path or "/"
    return Target(
        parts.scheme, parts.hostname, _PORTS[parts.scheme] if port is None else port,
        f"{path}?{parts.query}" if parts.query else path,
    )  # fmt: skip


def resolve(target: Target, allowed: Sequence[Network] = ()) -> list[Address]:
    """Return the network addresses of a target, each of which may be told something.

    Parameters
    ----------
    allowed
        Networks that are not public and may be told all the same.

    Raises
    ------
    AddressRefusedError
        If it has none, or any that may not be.
    """
    try:
        found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise AddressRefusedError(_("The name %s can't be found.") % target.host) from error
    addresses = list(dict.fromkeys(_read_address(str(one[4][0])) for one in found))
    refused = [address for address in addresses if not may_be_told(address, allowed)]
    if refused or not addresses:
        raise AddressRefusedError(
            _("%(host)s leads to %(address)s, which is not on the public internet. The setting "
              "webhook_networks allows private networks.")
            % {"host": target.host, "address": ", ".join(map(str, refused))}
        )  # fmt: skip
    return addresses


def may_be_told(address: Address, allowed: Sequence[Network] = ()) -> bool:
    """Return whether an address is on the public internet, or in a network that is allowed."""
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    seen = mapped or address
    if any(seen.version == network.version and seen in network for network in allowed):
        return True
    if not seen.is_global or seen.is_multicast:
        return False
    return not any(seen.version == net.version and seen in net for net in _NOT_PUBLIC)


def _read_address(text: str) -> Address:
    # getaddrinfo gives link-local addresses with their interface: fe80::1%eth0.
    return ip_address(text.partition("%")[0])
