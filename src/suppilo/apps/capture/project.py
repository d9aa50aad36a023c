"""What events say about people, handed on in the order of arrival."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

from django.db import InterfaceError, OperationalError, transaction

from suppilo.apps.capture.evidence import collect_evidence
from suppilo.apps.capture.flush import PROJECTED
from suppilo.apps.capture.models import Cursor
from suppilo.apps.capture.quarantine import set_aside
from suppilo.apps.capture.rows import StoredEvent, read_inbox
from suppilo.apps.people.evidence import Evidence

log = logging.getLogger(__name__)

POISON = "could_not_be_processed"
_TRIES = 3
_FIRST_ROWS, _LEAST_ROWS, _MOST_ROWS = 500, 200, 2_500
"""Twice as many are hardly cheaper for each, and hold the database for twice as long."""
_LONG_S, _SHORT_S = 0.05, 0.02


class Projector:
    """Moves the projection on, a piece at a time; the pieces are as large as is quick.

    Parameters
    ----------
    clock_s
        Counts seconds of work: a transaction that takes long keeps events from being stored, and
        small pieces are dearer in all.
    """

    def __init__(self, clock_s: Callable[[], float]) -> None:
        self._clock_s = clock_s
        self._rows = _FIRST_ROWS
        self._failures: dict[int, int] = {}

    def project(self) -> int:
        """Hand on the next events, and return how many.

        An event that fails is tried three times, one call after another, and then goes into
        quarantine; those before it are handed on meanwhile, those after it then.

        Raises
        ------
        OperationalError
            If the database can't be used at present.
        """
        cursor, _ = Cursor.objects.get_or_create(name=PROJECTED)
        rows = read_inbox(cursor.value, limit=self._rows)
        return self._hand_on(rows, cursor.value) if rows else 0

    def _hand_on(self, rows: Sequence[StoredEvent], done: int) -> int:
        """Hand on rows after ``done``; those that can't be are found by halving."""
        try:
            evidence = _collect(rows)
            began_s = self._clock_s()
            _record(evidence, done, rows[-1].seq)
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            if len(rows) == 1:
                return self._count_failure(rows[0], done)
            log.warning("%d events could not be handed on; halving", len(rows), exc_info=True)
            middle = len(rows) // 2
            handed_on = self._hand_on(rows[:middle], done)
            if handed_on < middle:
                return handed_on
            return handed_on + self._hand_on(rows[middle:], rows[middle - 1].seq)
        self._adapt(self._clock_s() - began_s)
        return len(rows)

    def _count_failure(self, row: StoredEvent, done: int) -> int:
        failures = self._failures[row.seq] = self._failures.get(row.seq, 0) + 1
        log.exception("event %d could not be handed on (%d)", row.seq, failures)
        if failures < _TRIES:
            return 0
        del self._failures[row.seq]
        set_aside(row, POISON, "")
        _advance(done, row.seq)
        return 1

    def _adapt(self, took_s: float) -> None:
        if took_s > _LONG_S:
            self._rows = max(_LEAST_ROWS, self._rows // 2)
        elif took_s < _SHORT_S:
            self._rows = min(_MOST_ROWS, self._rows * 2)


def _collect(rows: Sequence[StoredEvent]) -> dict[str, Evidence]:
    """Return what each origin's events say."""
    by_source: defaultdict[int, list[StoredEvent]] = defaultdict(list)
    for row in rows:
        by_source[row.source_id].append(row)
    return {
        f"source:{source_id}": collect_evidence(row.event for row in of_source)
        for source_id, of_source in sorted(by_source.items())
    }


def _record(evidence: Mapping[str, Evidence], done: int, to: int) -> None:
    from suppilo.apps.people.services import record_evidence

    with transaction.atomic():
        _advance(done, to)
        for origin, said in evidence.items():
            record_evidence(origin, said)


def _advance(done: int, to: int) -> None:
    """Move the cursor on from where it was read: two workers can't hand on the same events."""
    moved = Cursor.objects.filter(name=PROJECTED, value=done).update(value=to)
    if not moved:
        raise OperationalError("another worker has moved the projection on")
