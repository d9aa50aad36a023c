"""Stored events become what is known of people, each once; one that can't be harms no other."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from store_support.store_events import NOW_US, event, events
from store_support.store_fixtures import source, store
from suppilo.apps.capture import project
from suppilo.apps.capture.evidence import collect_evidence
from suppilo.apps.capture.models import Cursor, Inbox, Quarantined, SourceCount
from suppilo.apps.capture.project import Projector
from suppilo.apps.capture.store import Received
from suppilo.apps.capture.worker import CaptureWorker

__all__ = ["source", "store"]


@pytest.fixture
def projector() -> Projector:
    return Projector(lambda: 0.0)


@pytest.fixture
def recorded(monkeypatch):
    """What was handed on; an event named Poison can't be."""
    found: list[tuple[str, str]] = []
    real = collect_evidence

    def collect(rows):
        rows = list(rows)
        if any(row.name == "Poison" for row in rows):
            raise ValueError("poison")
        found.extend((row.id, row.path) for row in rows)
        return real(rows)

    monkeypatch.setattr(project, "collect_evidence", collect)
    return found


def send(store, source, items) -> None:
    store.submit(Received(source.id, items)).result(10)


def test_events_are_handed_on_once_and_in_order(store, source, projector, recorded):
    send(store, source, events("a", 20))
    assert projector.project() == 20
    assert projector.project() == 0
    send(store, source, events("b", 3))
    assert Projector(lambda: 0.0).project() == 3
    assert [event_id for event_id, _ in recorded] == [f"a-{i}" for i in range(20)] + [
        "b-0", "b-1", "b-2",
    ]  # fmt: skip


def test_poison_event_is_quarantined_after_three_tries_and_the_rest_proceeds(
    store, source, projector, recorded
):
    send(store, source, [*events("a", 40), event("bad", name="Poison"), *events("b", 40)])
    tries = 0
    while projector.project() or Quarantined.objects.count() == 0:
        tries += 1
        assert tries < 20
    assert Quarantined.objects.get().reason == "could_not_be_processed"
    assert not Inbox.objects.filter(name="Poison").exists()
    assert len(recorded) == len(set(recorded)) == 80
    count = SourceCount.objects.get()
    assert (count.received, count.stored, count.quarantined) == (81, 80, 1)


def test_two_poison_events_do_not_stop_the_projection(store, source, projector, recorded):
    poison = [event(f"bad{i}", name="Poison") for i in range(2)]
    send(store, source, [poison[0], *events("a", 5), poison[1], *events("b", 5)])
    for _ in range(12):
        projector.project()
    assert Quarantined.objects.count() == 2
    assert len(set(recorded)) == 10


def test_cursor_that_another_worker_moved_hands_nothing_on_twice(store, source, recorded):
    send(store, source, events("a", 5))
    first = Projector(lambda: 0.0)
    rows = project.read_inbox(0)
    assert first.project() == 5
    with pytest.raises(Exception, match="another worker"):
        project._record(project._collect(rows), 0, rows[-1].seq)
    assert Cursor.objects.get().value == Inbox.objects.order_by("-seq").first().seq


def test_pieces_get_smaller_while_they_take_long(store, source):
    seconds = iter(range(100))
    projector = Projector(lambda: float(next(seconds)))
    send(store, source, events("a", 700))
    assert [projector.project() for _ in range(3)] == [500, 200, 0]
    send(store, source, events("b", 700))
    assert projector.project() == 200


def test_pieces_that_are_quick_grow_up_to_a_bound(store, source):
    projector = Projector(lambda: 0.0)
    send(store, source, events("a", 6_100))
    assert [projector.project() for _ in range(6)] == [500, 1000, 2000, 2500, 100, 0]


def test_events_say_who_was_seen_when_and_how_often():
    found = collect_evidence(
        [
            event("a", at_us=20),
            event("b", at_us=10),
            event("c", at_us=30, user_id="u1"),
        ]
    )
    seen = {sighting.identifier: sighting for sighting in found.sightings}
    device, user = seen["device-1"], seen["u1"]
    assert (device.first_at_us, device.last_at_us, device.events) == (10, 20, 2)
    assert (user.first_at_us, user.events, user.is_known, device.is_known) == (30, 1, True, False)


def test_event_with_both_ids_links_them_once_at_the_earliest_time():
    found = collect_evidence([event(f"e{at}", at_us=at, user_id="u1") for at in (30, 10, 20)])
    link = found.links[0]
    assert len(found.links) == 1
    assert (link.source, link.target, link.at_us, link.event_id) == ("device-1", "u1", 10, "e10")


def test_alias_links_the_former_id_and_blocked_ids_link_nothing():
    said = {"kind": "alias", "name": "alias", "anonymous_id": None, "user_id": "u1"}
    found = collect_evidence(
        [
            event("a", previous_id="old", **said),
            event("b", previous_id="undefined", **said),
            event("c", user_id="null"),
        ]
    )
    assert [(link.source, link.target, link.kind) for link in found.links] == [
        ("old", "u1", "alias")
    ]
    events = {sighting.identifier: sighting.events for sighting in found.sightings}
    assert events == {"u1": 2, "old": 0, "device-1": 1}


def test_first_and_last_touch_are_those_of_the_earliest_and_latest_visit_that_shows_one():
    def visit(event_id: str, at_us: int, campaign: str):
        context = {"campaign": {"source": "news", "name": campaign}} if campaign else {}
        return event(event_id, at_us=at_us, kind="page", name="page", context=context)

    visits = [
        visit("a", 10, ""),
        visit("b", 40, "late"),
        visit("c", 20, "early"),
        visit("d", 50, ""),
    ]
    sighting = collect_evidence(visits).sightings[0]
    assert sighting.first_touch["utm_campaign"] == "early"
    assert sighting.last_touch["utm_campaign"] == "late"


def test_group_call_tells_of_the_company_and_not_of_the_person():
    found = collect_evidence(
        [event("a", kind="group", name="group", group_id="acme", traits={"plan": "pro"})]
    )
    assert found.traits == ()
    assert (found.groupings[0].company, dict(found.groupings[0].traits)) == (
        "acme",
        {"plan": "pro"},
    )


def test_event_becomes_a_person(store, source, tmp_path: Path):
    send(store, source, [event("a", kind="identify", name="identify", user_id="u1",
                               traits={"email": "ann@example.org"})])  # fmt: skip
    later = datetime.fromtimestamp(NOW_US / 1e6 + 60, UTC)
    worker = CaptureWorker(tmp_path, now=lambda: later)
    while worker.step():
        pass
    worker.close()
    from suppilo.apps.people.models import Identifier

    texts = set(Identifier.objects.values_list("value", flat=True))
    assert texts == {"u1", "device-1"}
