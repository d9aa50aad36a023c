"""The list of events holds: in the documentation, and for what services really say."""

import re
from pathlib import Path

import pytest

from deals_support.deal_world import deal_in, lose, move, pipeline_of
from suppilo.apps.outbox.models import DomainEvent
from suppilo.apps.outbox.names import DEAL, DOMAIN_EVENTS

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "domain-events.md"
BY_NAME = {kind.name: kind for kind in DOMAIN_EVENTS}


def test_the_documentation_lists_each_event_with_its_properties():
    rows = re.findall(r"^\| `(\w+)` \| ([^|]+) \| ([^|]+) \|$", PAGE.read_text(), re.MULTILINE)
    assert [name for name, _happens, _said in rows] == [kind.name for kind in DOMAIN_EVENTS]
    lead = BY_NAME["lead_created"].properties
    for name, happens, said in rows:
        properties = list(DEAL if "*deal*" in said else lead if "*lead*" in said else ())
        properties += re.findall(r"`(\w+)`", said)
        assert properties == list(BY_NAME[name].properties), name
        assert happens == str(BY_NAME[name].happens)


@pytest.mark.django_db
def test_events_of_deals_say_what_the_list_says():
    pipeline = pipeline_of()
    won, lost = deal_in(pipeline), deal_in(pipeline, name="Other")
    for key in ("b", "c", "won"):
        move(won, key)
    lose(lost)
    seen = {}
    for event in DomainEvent.objects.all():
        seen.setdefault(event.name, set()).update(event.properties)
    assert {"deal_created", "deal_stage_entered", "deal_won", "deal_lost"} <= set(seen)
    for name, properties in seen.items():
        assert properties <= set(BY_NAME[name].properties), name
        assert set(DEAL) <= properties
