"""At whatever moment of a flush one looks: every stored event is there, once."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from events_support.live_server_world import (
    LATER,
    NAMES,
    flusher,
    in_own_thread,
    link_all,
    project,
    seen_ids,
    store_events,
)
from store_support.store_fixtures import source, store
from suppilo.analytics.events import ALL_PATHS
from suppilo.analytics.funnel import FunnelDefinition, run_funnel
from suppilo.apps.capture import flush as flushing
from suppilo.apps.capture.models import FlushBatch, Inbox
from suppilo.apps.events.selectors import open_events, take_snapshot
from suppilo.apps.people.services import forget_origin
from suppilo.lake import write as lake_writing

__all__ = ["source", "store"]
FUNNEL = FunnelDefinition.from_dict({"steps": ["view", "cart", "pay"]})


def test_stored_event_is_seen_before_it_is_flushed(home, store, source):
    assert seen_ids() == Counter()
    ids = store_events(store, source, "a", 12)
    assert seen_ids() == Counter(ids)
    assert set(open_events().event_names()) == set(NAMES)


class Stopped(Exception):
    """The flush ends here, as if its process had been killed."""


class StepByStep:
    """Looks at what is seen before and after each step of a flush, and may stop it at one."""

    def __init__(self, monkeypatch, expected, stop_at=None):
        self.reader = ThreadPoolExecutor(1)
        self.expected, self.stop_at, self.steps = expected, stop_at, []
        self.lock = threading.Lock()
        self._around(monkeypatch, lake_writing, "_commit")
        self._around(monkeypatch, flushing, "write_run")
        self._around(monkeypatch, flushing, "sort_ids")
        self._around(monkeypatch, flushing, "_delete_flushed")
        self._around(monkeypatch, flushing, "to_tables")
        monkeypatch.setattr(flushing, "_DELETE_ROWS", 5)

    def _around(self, monkeypatch, module, name):
        real = getattr(module, name)

        def watched(*arguments, **named):
            self.look(f"before {name}")
            answer = real(*arguments, **named)
            self.look(f"after {name}")
            return answer

        monkeypatch.setattr(module, name, watched)

    def look(self, step):
        with self.lock:
            self.steps.append(step)
            number = len(self.steps)
        seen = self.reader.submit(in_own_thread(seen_ids)).result()
        assert seen == self.expected, f"{step} ({number})"
        if number == self.stop_at:
            raise Stopped(step)


def test_every_event_is_seen_once_at_each_step_of_a_flush(home, store, source, monkeypatch):
    ids = store_events(store, source, "a", 30)
    project()
    flusher(home).flush(LATER)
    ids += store_events(store, source, "b", 30)
    project()
    watch = StepByStep(monkeypatch, Counter(ids))
    assert flusher(home).flush(LATER).rows == 30
    assert watch.steps.count("after _commit") == len(NAMES)
    assert not Inbox.objects.exists()
    assert seen_ids() == Counter(ids)


@pytest.mark.parametrize("stop_at", range(3, 16, 2))
def test_flush_that_was_killed_loses_and_doubles_nothing(home, store, source, monkeypatch, stop_at):
    ids = store_events(store, source, "a", 20)
    project()
    with monkeypatch.context() as patched:
        StepByStep(patched, Counter(ids), stop_at)
        with pytest.raises(Stopped):
            flusher(home).flush(LATER)
    ids += store_events(store, source, "b", 9)
    project()
    StepByStep(monkeypatch, Counter(ids))
    while flusher(home).flush(LATER):
        pass
    assert seen_ids() == Counter(ids)
    assert FlushBatch.objects.exclude(flushed_at=None).count() == 2


def test_readers_beside_a_store_and_a_flush_miss_nothing(home, store, source):
    done = threading.Event()
    stored: list[str] = []
    looked = [0]

    def keep_storing():
        # However quick the machine is, somebody looks while there is something going on.
        for number in range(500):
            stored.extend(store_events(store, source, f"t{number}", 40))
            if number >= 25 and looked[0] > 3:
                break
        done.set()

    def keep_flushing():
        work = flusher(home)
        while not done.is_set():
            project()
            work.flush(LATER)

    def keep_reading():
        looks = 0
        while not done.is_set() or not looks:
            known = Counter(list(stored))
            seen = seen_ids()
            assert max(seen.values(), default=1) == 1
            assert not known - seen, "what was stored before is seen"
            looks += 1
            looked[0] = looks
        return looks

    with ThreadPoolExecutor(3) as pool:
        running = [
            pool.submit(in_own_thread(work)) for work in (keep_storing, keep_flushing, keep_reading)
        ]
        assert [future.result() for future in running][2] > 3
    assert seen_ids() == Counter(stored)


def test_merge_shows_at_once_in_flushed_and_waiting_events_and_its_undo_too(home, store, source):
    store_events(store, source, "a", 30)
    project()
    flusher(home).flush(LATER)
    store_events(store, source, "b", 30)
    assert open_events().count_paths() == 7
    before = run_funnel(open_events(), FUNNEL).report()
    link_all("anna")
    assert open_events().count_paths() == 6
    assert run_funnel(open_events(), FUNNEL).report().paths == 6
    forget_origin("merges:1")
    assert open_events().count_paths() == 7
    assert run_funnel(open_events(), FUNNEL).report().to_dict() == before.to_dict()


def test_merges_during_a_question_do_not_show_in_its_answer(home, store, source):
    store_events(store, source, "a", 60)
    project()
    flusher(home).flush(LATER)
    store_events(store, source, "b", 30)
    apart = run_funnel(open_events(), FUNNEL).report().to_dict()
    link_all("anna")
    together = run_funnel(open_events(), FUNNEL).report().to_dict()
    assert apart != together
    done = threading.Event()

    def keep_merging():
        try:
            for _ in range(12):
                forget_origin("merges:1")
                link_all("anna")
        finally:
            done.set()

    def keep_asking():
        answers = []
        while not done.is_set() or not answers:
            events = open_events()
            answer = run_funnel(events, FUNNEL).report().to_dict()
            assert run_funnel(events, FUNNEL).report().to_dict() == answer
            answers.append(answer)
        return answers

    with ThreadPoolExecutor(2) as pool:
        merging = pool.submit(in_own_thread(keep_merging))
        asking = pool.submit(in_own_thread(keep_asking))
        merging.result()
        answers = asking.result()
    assert all(answer in (apart, together) for answer in answers)


def test_snapshot_has_another_version_only_when_something_changed(home, store, source):
    store_events(store, source, "a", 12)
    first = take_snapshot()
    assert take_snapshot().version == first.version
    store_events(store, source, "b", 4)
    second = take_snapshot()
    assert second.version != first.version
    link_all("anna")
    assert take_snapshot().version not in {first.version, second.version}


def test_waiting_rows_are_not_sorted_again_while_they_are_the_same(home, store, source):
    store_events(store, source, "a", 12)
    one = take_snapshot().waiting.read("view", ALL_PATHS)
    store_events(store, source, "b", 1, name="cart")
    other = take_snapshot().waiting
    assert other.read("view", ALL_PATHS).path is one.path


def test_opening_events_asks_the_database_a_few_times_whatever_there_is(
    home, store, source, django_assert_max_num_queries
):
    store_events(store, source, "a", 60)
    project()
    flusher(home).flush(LATER)
    store_events(store, source, "b", 60)
    open_events()
    with django_assert_max_num_queries(6):
        open_events()
