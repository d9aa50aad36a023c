"""Which session an event gets: by time, by person, by the client, and when it comes late."""

import time

import pytest

from store_support.store_events import NOW_US, event
from store_support.store_fixtures import source
from suppilo.apps.capture.models import ActiveSession, Inbox
from suppilo.apps.capture.received import Received
from suppilo.apps.capture.sessions import Draft, Sessions
from suppilo.apps.capture.store import Store

__all__ = ["source"]

MINUTE = 60_000_000


def at(minutes: float, event_id: str = "", **given):
    """An event so many minutes after noon, received a second later."""
    when = NOW_US + round(minutes * MINUTE)
    said = {"at_us": when, "received_us": when + 1_000_000} | given
    return event(event_id or f"e{minutes}{given}", **said)


def sessions_of(*items, sessions: Sessions | None = None) -> list[str]:
    draft = Draft(sessions or Sessions())
    return [draft.assign(1, item) for item in items]


def groups(*items) -> list[int]:
    """Sessions numbered in the order of their appearance."""
    found = sessions_of(*items)
    return [list(dict.fromkeys(found)).index(one) for one in found]


def test_events_within_thirty_minutes_of_each_other_are_one_session():
    assert groups(at(0), at(30), at(59), at(89.1)) == [0, 0, 0, 1]


def test_event_exactly_thirty_minutes_later_belongs_to_the_session():
    assert groups(at(0), at(30)) == [0, 0]
    assert groups(at(0), at(30.001)) == [0, 1]


def test_devices_have_their_own_sessions_and_sources_too():
    assert groups(at(0), at(1, anonymous_id="other"), at(2)) == [0, 1, 0]
    draft = Draft(Sessions())
    assert draft.assign(1, at(0)) != draft.assign(2, at(0))


def test_person_who_logs_in_stays_in_the_session():
    assert groups(at(0), at(1, user_id="ann"), at(2), at(3, user_id="ann")) == [0, 0, 0, 0]


def test_another_known_person_on_the_device_begins_a_session():
    assert groups(at(0, user_id="ann"), at(1, user_id="ben"), at(2)) == [0, 1, 1]


def test_session_id_of_the_client_counts():
    assert sessions_of(at(0, session_id="s1"), at(90, session_id="s1")) == ["s1", "s1"]


def test_events_out_of_order_within_the_gap_are_one_session():
    assert groups(at(20), at(0), at(45), at(70)) == [0, 0, 0, 0]


def test_late_events_form_their_own_session_and_do_not_end_the_present_one():
    late = {"received_us": NOW_US + 121 * MINUTE}
    assert groups(at(120), at(0, **late), at(10, **late), at(125)) == [0, 1, 1, 0]


def test_events_more_than_a_day_away_have_sessions_by_their_own_times():
    week = 7 * 24 * 60
    now = {"received_us": NOW_US}
    assert groups(at(0), at(-week, **now), at(-week + 10, **now), at(-week + 60, **now), at(5)) == [
        0, 1, 1, 2, 0,
    ]  # fmt: skip


def test_same_events_give_the_same_sessions():
    assert sessions_of(at(0), at(60)) == sessions_of(at(0), at(60))


def test_group_that_was_not_committed_leaves_no_trace():
    known = Sessions()
    first = sessions_of(at(0), sessions=known)
    assert sessions_of(at(29), sessions=known) != first


def test_sessions_not_seen_for_long_are_forgotten():
    known = Sessions()
    draft = Draft(known)
    draft.assign(1, at(0))
    draft.assign(1, at(200, anonymous_id="other"))
    draft.finish()
    known.adopt(draft)
    known.forget_before(NOW_US + 100 * MINUTE)
    assert len(known._active) == len(known._saved_us) == 1


@pytest.fixture
def at_noon(source, tmp_path):
    """A store whose clock stands still, started as often as one likes."""

    def begin() -> Store:
        store = Store(tmp_path, reserve_bytes=1 << 16, now_us=lambda: NOW_US)
        store.start()
        return store

    return begin


def test_session_goes_on_after_a_restart(at_noon, source):
    for minutes, name in ((0, "a"), (29, "b")):
        store = at_noon()
        store.submit(Received(source.id, [at(minutes, name)])).result(10)
        assert store.drain()
    assert Inbox.objects.values("session_id").distinct().count() == 1
    assert ActiveSession.objects.get().last_us == NOW_US + 29 * MINUTE


def test_session_is_saved_when_it_changes_and_once_a_minute(at_noon, source):
    store = at_noon()
    for second in (0, 10, 20):
        store.submit(Received(source.id, [at(second / 60)])).result(10)
    assert ActiveSession.objects.get().last_us == NOW_US
    store.submit(Received(source.id, [at(1.1)])).result(10)
    assert store.drain()
    assert ActiveSession.objects.get().last_us == NOW_US + round(1.1 * MINUTE)


def test_sessions_of_a_large_group_are_saved_whole_and_saved_over(at_noon, source):
    store, devices = at_noon(), 512 + 64 + 16 + 4 + 1
    for minutes in (0, 2):
        of_all = [at(minutes, f"{minutes}-{n}", anonymous_id=f"d{n}") for n in range(devices)]
        store.submit(Received(source.id, of_all)).result(10)
    assert store.drain()
    assert Inbox.objects.count() == 2 * devices
    assert Inbox.objects.values("session_id").distinct().count() == devices
    last = ActiveSession.objects.values_list("last_us", flat=True)
    assert list(last) == [NOW_US + 2 * MINUTE] * devices


def test_sessions_of_yesterday_are_not_kept_in_the_database(source, tmp_path):
    store = Store(tmp_path, reserve_bytes=1 << 16)
    store.start()
    store.submit(Received(source.id, [at(0)])).result(10)
    deadline = time.monotonic() + 10
    store._writer._next_purge_s = 0.0
    while ActiveSession.objects.exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert store.drain()
