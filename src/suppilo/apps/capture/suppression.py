"""Identifiers of which nothing is kept: only their hashes are known here."""

from __future__ import annotations

import hashlib


def identifier_digest(identifier: str) -> bytes:
    """Return the hash by which an identifier is recognised."""
    text = identifier.encode("utf-8", "surrogatepass")
    return hashlib.blake2b(text, digest_size=16, person=b"suppression").digest()


def read_suppressed() -> frozenset[bytes]:
    """Return the hashes of all suppressed identifiers."""
    from suppilo.apps.capture.models import Suppression

    return frozenset(map(bytes, Suppression.objects.values_list("digest", flat=True)))
