"""Checks of the database, and that it, the event tables and the ids belong together."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing

from django.db import DatabaseError, connection
from django.utils import timezone

from suppilo.apps.config import Config
from suppilo.apps.operations.checks.finding import Finding, doubtful, good, wrong
from suppilo.apps.operations.database import (
    find_damage,
    has_data,
    list_unapplied,
    list_unknown,
    sqlite_file,
)
from suppilo.apps.operations.locks import is_running

_RESTORE = "restore a backup into a new folder: suppilo restore FILE --home NEW"


def check_database_state(config: Config) -> Iterator[Finding]:
    """Check that the database is there, whole, and of this version."""
    found = _check_file(config)
    if found is not None:
        yield found
        return
    try:
        unknown, unapplied = list_unknown(), list_unapplied()
    except DatabaseError as error:
        yield wrong("database", f"can't be used: {str(error).strip()}", "check DATABASE_URL")
        return
    if unknown:
        yield wrong("database", f"a newer version made it ({unknown[0]})", "upgrade Suppilo")
    elif unapplied:
        remedy = "suppilo init, or suppilo serve, brings it up to date"
        yield doubtful("database", f"{len(unapplied)} migrations are to be made", remedy)
    else:
        yield good("database", f"whole, and of this version ({connection.vendor})")


def check_events(config: Config) -> Iterator[Finding]:
    """Check the event tables, the files of ids and the inbox against the database."""
    yield from _check_lake(config)
    yield from _check_ids(config)
    yield _check_inbox(config)
    yield _check_people()


def check_deals() -> Iterator[Finding]:
    """Check that deals are where their ledgers say, and that their documents are there."""
    yield _check_ledgers()
    yield _check_documents()


def _check_file(config: Config) -> Finding | None:
    path = sqlite_file(config)
    if path is None:
        return None
    if not path.exists() or not path.stat().st_size:
        remedy = _RESTORE if has_data(config) else "suppilo init"
        return wrong("database", f"{path} is missing or empty", remedy)
    reason = find_damage(path) or _check_integrity(path)
    return wrong("database", f"{path} {reason}", _RESTORE) if reason else None


def _check_integrity(path: object) -> str | None:
    try:
        with closing(sqlite3.connect(str(path), timeout=20)) as database:
            found = database.execute("PRAGMA integrity_check(3)").fetchall()
            orphans = database.execute("PRAGMA foreign_key_check").fetchone()
    except sqlite3.DatabaseError as error:
        return f"is damaged ({error})"
    if found != [("ok",)]:
        return f"is damaged ({found[0][0]})"
    return f"has a row in {orphans[0]} whose other half is gone" if orphans else None


def _check_lake(config: Config) -> Iterator[Finding]:
    from suppilo.apps.capture.models import FlushBatch
    from suppilo.lake import Lake, LakeError, LakeSource
    from suppilo.lake.parquet import find_damage, has_digest

    try:
        lake = Lake.open(config.lake)
        summaries = lake.events()
        source = LakeSource(lake)
    except LakeError as error:
        yield wrong("event tables", str(error), _RESTORE)
        return
    damaged = list(find_damage(source.tables()))
    yield from (wrong("event tables", said, _RESTORE) for said in damaged)
    if damaged:
        return
    files = [(one.folder.name, file.name) for one in source.tables() for file in one.files]
    bare = [f"tables/{folder}/{name}" for folder, name in files if not has_digest(name)]
    if bare:
        yield doubtful(
            "event tables",
            f"{len(bare):,} of {len(files):,} files were written before files had digests, or by "
            f"another tool; of them only the pages could be checked: {', '.join(bare[:5])}"
            + (" …" if len(bare) > 5 else ""),
            f"suppilo compact {config.lake} writes them again with digests",
        )
    rows = sum(summary.rows for summary in summaries)
    yield good("event tables", f"{len(summaries):,} tables with {rows:,} events can be read")
    last = FlushBatch.objects.order_by("number").values_list("number", flat=True).last() or 0
    written = max((source.sequence(s.name, "capture") or 0 for s in summaries), default=0)
    if written > last:
        yield wrong(
            "event tables",
            f"they have batch {written:,} of the inbox, the database only {last:,}: the database "
            "is older than the tables, and has lost what it was last told",
            f"put the right database (and its -wal file) back, or {_RESTORE}",
        )


def _check_ids(config: Config) -> Iterator[Finding]:
    from suppilo.apps.capture.ids import DamagedRunError, open_run
    from suppilo.apps.capture.models import IdRun

    count = 0
    for file in IdRun.objects.filter(retired_at=None).values_list("file", flat=True):
        try:
            count += len(open_run(config.home / "ids" / file))
        except DamagedRunError as error:
            yield wrong("ids", str(error), _RESTORE)
            return
    yield good("ids", f"{count:,} ids of flushed events can be read")


def _check_people() -> Finding:
    from suppilo.apps.people.services import find_misplaced

    wrongly = find_misplaced()
    if not wrongly:
        return good("people", "who is who is what the evidence says")
    text = f"{len(wrongly):,} identifiers are not with the person that the evidence says"
    return wrong("people", text, "suppilo check --rebuild-people")


def _check_ledgers() -> Finding:
    from suppilo.apps.deals.selectors import find_unsound

    wrongly = find_unsound()
    if not wrongly:
        return good("deals", "each is where the ledger of its moves says")
    numbers = ", ".join(str(one.number) for one in wrongly[:5])
    text = f"{len(wrongly):,} deals are not where their ledgers say (number {numbers} …)"
    return wrong("deals", text, "suppilo check --replay-deals")


def _check_documents() -> Finding:
    from suppilo.apps.deals.models import Document
    from suppilo.apps.deals.services.documents import document_path

    names = Document.objects.exclude(stored_name="").values_list("stored_name", flat=True)
    gone = sum(not document_path(name).is_file() for name in names.iterator())
    if not gone:
        return good("documents", "every file of a deal is there")
    return wrong("documents", f"{gone:,} files of deals are missing", _RESTORE)


def _check_inbox(config: Config) -> Finding:
    from suppilo.apps.operations.health import LONGEST_LAG, flush_lag

    lag = flush_lag(timezone.now())
    if lag <= LONGEST_LAG:
        return good("inbox", "no event waits long")
    text = f"events have waited for {lag.total_seconds():,.0f} s to reach the event tables"
    if is_running(config.home, "worker"):
        return wrong("inbox", text, "look into the log of the worker for what keeps it")
    return doubtful("inbox", text, "start the worker (suppilo serve)")
