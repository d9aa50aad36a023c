"""The pipeline at size: pages' server time, and moves a minute, with bare SQL beside them.

A folder of its own with so many deals (one in ten open), their ledger and activities; pages are
asked through Django with nothing between, as the server asks them. Half of the moves go back and
half go on again, through the gates of their stages. The peer of the moves is SQLite alone: one row
changed and one added a transaction, just as durable. The peer of the pages is the plain query for
fifty rows of the same table.

On PostgreSQL where DATABASE_URL names one: ``.ci/with-postgres python -m benchmarks.pipeline``.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.moves import measure_moves, peer_moves

NOW = datetime.now(UTC).replace(microsecond=0)
CHUNK = 20_000


def parse_arguments(arguments: Sequence[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--deals", type=int, default=100_000)
    parser.add_argument("--activities", type=int, default=1_000_000)
    parser.add_argument("--times", type=int, default=40, help="how often each page is asked")
    parser.add_argument("--seconds", type=float, default=30, help="of moving")
    parser.add_argument("--writers", type=int, default=1, help="processes that move at once")
    parser.add_argument("--home", type=Path, help="keep the data here, and use what is here")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="only these pages, or moves")
    parser.add_argument("--json", type=Path, help="write everything measured to this file")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str]) -> int:
    """Fill, measure, print."""
    chosen = parse_arguments(arguments)
    home = chosen.home or Path(tempfile.mkdtemp(prefix="suppilo-bench-"))
    os.environ |= {
        "SUPPILO_HOME": str(home / "home"), "DATABASE_URL": os.environ.get("DATABASE_URL", ""),
        "DJANGO_SETTINGS_MODULE": "suppilo.web.settings",
    }  # fmt: skip
    try:
        found = run(chosen)
    finally:
        if chosen.home is None:
            shutil.rmtree(home)
    print(render(found))
    if chosen.json:
        chosen.json.write_text(json.dumps(found, indent=2), "utf-8")
    return 0


def run(chosen: argparse.Namespace) -> dict[str, Any]:
    """Measure in a folder of its own."""
    from suppilo.apps.operations.home import create_home

    create_home(os.environ)
    import django

    django.setup()
    from django.core.management import call_command

    from suppilo.web.garbage import settle

    call_command("migrate", verbosity=0)
    world = read_world() or fill(chosen.deals, chosen.activities)
    settle()  # as the server does
    found: dict[str, Any] = {
        "load_before": os.getloadavg(),
        "deals": chosen.deals,
        "activities": chosen.activities,
        "pages": measure_pages(world, chosen.times, chosen.only),
        "moves": {},
    }
    if not chosen.only or "moves" in chosen.only:
        found["moves"]["moves"] = measure_moves(world["owner"], chosen.seconds, chosen.writers)
        found["moves"]["peer moves"] = peer_moves(chosen.seconds)
    return found


def read_world() -> dict[str, Any] | None:
    """Return what an earlier run filled and kept; None where there is nothing yet."""
    from suppilo.apps.accounts.models import User
    from suppilo.apps.pipelines.models import Pipeline

    owner = User.objects.filter(email="owner@example.com").first()
    if owner is None:
        return None
    sellers = list(User.objects.exclude(pk=owner.pk).order_by("pk"))
    return {"owner": owner, "sellers": sellers, "pipeline": Pipeline.objects.get(),
            "random": random.Random(2)}  # fmt: skip


def fill(deals: int, activities: int) -> dict[str, Any]:
    """Write users, companies, deals with their ledger, and activities."""
    from django.db import connection

    from suppilo.apps.accounts.models import Role, Team, User
    from suppilo.apps.people.models import Company
    from suppilo.apps.people.values import search_key
    from suppilo.apps.pipelines.services import make_pipeline

    owner = User.objects.create(email="owner@example.com", name="Owner", role=Role.OWNER)
    teams = [Team.objects.create(name=f"Team {n}") for n in range(4)]
    sellers = [
        User.objects.create(email=f"s{n}@example.com", name=f"S {n}", role=Role.SALESPERSON)
        for n in range(20)
    ]
    for number, seller in enumerate(sellers):
        seller.teams.add(teams[number % 4])
    pipeline = make_pipeline(owner, "B2B", "b2b")
    companies = Company.objects.bulk_create(
        [
            Company(
                key=f"c{n}", name=f"Company {n}", name_key=search_key(f"Company {n}"),
                created_at=NOW,
            )
            for n in range(20_000)
        ],
        batch_size=2_000,
    )  # fmt: skip
    world = {"owner": owner, "sellers": sellers, "teams": teams, "pipeline": pipeline,
             "companies": companies, "random": random.Random(1)}  # fmt: skip
    for first in range(0, deals, CHUNK):
        add_deals(world, first, min(first + CHUNK, deals))
        print(f"{min(first + CHUNK, deals):,} deals", file=sys.stderr)
    add_activities(world, deals, activities)
    if connection.vendor == "postgresql":  # Its own process does so within a minute otherwise.
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
    return world


def add_deals(world: dict[str, Any], first: int, last: int) -> None:
    """Write some deals; nine of ten have ended."""
    from suppilo.apps.deals.models import Deal, StageChange
    from suppilo.apps.people.values import search_key

    draw, pipeline = world["random"], world["pipeline"]
    stages = list(pipeline.current.stages.order_by("position"))
    ways = [stage for stage in stages if stage.kind == "open"]
    ends = {stage.kind: stage for stage in stages if stage.kind != "open"}
    lost_reason = pipeline.lost_reasons.first()
    made, entries = [], []
    for number in range(first + 1, last + 1):
        opened = NOW - timedelta(days=draw.randrange(1, 700), seconds=draw.randrange(80_000))
        reached = draw.randrange(1, len(ways) + 1)
        state = "open" if number % 10 == 0 else draw.choice(["won", "lost", "lost"])
        route = ways if state == "won" else ways[:reached]
        moments = sorted(
            opened + (NOW - opened) * draw.random() for _ in range(len(route) + (state != "open"))
        )
        moments[0] = opened
        path = [*route, *([ends[state]] if state != "open" else [])]
        seller = draw.randrange(20)
        made.append(
            Deal(
                number=number, name=f"Deal {number}", name_key=search_key(f"Deal {number}"),
                pipeline=pipeline, version=pipeline.current, stage=path[-1], state=state,
                entered_at=moments[-1], opened_at=opened,
                closed_at=moments[-1] if state != "open" else None,
                lost_reason=lost_reason if state == "lost" else None,
                company=world["companies"][draw.randrange(20_000)],
                owner=world["sellers"][seller], team=world["teams"][seller % 4],
                channel=draw.choice(["paid_search", "email", "referral", "direct"]),
                amount=Decimal(draw.randrange(500, 60_000)),
                expected_close=(NOW + timedelta(days=draw.randrange(-20, 90))).date(),
                next_step="Call" if draw.random() < 0.9 else "",
                next_step_at=NOW + timedelta(hours=draw.randrange(-200, 400)),
                last_activity_at=NOW - timedelta(days=draw.randrange(30)),
                created_at=opened, updated_at=moments[-1],
            )
        )  # fmt: skip
        entries.append((path, moments))
    Deal.objects.bulk_create(made, batch_size=2_000)
    changes = [
        StageChange(
            deal=deal, number=place + 1, from_stage=path[place - 1] if place else None,
            to_stage=stage, version=pipeline.current, at=moments[place],
            kind="open" if not place else {"won": "win", "lost": "lose"}.get(stage.kind, "advance"),
            source="import", actor=world["owner"],
        )
        for deal, (path, moments) in zip(made, entries, strict=True)
        for place, stage in enumerate(path)
    ]  # fmt: skip
    StageChange.objects.bulk_create(changes, batch_size=5_000)


def add_activities(world: dict[str, Any], deals: int, activities: int) -> None:
    """Write activities, one in fifty still to be done."""
    from suppilo.apps.activities.models import Activity
    from suppilo.apps.deals.models import Deal

    draw = world["random"]
    ids = list(Deal.objects.order_by("pk").values_list("pk", flat=True))
    for first in range(0, activities, CHUNK):
        rows = []
        for _ in range(min(CHUNK, activities - first)):
            due = NOW + timedelta(hours=draw.randrange(-15_000, 500))
            is_open = draw.random() < 0.02
            rows.append(
                Activity(
                    kind=draw.choice(["call", "meeting", "email", "task"]), subject="Talk it over",
                    deal_id=ids[draw.randrange(deals)], owner=world["sellers"][draw.randrange(20)],
                    due_at=due, has_time=True, done_at=None if is_open else due,
                    outcome="" if is_open else "reached", created_at=due, updated_at=due,
                )
            )  # fmt: skip
        Activity.objects.bulk_create(rows, batch_size=5_000)
        if (first // CHUNK) % 10 == 9:
            print(f"{first + CHUNK:,} activities", file=sys.stderr)


def measure_pages(
    world: dict[str, Any], times: int, only: Sequence[str] | None
) -> list[dict[str, Any]]:
    """Ask each page often, with other parameters each time, as owner and as a salesperson."""
    from django.test import Client

    from suppilo.apps.deals.models import Deal

    draw = world["random"]
    open_ids = list(Deal.objects.filter(state="open").values_list("pk", flat=True))
    own = list(
        Deal.objects.filter(state="open", owner=world["sellers"][0]).values_list("pk", flat=True)
    )
    pages: list[tuple[str, Any, Callable[[], str]]] = [
        ("board", "owner", lambda: f"/pipeline/?p={world['pipeline'].pk}"),
        ("board, searched", "owner", lambda: f"/pipeline/?q=Deal+{draw.randrange(10, 99)}"),
        ("list", "owner", lambda: f"/deals/?order={draw.choice(['updated', 'amount', 'name'])}"),
        ("list, searched", "owner", lambda: f"/deals/?q=Deal+{draw.randrange(1000, 9999)}"),
        ("deal", "owner", lambda: f"/deals/{draw.choice(open_ids)}/"),
        ("deal, at the side", "owner", lambda: f"/deals/{draw.choice(open_ids)}/sheet/"),
        ("attention", "owner", lambda: "/attention/"),
        ("pipeline report", "owner", lambda: "/reports/pipeline/figures/"),
        ("full funnel", "owner", lambda: "/reports/funnel/"),
        ("board", "salesperson", lambda: "/pipeline/"),
        ("list", "salesperson", lambda: "/deals/"),
        ("deal", "salesperson", lambda: f"/deals/{draw.choice(own)}/"),
        ("my day", "salesperson", lambda: "/day/"),
        ("attention", "salesperson", lambda: "/attention/"),
    ]
    users = {"owner": world["owner"], "salesperson": world["sellers"][0]}
    found = []
    for name, who, address in pages:
        if only and name not in only:
            continue
        client = Client()
        client.force_login(users[who])
        ask = partial(ask_page, client, address)
        found.append({"page": name, "who": who, **time_asking(ask, times)})
    return [*found, {"page": "peer: bare query", "who": "", **time_asking(ask_bare, times)}]


def ask_page(client: Any, address: Callable[[], str]) -> int:
    """Ask for a page; return the answer's status."""
    return int(client.get(address()).status_code)


