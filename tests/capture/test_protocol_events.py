"""What an event says of who, how and where, by the rules for each family of clients."""

import re
from datetime import UTC, datetime

import orjson
import pytest

from suppilo.apps.capture.event import CapturedEvent
from suppilo.apps.capture.ingest import Request, decode_opened, open_request
from suppilo.apps.capture.protocol.decode import read_events, reread_event
from suppilo.apps.capture.protocol.delivery import Delivery
from suppilo.apps.capture.protocol.identifiers import make_uuid7, shorten_address
from suppilo.apps.capture.protocol.libraries import runs_on_device
from suppilo.apps.capture.protocol.routes import find_route
from suppilo.apps.capture.received import SourceInfo
from suppilo.apps.people.blocked import BLOCKED

NOW_US = 1_795_299_000_000_000
NOW = datetime.fromtimestamp(NOW_US / 1e6, UTC)
CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36"
GOOGLEBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
BROWSER = Delivery(NOW_US, is_browser=True, address="203.0.113.0", user_agent=CHROME)
TRACK = {"type": "track", "event": "E", "userId": "u", "messageId": "m"}
CAPTURE = {"event": "E", "distinct_id": "u", "uuid": "m"}


def segment(delivery=BROWSER, **fields):
    return read_one("segment", TRACK | fields, delivery)


def posthog(delivery=BROWSER, **fields):
    return read_one("posthog", CAPTURE | fields, delivery)


def read_one(family, raw, delivery):
    found = read_events(family, [raw], delivery)
    return (found.events or found.refused or found.filtered or found.suppressed)[0]


def received(path, body, headers=None, **source):
    request = Request(
        find_route(path), {"authorization": "Bearer wk"} | (headers or {}), {},
        orjson.dumps(body), "203.0.113.77", NOW_US,
    )  # fmt: skip
    return decode_opened(request, open_request(request), SourceInfo(1, "Shop", "website", **source))


@pytest.mark.parametrize(
    ("fields", "user", "device"),
    [
        ({"userId": "u", "anonymousId": "a"}, "u", "a"),
        ({"userId": 42, "anonymousId": None}, "42", None),
        ({"userId": 42.0}, "42", None),
        ({"userId": None, "anonymousId": 7}, None, "7"),
        ({"userId": " u "}, "u", None),
        ({"userId": "a", "anonymousId": "a"}, "a", None),
        ({"userId": "null", "anonymousId": "a"}, None, "a"),
        ({"userId": {"id": 1}, "anonymousId": "a"}, None, "a"),
    ],
)
def test_segments_ids_are_read(fields, user, device):
    event = segment(**fields)
    assert (event.user_id, event.anonymous_id) == (user, device)


@pytest.mark.parametrize("blocked", sorted(BLOCKED | {"NULL", "[object Object]", "Undefined"}))
def test_blocked_id_is_no_ones(blocked):
    refused = segment(userId=blocked, anonymousId=blocked)
    assert refused.reason == "no_identity"
    event = segment(userId=blocked, anonymousId="device")
    assert event.path == "device"
    assert event.warnings == (("blocked_id",) if blocked.strip() else ())
    assert posthog(distinct_id=blocked).reason == "no_identity"


def test_missing_event_id_is_made_anew_each_time():
    ids = {segment(messageId=None).id for _ in range(100)}
    assert len(ids) == 100
    assert all(re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-.{12}", i)
               for i in ids)  # fmt: skip


@pytest.mark.parametrize("read", [segment, posthog])
@pytest.mark.parametrize("event", ["E", ""], ids=["kept", "set aside"])
@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"messageId": "a"}, "a"),
        ({"uuid": "b"}, "b"),
        ({"properties": {"$insert_id": "c"}}, "c"),
        ({"messageId": "a", "uuid": "b", "properties": {"$insert_id": "c"}}, "a"),
        ({"uuid": "b", "properties": {"$insert_id": "c"}}, "b"),
    ],
)
def test_event_id_is_taken_under_each_of_its_names(read, event, said, expected):
    found = read(**{"event": event, "messageId": None, "uuid": None} | said)
    assert found.id == expected


def test_made_ids_sort_by_time():
    assert make_uuid7(NOW_US) < make_uuid7(NOW_US + 1000)


def test_long_event_id_is_hashed():
    one, other = segment(messageId="m" * 300), segment(messageId="m" * 299 + "n")
    assert len(one.id) == 64
    assert one.id != other.id
    assert "id_hashed" in one.warnings


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ([], "not_an_object"),
        (None, "not_an_object"),
        ("text", "not_an_object"),
        ({"type": "track", "userId": "u"}, "no_event_name"),
        ({"type": "track", "userId": "u", "event": "  "}, "no_event_name"),
        ({"type": "track", "userId": "u", "event": {}}, "no_event_name"),
        ({"type": "track", "event": "E"}, "no_identity"),
        ({"type": "dance", "userId": "u"}, "unknown_type"),
        ({"userId": "u"}, "unknown_type"),
    ],
)
def test_unusable_event_is_set_aside_with_its_reason(raw, reason):
    refused = read_one("segment", raw, BROWSER)
    assert refused.reason == reason
    assert orjson.loads(refused.raw) == raw


