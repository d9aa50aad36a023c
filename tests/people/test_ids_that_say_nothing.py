"""What clients send when they know no id names nobody, on whichever road it comes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from people_support.people_world import SOURCE, evidence, link, user
from store_support.store_events import NOW_US, event
from suppilo.apps.capture.evidence import collect_evidence
from suppilo.apps.capture.protocol.decode import read_events
from suppilo.apps.capture.protocol.delivery import Delivery
from suppilo.apps.people.blocked import BLOCKED
from suppilo.apps.people.models import Identifier, LinkRow
from suppilo.apps.people.services import record_evidence

pytestmark = pytest.mark.django_db

QUOTED = ['"null"', "'undefined'", ' "[]" ', "' None '", "\u00a0{}\u2003", '""']
SAID = [*sorted(BLOCKED), "NULL", "Undefined", *QUOTED]
MEANT = ["u-17", '"anna"', "null-and-void", "[1]"]


def whom_capture_reads(texts: list[str]) -> set[str]:
    sent = [
        {"type": "track", "event": "E", "messageId": str(n), "userId": text}
        for n, text in enumerate(texts)
    ]
    found = read_events("segment", sent, Delivery(NOW_US, is_browser=True))
    return {one.path for one in found.events}


def whom_posthog_reads(texts: list[str]) -> set[str]:
    sent = [{"event": "E", "uuid": str(n), "distinct_id": text} for n, text in enumerate(texts)]
    return {
        one.path for one in read_events("posthog", sent, Delivery(NOW_US, is_browser=True)).events
    }


def whom_projection_links(texts: list[str]) -> set[str]:
    events = [event(f"e{n}", anonymous_id=f"d{n}", user_id=text) for n, text in enumerate(texts)]
    return {one.target for one in collect_evidence(events).links}


def whom_evidence_knows(texts: list[str]) -> set[str]:
    said = [user(text) for text in texts] + [link(f"d{n}", text) for n, text in enumerate(texts)]
    record_evidence(SOURCE, evidence(*said))
    known = set(Identifier.objects.filter(is_known=True).values_list("value", flat=True))
    linked = set(LinkRow.objects.values_list("target__value", flat=True))
    assert known == linked
    return known


@pytest.mark.parametrize(
    "road",
    [
        whom_capture_reads,
        whom_posthog_reads,
        whom_projection_links,
        whom_evidence_knows,
    ],
)
def test_id_that_says_nothing_is_nobodys_on_every_road(
    road: Callable[[list[str]], set[str]],
) -> None:
    assert road([*SAID, *MEANT]) == set(MEANT)
