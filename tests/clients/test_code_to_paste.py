"""The clients whose code a source's page shows are those that the tests send with."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from suppilo.web.views.sources.snippets import list_snippets

HERE = Path(__file__).parent
TITLES = {
    "segment-python": "Segment, Python",
    "segment-node": "Segment, Node.js",
    "rudder-python": "RudderStack, Python",
    "rudder-node": "RudderStack, Node.js",
    "posthog-python": "PostHog, Python",
    "posthog-node": "PostHog, Node.js",
    "segment-browser": "Segment (analytics-next)",
    "posthog-browser": "PostHog (posthog-js)",
    "snippet": "Our snippet",
}
WITHOUT_A_CLIENT = {"curl", "In a mail or a page without scripts"}
NOT_SENT_WITH = {"RudderStack (rudder-sdk-js)"}
"""Of it there are recorded requests only."""


def clients_of(name: str, pattern: str) -> set[str]:
    """Return the clients in a program that sends; a way of packing is no client of its own."""
    found = re.findall(pattern, (HERE / name).read_text("utf-8"), re.MULTILINE)
    return {re.sub("-(gzip|v1)$", "", client) for client in found}


def shown(kind: str) -> dict[str, str]:
    found = list_snippets(kind, "wk_a", "https://events.example.com")
    return {str(one.title): one.code for one in found}


def test_servers_code_is_of_the_clients_that_are_tried() -> None:
    tried = clients_of("send_events.py", r'^    "([\w-]+)": (?:send|lambda)')
    tried |= clients_of("send.mjs", r'^  async "?([\w-]+)"?\(\)')
    assert set(shown("server")) - WITHOUT_A_CLIENT == {TITLES[client] for client in tried}


def test_websites_code_is_of_the_clients_that_are_tried() -> None:
    tried = clients_of("browser.mjs", r'^  async "?([\w-]+)"?\(\)')
    named = set(shown("website")) - WITHOUT_A_CLIENT - NOT_SENT_WITH
    assert named == {TITLES[client] for client in tried}


def test_every_package_for_node_that_is_tried_has_its_code() -> None:
    packages = set(json.loads((HERE / "package.json").read_text("utf-8"))["dependencies"])
    code = "\n".join(shown("server").values())
    imported = set(re.findall(r'^import .* from "(.+)";$', code, re.MULTILINE))
    assert imported == packages - {"@segment/analytics-next", "posthog-js"}


@pytest.mark.parametrize("kind", ["website", "server", "app", "pixel"])
def test_code_has_the_key_and_the_address_and_nothing_left_open(kind: str) -> None:
    for title, code in shown(kind).items():
        assert "wk_a" in code, title
        assert "events.example.com" in code, title
        assert "$" not in code, title
