"""The thread that stores events: everything waiting goes into one transaction.

Only it writes to the inbox, so what it knows of ids and sessions is what is committed: both are
brought up to date after each commit and never before.
"""

from __future__ import annotations

import errno
import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path

from django.db import DataError, IntegrityError, connection
from django.db.utils import Error as DatabaseError

from suppilo.apps.capture.decide import Decision, decide_group, digests_of
from suppilo.apps.capture.files import Reserve
from suppilo.apps.capture.ids import DamagedRunError
from suppilo.apps.capture.insert import write_decision
from suppilo.apps.capture.known import KnownIds
from suppilo.apps.capture.models import ActiveSession, Quarantined
from suppilo.apps.capture.patience import Patience, is_disk_full
from suppilo.apps.capture.prepare import Submission
from suppilo.apps.capture.queue import SubmissionQueue
from suppilo.apps.capture.received import StoreBusy, StoreUnavailable
from suppilo.apps.capture.replay import replay_waiting
from suppilo.apps.capture.rules import SourceRules, read_rules
from suppilo.apps.capture.sessions import KEPT_US, Sessions, session_of
from suppilo.apps.capture.suppression import read_suppressed

log = logging.getLogger(__name__)

_ROUND_S = 0.5
_PURGE_S = 300.0
_REST_SHARE, _LONGEST_REST_S = 0.25, 0.005


