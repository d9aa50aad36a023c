"""Whatever is sent, the decoders answer by their rules and never fall over."""

import json
import string

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from suppilo.apps.capture.ingest import Request, decode_opened, open_request
from suppilo.apps.capture.protocol.decode import reread_event
from suppilo.apps.capture.protocol.errors import RequestRefusedError
from suppilo.apps.capture.protocol.routes import ROUTES, find_route, is_capture
from suppilo.apps.capture.received import SourceInfo

NOW_US = 1_795_299_000_000_000
PATHS = sorted(path for path, route in ROUTES.items() if "POST" in route.methods)
SHOP = SourceInfo(1, "Shop", "website")
FIELDS = """
    type event userId anonymousId previousId groupId messageId uuid distinct_id timestamp
    originalTimestamp sentAt sent_at properties context traits batch data token offset options
    $set $set_once $anon_distinct_id $device_id $groups $group_type $group_key alias $time
    library name ip userAgent page url referrer campaign consent sessionId channel $lib $ip
    historical_migration writeKey $session_id $is_identified $current_url
"""
NAMES = st.sampled_from(FIELDS.split()) | st.text(max_size=5)
WORDS = st.sampled_from(
    ["track", "page", "alias", "group", "identify", "$identify", "$create_alias", "$groupidentify",
     "2026-01-01T00:00:00Z", "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59", "null",
     "http://[", "https://x.test/?utm_source=a&gclid=b", "analytics.js", "web"]
)  # fmt: skip
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | WORDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=8),
    max_leaves=25,
)
HEADERS = st.dictionaries(
    st.sampled_from(
        ["authorization", "content-encoding", "x-retry-count", "anonymousid", "sentat",
         "posthog-attempt", "posthog-sdk-info", "user-agent", "sec-gpc", "x-write-key"]
    ),
    st.text(string.printable, max_size=12)
    | st.sampled_from(["gzip", "deflate", "zstd", "br", "Bearer wk", "Basic d2s6"]),
)  # fmt: skip
QUERIES = st.dictionaries(
    st.sampled_from(["compression", "writeKey", "_", "retry_count"]),
    st.text(max_size=6) | st.sampled_from(["base64", "lz64", "gzip-js"]),
)


def check_status(status):
    assert status in (400, 401, 413)
    return status


def deliver(path, headers, query, body):
    """Decode a request, and return how many events it was, or its refusal's status."""
    request = Request(find_route(path), headers, query, body, "203.0.113.7", NOW_US)
    try:
        opened = open_request(request)
    except RequestRefusedError as refused:
        return check_status(refused.status)
    found = decode_opened(request, opened, SHOP)
    for event in found.events:
        assert event.path
        assert event.name
        assert 0 < len(event.id) <= 255
        assert 631_152_000_000_000 <= event.at_us <= NOW_US + 23 * 3_600_000_000
        orjson.dumps(event)
    for refused in found.refused:
        orjson.loads(refused.raw)
        reread_event(refused.raw, refused.id, refused.received_us)
    count = sum(map(len, (found.events, found.refused, found.filtered, found.suppressed)))
    assert count == len(opened.envelope.events)
    return count


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(PATHS), HEADERS, QUERIES, st.binary(max_size=200))
def test_any_bytes_are_answered_by_the_rules(path, headers, query, body):
    deliver(path, headers, query, body)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(PATHS), VALUES)
def test_any_json_is_answered_by_the_rules(path, value):
    deliver(path, {"authorization": "Bearer wk"}, {}, json.dumps(value).encode())


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(PATHS), st.lists(st.dictionaries(NAMES, VALUES, max_size=6), max_size=3))
def test_any_batch_is_accounted_for(path, batch):
    body = json.dumps({"batch": batch, "writeKey": "wk", "sentAt": "2026-01-01"}).encode()
    headers = {}
    assert deliver(path, headers, {}, body) == len(batch)


@given(
    st.text(max_size=30) | st.sampled_from(["/v1//batch/", "//e", "/V1/BATCH", "/array/a/config"])
)
def test_any_path_has_a_route_only_if_it_is_captures(path):
    if find_route("/" + path) is not None:
        assert is_capture("/" + path)
