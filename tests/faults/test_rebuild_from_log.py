"""All that is made of events can be made again of the events, and comes out as it is stored."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from deltalake import DeltaTable
from django.utils import timezone

from events_support.live_server_world import flusher, project
from faults_support.fresh_homes import fresh_home
from people_support.people_world import dump
from store_support.store_events import event
from suppilo.apps.accounts.models import Role, User
from suppilo.apps.capture.event import CapturedEvent
from suppilo.apps.capture.models import Inbox, Source
from suppilo.apps.capture.prepare import read_payload
from suppilo.apps.capture.received import Received
from suppilo.apps.capture.store import close_store, get_store
from suppilo.apps.people.models import Company, Identifier, MergeEntry, Person
from suppilo.apps.people.services import (
    add_members,
    merge_people,
    rename_company,
    split_person,
    undo_merge,
)
from suppilo.lake.folder import list_tables

pytestmark = pytest.mark.django_db(transaction=True)

MINUTE_US = 60_000_000
START = datetime(2026, 6, 1, tzinfo=UTC)
FIRST_US = 2_000_000_000 * 1_000_000
"""Later than the clock: the sessions of the past are forgotten after a while."""
COLUMNS = ("source_id", "digest", "content", "name", "at_us", "received_us", "path",
           "session_id", "payload")  # fmt: skip
Row = tuple[Any, ...]
State = dict[str, Any]


@dataclass
class ByHand:
    """What somebody at work did, when, and to whom: by values, which no numbering changes."""

    verb: str
    values: tuple[str, ...]
    at: datetime

    def do(self, actor: User) -> None:
        """Do it, as it was done."""
        numbers = dict(Identifier.objects.values_list("value", "person_id"))
        with time_machine.travel(self.at, tick=False):
            if self.verb == "merge":
                keep, other = (numbers[value] for value in self.values)
                merge_people(actor, keep, [other])
            elif self.verb == "undo":
                source, target, kind = self.values
                entries = MergeEntry.objects.filter(undone_at=None, kind=kind)
                undo_merge(actor, entries.get(source__value=source, target__value=target).pk)
            elif self.verb == "split":
                taken = Identifier.objects.get(value=self.values[0])
                split_person(actor, taken.person_id, [taken.pk])
            elif self.verb == "join":
                key, value = self.values
                add_members(actor, Company.objects.get(key=key).pk, [numbers[value]])
            else:
                rename_company(actor, Company.objects.get(key=self.values[0]).pk, self.values[1])


@dataclass
class Log:
    """What happened, in its order: rows as the inbox had them, and what was done by hand."""

    entries: list[Row | ByHand] = field(default_factory=list)
    last_seq: int = 0

    def take_rows(self) -> None:
        """Take what is new in the inbox, before it is flushed away."""
        for seq, *row in (
            Inbox.objects.filter(seq__gt=self.last_seq).order_by("seq").values_list("seq", *COLUMNS)
        ):
            self.entries.append(tuple(bytes(v) if isinstance(v, memoryview) else v for v in row))
            self.last_seq = seq


@contextmanager
def world() -> Iterator[tuple[Path, User]]:
    """Yield an empty home with two sources and somebody at work, always the same ones."""
    with fresh_home() as home:
        actor = User.objects.create(pk=7, email="s@example.com", name="S", role=Role.SALESPERSON)
        for number in (1, 2):
            Source.objects.create(pk=number, name=f"Source {number}", kind="server")
        yield home, actor


def some_event(dice: random.Random, number: int) -> CapturedEvent:
    """Return an event of a few devices and users, of any kind, often late."""
    device, user = f"d{dice.randrange(6)}", f"u{dice.randrange(4)}"
    at_us = FIRST_US + dice.randrange(60) * 7 * MINUTE_US
    received_us = at_us + dice.choice([1, 1, 50, 3_000]) * MINUTE_US
    kind = dice.choice(["track", "track", "page", "identify", "alias", "group"])
    said: dict[str, Any] = {
        "kind": kind,
        "name": dice.choice(["view", "pay"]) if kind == "track" else kind,
        "anonymous_id": device,
        "user_id": user if kind == "identify" or dice.random() < 0.3 else None,
        "session_id": f"own-{device}" if dice.random() < 0.2 else None,
        "properties": {"total": dice.choice([1.5, 2.5, None])},
    }
    if kind == "page":
        campaign = {"source": dice.choice(["news", "ads"]), "name": f"{number}"}
        said["context"] = {"campaign": campaign,
                           "page": {"url": "https://shop.example/a"}}  # fmt: skip
    if kind == "alias":
        said |= {"user_id": user, "anonymous_id": None, "previous_id": dice.choice([device, "old"])}
    if kind == "group":
        said |= {"group_id": dice.choice(["acme", "beta"]), "traits": {"name": f"Firm {number}"}}
    if kind == "identify":
        said |= {"traits": {"email": f"{user}@example.com", "plan": dice.choice(["a", "b"])},
                 "traits_once": {"first_plan": dice.choice(["a", "b"])}}  # fmt: skip
    return event(f"e{number}", at_us=at_us, received_us=received_us, **said)


def choose_by_hand(dice: random.Random, at: datetime) -> ByHand | None:
    """Return something that can be done to what there is."""
    roots = sorted(Person.objects.filter(is_visible=True).values_list("identifier", flat=True))
    joins = sorted(
        MergeEntry.objects.filter(undone_at=None).values_list(
            "source__value", "target__value", "kind"
        )
    )
    large = sorted(Identifier.objects.exclude(value__in=roots).values_list("value", flat=True))
    keys = sorted(Company.objects.values_list("key", flat=True))
    offers = [
        ("merge", tuple(dice.sample(roots, 2)) if len(roots) > 1 else None),
        ("undo", dice.choice(joins) if joins else None),
        ("split", (dice.choice(large),) if large else None),
        ("join", (dice.choice(keys), dice.choice(roots)) if keys and roots else None),
        ("rename", (dice.choice(keys), f"Called {at:%H%M%S}") if keys else None),
    ]
    able = [(verb, values) for verb, values in offers if values]
    return ByHand(*dice.choice(able), at) if able else None


def live(dice: random.Random, home: Path, actor: User) -> Log:
    """Let a server run: receive, hand on, flush, restart, and be worked with."""
    log, number = Log(), 0
    for step in range(70):
        what = dice.choice(["send"] * 5 + ["project", "flush", "restart", "hand", "hand"])
        if what == "send":
            batch = [some_event(dice, number + n) for n in range(dice.randint(1, 5))]
            number += len(batch)
            get_store().submit(Received(dice.choice([1, 2]), batch)).result(20)
        elif what == "project":
            project()
        elif what == "flush":
            project()
            log.take_rows()
            flusher(home).flush(timezone.now(), at_once=True)
        elif what == "restart":
            assert close_store()
        else:
            project()
            log.take_rows()
            done = choose_by_hand(dice, START + timedelta(minutes=step))
            if done is not None:
                done.do(actor)
                log.entries.append(done)
    project()
    log.take_rows()
    return log


def rebuild(log: Log, actor: User, size: Callable[[], int]) -> list[Row]:
    """Send a log's events to an empty server, and do what was done; return its inbox."""
    again, waiting = Log(), list[Row]()

    def send() -> None:
        for row in waiting:
            get_store().submit(Received(row[0], [read_payload(row[-1])])).result(20)
        waiting.clear()
        project()

    for entry in log.entries:
        if isinstance(entry, ByHand):
            send()
            entry.do(actor)
            continue
        waiting.append(entry)
        if len(waiting) >= size():
            send()
    send()
    again.take_rows()
    return [row for row in again.entries if not isinstance(row, ByHand)]


