"""Clients, people at work, crashes and clocks in any order, against a world of dictionaries."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
import time_machine
from django.utils import timezone
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from capture_support.asgi_calls import call
from events_support.live_server_world import flusher, project, seen_ids
from faults_support.fresh_homes import fresh_home
from faults_support.naive_world import BLOCKED, FIELDS, PARTS, Call, NaiveWorld
from ops_support.server_homes import ON_POSTGRES
from oracle.bruteforce import Event, run_bruteforce
from oracle.compare import check_report
from oracle.strategies import PROPS, definitions, fixed_profile, moment
from people_support.people_world import roots
from suppilo.analytics.funnel import run_funnel
from suppilo.apps.accounts.models import Role
from suppilo.apps.capture import flush as flushing
from suppilo.apps.capture import runs
from suppilo.apps.capture.http import CaptureApp
from suppilo.apps.capture.models import Source, SourceCount, SourceKey
from suppilo.apps.capture.selectors import check_ids
from suppilo.apps.capture.store import close_store
from suppilo.apps.events.selectors import open_events
from suppilo.apps.people.models import Identifier, MergeEntry, Person
from suppilo.apps.people.services import find_misplaced, merge_people, split_person, undo_merge
from suppilo.apps.people.values import as_us
from suppilo.lake import Lake
from suppilo.lake import write as lake_writing
from suppilo.lake.keys import path_key
from web_support.accounts import make_user

START = datetime(2026, 6, 1, tzinfo=UTC)
MOST_EVENTS = 30
USERS, DEVICES = ("anna", "bert", "cora"), ("d1", "d2", "d3", "d4")
KINDS = [("sequential", "paths"), ("sequential", "attempts"), ("strict", "paths"), ("any", "paths")]
JUMPS = (timedelta(hours=1), timedelta(hours=-1), timedelta(days=-2), timedelta(days=4_400))
STEPS = [(lake_writing, "_commit"), (flushing, "sort_ids"), (flushing, "write_run"),
         (flushing, "_delete_flushed")]  # fmt: skip

_users = st.sampled_from([None, *USERS, BLOCKED[0], BLOCKED[2]])
_devices = st.sampled_from([*DEVICES, *DEVICES, None, BLOCKED[1], BLOCKED[4]])
_moments = st.integers(0, 6).map(moment)
_mixed = st.sampled_from([None, 1, "one", True, 2.5])


class Stopped(Exception):
    """The process ended here."""


@contextmanager
def ending_before(step: tuple[Any, str], times: int) -> Iterator[None]:
    """Let the flush end before it takes a step for the ``times``-th time."""
    real, left = getattr(*step), [times]

    def end(*arguments: Any, **named: Any) -> Any:
        left[0] -= 1
        if not left[0]:
            raise Stopped
        return real(*arguments, **named)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(*step, end)
        yield


def as_json(sent: Call) -> dict[str, Any]:
    """Return a call as Segment's clients write it."""
    at = datetime.fromtimestamp(sent.at_us / 1e6, UTC).isoformat()
    agent = "Googlebot/2.1 (+http://www.google.com/bot.html)" if sent.is_bot else "Mozilla/5.0"
    made = {
        "messageId": sent.id, "type": sent.kind, "timestamp": at, "userId": sent.user,
        "anonymousId": sent.device, "previousId": sent.previous, "properties": sent.properties,
        "context": {"userAgent": agent},
    }  # fmt: skip
    return made | ({"event": sent.name} if sent.kind == "track" else {})


