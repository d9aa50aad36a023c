"""Events of one moment stay in the order in which they arrived, whatever clocks and files do."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from django.utils import timezone

from events_support.live_server_world import flusher, project
from faults_support.fresh_homes import fresh_home
from store_support.store_events import NOW_US, event
from suppilo.analytics.funnel import FunnelDefinition, run_funnel
from suppilo.apps.capture import flush as flushing
from suppilo.apps.capture.models import Source
from suppilo.apps.capture.received import Received
from suppilo.apps.capture.store import get_store
from suppilo.apps.events.selectors import latest_events, open_events

START = datetime(2026, 6, 1, tzinfo=UTC)
ASKED = {"steps": ["first", "second", "third"], "window": "1h", "order": "strict"}


@pytest.fixture
def home(transactional_db: None) -> Iterator[Path]:
    with fresh_home() as folder:
        yield folder


@pytest.fixture
def source(home: Path) -> Source:
    return Source.objects.create(name="Shop", kind="server")


def store(source: Source, *names: str, **properties: object) -> None:
    """Store events of one device and one moment, in this order."""
    sent = [event(f"{n}-{name}", name=name, at_us=NOW_US, properties=properties)
            for n, name in enumerate(names)]  # fmt: skip
    get_store().submit(Received(source.pk, sent)).result(10)
    project()


def reached() -> list[int]:
    result = run_funnel(open_events(), FunnelDefinition.from_dict(ASKED))
    return [step.count for step in result.report().steps]


@pytest.mark.parametrize("jump", [timedelta(hours=1), timedelta(hours=-1), timedelta(days=-3000)])
def test_clock_that_jumps_between_flushes_changes_no_order(home, source, jump):
    with time_machine.travel(START, tick=False) as clock:
        for name in ("first", "second", "third"):
            store(source, name)
            flusher(home).flush(timezone.now(), at_once=True)
            clock.shift(jump)
        assert reached() == [1, 1, 1]
        assert [one.name for one in latest_events()] == ["third", "second", "first"]


def test_events_of_one_batch_keep_their_order_though_their_types_clash(home, source):
    store(source, "noise", "noise", "noise", "first", value=1)
    store(source, "second", value="one")
    store(source, "third", value=1)
    assert reached() == [1, 1, 1]
    flusher(home).flush(timezone.now(), at_once=True)
    assert reached() == [1, 1, 1]


class Stopped(Exception):
    """The flush ends here."""


def test_flush_that_was_killed_between_two_tables_changes_no_order(home, source, monkeypatch):
    store(source, "first", value="text")
    store(source, "second", value=1)
    store(source, "third", value="text")
    with monkeypatch.context() as patched:
        real, calls = flushing.to_tables, []

        def end_at_second(*arguments):
            calls.append(1)
            if len(calls) == 2:
                raise Stopped
            return real(*arguments)

        patched.setattr(flushing, "to_tables", end_at_second)
        with pytest.raises(Stopped):
            flusher(home).flush(timezone.now(), at_once=True)
    assert reached() == [1, 1, 1]
    flusher(home).flush(timezone.now(), at_once=True)
    assert reached() == [1, 1, 1]