def read_state(home: Path) -> State:
    """Return all that was made of the events: people, their log, and the event tables."""
    while flusher(home).flush(timezone.now(), at_once=True):
        pass
    merges = MergeEntry.objects.filter(undone_at=None)
    columns = ("source__value", "target__value", "kind", "origin", "at_us", "event_id")
    tables = {}
    for name, folder in list_tables(home / "lake").items():
        table = DeltaTable(str(folder)).to_pyarrow_table()
        kept = [one for one in table.column_names if not one.startswith("_") and one != "row_order"]
        tables[name] = table.sort_by("row_order").select(sorted(kept)).to_pylist()
    return dump() | {"merges": sorted(merges.values_list(*columns)), "tables": tables}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_empty_server_that_is_sent_the_log_holds_the_same_rows(seed: int) -> None:
    with world() as (home, actor):
        log = live(random.Random(seed), home, actor)
        expected = read_state(home)
    rows = [row for row in log.entries if not isinstance(row, ByHand)]
    assert len(rows) > 50
    assert {one.verb for one in log.entries if isinstance(one, ByHand)} >= {"merge", "undo"}
    dice = random.Random(seed)
    for size in (lambda: 10_000, lambda: dice.randint(1, 9)):
        with world() as (home, actor):
            assert rebuild(log, actor, size) == rows
            found = read_state(home)
        for name, part in expected.items():
            assert found[name] == part, name