class ServerMachine(RuleBasedStateMachine):
    """A server, and beside it what it should hold."""

    examples = 0

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        ServerMachine.examples += 1
        # No version of who is who may be made at a moment at which an example before made one.
        began = START + timedelta(microseconds=1009 * ServerMachine.examples)
        self.clock = self.stack.enter_context(time_machine.travel(began, tick=False))
        patched = self.stack.enter_context(pytest.MonkeyPatch.context())
        patched.setattr(flushing, "BATCH_ROWS", 6)
        patched.setattr(flushing, "_DELETE_ROWS", 2)
        patched.setattr(runs, "FAN_IN", 2)
        self.home = self.stack.enter_context(fresh_home())
        self.app, self.world, self.number = CaptureApp(), NaiveWorld(), 0
        self.sent: list[tuple[int, Call]] = []

    def teardown(self) -> None:
        self.stack.close()

    @initialize()
    def set_up(self) -> None:
        self.actor = make_user(Role.SALESPERSON)
        self.sources = [Source.objects.create(name=name, kind="server") for name in ("A", "B")]
        for source in self.sources:
            SourceKey.objects.create(source=source, key=f"wk_{source.name}")
            self.world.receive(source.pk, [])
        seed = Call("seed", "track", "seed", moment(0), "seed", properties={"p": 3, "q": 3})
        self._send(0, [seed])

    # --- clients ------------------------------------------------------------------------------

    def _send(self, source: int, calls: list[Call]) -> None:
        self.clock.shift(timedelta(seconds=1))
        body = orjson.dumps({"batch": [as_json(one) for one in calls]})
        key = base64.b64encode(f"wk_{self.sources[source].name}:".encode()).decode()
        heard = call(self.app, "POST", "/v1/batch", body, authorization=f"Basic {key}")
        assert heard.status == 200, heard
        results = {event_id: one["result"] for event_id, one in heard.said["results"].items()}
        assert results == self.world.receive(self.sources[source].pk, calls)
        self.sent += [(source, one) for one in calls]

    def _call(self, **said: Any) -> Call:
        self.number += 1
        return Call(**({"id": f"e{self.number:03}"} | said))

    has_room = precondition(lambda self: len(self.world.stored) < MOST_EVENTS)

    @has_room
    @rule(
        source=st.integers(0, 1),
        drawn=st.lists(
            st.tuples(st.sampled_from("abcabcx"), _moments, _users, _devices,
                      st.sampled_from(PROPS), _mixed),
            min_size=1, max_size=4,
        ),
    )  # fmt: skip
    def clients_send(self, source: int, drawn: list[tuple[Any, ...]]) -> None:
        self._send(source, [
            self._call(kind="track", name=name, at_us=at_us, user=user, device=device,
                       properties=properties | ({} if mixed is None else {"mixed": mixed}))
            for name, at_us, user, device, properties, mixed in drawn
        ])  # fmt: skip

    @has_room
    @rule(source=st.integers(0, 1), user=_users, device=_devices, at_us=_moments)
    def client_identifies(self, source: int, user: str, device: str, at_us: int) -> None:
        made = self._call(kind="identify", name="identify", at_us=at_us, user=user, device=device)
        self._send(source, [made])

    @has_room
    @rule(
        source=st.integers(0, 1), at_us=_moments,
        user=st.sampled_from([*USERS, *DEVICES]),
        previous=st.sampled_from([*USERS, *DEVICES, *DEVICES, BLOCKED[3]]),
    )  # fmt: skip
    def client_aliases(self, source: int, at_us: int, user: str, previous: str) -> None:
        who = {"user": user} if user in USERS else {"device": user}
        self._send(source, [
            self._call(kind="alias", name="alias", at_us=at_us, previous=previous, **who)
        ])  # fmt: skip

    @rule(source=st.integers(0, 1), device=_devices)
    def bot_comes(self, source: int, device: str) -> None:
        bot = self._call(kind="track", name="a", at_us=moment(1), device="d1", is_bot=True)
        self._send(source, [bot])

    @rule(data=st.data(), times=st.integers(1, 3))
    def clients_send_again_in_another_order(self, data: st.DataObject, times: int) -> None:
        source = data.draw(st.sampled_from([source for source, _ in self.sent]))
        mine = [one for whose, one in self.sent if whose == source]
        again = data.draw(st.lists(st.sampled_from(mine), min_size=1, max_size=4))
        for _ in range(times):
            self._send(source, again)

    @rule(data=st.data(), device=_devices)
    def client_sends_other_words_under_an_old_id(self, data: st.DataObject, device: str) -> None:
        source, old = data.draw(st.sampled_from(self.sent))
        made = Call(old.id, "track", "other", moment(2), None, device, None, {"p": 1})
        self._send(source, [made])

    @has_room
    @rule(data=st.data())
    def other_source_uses_the_same_id(self, data: st.DataObject) -> None:
        source, old = data.draw(st.sampled_from(self.sent))
        self._send(1 - source, [old])

    # --- the server ---------------------------------------------------------------------------

    @rule()
    def people_are_told(self) -> None:
        self.clock.shift(timedelta(seconds=1))
        project()
        self.world.hand_on()

    @rule()
    def inbox_is_flushed(self) -> None:
        self.clock.shift(timedelta(seconds=1))
        flusher(self.home).flush(timezone.now(), at_once=True)

    @rule(step=st.sampled_from(STEPS), times=st.integers(1, 3))
    def flush_is_killed(self, step: tuple[Any, str], times: int) -> None:
        self.clock.shift(timedelta(seconds=1))
        try:
            with ending_before(step, times):
                flusher(self.home).flush(timezone.now(), at_once=True)
        except Stopped:
            return

    @rule()
    def files_are_merged(self) -> None:
        Lake.create(self.home / "lake").compact(target_rows=8)
        while runs.merge_next(self.home / "ids", timezone.now()):
            pass

    @rule()
    def server_is_restarted(self) -> None:
        assert close_store()
        self.app = CaptureApp()

    @rule(jump=st.sampled_from(JUMPS))
    def clock_jumps(self, jump: timedelta) -> None:
        # Not before the events: an event of tomorrow is moved to the time of its arrival.
        if timezone.now() + jump > START - timedelta(days=30):
            self.clock.shift(jump)

    # --- people at work -----------------------------------------------------------------------

    @rule(data=st.data())
    def two_people_are_merged(self, data: st.DataObject) -> None:
        found = sorted(set(self.world.roots().values()))
        if len(found) < 2:
            return
        self.clock.shift(timedelta(seconds=1))
        keep, other = data.draw(st.permutations(found))[:2]
        number = dict(Identifier.objects.values_list("value", "person_id"))
        merge_people(self.actor, number[keep], [number[other]])
        self.world.merge(other, keep, as_us(timezone.now()), f"user:{self.actor.pk}")

    @rule(data=st.data())
    def merge_is_undone(self, data: st.DataObject) -> None:
        entries = list(MergeEntry.objects.filter(undone_at=None).order_by("id"))
        if not entries:
            return
        entry = data.draw(st.sampled_from(entries))
        undo_merge(self.actor, entry.pk)
        self.world.undo((entry.source.value, entry.target.value, entry.kind))
        now = roots()
        assert now[entry.source.value] != now[entry.target.value]

    @rule(data=st.data())
    def person_is_split(self, data: st.DataObject) -> None:
        large = sorted(sorted(group) for group, _ in self.world.divide()[0] if len(group) > 1)
        if not large:
            return
        group = data.draw(st.sampled_from(large))
        taken = data.draw(st.sets(st.sampled_from(group), min_size=1, max_size=len(group) - 1))
        person = Person.objects.get(identifiers__value=group[0])
        ids = Identifier.objects.filter(value__in=taken).values_list("id", flat=True)
        split_person(self.actor, person.pk, list(ids))
        self.world.split(taken)

    # --- what must hold -----------------------------------------------------------------------

    def _events(self) -> list[Event]:
        root = self.world.roots()
        return [
            Event(row, path_key(root.get(one.path, one.path)), one.at_us, one.name, one.properties)
            for row, one in enumerate(self.world.stored.values())
        ]

    @rule(data=st.data(), kind=st.sampled_from(KINDS))
    def funnel_is_asked(self, data: st.DataObject, kind: tuple[str, str]) -> None:
        funnel, events = data.draw(definitions(*kind)), self._events()
        result = run_funnel(open_events(), funnel, threads=1)
        check_report(events, funnel, result.report())
        units = zip(result.units.path, result.units.level, result.units.open, strict=True)
        expected = run_bruteforce(events, funnel).units
        assert sorted((int(p), int(level), bool(o)) for p, level, o in units) == sorted(
            (unit.path, unit.level, unit.open) for unit in expected
        )

    @invariant()
    def every_event_is_seen_once(self) -> None:
        assert seen_ids() == self.world.ids()
        assert check_ids() == []

    @invariant()
    def accounts_add_up(self) -> None:
        for source, expected in self.world.counts.items():
            rows = SourceCount.objects.filter(source_id=source).values(*FIELDS)
            found = {name: sum(row[name] for row in rows) for name in FIELDS}
            assert found == {name: expected[name] for name in FIELDS}
            assert found["received"] == sum(found[name] for name in PARTS)

    @invariant()
    def persons_are_those_of_the_rules(self) -> None:
        assert roots() == self.world.roots()
        assert find_misplaced() == []
        entries = MergeEntry.objects.filter(undone_at=None)
        logged = entries.values_list("source__value", "target__value", "kind")
        assert sorted(logged) == sorted(link.pair for link in self.world.divide()[1])


@pytest.mark.django_db(transaction=True)
def test_server_holds_what_the_dictionaries_hold_whatever_happens():
    asked = os.environ.get("SUPPILO_EXAMPLES")
    examples = 12 if ON_POSTGRES else 25  # emptying PostgreSQL's tables takes long
    run_state_machine_as_test(
        ServerMachine,
        settings=settings(fixed_profile(examples), stateful_step_count=25 if asked is None else 40),
    )
