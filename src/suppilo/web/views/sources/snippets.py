"""Code to paste for each client, with the source's key and this server's address in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from string import Template
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True, slots=True)
class Snippet:
    """What to paste where."""

    title: StrOrPromise
    code: str


_TITLES: dict[str, StrOrPromise] = {
    "suppilo": _("Our snippet"),
    "segment-browser": "Segment (analytics-next)",
    "posthog-browser": "PostHog (posthog-js)",
    "rudder-browser": "RudderStack (rudder-sdk-js)",
    "segment-python": "Segment, Python",
    "segment-node": "Segment, Node.js",
    "rudder-python": "RudderStack, Python",
    "rudder-node": "RudderStack, Node.js",
    "posthog-python": "PostHog, Python",
    "posthog-node": "PostHog, Node.js",
    "curl": "curl",
    "pixel": _("In a mail or a page without scripts"),
}
_WEB = ("suppilo", "segment-browser", "posthog-browser", "rudder-browser", "pixel")
_SERVER = (
    "segment-python", "segment-node", "rudder-python", "rudder-node", "posthog-python",
    "posthog-node", "curl",
)  # fmt: skip
_BY_KIND = {"website": _WEB, "server": _SERVER, "app": _SERVER, "pixel": ("pixel",)}


def list_snippets(kind: str, key: str, base_url: str) -> Sequence[Snippet]:
    """Return what to paste for a kind of source, the likeliest first."""
    parts = urlsplit(base_url)
    values = {"key": key, "base": base_url, "host": parts.netloc, "scheme": parts.scheme}
    return [Snippet(_TITLES[name], _read(name).substitute(values)) for name in _BY_KIND[kind]]


def _read(name: str) -> Template:
    folder = files("suppilo.web") / "templates" / "sources" / "snippets"
    return Template((folder / f"{name}.txt").read_text("utf-8").strip())
