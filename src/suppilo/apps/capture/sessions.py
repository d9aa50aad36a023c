"""Which session an event belongs to, decided when it is stored.

A client's own session id counts. Without one, a device's events belong together while no more than
30 minutes pass between them and no other known user appears. Events that come late, or more than a
day away from their arrival, form sessions of their own by their times, so that they neither end
nor stretch the session that the device is in.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from suppilo.apps.capture.event import CapturedEvent

if TYPE_CHECKING:
    from suppilo.apps.capture.models import ActiveSession

GAP_US = 30 * 60 * 1_000_000
DAY_US = 24 * 3600 * 1_000_000
KEPT_US = 2 * 3600 * 1_000_000
"""How long after its last event's arrival a device's session is remembered."""
_SAVE_EVERY_US = 60 * 1_000_000
_MOST = 500_000


class Session(NamedTuple):
    """A session that more events may still join. ``user_id`` is empty until somebody is known."""

    session_id: str
    user_id: str
    start_us: int
    last_us: int
    seen_us: int

    def takes(self, event: CapturedEvent) -> bool:
        """Return whether an event belongs to the session."""
        if event.user_id and self.user_id and event.user_id != self.user_id:
            return False
        return self.start_us - GAP_US <= event.at_us <= self.last_us + GAP_US

    def join(self, event: CapturedEvent) -> Session:
        """Return the session with an event in it."""
        # Every event makes one: by place it takes half as long as by name.
        session_id, user_id, start_us, last_us, seen_us = self
        at_us, received_us = event.at_us, event.received_us
        return Session._make(
            (
                session_id,
                user_id or event.user_id or "",
                at_us if at_us < start_us else start_us,
                at_us if at_us > last_us else last_us,
                received_us if received_us > seen_us else seen_us,
            )
        )


class Sessions:
    """The sessions that devices are in.

    A group of events is decided in a :class:`Draft`, which is adopted once it has been committed.
    """

    def __init__(self) -> None:
        self._active: dict[bytes, Session] = {}
        self._saved_us: dict[bytes, int] = {}

    def load(self, rows: Iterable[tuple[bytes, Session]]) -> None:
        """Take over what was saved."""
        for key, session in rows:
            self._active[key] = session
            self._saved_us[key] = session.last_us

    def get(self, key: bytes) -> Session | None:
        """Return the session under a key."""
        return self._active.get(key)

    def needs_saving(self, key: bytes, session: Session) -> bool:
        """Return whether a restart would notice that the session was not saved.

        One that merely went on for a few seconds need not be: at most a minute of the 30 is lost.
        """
        known = self._active.get(key)
        if known is None or known.session_id != session.session_id:
            return True
        if known.user_id != session.user_id or known.start_us != session.start_us:
            return True
        return session.last_us - self._saved_us.get(key, 0) >= _SAVE_EVERY_US

    def adopt(self, draft: Draft) -> None:
        """Remember what a committed group decided."""
        for key, session in draft.changed.items():
            self._active.pop(key, None)  # put at the end: the first are those longest unseen
            self._active[key] = session
        for key, session in draft.saved:
            self._saved_us[key] = session.last_us

    def forget_before(self, seen_us: int) -> None:
        """Forget sessions not seen since, and the longest unseen ones where there are too many."""
        over = len(self._active) - _MOST
        gone = []
        for index, (key, session) in enumerate(self._active.items()):
            if session.seen_us >= seen_us and index >= over:
                break
            gone.append(key)
        for key in gone:
            self._active.pop(key)
            self._saved_us.pop(key, None)


class Draft:
    """Sessions as they will be once a group of events is committed."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self.changed: dict[bytes, Session] = {}
        self.saved: Sequence[tuple[bytes, Session]] = ()

    def assign(self, source_id: int, event: CapturedEvent) -> str:
        """Return the id of an event's session."""
        if event.session_id:
            return event.session_id
        device = f"{source_id}:{event.anonymous_id or event.path}"
        key = _hash_device(device)
        active = self.changed.get(key) or self._sessions.get(key)
        if _is_late(event, active):
            key = _hash(f"late:{device}")
            active = self.changed.get(key) or self._sessions.get(key)
        if active is None or not active.takes(event):
            active = _begin(device, event)
        self.changed[key] = active.join(event)
        return active.session_id

    def finish(self) -> None:
        """Settle which sessions are saved with the group."""
        self.saved = [
            (key, session)
            for key, session in self.changed.items()
            if self._sessions.needs_saving(key, session)
        ]


def session_row(key: bytes, session: Session) -> tuple[Any, ...]:
    """Return the values of ``ActiveSession``'s columns, in their order."""
    return (
        key,
        session.session_id,
        session.user_id,
        session.start_us,
        session.last_us,
        session.seen_us,
    )


def session_of(row: ActiveSession) -> Session:
    """Return a session that was saved."""
    return Session(row.session_id, row.user_id, row.start_us, row.last_us, row.seen_us)


def _is_late(event: CapturedEvent, active: Session | None) -> bool:
    if abs(event.at_us - event.received_us) > DAY_US:
        return True
    return active is not None and event.at_us < active.start_us - GAP_US


def _begin(device: str, event: CapturedEvent) -> Session:
    # The id follows from the event, so that the same events give the same sessions.
    name = _hash(f"{device}:{event.user_id or ''}:{event.at_us}").hex()
    return Session(name, event.user_id or "", event.at_us, event.at_us, event.received_us)


@lru_cache(maxsize=16_384)
def _hash_device(text: str) -> bytes:
    return _hash(text)


def _hash(text: str) -> bytes:
    return hashlib.blake2b(text.encode(), digest_size=16, person=b"session").digest()