class Writer:
    """Stores what is in a queue, group by group.

    Parameters
    ----------
    home
        The data folder.
    queue
        Where the requests' events are.
    reserve
        Disk space to give up when the disk is full.
    refresh_keys
        Called every half second in the writer's thread, where all that others may have changed is
        read again.

    now_us
        The clock: microseconds since 1970 UTC.

    Attributes
    ----------
    rules
        The rules that each source's events are put right by.
    suppressed
        Digests of the identifiers of which nothing may be kept.
    """

    def __init__(
        self,
        home: Path,
        queue: SubmissionQueue,
        reserve: Reserve,
        refresh_keys: Callable[[], None],
        now_us: Callable[[], int],
    ) -> None:
        self.known = KnownIds(home / "ids")
        self.sessions = Sessions()
        self._queue, self._reserve, self._refresh_keys = queue, reserve, refresh_keys
        self.rules: Mapping[int, SourceRules] = {}
        self.suppressed: frozenset[bytes] = frozenset()
        self._now_us = now_us
        self._patience = Patience()
        self._thread = threading.Thread(target=self._run, name="capture-writer", daemon=True)
        self._ready: Future[None] = Future()
        self._next_round_s = self._next_purge_s = 0.0
        self._is_unsure = False

    def start(self) -> None:
        """Begin, once the known ids are loaded.

        Raises
        ------
        DamagedRunError
            If a file of ids can't be used.
        StoreBusy
            If another server writes to the same database.
        """
        self._thread.start()
        self._ready.result()

    def join(self, timeout_s: float) -> bool:
        """Wait until everything is stored and the thread has ended; return whether it has."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    @property
    def is_healthy(self) -> bool:
        """Whether the last commit worked and there is room for the next."""
        return self._thread.is_alive() and self._patience.is_calm and self._reserve.is_there

    def _run(self) -> None:
        try:
            self._load()
        except BaseException as error:  # whoever waits for the start hears it
            self._ready.set_exception(error)
            connection.close()
            if not isinstance(error, Exception):
                raise
            return
        self._ready.set_result(None)
        while not self._queue.is_finished:
            group = self._queue.take(_ROUND_S)
            started = [one for one in group if one.future.set_running_or_notify_cancel()]
            if started:
                began_s = time.monotonic()
                self._answer(started)
                self._give_way(len(started), time.monotonic() - began_s)
            if time.monotonic() >= self._next_round_s:
                self._go_round()
        connection.close()

    def _give_way(self, requests: int, took_s: float) -> None:
        """Leave the database to others for a moment: who waits for SQLite looks only now and then.

        Under load the next group is larger for it, so little is lost.
        """
        if requests > 1:
            self._queue.rest(min(took_s * _REST_SHARE, _LONGEST_REST_S))

    def _load(self) -> None:
        self._reserve.restore()
        self._patience.prepare()
        self.known.load()
        rows = ActiveSession.objects.order_by("seen_us")
        self.sessions.load((bytes(row.key), session_of(row)) for row in rows.iterator())
        self._look_around()

    def _answer(self, group: Sequence[Submission]) -> None:
        """Store a group, and tell its senders; one that breaks the rest is tried apart from it."""
        try:
            self._settle(group)
        except (IntegrityError, DataError) as error:
            self._fall_back(group, error)

    def _settle(self, group: Sequence[Submission]) -> None:
        try:
            decision = self._store(group)
        except (IntegrityError, DataError):
            raise
        except (DatabaseError, OSError, StoreBusy, DamagedRunError) as error:
            self._fail(group, error)
        except Exception as error:
            log.exception("a group of events could not be stored")
            self._fail(group, error)
        else:
            for submission, receipt in zip(group, decision.receipts, strict=True):
                submission.future.set_result(receipt)

    def _store(self, group: Sequence[Submission]) -> Decision:
        if not self._reserve.restore():
            raise OSError(errno.ENOSPC, "the disk is full")
        self._patience.prepare()
        if self._is_unsure:
            self.known.catch_up()
        digests = digests_of(group)
        found = zip(digests, self.known.find(digests), strict=True)
        known = {digest: content for digest, content in found if content is not None}
        with self._patience.transact():
            decision = decide_group(group, known, _held(group), self.sessions)
            write_decision(decision)
            self._is_unsure = True  # a commit that fails may have happened all the same
        self._is_unsure = False
        self._patience.calm()
        self.known.remember(decision.ids)
        self.sessions.adopt(decision.draft)
        return decision

    def _fall_back(self, group: Sequence[Submission], error: Exception) -> None:
        """Try again with ids read anew (a commit may have happened unseen), one by one."""
        log.warning("a group of %d requests is stored one by one: %s", len(group), error)
        try:
            self.known.load()
        except (DatabaseError, DamagedRunError) as failure:
            self._fail(group, failure)
            return
        for submission in group:
            try:
                self._settle([submission])
            except (IntegrityError, DataError) as failure:
                self._fail([submission], failure)

    def _fail(self, group: Sequence[Submission], error: Exception) -> None:
        if is_disk_full(error):
            self._reserve.release()
        if self._patience.lose():  # said once, not for each group of a long failure
            log.error("events can't be stored at present", exc_info=error)
        connection.close()
        for submission in group:
            submission.future.set_exception(StoreUnavailable(str(error)))

    def _go_round(self) -> None:
        self._next_round_s = time.monotonic() + _ROUND_S
        try:
            self.known.refresh()
            self._look_around()
            if self._reserve.restore():
                self._patience.prepare()
                replay_waiting(self.known, self.sessions, self.rules)
            if time.monotonic() >= self._next_purge_s:
                self._purge()
        except (DatabaseError, OSError, DamagedRunError, StoreBusy) as error:
            log.warning("could not look for changes: %s", error)
            connection.close()
        except Exception:
            log.exception("could not look for changes")
            connection.close()

    def _look_around(self) -> None:
        self._refresh_keys()
        self.rules = read_rules()
        self.suppressed = read_suppressed()

    def _purge(self) -> None:
        self._next_purge_s = time.monotonic() + _PURGE_S
        before_us = self._now_us() - KEPT_US
        self.sessions.forget_before(before_us)
        ActiveSession.objects.filter(seen_us__lt=before_us).delete()


def _held(group: Sequence[Submission]) -> set[bytes]:
    refused = [item.digest for submission in group for item in submission.refusals]
    if not refused:
        return set()
    held = Quarantined.objects.filter(digest__in=refused).values_list("digest", flat=True)
    return set(map(bytes, held))