def test_one_bad_event_does_not_harm_ninety_nine_good_ones():
    batch = [TRACK | {"messageId": f"m{n}"} for n in range(99)]
    batch.insert(50, {"type": "track", "messageId": "bad", "userId": "u"})
    found = received("/v1/batch", {"batch": batch})
    assert len(found.events) == 99
    assert [refused.id for refused in found.refused] == ["bad"]


def test_refused_event_can_be_read_again_once_mended():
    refused = segment(event="", messageId=None)
    mended = orjson.dumps(orjson.loads(refused.raw) | {"event": "Named"})
    event = reread_event(mended, refused.id, refused.received_us)
    assert isinstance(event, CapturedEvent)
    assert (event.id, event.name, event.received_us) == (refused.id, "Named", NOW_US)
    still = reread_event(refused.raw, refused.id, refused.received_us)
    assert still.reason == "no_event_name"
    assert reread_event(b"{", "x", NOW_US).reason == "invalid_json"


def test_mended_posthog_event_is_read_as_posthogs():
    refused = posthog(event=None, properties={"$session_id": "s"})
    mended = orjson.dumps(orjson.loads(refused.raw) | {"event": "$pageview"})
    event = reread_event(mended, refused.id, NOW_US)
    assert (event.kind, event.name, event.session_id) == ("page", "$pageview", "s")


@pytest.mark.parametrize(
    ("fields", "who"),
    [
        ({}, ("u", None, None)),
        ({"distinct_id": None, "properties": {"distinct_id": "p"}}, ("p", None, None)),
        ({"properties": {"$device_id": "u"}}, (None, "u", None)),
        ({"properties": {"$device_id": "d"}}, ("u", None, None)),
        ({"properties": {"$is_identified": False, "$device_id": "d"}}, (None, "u", None)),
        ({"options": {"process_person_profile": False}}, (None, "u", None)),
        ({"distinct_id": None, "properties": {"$device_id": "d"}}, (None, "d", None)),
        ({"event": "$identify", "properties": {"$anon_distinct_id": "d"}}, ("u", "d", None)),
        ({"event": "$create_alias", "properties": {"alias": "old"}}, ("u", None, "old")),
        ({"event": "$create_alias", "properties": {"alias": "new", "$lib": "posthog-python"}},
         ("new", None, "u")),
    ],
)  # fmt: skip
def test_posthogs_ids_are_read(fields, who):
    event = posthog(**fields)
    assert (event.user_id, event.anonymous_id, event.previous_id) == who


def test_posthogs_own_fields_become_traits_groups_and_session():
    event = posthog(
        properties={
            "$set": {"email": "a@b.c", "empty": None},
            "$groups": {"project": "p", "company": "acme"},
            "$session_id": "s",
            "$ip": "198.51.100.9",
            "price": 3,
        },
        **{"$set_once": {"first": "x"}},
    )
    assert event.traits == {"email": "a@b.c"}
    assert event.traits_once == {"first": "x"}
    assert (event.group_id, event.session_id) == ("acme", "s")
    assert event.properties == {
        "price": 3,
        "$groups": {"project": "p", "company": "acme"},
        "$session_id": "s",
    }


def test_group_of_another_sort_keeps_its_sort():
    said = {"$group_type": "project", "$group_key": "p", "$group_set": {"a": 1}}
    event = posthog(event="$groupidentify", properties=said)
    assert (event.kind, event.group_id, event.traits) == ("group", "project:p", {"a": 1})


def test_servers_word_on_the_address_counts_and_a_browsers_does_not():
    context = {"ip": "198.51.100.9"}
    assert segment(context=dict(context)).ip == "203.0.113.0"
    server = {"library": {"name": "analytics-python"}, "ip": "198.51.100.9"}
    event = segment(Delivery(NOW_US, address="203.0.113.0", user_agent="python"), context=server)
    assert event.ip == "198.51.100.0"
    assert "ip" not in event.context
    assert "userAgent" not in event.context


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("203.0.113.77", "203.0.113.0"),
        ("2001:db8:1234:5678::1", "2001:db8:1234::"),
        ("::ffff:203.0.113.77", "203.0.113.0"),
        ("rubbish", None),
        ("", None),
    ],
)
def test_address_is_shortened(given, kept):
    assert shorten_address(given) == kept


def test_whole_address_is_kept_where_the_source_says_so():
    body = TRACK | {"context": {"library": {"name": "analytics.js"}}}
    assert received("/v1/t", body, settings={"anonymise_ip": False}).events[0].ip == "203.0.113.77"
    assert received("/v1/t", body).events[0].ip == "203.0.113.0"


