"""Which paths the clients of each family use, and what each stands for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from suppilo.apps.capture.event import Kind

Family = Literal["segment", "posthog", "posthog_v1", "native", "pixel", "flags", "settings"]


@dataclass(frozen=True, slots=True)
class Route:
    """What a path takes and how it answers.

    Attributes
    ----------
    family
        Whose envelope it reads and whose answer it gives.
    kind
        What its event is where the event itself doesn't say.
    methods
        The methods it takes, besides OPTIONS.
    is_browser
        Whether only browsers use it: smaller bodies, and the sender's address and user agent are
        the person's.
    is_import
        Whether it is for old events, whose times are never corrected.
    lists_results
        Whether the answer names each event's outcome.
    argument
        The part of the path that is a write key.
    """

    family: Family
    kind: Kind | None = None
    methods: tuple[str, ...] = ("POST",)
    is_browser: bool = False
    is_import: bool = False
    lists_results: bool = False
    argument: str = ""


_KINDS: tuple[Kind, ...] = ("track", "identify", "page", "screen", "group", "alias")


def _segment_routes() -> dict[str, Route]:
    routes = {
        "/v1/batch": Route("segment", lists_results=True),
        "/v1/import": Route("segment", is_import=True, lists_results=True),
        "/v1/b": Route("segment", is_browser=True),
        "/beacon/v1/batch": Route("segment", is_browser=True),
        "/api/v1/events": Route("native", lists_results=True),
        "/sourceConfig": Route("settings", methods=("GET",)),
    }
    for kind in _KINDS:
        routes[f"/v1/{kind}"] = Route("segment", kind)
        routes[f"/v1/{kind[0]}"] = Route("segment", kind, is_browser=True)
        routes[f"/api/s/{kind}"] = Route("segment", kind, is_browser=True)
    for kind in ("track", "page"):
        routes[f"/pixel/v1/{kind}"] = Route("pixel", kind, ("GET",), is_browser=True)
    return routes


def _posthog_routes() -> dict[str, Route]:
    server = Route("posthog")
    browser = Route("posthog", is_browser=True)
    return {
        "/batch": server,
        "/capture": server,
        "/track": server,
        "/engage": server,
        "/i/v0/e": browser,
        "/e": browser,
        "/i/v1/analytics/events": Route("posthog_v1"),
        "/flags": Route("flags"),
        "/decide": Route("flags"),
    }


ROUTES = _segment_routes() | _posthog_routes()
_LOWER = {path.lower() for path in ROUTES}
_ROOMS = ("/v1/", "/beacon/", "/pixel/", "/i/", "/array/", "/api/s/", "/analytics.js/")
_SETTINGS = ("GET",)


def tidy_path(path: str) -> str:
    """Return a path with single slashes and none at its end."""
    if "//" in path:
        path = "/" + "/".join(part for part in path.split("/") if part)
    return path[:-1] if len(path) > 1 and path[-1] == "/" else path


@lru_cache(maxsize=4096)
def is_capture(path: str) -> bool:
    """Return whether a path is answered by capture, be it with 404; all others are pages."""
    tidy = tidy_path(path).lower()
    return tidy in _LOWER or tidy.startswith(_ROOMS)


def find_route(path: str) -> Route | None:
    """Return what a path stands for, or None; letters' case counts."""
    tidy = tidy_path(path)
    return ROUTES.get(tidy) or _find_settings(tidy)


def _find_settings(path: str) -> Route | None:
    match path.split("/")[1:]:
        case ["v1", "projects", key, "settings"]:
            return Route("settings", methods=_SETTINGS, argument=key)
        case ["array", key, "config" | "config.js"]:
            return Route("settings", methods=_SETTINGS, argument=key)
    return None
