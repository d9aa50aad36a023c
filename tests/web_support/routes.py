"""Finds every route of the server, as the server itself has them."""

import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver, reverse


@dataclass(frozen=True)
class Found:
    """A route as it stands in the URL configuration."""

    key: str
    method: str
    name: str
    path: str

    @property
    def is_api(self) -> bool:
        return self.path.startswith("api/")

    def url(self, arguments: dict[str, Any]) -> str:
        """Return the address with its arguments filled in."""
        if not self.is_api:
            return reverse(self.name, kwargs=arguments)
        return "/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda at: str(arguments[at[1]]), self.path)


def find_routes() -> list[Found]:
    """Return every page's and API operation's route, once for each method."""
    found = (_describe(pattern, path) for pattern, path in _walk(get_resolver().url_patterns, ""))
    return sorted(
        {route for routes in found for route in routes}, key=lambda route: (route.key, route.path)
    )


def _walk(patterns: list[URLPattern | URLResolver], before: str) -> Iterator:
    for pattern in patterns:
        path = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, path)
        else:
            yield pattern, path


def _describe(pattern: URLPattern, path: str) -> Iterator[Found]:
    if not path.startswith("api/"):
        methods = getattr(pattern.callback, "allowed_methods", None)
        assert methods, f"{path}: say who may open it with @page or @public_page"
        for method in methods:
            yield Found(f"{method} {pattern.name}", method, pattern.name or "", path)
        return
    for method in _api_methods(pattern):
        yield Found(f"{method} {path}", method, "", path)


def _api_methods(pattern: URLPattern) -> list[str]:
    if not inspect.isfunction(pattern.callback):  # The description, and the API's root.
        return ["GET"]
    operations = inspect.getclosurevars(pattern.callback).nonlocals["self"].operations
    return [method for operation in operations for method in operation.methods]
