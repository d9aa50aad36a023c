"""A segment brought up to date: asked of all events, its members written into the database."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.dataset import DAY_US, DAYS, START_US
from benchmarks.insights.asking import Ask, Comparison, Sizes, open_duckdb
from benchmarks.names import FIRST_STEPS
from benchmarks.people import add_people, make_home

NOW = datetime.fromtimestamp(START_US / 1e6, UTC) + timedelta(days=DAYS)
NOW_US = START_US + DAYS * DAY_US
SINCE_US = NOW_US - 30 * DAY_US
OFTEN, DEAR, PRICE = FIRST_STEPS[0], FIRST_STEPS[1], 50
SQL = f"""
SELECT count(*) FROM (
  SELECT user_id FROM events WHERE event = '{OFTEN}' AND at_us BETWEEN {SINCE_US} AND {NOW_US}
  GROUP BY 1 HAVING count(*) >= 3
  INTERSECT
  SELECT user_id FROM events WHERE event = '{DEAR}' AND price > {PRICE} AND at_us <= {NOW_US}
)
"""


def by_suppilo(sizes: Sizes) -> Ask:
    """Return how a segment of two conditions is refreshed; its members are there from the start."""
    _make_home(sizes.folder)
    connection = open_duckdb(sizes)
    users = connection.execute("SELECT DISTINCT user_id::VARCHAR FROM events ORDER BY 1")
    add_people([name for (name,) in users.fetchall()])
    connection.close()
    from suppilo.apps.segments.refreshing import refresh_segment

    segment = _make_segment()
    return lambda: {"members": refresh_segment(segment, NOW).size}


def by_duckdb(sizes: Sizes) -> Ask:
    """Return how many members there are, by one statement; nothing is written."""
    connection = open_duckdb(sizes)
    return lambda: {"members": connection.execute(SQL).fetchall()[0][0]}


def _make_home(folder: Path) -> None:
    """Make a server's folder whose lake is the loaded one."""
    home = Path(tempfile.mkdtemp(prefix="suppilo-bench-"))
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    make_home(home / "home")
    from django.conf import settings

    shutil.copytree(folder / "lake", settings.SUPPILO.lake, dirs_exist_ok=True)


def _make_segment() -> Any:
    from suppilo.apps.accounts.models import Role, User
    from suppilo.apps.segments.models import Segment
    from suppilo.apps.segments.rules import Condition, Group, Rules

    owner = User.objects.create(email="owner@example.com", name="Owner", role=Role.OWNER)
    conditions = (Condition("event", name=OFTEN, days=30, times=3),
                  Condition("event", name=DEAR, where=f"price > {PRICE}"))  # fmt: skip
    rules = Rules((Group(conditions),)).to_dict()
    return Segment.objects.create(owner=owner, name="Keen", unit="person", rules=rules)


COMPARISONS = (
    Comparison("segments", "refreshed, two conditions on events; DuckDB counts only", "DuckDB",
               by_suppilo, by_duckdb, 5.0, reads_events=True),
)  # fmt: skip
