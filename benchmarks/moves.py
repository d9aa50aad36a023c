"""Moves of deals a minute, back and on through real gates, with bare SQL beside them."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from functools import partial
from itertools import cycle, pairwise
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from suppilo.apps.accounts.models import User
    from suppilo.apps.deals.models import Deal


def measure_moves(actor: User, seconds: float, writers: int = 1) -> dict[str, float]:
    """Move open deals back and on again, as a page does, each in a transaction of its own.

    Every second move enters a stage whose gate asks for something, and is judged by it. Several
    writers are processes that each move deals of their own, all at once.
    """
    from django.db import connections

    from suppilo.apps.deals.models import Deal

    rows = Deal.objects.filter(state="open", stage__position__gte=2).select_related("stage")
    deals = list(rows.order_by("pk"))
    meet_gates(actor, deals)
    move = partial(_move, actor, find_stages_before(), seconds)
    if writers == 1:
        done = [move(deals)]
    else:
        connections.close_all()
        with ProcessPoolExecutor(writers, mp_context=get_context("fork")) as pool:
            done = list(pool.map(move, [deals[first::writers] for first in range(writers)]))
    moves = sum(one.moves for one in done)
    return {
        "writers": writers,
        "per_minute": 60 * moves / max(one.seconds for one in done),
        "per_core_minute": 60 * moves / sum(one.cpu for one in done),
    }


class Done(NamedTuple):
    """What a writer did: so many moves, in so many seconds, of its processor and of the clock."""

    moves: int
    seconds: float
    cpu: float


def _move(actor: User, before: Mapping[int, str], seconds: float, deals: Sequence[Deal]) -> Done:
    from suppilo.apps.deals.models import MoveSource
    from suppilo.apps.deals.services import move_deal

    begun, cpu, count = time.perf_counter(), time.process_time(), 0
    for deal in cycle(deals):
        if time.perf_counter() - begun > seconds:
            break
        back = before[deal.stage_id]
        move_deal(actor, deal.pk, back, source=MoveSource.PAGE, reason="measured")
        move_deal(actor, deal.pk, deal.stage.key, source=MoveSource.PAGE)
        count += 2
    return Done(count, time.perf_counter() - begun, time.process_time() - cpu)


def find_stages_before() -> dict[int, str]:
    """Return the key of the stage before each open stage but the first, by the stage's id."""
    from suppilo.apps.pipelines.models import Stage

    stages = Stage.objects.order_by("position")
    return {later.pk: earlier.key for earlier, later in pairwise(stages)}


def meet_gates(actor: User, deals: Sequence[Deal]) -> None:
    """Give deals what the gates of a B2B sale ask for, where they lack it."""
    from suppilo.apps.activities.models import Activity, ActivityKind
    from suppilo.apps.deals.drafts import NewParticipant
    from suppilo.apps.deals.models import Participant, ParticipantRole
    from suppilo.apps.deals.services.participants import find_contact

    now = datetime.now(UTC)
    buyer = find_contact(NewParticipant("buyer@example.com", name="The Buyer"), None, now)
    known = set(Participant.objects.filter(contact=buyer).values_list("deal", flat=True))
    missing = [deal for deal in deals if deal.pk not in known]
    Participant.objects.bulk_create(
        [
            Participant(
                deal=deal, contact=buyer, role=ParticipantRole.DECISION_MAKER, is_main=True,
                added_at=now,
            )
            for deal in missing
        ],
        batch_size=2_000,
    )  # fmt: skip
    Activity.objects.bulk_create(
        [
            Activity(
                kind=ActivityKind.DEMO, subject="Show it", deal=deal, owner=actor,
                due_at=now, done_at=now, created_at=now, updated_at=now,
            )
            for deal in missing
        ],
        batch_size=2_000,
    )  # fmt: skip


def peer_moves(seconds: float) -> dict[str, float]:
    """Change one row and add one, a transaction each, in SQLite alone."""
    import sqlite3

    folder = Path(tempfile.mkdtemp(prefix="suppilo-bench-peer-"))
    base = sqlite3.connect(folder / "peer.sqlite3", isolation_level=None)
    base.executescript(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
        "CREATE TABLE deal (id INTEGER PRIMARY KEY, stage TEXT);"
        "CREATE TABLE change (id INTEGER PRIMARY KEY, deal INTEGER, stage TEXT, at TEXT)"
    )
    base.executemany("INSERT INTO deal VALUES (?, 'new')", [(n,) for n in range(10_000)])
    begun, cpu, count = time.perf_counter(), time.process_time(), 0
    while time.perf_counter() - begun < min(seconds, 10):
        base.execute("BEGIN IMMEDIATE")
        base.execute("UPDATE deal SET stage = 'next' WHERE id = ?", (count % 10_000,))
        base.execute("INSERT INTO change (deal, stage, at) VALUES (?, 'next', 'now')", (count,))
        base.execute("COMMIT")
        count += 1
    took, used = time.perf_counter() - begun, time.process_time() - cpu
    base.close()
    shutil.rmtree(folder)
    return {"per_minute": 60 * count / took, "per_core_minute": 60 * count / used}