def ask_bare() -> None:
    """Ask for fifty rows with everything that a list shows of them, in one plain query."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT d.*, s.name, c.name, u.name FROM deals_deal d"
            " JOIN pipelines_stage s ON s.id = d.stage_id"
            " LEFT JOIN people_company c ON c.id = d.company_id"
            " LEFT JOIN accounts_user u ON u.id = d.owner_id"
            " ORDER BY d.id DESC LIMIT 50"
        )
        cursor.fetchall()


def time_asking(ask: Callable[[], int | None], times: int) -> dict[str, Any]:
    """Ask so many times after a first; return the milliseconds, and how many queries one takes."""
    from django.db import connection

    took: list[float] = []
    worked: list[float] = []
    statuses: set[int | None] = set()
    queries = 0

    def count(execute: Callable[..., Any], *arguments: Any) -> Any:
        nonlocal queries
        queries += 1
        return execute(*arguments)

    with connection.execute_wrapper(count):
        for _ in range(times + 1):
            begun, cpu = time.perf_counter(), time.process_time()
            statuses.add(ask())
            took.append(1e3 * (time.perf_counter() - begun))
            worked.append(1e3 * (time.process_time() - cpu))
    return {
        "statuses": sorted(one for one in statuses if one is not None), "first_ms": took[0],
        "p50_ms": quantile(took[1:], 0.5), "p95_ms": quantile(took[1:], 0.95),
        "cpu_p50_ms": quantile(worked[1:], 0.5), "cpu_p95_ms": quantile(worked[1:], 0.95),
        "queries": queries / (times + 1),
    }  # fmt: skip


def quantile(figures: Sequence[float], share: float) -> float:
    """Return a quantile of some figures: the nearest of them."""
    return sorted(figures)[min(int(share * len(figures)), len(figures) - 1)]


def render(found: dict[str, Any]) -> str:
    """Return what was measured as a table of text."""
    lines = [
        f"load before: {found['load_before'][0]:.1f}; {found['deals']:,} deals, "
        f"{found['activities']:,} activities",
        f"{'page':<24}{'as':<14}{'first ms':>10}{'p50 ms':>9}{'p95 ms':>9}"
        f"{'CPU p50':>9}{'CPU p95':>9}{'queries':>9}  statuses",
    ]
    lines += [
        f"{row['page']:<24}{row['who']:<14}{row['first_ms']:>10.0f}{row['p50_ms']:>9.0f}"
        f"{row['p95_ms']:>9.0f}{row['cpu_p50_ms']:>9.0f}{row['cpu_p95_ms']:>9.0f}"
        f"{row['queries']:>9.0f}  {row['statuses']}"
        for row in found["pages"]
    ]
    lines += [
        f"{name}: {figures['per_minute']:,.0f} a minute, "
        f"{figures['per_core_minute']:,.0f} per minute of a core"
        for name, figures in found["moves"].items()
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
