"""What the clients are told, in the words that each of them understands.

The statuses are few on purpose: what the real clients do with each was measured, and 202, 204,
3xx, 408, 410 and 429 make some of them lose events or send them twice.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from suppilo.apps.capture.event import Outcome
from suppilo.apps.capture.protocol.routes import Route

Headers = list[tuple[bytes, bytes]]

_GIF = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
_ALLOWED = (
    "authorization, content-type, content-encoding, x-retry-count, anonymousid, sentat, x-write-key"
)
_ALLOWED_NAMES = frozenset(_ALLOWED.split(", "))
_ALLOWED_PREFIXES = ("posthog-", "x-posthog-")
_ORIGIN = re.compile(r"[!-~]{1,255}\Z")
_HEADER_NAME = re.compile(r"[a-z0-9-]{1,64}\Z")
_POSTHOG_RESULTS: dict[Outcome, str] = {
    "stored": "ok",
    "duplicate": "ok",
    "quarantined": "warning",
    "suppressed": "drop",
    "filtered": "drop",
}
_JSON = (b"content-type", b"application/json")
_NOT_KEPT = (b"cache-control", b"no-store")


class Answer(NamedTuple):
    """A response; :func:`add_cors` gives it what browsers need to let a page read it."""

    status: int
    headers: Headers
    body: bytes


def answer_json(value: Any, status: int = 200) -> Answer:
    """Return a JSON answer that no cache keeps."""
    return Answer(status, [_JSON, _NOT_KEPT], orjson.dumps(value))


def answer_error(status: int, code: str, message: str) -> Answer:
    """Return a refusal; RudderStack's Python client needs ``code`` and ``message`` to give up."""
    answer = answer_json(
        {"code": code, "message": message, "error": code, "detail": message}, status
    )
    if status == 503:
        answer.headers.append((b"retry-after", b"1"))
    return answer


def answer_retry(code: str, message: str, *, close: bool = False) -> Answer:
    """Return that nothing was stored, and that the client should come again (503)."""
    answer = answer_error(503, code, message)
    if close:
        answer.headers.append((b"connection", b"close"))
    return answer


def answer_stored(
    route: Route,
    outcomes: Mapping[str, Outcome],
    tally: Mapping[Outcome, int],
    warnings: Mapping[str, Sequence[str]],
) -> Answer:
    """Return what became of a request's events.

    Parameters
    ----------
    outcomes, warnings
        By event id.
    tally
        How many of each outcome.
    """
    if route.family == "posthog_v1":
        results = {
            event_id: _describe(_POSTHOG_RESULTS[outcome], warnings.get(event_id), "details")
            for event_id, outcome in outcomes.items()
        }
        return answer_json({"results": results})
    body: dict[str, Any] = {
        "success": True,
        "status": 1,
        "accepted": tally.get("stored", 0),
        "duplicate": tally.get("duplicate", 0),
        "quarantined": tally.get("quarantined", 0),
        "suppressed": tally.get("suppressed", 0),
        "filtered": tally.get("filtered", 0),
    }
    if route.lists_results:
        body["results"] = {
            event_id: _describe(outcome, warnings.get(event_id), "warnings")
            for event_id, outcome in outcomes.items()
        }
    return answer_json(body)


def _describe(result: str, warnings: Sequence[str] | None, field: str) -> dict[str, Any]:
    if not warnings:
        return {"result": result}
    said: Any = ", ".join(warnings) if field == "details" else list(warnings)
    return {"result": result, field: said}


def answer_pixel() -> Answer:
    """Return the picture of one transparent point, whatever became of its event."""
    return Answer(200, [(b"content-type", b"image/gif"), _NOT_KEPT], _GIF)


def answer_flags() -> Answer:
    """Return that there are no feature flags, as PostHog's clients ask for them."""
    return answer_json(
        {
            "flags": {},
            "featureFlags": {},
            "featureFlagPayloads": {},
            "errorsWhileComputingFlags": False,
        }
    )


def answer_segment_settings(key: str, origin: str) -> Answer:
    """Return what Segment's web client asks its CDN for: where events go.

    Parameters
    ----------
    origin
        This server's address, with its scheme.
    """
    scheme, _, host = origin.partition("://")
    target = {"apiKey": key, "apiHost": f"{host}/v1", "protocol": scheme}
    return answer_json({"integrations": {"Segment.io": target}})


def answer_rudder_settings(key: str) -> Answer:
    """Return what RudderStack's web client asks its control plane for: a source on its own."""
    silent = {"enabled": False}
    source = {
        "id": key,
        "name": key,
        "writeKey": key,
        "enabled": True,
        "workspaceId": "suppilo",
        "config": {"statsCollection": {"errors": silent, "metrics": silent}},
        "connections": [],
        "destinations": [],
    }
    return answer_json({"source": source})


def answer_posthog_settings(key: str, *, as_script: bool) -> Answer:
    """Return what PostHog's web client asks for before it starts: everything but events is off."""
    config = {
        "token": key,
        "supportedCompression": ["gzip", "gzip-js"],
        "hasFeatureFlags": False,
        "sessionRecording": False,
        "surveys": False,
        "heatmaps": False,
        "captureDeadClicks": False,
        "siteApps": [],
        "toolbarParams": {},
        "isAuthenticated": False,
    }
    if not as_script:
        return answer_json(config)
    said = orjson.dumps({"config": config, "siteApps": []})
    name = b"window._POSTHOG_REMOTE_CONFIG"
    script = b"%s=%s||{};%s[%s]=%s;" % (name, name, name, orjson.dumps(key), said)
    return Answer(200, [(b"content-type", b"application/javascript"), _NOT_KEPT], script)


def answer_preflight(requested: str) -> Answer:
    """Return what a browser may send from another site's page.

    Parameters
    ----------
    requested
        ``Access-Control-Request-Headers``.
    """
    extra = [
        name
        for name in (part.strip().lower() for part in requested[:2048].split(","))
        if name.startswith(_ALLOWED_PREFIXES)
        and name not in _ALLOWED_NAMES
        and _HEADER_NAME.match(name)
    ]
    return Answer(
        200,
        [
            (b"access-control-allow-methods", b"POST, GET, OPTIONS"),
            (b"access-control-allow-headers", ", ".join([_ALLOWED, *extra]).encode()),
            (b"access-control-max-age", b"86400"),
        ],
        b"",
    )


def add_cors(answer: Answer, origin: str | None) -> Headers:
    """Return an answer's headers with those that let any site's page read it, without cookies."""
    allowed = origin.encode() if origin and _ORIGIN.match(origin) else b"*"
    return [
        *answer.headers,
        (b"content-length", str(len(answer.body)).encode()),
        (b"access-control-allow-origin", allowed),
        (b"access-control-expose-headers", b"Retry-After"),
        (b"vary", b"Origin"),
    ]
