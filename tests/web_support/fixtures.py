"""Fixtures for pages: a browser, a page in it that complains to the test."""

import os
import sys
from collections.abc import Iterator
from importlib import import_module
from unittest.mock import patch

import pytest
from django.conf import settings
from django.utils import timezone, translation

from web_support.browser import CHROMIUM, PATIENCE_MS


@pytest.fixture(autouse=True)
def _end_calculations() -> Iterator[None]:
    """End what a test has left running: a server has one folder, each test one of its own."""
    yield
    if asking := sys.modules.get("suppilo.apps.funnels.ask"):
        asking.RUNNING.end_all()


@pytest.fixture(autouse=True)
def _forget_language_and_zone() -> Iterator[None]:
    """Forget what the last request of a test was answered in: its thread is the next one's too."""
    yield
    translation.deactivate()
    timezone.deactivate()


@pytest.fixture(scope="module")
def chromium() -> Iterator:
    """Return a browser that the tests of a module share.

    Playwright keeps an event loop running in this thread as long as the browser is there, so it
    must not outlive the module: others run loops of their own.
    """
    if CHROMIUM is None:
        pytest.skip("needs chromium")
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=PATIENCE_MS)
    import_module(settings.ROOT_URLCONF)  # else the first page waits for what all pages import

    # Django would refuse the database beside a running loop.
    with patch.dict(os.environ, DJANGO_ALLOW_ASYNC_UNSAFE="true"), sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser
        browser.close()


@pytest.fixture
def browser_page(chromium, live_server) -> Iterator:
    """Return a page whose addresses begin at the live server's.

    What the browser complains of (a script that fails, a policy that is broken) fails the test.
    """
    context = chromium.new_context(
        base_url=live_server.url, viewport={"width": 1440, "height": 900}, locale="en-GB"
    )
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    complaints: list[str] = []
    page.on(
        "console",
        lambda said: complaints.append(said.text) if said.type in {"error", "warning"} else None,
    )
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.complaints = complaints
    yield page
    context.close()
    assert complaints == []
