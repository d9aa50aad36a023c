"""``suppilo demo`` as somebody runs it: one command, a password, a page, the figures."""

import http.cookiejar
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from contextlib import closing

import numpy as np
import pytest

from ops_support.server_homes import free_port
from simulated.worlds import source_of
from suppilo.analytics.simulate import simulate_company
from suppilo.apps.demo.load import SEED

PEOPLE = 1_500
COUNT = """
import json, django
django.setup()
from suppilo.apps.demo.load import draw_company
from suppilo.apps.demo.reports import FUNNELS
from suppilo.apps.events.selectors import open_events
from suppilo.analytics.funnel import FunnelDefinition, run_funnel
source = open_events()
counts = [
    [step.count for step in run_funnel(source, FunnelDefinition.from_dict(f.spec)).report().steps]
    for f in FUNNELS
]
print(json.dumps([draw_company(1500).truth.end_us, counts]))
"""


def wait_for(condition, seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.1)
    return False


class Demo:
    """A running ``suppilo demo``."""

    def __init__(self, home):
        self.home, self.port = home, free_port()
        self.environ = {
            **{name: value for name, value in os.environ.items() if not name.startswith("SUPPILO")},
            "DJANGO_SETTINGS_MODULE": "suppilo.web.settings",
        }
        self.log = home.parent / "demo.log"
        demo = [sys.executable, "-m", "suppilo", "demo", "--home", str(home)]
        self.command = [*demo, "--people", str(PEOPLE)]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [*self.command, "--port", str(self.port)], env=self.environ, stdout=log, stderr=log
            )

    @property
    def output(self):
        return self.log.read_text()

    def __enter__(self):
        assert wait_for(lambda: self.answers() or self.process.poll() is not None, 400)
        assert self.process.poll() is None, self.output
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)

    def answers(self):
        try:
            self.open("/health/live")
        except OSError:
            return False
        return True

    def open(self, path, opener=urllib.request, **data):
        body = urllib.parse.urlencode(data).encode() if data else None
        address = f"http://127.0.0.1:{self.port}{path}"
        request = urllib.request.Request(address, body, {"Referer": address})
        method = opener.urlopen if opener is urllib.request else opener.open
        with method(request, timeout=120) as response:
            return response.url, response.read().decode()

    def count(self):
        environ = self.environ | {"SUPPILO_HOME": str(self.home)}
        done = subprocess.run(
            [sys.executable, "-c", COUNT], env=environ, capture_output=True, text=True, timeout=200
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    def jobs(self):
        return self.ask("SELECT kind, state FROM jobs_job")

    def ask(self, query):
        with closing(sqlite3.connect(self.home / "suppilo.sqlite3")) as database:
            return dict(database.execute(query))


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("demo") / "home"


def test_one_command_gives_a_page_a_password_and_true_figures(home):
    demo = Demo(home)
    assert wait_for((home / "demo.lock").exists, 120), demo.output
    beside = subprocess.Popen([*demo.command, "--no-serve"], env=demo.environ)
    with demo:
        assert f"open http://127.0.0.1:{demo.port}" in demo.output
        password = re.search(r"log in as owner@example.com, password (\S+)", demo.output)[1]
        assert "/login/" not in log_in(demo, password)
        assert wait_for(lambda: set(demo.jobs().values()) == {"done"}, 90)
        assert "Subject:" not in demo.output, "mails push the password off the screen"
        end_us, counts = demo.count()
    assert beside.wait(120) == 0, "who fills the same folder at once waits for the first"
    world = simulate_company(np.random.default_rng(SEED), end_us, PEOPLE)
    assert counts == true_counts(world)


PAPERS = (
    "SELECT 'leads', count(*) FROM leads_lead UNION SELECT 'invoices', count(*) FROM "
    "invoices_invoice UNION SELECT 'payments', count(*) FROM invoices_payment"
)


def test_a_second_run_keeps_the_data_and_the_account(home):
    with Demo(home) as demo:
        papers = demo.ask(PAPERS)
        assert papers["leads"] >= 20
        assert papers["invoices"] > papers["payments"] > 0
        assert "with the password printed the first time" in demo.output
        assert "recording events" not in demo.output
        end_us, counts = demo.count()
    world = simulate_company(np.random.default_rng(SEED), end_us, PEOPLE)
    assert counts == true_counts(world)


def true_counts(world):
    """Count the funnels by the persons that events truly belong to."""
    from suppilo.apps.demo.reports import FUNNELS

    source = source_of(world, "channel", "device")
    return [
        [step.count for step in ask_spec(source, funnel.spec).report().steps] for funnel in FUNNELS
    ]


def ask_spec(source, spec):
    from suppilo.analytics.funnel import FunnelDefinition, run_funnel

    return run_funnel(source, FunnelDefinition.from_dict(spec))


def log_in(demo, password):
    jar = http.cookiejar.CookieJar()
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    _, page = demo.open("/login/", opener)
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)[1]
    fields = re.findall(r'<input[^>]* name="(\w+)"', page)
    user = next(name for name in fields if name in ("username", "email"))
    address, _ = demo.open(
        "/login/", opener, csrfmiddlewaretoken=token, password=password,
        **{user: "owner@example.com"},
    )  # fmt: skip
    return address


def test_help_explains_the_options():
    done = subprocess.run(
        [sys.executable, "-m", "suppilo", "demo", "--help"], capture_output=True, text=True
    )
    assert done.returncode == 0
    for word in ("--home", "--port", "--open", "--people"):
        assert word in done.stdout
