"""Pages in a real browser: log in, look for barriers, take pictures."""

import json
import os
import shutil
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from suppilo.apps.accounts.models import User

ROOT = Path(__file__).parents[2]
AXE = ROOT / "tests" / "browser" / "node_modules" / "axe-core" / "axe.min.js"
ARTEFACTS = ROOT / "artefacts"
CHROMIUM = shutil.which("chromium")
SIZES = {"1440": (1440, 900), "390": (390, 844)}
SCHEMES = {"1440": "light", "390": "dark"}
PATIENCE_MS = 120_000
"""How long to wait for anything: a busy machine is no defect of a page."""
UNDER_WAY = "[aria-busy=true], .htmx-request, .htmx-swapping, .htmx-settling, .htmx-added"
SETTLED = f"() => document.fonts.status === 'loaded' && !document.querySelector('{UNDER_WAY}')"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def log_in_browser(page, server: str, user: User) -> None:
    """Give a browser's page the session of a user."""
    client = Client()
    client.force_login(user)
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies(
        [{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": server}]
    )


def settle(page) -> None:
    """Wait until a page has its style sheets, and what it fetched has come and stands in it."""
    page.wait_for_load_state()
    page.wait_for_function(SETTLED)


def assert_accessible(page) -> None:
    """Fail if axe-core finds a barrier on the page, and say which and where."""
    if not AXE.exists():
        pytest.fail("axe-core is missing: run `make browser`")
    page.wait_for_load_state()  # its text is there before its style sheets are
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate(
        "tags => axe.run(document, {runOnly: {type: 'tag', values: tags}})", RULES
    )
    barriers = [
        {
            "rule": barrier["id"],
            "help": barrier["help"],
            "at": [
                {"html": node["html"], "why": node["failureSummary"]} for node in barrier["nodes"]
            ],
        }
        for barrier in found["violations"]
    ]
    assert not barriers, f"{page.url}: {json.dumps(barriers, indent=1)}"


def assert_fits(page) -> None:
    """Fail if the page is wider than the screen."""
    width = page.viewport_size["width"]
    assert page.evaluate("document.documentElement.scrollWidth") <= width, page.url


def screenshots(page, name: str) -> None:
    """Keep pictures of a page under ``artefacts/``: wide and light, narrow and dark.

    With ``ALL_PICTURES`` in the environment both sizes in both schemes.
    """
    ARTEFACTS.mkdir(exist_ok=True)
    before = page.viewport_size
    for width, (wide, high) in SIZES.items():
        page.set_viewport_size({"width": wide, "height": high})
        for scheme in ("light", "dark") if "ALL_PICTURES" in os.environ else (SCHEMES[width],):
            page.emulate_media(color_scheme=scheme)
            page.screenshot(path=ARTEFACTS / f"{name}-{width}-{scheme}.png", full_page=True)
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(before)
