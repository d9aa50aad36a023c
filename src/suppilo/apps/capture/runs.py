"""Merging the files of ids, so that their number stays small however many flushes there were."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from django.db import transaction

from suppilo.apps.capture.ids import merge_runs, open_run
from suppilo.apps.capture.models import IdRun

FAN_IN = 8
"""So many runs of a tier become one; a tier's runs are eight times as large as the one before's."""
SMALLEST = 32_768
"""Runs up to this many ids are all of the first tier."""
GRACE = timedelta(minutes=10)
"""How long a merged file stays for processes that have not seen its successor."""
_ORPHAN_AGE_S = 3600.0


def merge_next(folder: Path, now: datetime) -> int:
    """Merge the runs of one tier if there are enough, and return the new run's number of ids.

    Raises
    ------
    DamagedRunError
        If a file is missing or damaged; nothing is changed.
    """
    chosen = _choose(list(IdRun.objects.filter(retired_at=None).order_by("id")))
    if not chosen:
        return 0
    file = f"merged-{chosen[0].pk}-{chosen[-1].pk}-{len(chosen)}.ids"
    count = merge_runs(folder / file, [open_run(folder / run.file) for run in chosen])
    with transaction.atomic():
        IdRun.objects.create(file=file, count=count, created_at=now)
        IdRun.objects.filter(pk__in=[run.pk for run in chosen]).update(retired_at=now)
    return count


def remove_retired(folder: Path, now: datetime) -> int:
    """Remove files that were merged a while ago, and files of writes that broke off."""
    retired = list(IdRun.objects.filter(retired_at__lt=now - GRACE))
    for run in retired:
        (folder / run.file).unlink(missing_ok=True)
    IdRun.objects.filter(pk__in=[run.pk for run in retired]).delete()
    return len(retired) + _remove_orphans(folder, now)


def tier_of(count: int) -> int:
    """Return the tier of a run with so many ids."""
    tier = 0
    while count > SMALLEST:
        count //= FAN_IN
        tier += 1
    return tier


def _choose(runs: Sequence[IdRun]) -> list[IdRun]:
    tiers: defaultdict[int, list[IdRun]] = defaultdict(list)
    for run in runs:
        tiers[tier_of(run.count)].append(run)
    return next((tiers[tier] for tier in sorted(tiers) if len(tiers[tier]) >= FAN_IN), [])


def _remove_orphans(folder: Path, now: datetime) -> int:
    registered = set(IdRun.objects.values_list("file", flat=True))
    before_s = now.timestamp() - _ORPHAN_AGE_S
    removed = 0
    for path in folder.glob("*"):
        with suppress(FileNotFoundError):
            if path.name not in registered and path.stat().st_mtime < before_s:
                path.unlink()
                removed += 1
    return removed
