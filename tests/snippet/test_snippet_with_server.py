"""The snippet against the real server: what the page did is what is stored, each event once."""

import json
import shutil
import subprocess
import sys
from collections import Counter

import pytest

from clients_support.stored import counts_of, make_key, stored_numbers
from ops_support.server_homes import server_home, wait_until
from snippet_support.recording import STRICT, Site, serve_site

sync_api = pytest.importorskip("playwright.sync_api")
CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs chromium")
AGENT = (  # A headless browser's own would be set aside as a bot's.
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/150.0.0.0 Safari/537.36"
)
LATEST = """
import json, sys, django; django.setup()
from suppilo.analytics.events import ALL_PATHS
from suppilo.apps.events.selectors import open_events
table = open_events().read(sys.argv[1], ALL_PATHS)
found = {}
for name in sys.argv[2:]:
    values = table.values(name)
    codes = () if values is None else values.codes
    found[name] = [values.labels[code] for code in codes if code >= 0]
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    with server_home(tmp_path_factory.mktemp("snippet") / "home") as home:
        home.run(
            "init", "--owner", "owner@example.com", "--password-stdin", text="a long password\n"
        )
        yield home


def read_values(home, event, *names):
    environ = {**home.environ, "DJANGO_SETTINGS_MODULE": "suppilo.web.settings"}
    done = subprocess.run(
        [sys.executable, "-c", LATEST, event, *names],
        env=environ, capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    return json.loads(done.stdout.splitlines()[-1])


def wait_stored(home, count, describe):
    wait_until(
        lambda: counts_of(home)["stored"] >= count, lambda: f"{counts_of(home)} {describe()}"
    )


def test_a_thousand_events_arrive_once_each_over_broken_lines(home):
    _, address = home.serve()
    site = Site(capture=address, key=make_key(home, "Shop", "website"), policy=STRICT)
    with serve_site(site), sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", f"--user-agent={AGENT}"]
        )
        context = browser.new_context()
        page = context.new_page()
        page.goto(f"{site.origin}/?utm_source=news&utm_medium=email&utm_campaign=May")
        page.wait_for_function("window.suppilo && suppilo.version")
        for round_number in range(10):
            context.set_offline(round_number % 3 == 1)
            page.evaluate(
                "start => { for (let n = start; n < start + 100; n++)"
                " suppilo.track('Counted', {n}) }",
                round_number * 100,
            )
            page.wait_for_timeout(250)
            if round_number in (5, 8):
                page.reload()
                page.wait_for_function("window.suppilo && suppilo.version")
        context.set_offline(False)
        page.evaluate("suppilo.identify('ann')")
        wait_stored(home, 1004, lambda: page.evaluate("localStorage.length"))
        context.close()
        browser.close()
    assert stored_numbers(home, "Counted", "Shop") == Counter(range(1000))
    counts = counts_of(home)
    assert counts["stored"] == 1004  # with three page views and one identify
    assert counts["received"] == counts["stored"] + counts["duplicate"]
    found = read_values(home, "Counted", "channel", "utm_campaign", "device", "url_path", "library")
    assert {name: set(values) for name, values in found.items()} == {
        "channel": {"email"}, "utm_campaign": {"May"}, "device": {"desktop"}, "url_path": {"/"},
        "library": {"suppilo.js"},
    }  # fmt: skip
