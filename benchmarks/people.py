"""Pages at size: lists of a million people, and a funnel's page over 20 million events.

A folder of its own with so many people, each with an identifier, every fifth of them known by name
and with a company, and the event tables of as many events; pages are asked through Django with
nothing between, as the server asks them. Beside them stands the plain query for fifty people.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.dataset import DAY_US, DAYS, START_US, Size, prepare_files
from benchmarks.funnel import load_engine, say
from benchmarks.names import FIRST_STEPS
from benchmarks.pipeline import ask_page, time_asking

PEOPLE, EVENTS, COMPANIES = 1_000_000, 20_000_000, 50_000
CHUNK = 50_000
NOW_US = START_US + DAYS * DAY_US
CHANNELS = ("paid_search", "email", "referral", "direct")
STEPS = "&".join(f"s{number}={name}" for number, name in enumerate(FIRST_STEPS[:4], 1))


def parse_arguments(arguments: Sequence[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=PEOPLE)
    parser.add_argument("--events", type=int, default=EVENTS, help="0: without the funnel's page")
    parser.add_argument("--times", type=int, default=40, help="how often each page is asked")
    parser.add_argument("--home", type=Path, help="keep the data here, and use what is here")
    parser.add_argument("--json", type=Path, help="write everything measured to this file")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str]) -> int:
    """Fill, measure, print."""
    chosen = parse_arguments(arguments)
    home = chosen.home or Path(tempfile.mkdtemp(prefix="suppilo-bench-"))
    try:
        found = run(chosen, home)
    finally:
        if chosen.home is None:
            shutil.rmtree(home)
    print(render(found))
    if chosen.json:
        chosen.json.write_text(json.dumps(found, indent=2), "utf-8")
    return 0


def run(chosen: argparse.Namespace, home: Path) -> dict[str, Any]:
    """Measure in a folder of its own."""
    make_home(home / "home")
    from django.conf import settings

    from suppilo.apps.accounts.models import Role, User
    from suppilo.apps.people.models import Person
    from suppilo.web.garbage import settle

    owner, _made = User.objects.get_or_create(
        email="owner@example.com", defaults={"name": "Owner", "role": Role.OWNER}
    )
    if not Person.objects.exists():
        say(f"{chosen.people:,} people")
        add_people([f"person-{number}" for number in range(chosen.people)])
    if chosen.events and not any(settings.SUPPILO.lake.glob("*")):
        files = prepare_files(home / "events", Size(chosen.events, chosen.people), 1)
        say(f"{chosen.events:,} events")
        load_engine("suppilo", files, reuse=True)
        shutil.copytree(home / "events" / "lake", settings.SUPPILO.lake, dirs_exist_ok=True)
    settle()  # as the server does
    return {
        "load_before": os.getloadavg(), "people": chosen.people, "events": chosen.events,
        "pages": measure_pages(owner, chosen.people, chosen.times, has_events=bool(chosen.events)),
    }  # fmt: skip


def make_home(home: Path) -> None:
    """Make a server's folder with an empty database, and have Django use it."""
    os.environ |= {
        "SUPPILO_HOME": str(home), "DATABASE_URL": os.environ.get("DATABASE_URL", ""),
        "DJANGO_SETTINGS_MODULE": "suppilo.web.settings",
    }  # fmt: skip
    from suppilo.apps.operations.home import create_home

    create_home(os.environ)
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


