"""What a server has stored, read as its reports read it, by a process of its own."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from collections import Counter
from contextlib import closing
from typing import Any

from ops_support.server_homes import ServerHome

_MAKE_KEY = """
import sys, django; django.setup()
from suppilo.apps.accounts.models import User
from suppilo.apps.capture.services import make_source
source = make_source(User.objects.filter(role="owner").first(), sys.argv[1], sys.argv[2])
print(source.keys.get().key)
"""
_NUMBERS = """
import json, sys, django; django.setup()
from suppilo.analytics.events import ALL_PATHS
from suppilo.apps.events.selectors import open_events
table = open_events().read(sys.argv[1], ALL_PATHS)
numbers, sources = table.values("n"), table.values("source")
found = () if numbers is None else zip(numbers.codes, sources.codes)
print(json.dumps([numbers.labels[n] for n, s in found if sources.labels[s] == sys.argv[2]]))
"""
_NAMES = ("received", "stored", "duplicate", "quarantined", "suppressed", "filtered")
_SUMS = ", ".join(f"coalesce(sum({name}), 0)" for name in _NAMES)
_COUNTS = f"SELECT {_SUMS} FROM capture_sourcecount"
_COUNTS_OF_ONE = (
    f"{_COUNTS} JOIN capture_source ON capture_source.id = source_id WHERE capture_source.name = "
)


def make_key(home: ServerHome, name: str, kind: str) -> str:
    """Make a source, and return its write key."""
    return _ask(home, _MAKE_KEY, name, kind)


def stored_numbers(home: ServerHome, event: str, source: str) -> Counter[object]:
    """Return how often each value of the property ``n`` is stored of one source's events."""
    return Counter(json.loads(_ask(home, _NUMBERS, event, source)))


def counts_of(home: ServerHome, source: str = "") -> dict[str, int]:
    """Return the accounts of one source, or of all together.

    Read from the database itself: tests look again and again, and a process takes seconds.
    """
    if home.database_url:
        import psycopg

        connection: Any = psycopg.connect(home.database_url)
        mark = "%s"
    else:
        connection = sqlite3.connect(home.folder / "suppilo.sqlite3", timeout=60)
        mark = "?"
    with closing(connection):
        found = (
            connection.execute(_COUNTS_OF_ONE + mark, (source,))
            if source
            else connection.execute(_COUNTS)
        )
        return dict(zip(_NAMES, map(int, found.fetchone()), strict=True))


def _ask(home: ServerHome, program: str, *arguments: str) -> str:
    environ = {**home.environ, "DJANGO_SETTINGS_MODULE": "suppilo.web.settings"}
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        env=environ, capture_output=True, text=True, timeout=400, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.strip().splitlines()[-1]
