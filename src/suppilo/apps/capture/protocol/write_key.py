"""Finding the write key, wherever a client puts it."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from suppilo.apps.capture.protocol.errors import RequestRefusedError

_MAX_LENGTH = 255
_BODY_NAMES = ("writeKey", "api_key", "token", "$token")
_QUERY_NAMES = ("writeKey", "api_key", "token")


def find_key(headers: Mapping[str, str], query: Mapping[str, str], body: Any) -> str:
    """Return the request's write key.

    Looked for in ``Authorization`` (Basic, with or without a colon, or Bearer), the body, the
    first event, ``X-Write-Key`` and the query. What stands behind a colon is a secret some
    clients add; it is not needed.

    Raises
    ------
    RequestRefusedError
        401 if there is none, if two differ, or if it is too long to be one.
    """
    keys = set(_named_keys(headers, query, body))
    if not keys:
        keys = set(_event_keys(body))
    if len(keys) > 1:
        raise RequestRefusedError(401, "two_keys", "the request names two different write keys")
    key = keys.pop() if keys else ""
    if not key or len(key) > _MAX_LENGTH:
        raise RequestRefusedError(401, "no_key", "the request has no usable write key")
    return key


def _named_keys(headers: Mapping[str, str], query: Mapping[str, str], body: Any) -> Iterator[str]:
    authorization = headers.get("authorization")
    if authorization:
        yield from _present(_read_authorization(authorization))
    if type(body) is dict:
        for name in _BODY_NAMES:
            if name in body:
                yield from _present(body[name])
    if "x-write-key" in headers:
        yield from _present(headers["x-write-key"])
    if query:
        for name in _QUERY_NAMES:
            yield from _present(query.get(name))


def _event_keys(body: Any) -> Iterator[str]:
    """Yield what the first event says; posthog-js names the key nowhere else in some bodies."""
    first = body
    if type(body) is dict:
        first = body.get("batch", body)
    if type(first) is list:
        first = first[0] if first else None
    if type(first) is not dict:
        return
    properties = first.get("properties")
    if type(properties) is dict:
        yield from _present(properties.get("token"))
    for name in _BODY_NAMES:
        yield from _present(first.get(name))


def _present(value: Any) -> Iterator[str]:
    if type(value) is str:
        key = value.partition(":")[0].strip()
        if key:
            yield key


@lru_cache(maxsize=1024)
def _read_authorization(header: str) -> str:
    scheme, _, value = header.partition(" ")
    value = value.strip()
    if scheme.lower() == "bearer":
        return value
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(value + "=" * (-len(value) % 4), validate=True).decode()
    except (binascii.Error, ValueError):
        return ""


def read_anonymous_id(header: str | None) -> str | None:
    """Return the device's id that RudderStack's web client sends as base64 in a header."""
    if not header:
        return None
    try:
        return base64.b64decode(header, validate=True).decode()
    except (binascii.Error, ValueError):
        return None
