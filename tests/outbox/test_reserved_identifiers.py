"""Nobody but the server speaks for a deal."""

import pytest

from suppilo.apps.capture.event import CapturedEvent, RefusedEvent
from suppilo.apps.capture.models import Source
from suppilo.apps.capture.protocol.decode import read_events
from suppilo.apps.capture.protocol.delivery import Delivery
from suppilo.apps.capture.rules import Mending, mend_event
from suppilo.apps.outbox.relay import internal_source
from suppilo.apps.people.evidence import Evidence, Grouping, Sighting, Trait
from suppilo.apps.people.models import Identifier
from suppilo.apps.people.services import record_evidence
from web_support.accounts import client_for, make_user

SERVER = Delivery(1_795_299_000_000_000)


def read(family: str, **fields: object) -> CapturedEvent | RefusedEvent:
    found = read_events(family, [fields], SERVER)
    return (found.events or found.refused)[0]


@pytest.mark.parametrize("reserved", ["suppilo:deal:1", " Suppilo:deal:1", "SUPPILO:x"])
@pytest.mark.parametrize("place", ["userId", "anonymousId"])
def test_a_client_that_speaks_for_a_deal_is_set_aside_with_the_reason(place, reserved):
    refused = read(
        "segment", type="track", event="deal_won", messageId="m",
        **{"userId": "u", place: reserved},
    )  # fmt: skip
    assert isinstance(refused, RefusedEvent)
    assert refused.reason == "reserved_identifier"


def test_no_alias_makes_a_person_a_deal():
    refused = read("segment", type="alias", userId="u", previousId="suppilo:deal:1", messageId="m")
    assert isinstance(refused, RefusedEvent)


@pytest.mark.parametrize("field", ["distinct_id", "$device_id"])
def test_posthogs_clients_are_refused_as_well(field):
    given = {"event": "deal_won", "distinct_id": "u", "uuid": "m", "properties": {}}
    if field == "distinct_id":
        given["distinct_id"] = "suppilo:deal:1"
    else:
        given["properties"] = {"$device_id": "suppilo:deal:1"}
    assert isinstance(read("posthog", **given), RefusedEvent)


def test_no_rule_makes_an_event_a_deals():
    event = read("segment", type="track", event="e", userId="u", messageId="m")
    mended = mend_event(event, [Mending("set_value", "", "userId", "suppilo:deal:1")])
    assert mended.path == "u"


@pytest.mark.django_db
def test_no_evidence_makes_a_deal_a_person():
    deal = "suppilo:deal:1"
    said = Evidence(
        [Sighting(deal, True, 1, 1, 1)], [], [Trait(deal, "email", "a@b.example", 1)],
        [Grouping(deal, "Nordvik", 1, {})],
    )  # fmt: skip
    record_evidence("import:1", said)
    assert not Identifier.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("verb", ["settings", "enable", "disable", "keys", "rules"])
def test_the_servers_own_source_can_not_be_changed(verb):
    source = internal_source()
    client = client_for(make_user("owner"))
    given = {"name": "Mine", "kind": "server", "action": "drop", "make": "1"}
    answer = client.post(f"/sources/{source.pk}/{verb}/", given)
    assert answer.status_code == 403
    found = Source.objects.get()
    assert (found.name, found.is_enabled, found.keys.count(), found.rules.count()) == (
        "Suppilo", True, 0, 0,
    )  # fmt: skip


@pytest.mark.django_db
def test_the_servers_own_source_is_shown_as_such():
    source = internal_source()
    client = client_for(make_user("owner"))
    assert "This server's own events" in client.get("/sources/").content.decode()
    shown = client.get(f"/sources/{source.pk}/").content.decode()
    assert "Write keys" not in shown
    assert "Settings" not in shown
