"""Secrets that payloads are signed with: made, sealed for the database, used.

A secret is what Standard Webhooks (standardwebhooks.com) says: ``whsec_`` and 32 random bytes in
base64. In the database it is sealed with a key that is derived from the server's own secret, so
that neither a copy of the database nor a backup of it alone can sign anything.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from django.conf import settings

if TYPE_CHECKING:
    from cryptography.fernet import Fernet

PREFIX = "whsec_"
_BYTES = 32
_PURPOSE = b"suppilo webhook secrets"


class SecretUnreadableError(Exception):
    """A sealed secret can't be opened: the server's own secret is another than when it was made."""


def make_secret() -> str:
    """Return a new secret."""
    return PREFIX + base64.b64encode(os.urandom(_BYTES)).decode()


def seal(secret: str) -> bytes:
    """Return a secret as the database keeps it."""
    return _find_key().encrypt(secret.encode())


def unseal(sealed: bytes | memoryview) -> str:
    """Return a secret that was sealed.

    Raises
    ------
    SecretUnreadableError
        If it was sealed under another ``secret_key``.
    """
    from cryptography.fernet import InvalidToken

    try:
        opened: bytes = _find_key().decrypt(bytes(sealed))
    except InvalidToken as error:
        raise SecretUnreadableError(
            "the server's secret_key has changed since; renew the webhook's secret"
        ) from error
    return opened.decode()


def sign(secrets: Sequence[str], message_id: str, at_s: int, body: bytes) -> str:
    """Return the ``webhook-signature`` of a message: one signature for each secret."""
    signed = f"{message_id}.{at_s}.".encode() + body
    return " ".join(_sign_one(secret, signed) for secret in secrets)


def _sign_one(secret: str, signed: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(PREFIX))
    digest = hmac.new(key, signed, hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode()


def _find_key() -> Fernet:
    return _derive_key(settings.SECRET_KEY)


@lru_cache(maxsize=2)
def _derive_key(own: str) -> Fernet:
    """Return the key that secrets are sealed with (HKDF, RFC 5869)."""
    from cryptography.fernet import Fernet
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    derived = HKDF(SHA256(), length=32, salt=None, info=_PURPOSE).derive(own.encode())
    return Fernet(base64.urlsafe_b64encode(derived))