def add_people(identifiers: Sequence[str]) -> None:
    """Write a person for each identifier; every fifth has a name, an address and a company."""
    import pyarrow as pa
    from django.db import transaction
    from django.utils import timezone

    from suppilo.apps.people.bulk import write_rows
    from suppilo.apps.people.models import Company, Identifier, Person
    from suppilo.apps.people.values import search_key
    from suppilo.lake.keys import path_keys

    with transaction.atomic():
        Company.objects.bulk_create(
            [
                Company(pk=n, key=f"c{n}", name=f"Company {n}", name_key=search_key(f"Company {n}"),
                        created_at=timezone.now())
                for n in range(1, COMPANIES + 1)
            ],
            batch_size=2_000,
        )  # fmt: skip
    draw, keys = random.Random(1), path_keys(pa.array(identifiers)).tolist()
    columns = ("id", "identifier", "first_seen_us", "last_seen_us", "name_key", "is_visible",
               "is_known", "has_email", "name", "email", "events", "first_channel",
               "last_channel", "surname_key", "email_key", "company_id")  # fmt: skip
    own = ("id", "value", "key", "search_key", "person_id", "is_known", "first_seen_us",
           "last_seen_us", "events", "first_touch", "last_touch")  # fmt: skip
    for first in range(0, len(identifiers), CHUNK):
        people, ids = [], []
        for n, value in enumerate(identifiers[first : first + CHUNK], first + 1):
            known = n % 5 == 0
            name = f"Given{n % 977} Surname{n}" if known else ""
            email = f"surname{n}@example.com" if known else ""
            seen = NOW_US - draw.randrange(DAYS * DAY_US)
            people.append(
                (n, value, START_US, seen, search_key(name), 1, int(known), int(known), name,
                 email, draw.randrange(1, 60), draw.choice(CHANNELS), draw.choice(CHANNELS),
                 search_key(f"Surname{n}") if known else b"", search_key(email),
                 draw.randrange(1, COMPANIES + 1) if known else None)
            )  # fmt: skip
            ids.append((n, value, keys[n - 1], search_key(value), n, int(known), START_US, seen,
                        0, "{}", "{}"))  # fmt: skip
        with transaction.atomic():
            write_rows(Person, columns, people)
            write_rows(Identifier, own, ids)


def measure_pages(owner: Any, people: int, times: int, *, has_events: bool) -> list[dict[str, Any]]:
    """Ask each page often, with other parameters each time."""
    from django.db import connection
    from django.test import Client

    draw = random.Random(2)
    pages: dict[str, Callable[[], str]] = {
        "people": lambda: "/people/",
        "people, searched": lambda: f"/people/?q=surname{draw.randrange(1, 9_999)}",
        "people, known by channel": lambda: f"/people/?known=1&channel={draw.choice(CHANNELS)}",
        "people, by name": lambda: "/people/?order=name",
        "companies": lambda: "/companies/",
        "companies, searched": lambda: f"/companies/?q=company+{draw.randrange(1, 9_999)}",
        "person": lambda: f"/people/{5 * draw.randrange(1, people // 5)}/",
    }
    if has_events:
        pages["funnel"] = lambda: f"/funnels/new/?{STEPS}&window={draw.randrange(3, 60)}d&wait=2"
    client = Client()
    client.force_login(owner)

    def ask_bare() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT * FROM people_person ORDER BY last_seen_us DESC LIMIT 50")
            cursor.fetchall()

    found = [
        {"page": name, **time_asking(partial(ask_page, client, address), times)}
        for name, address in pages.items()
    ]
    return [*found, {"page": "peer: bare query", **time_asking(ask_bare, times)}]


def render(found: dict[str, Any]) -> str:
    """Return what was measured as a table of text."""
    lines = [
        f"load before: {found['load_before'][0]:.1f}; {found['people']:,} people, "
        f"{found['events']:,} events",
        f"{'page':<26}{'first ms':>10}{'p50 ms':>9}{'p95 ms':>9}{'CPU p95':>9}{'queries':>9}"
        "  statuses",
    ]
    lines += [
        f"{row['page']:<26}{row['first_ms']:>10.0f}{row['p50_ms']:>9.0f}{row['p95_ms']:>9.0f}"
        f"{row['cpu_p95_ms']:>9.0f}{row['queries']:>9.0f}  {row['statuses']}"
        for row in found["pages"]
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