@pytest.mark.parametrize(
    ("path", "library", "headers", "extra", "is_corrected"),
    [
        ("/v1/t", "analytics.js", {}, {}, True),
        ("/v1/batch", "analytics-ios", {}, {}, True),
        ("/v1/batch", "analytics-python", {}, {}, False),
        ("/v1/batch", "@segment/analytics-node", {}, {}, False),
        ("/v1/batch", "@segment/analytics-next.js", {"x-retry-count": "1"}, {}, False),
        ("/v1/import", "analytics.js", {}, {}, False),
        ("/v1/t", "analytics.js", {"posthog-attempt": "2"}, {}, False),
        ("/v1/batch", "analytics.js", {}, {"historical_migration": True}, False),
    ],
)
def test_only_a_devices_clock_is_corrected_and_only_for_news(
    path, library, headers, extra, is_corrected
):
    ahead = "2026-11-21T23:30:00Z"  # More than an hour ahead of the arrival, 22:10.
    event = TRACK | {"timestamp": ahead, "context": {"library": {"name": library}}}
    body = {"batch": [event], "sentAt": ahead} | extra
    found = received(path, body, headers).events[0]
    assert (found.at_us <= NOW_US + 300_000_000) is is_corrected
    assert found.original_at == ahead


def test_frozen_sending_time_of_a_server_moves_nothing():
    event = TRACK | {"timestamp": "2026-11-20T10:00:00Z",
                     "context": {"library": {"name": "analytics-node"}}}  # fmt: skip
    body = {"batch": [event], "sentAt": "2026-11-20T10:00:00Z"}
    found = received("/v1/batch", body).events[0]
    assert found.at_us == round(datetime(2026, 11, 20, 10, tzinfo=UTC).timestamp() * 1e6)


def test_posthogs_offset_counts_back_from_the_arrival():
    assert posthog(offset=1500).at_us == NOW_US - 1_500_000


@pytest.mark.parametrize(
    ("consent", "is_kept"),
    [
        ({"Analytics": False, "Advertising": True}, False),
        ({"Analytics": True, "Advertising": False}, True),
        ({"Advertising": False, "Functional": False}, False),
        ({"Advertising": False, "Functional": True}, True),
        ({}, True),
        ("yes", True),
    ],
)
def test_who_did_not_agree_to_be_measured_is_only_counted(consent, is_kept):
    raw = TRACK | {"context": {"consent": {"categoryPreferences": consent}}}
    found = read_events("segment", [raw], BROWSER)
    assert (len(found.events), found.suppressed) == ((1, []) if is_kept else (0, ["m"]))


def test_browser_that_asks_not_to_be_tracked_is_only_counted_unless_the_source_says_otherwise():
    headers = {"sec-gpc": "1"}
    assert received("/v1/t", dict(TRACK), headers).suppressed == ["m"]
    assert received("/v1/t", dict(TRACK), headers, settings={"respect_gpc": False}).events


def test_bots_are_filtered_by_the_persons_user_agent_only():
    assert received("/v1/t", dict(TRACK), {"user-agent": GOOGLEBOT}).filtered == ["m"]
    server = TRACK | {"context": {"library": {"name": "analytics-python"}}}
    assert received("/v1/batch", server, {"user-agent": "python-requests/2"}).events
    assert received("/v1/batch", server, {"user-agent": GOOGLEBOT}).events
    keeps = {"settings": {"drop_bots": False}}
    assert received("/v1/t", dict(TRACK), {"user-agent": GOOGLEBOT}, **keeps).events


@pytest.mark.parametrize(
    ("name", "on_device"),
    [
        ("analytics.js", True), ("@jitsu/js", True), ("RudderLabs JavaScript SDK", True),
        ("web", True), ("suppilo.js", True), ("analytics-ios", True), ("analytics-kotlin", True),
        ("posthog-android", True), ("analytics-react-native", True),
        ("analytics-python", False), ("analytics-node", False), ("@segment/analytics-node", False),
        ("posthog-node", False), ("posthog-python", False), ("analytics-java", False),
        ("analytics-ruby", False), ("analytics-go", False), ("posthog-php", False), ("", False),
    ],
)  # fmt: skip
def test_librarys_name_says_where_it_runs(name, on_device):
    assert runs_on_device(name, is_browser_route=False) is on_device


def test_unknown_library_is_judged_by_its_route():
    assert runs_on_device("", is_browser_route=True)


def test_page_call_keeps_its_name_as_a_property():
    event = segment(type="page", name="Pricing", category="Docs", properties={"url": "u"})
    assert (event.name, event.kind) == ("page", "page")
    assert event.properties == {"url": "u", "name": "Pricing", "category": "Docs"}


def test_session_and_group_are_taken_from_the_context():
    event = segment(context={"sessionId": 17, "groupId": "acme"})
    assert (event.session_id, event.group_id) == ("17", "acme")


@pytest.mark.parametrize("field", ["properties", "context"])
def test_field_that_should_be_an_object_and_is_not_is_left_out_with_a_warning(field):
    event = segment(**{field: [1, 2]})
    assert event.warnings == (f"{field}_not_an_object",)
