"""Identifiers of which nothing is kept: only their hashes are known here."""

from __future__ import annotations

import hashlib

from suppilo.apps.people.names import EMAILS

_EMAIL_NAMES = frozenset(name.casefold() for name in EMAILS)


def identifier_digest(identifier: str) -> bytes:
    """Return the hash by which an identifier is recognised."""
    text = identifier.encode("utf-8", "surrogatepass")
    return hashlib.blake2b(text, digest_size=16, person=b"suppression").digest()


def read_suppressed() -> frozenset[bytes]:
    """Return the hashes of all suppressed identifiers."""
    from suppilo.apps.capture.models import Suppression

    return frozenset(map(bytes, Suppression.objects.values_list("digest", flat=True)))


def is_email_name(name: str) -> bool:
    """Return whether a property or column of this name says somebody's e-mail address."""
    return name.casefold() in _EMAIL_NAMES


def spell_address(text: str) -> tuple[str, str]:
    """Return the ways in which an e-mail address may be on the list: as written, in small."""
    written = text.strip()
    return written, written.lower()
