"""The one lock and the counters of everybody who writes identities."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction

from suppilo.apps.people.models import IdentityState

_RECENT = 200


@contextmanager
def writing_identities() -> Iterator[IdentityState]:
    """Hold the right to change identities until the transaction ends.

    On PostgreSQL the state's row is locked; on SQLite every transaction that writes is alone.
    """
    with transaction.atomic():
        state = _lock()
        before = (state.next_id, state.version)
        yield state
        if (state.next_id, state.version) != before:
            state.save()


def _lock() -> IdentityState:
    rows = IdentityState.objects.select_for_update()
    found = rows.filter(pk=1).first()
    if found is None:
        IdentityState.objects.bulk_create([IdentityState(pk=1)], ignore_conflicts=True)
        found = rows.get(pk=1)
    return found


def take_ids(state: IdentityState, count: int) -> range:
    """Return this many ids that no identifier has had."""
    first = state.next_id
    state.next_id += count
    return range(first, state.next_id)


def next_version(state: IdentityState) -> int:
    """Begin a new version of who is who, and return it.

    It is made of the clock, so that a version that a failed transaction made is not made again
    with other contents.
    """
    if state.version:
        state.recent = [state.version, *state.recent][:_RECENT]
    state.version = max(state.version + 1, time.time_ns() // 1000)
    return state.version
