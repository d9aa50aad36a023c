"""Filling a server's folder with a simulated company: once, and whole, whenever it is stopped."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time

import numpy as np
from django.db import transaction

from suppilo.analytics.simulate import World, draw_deals, simulate_company
from suppilo.apps.accounts.models import User
from suppilo.apps.capture.models import Cursor, Source, SourceKind
from suppilo.apps.capture.services import make_source
from suppilo.apps.deals.models import Deal
from suppilo.apps.demo.activities import make_activities
from suppilo.apps.demo.deals import ORIGIN, make_goods, now_of, open_all
from suppilo.apps.demo.desk import set_desk
from suppilo.apps.demo.evidence import make_evidence
from suppilo.apps.demo.goals import set_goals
from suppilo.apps.demo.leads import make_leads
from suppilo.apps.demo.papers import make_papers
from suppilo.apps.demo.reports import save_reports
from suppilo.apps.demo.spend import record_spend
from suppilo.apps.demo.tables import make_tables
from suppilo.apps.demo.team import Staff, make_staff
from suppilo.apps.imports.records.telling import write_history
from suppilo.apps.jobs.services import start_job
from suppilo.apps.people.services import record_evidence
from suppilo.lake import Lake

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is."""

SEED = 2026
BATCH = "demo"
BATCH_ROWS = 100_000
_END, _LOADED = "demo_end", "demo_loaded"
_KINDS = {"Web shop": SourceKind.WEBSITE, "Sales": SourceKind.SERVER}


def is_loaded() -> bool:
    """Return whether the company's events, customers and reports are there."""
    return Cursor.objects.filter(name=_LOADED).exists()


def load_company(
    owner: User,
    lake: Lake,
    today: date,
    progress: Progress,
    people: int,
    password: str | None = None,
) -> None:
    """Draw the company and record it.

    What was begun and not finished is taken up where it was left, also on another day: the end
    of the history is remembered, and the seed is always the same. Visitors who never became
    known are listed by a job while the server runs (:mod:`suppilo.apps.demo.tasks`): funnels
    don't need that, and they are nine of ten.

    Parameters
    ----------
    owner
        Whose sources, funnels and dashboard they are.
    today
        The history ends where this day begins.
    people
        How many come to the company's site.
    password
        Of the salespeople and their head; they can't log in where it is left out.
    """
    _settle_end(today)
    progress("drawing a company", 0, 1)
    world = draw_company(people)
    progress("drawing a company", 1, 1)
    _write_events(world, lake, progress)
    with transaction.atomic():
        shop = _record_customers(owner, world, progress)
        staff = make_staff(password)
        deals = _record_sales(owner, world, lake, progress, staff)
        make_leads(owner, staff)
        make_papers(owner, deals)
        set_desk(owner, today, staff, deals)
        record_spend(owner, world)
        save_reports(owner)
        set_goals(owner, today)
        start_job(None, "load_demo_visitors", {"source": shop.pk, "people": people})
        Cursor.objects.create(name=_LOADED, value=1)


def draw_company(people: int) -> World:
    """Return the company of this folder: the same whenever it is asked for."""
    end = Cursor.objects.get(name=_END)
    return simulate_company(np.random.default_rng(SEED), end.value, people)


def _settle_end(today: date) -> None:
    midnight = datetime.combine(today, time.min, UTC)
    end_us = round(midnight.timestamp()) * 1_000_000
    Cursor.objects.get_or_create(name=_END, defaults={"value": end_us})


def _write_events(world: World, lake: Lake, progress: Progress) -> None:
    total = len(world.events)
    for number, first in enumerate(range(0, total, BATCH_ROWS)):
        last = min(first + BATCH_ROWS, total)
        events, properties = make_tables(world, first, last)
        lake.write(events, BATCH, properties, sequence=number)
        progress("recording events", last, total)


def _record_customers(owner: User, world: World, progress: Progress) -> Source:
    """Record who the known people are, and return the shop's source."""
    made = []
    for number, (name, kind) in enumerate(_KINDS.items()):
        progress("finding out who is who", number, len(_KINDS))
        made.append(make_source(owner, name, kind))
        record_evidence(f"source:{made[-1].pk}", make_evidence(world, name))
    progress("finding out who is who", len(_KINDS), len(_KINDS))
    return made[0]


def _record_sales(
    owner: User, world: World, lake: Lake, progress: Progress, staff: Staff
) -> list[Deal]:
    """Record the deals, what was done for them, and what their moves were as events."""
    progress("opening deals", 0, 1)
    random = np.random.default_rng([SEED, len(world.events)])
    deals = draw_deals(random, world)
    opened = open_all(owner, random, world, deals, make_goods(owner), staff)
    make_activities(random, opened, now_of(world))
    numbers = [deal.pk for deal in opened]
    write_history(ORIGIN, numbers, lake)
    progress("opening deals", len(opened), len(opened))
    return opened
