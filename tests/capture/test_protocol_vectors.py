"""Every recorded request of the real clients is read as what its client meant."""

import json

import pytest

from capture_support.recorded_requests import (
    EXPECTED,
    decode,
    event_requests,
    read_vectors,
    summarise,
)
from suppilo.apps.capture.ingest import open_request
from suppilo.apps.capture.protocol.routes import find_route, is_capture

VECTORS = read_vectors()
MEANT = json.loads(EXPECTED.read_text("utf-8"))


@pytest.mark.parametrize("client", sorted(VECTORS))
def test_recorded_requests_are_read_as_their_client_meant_them(client):
    found = []
    for request in event_requests(VECTORS[client]):
        received = decode(request)
        assert not received.refused
        events = [summarise(event) for event in received.events]
        found.append({"key": open_request(request).key, "events": events})
    assert found == MEANT[client]


def test_every_recorded_address_is_captures():
    for requests in VECTORS.values():
        for recorded in requests:
            path = recorded["path"].split("?")[0]
            assert is_capture(path)
            assert find_route(path) is not None


def test_packed_and_plain_requests_of_one_client_say_the_same():
    def said(client):
        return [
            (event.kind, event.name, event.user_id, event.previous_id, event.group_id)
            for request in event_requests(VECTORS[client])
            for event in decode(request).events
        ]

    for packed, plain in (
        ("segment-python-2.4.0-gzip", "segment-python-2.4.0"),
        ("rudder-node-3.0.13-gzip", "rudder-node-3.0.13"),
        ("posthog-node-5.70.0", "posthog-node-5.70.0-nocompress"),
        ("posthog-python-7.91.1-v1-gzip", "posthog-python-7.91.1-v1"),
    ):
        assert said(packed) == said(plain)


def test_both_generations_of_posthogs_python_client_say_the_same():
    def said(client):
        return [
            (event.kind, event.name, event.user_id, event.previous_id, event.traits)
            for request in event_requests(VECTORS[client])
            for event in decode(request).events
        ]

    assert said("posthog-python-7.91.1") == said("posthog-python-7.91.1-v1")
