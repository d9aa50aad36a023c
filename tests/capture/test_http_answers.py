"""Each client hears what it understands, and nothing is stored that was not whole."""

import asyncio
import base64
import gc
import json
import threading
import weakref
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import orjson
import pytest
from django.conf import settings as django_settings
from django.test import override_settings
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from capture_support.asgi_calls import call, make_scope
from store_support.store_fixtures import source, store
from suppilo.apps.capture import store as stores
from suppilo.apps.capture.http import CaptureApp, begin_drain, end_drain
from suppilo.apps.capture.models import Inbox, Quarantined, Source, SourceKey
from suppilo.apps.capture.protocol.limits import Limits
from suppilo.apps.capture.received import Received

__all__ = ["source", "store"]

KEY = "wk_shop"
BASIC = "Basic " + base64.b64encode(f"{KEY}:".encode()).decode()
TRACK = {"type": "track", "event": "E", "userId": "u"}
POLICY = {200, 400, 401, 404, 405, 413, 500, 503}


@pytest.fixture
def app(store, source, monkeypatch):
    SourceKey.objects.create(source=source, key=KEY)
    monkeypatch.setattr(stores, "_store", store)
    return CaptureApp()


def track(*ids, **fields):
    events = [TRACK | {"messageId": event_id} | fields for event_id in ids]
    return orjson.dumps({"batch": events, "writeKey": KEY})


def post(app, path, body, **headers):
    heard = call(app, "POST", path, body, **headers)
    assert heard is not None
    assert heard.headers["access-control-allow-origin"]
    assert "access-control-allow-credentials" not in heard.headers
    return heard


def test_batch_hears_what_became_of_each_event(app):
    body = orjson.dumps(
        {"batch": [TRACK | {"messageId": "a"}, TRACK | {"messageId": "b", "event": ""}]}
    )
    heard = post(app, "/v1/batch", body, authorization=BASIC)
    assert heard.status == 200
    assert (heard.said["success"], heard.said["status"]) == (True, 1)
    assert (heard.said["accepted"], heard.said["quarantined"]) == (1, 1)
    assert heard.said["results"]["a"] == {"result": "stored"}
    assert heard.said["results"]["b"]["result"] == "quarantined"
    assert (Inbox.objects.count(), Quarantined.objects.count()) == (1, 1)
    again = post(app, "/v1/batch", body, authorization=BASIC).said
    assert (again["accepted"], again["duplicate"]) == (0, 2)


def test_whole_request_of_a_known_key_is_taken_at_once_and_hears_the_same(app):
    async def ask(body):
        heard = asyncio.get_running_loop().create_future()

        def reply(*said):
            heard.set_result(said)

        scope = make_scope("POST", "/v1/batch", {})
        taken = app.answer_at_once(scope, body, reply)
        return await asyncio.wait_for(heard, 10) if taken else None

    assert asyncio.run(ask(track("a"))) is None
    usual = post(app, "/v1/batch", track("a", "b"))
    status, headers, body = asyncio.run(ask(track("a", "b", "c")))
    assert (status, {name.decode() for name, _ in headers}) == (usual.status, set(usual.headers))
    said = orjson.loads(body)
    assert (said["accepted"], said["duplicate"], Inbox.objects.count()) == (1, 2, 3)
    empty = orjson.dumps({"batch": [], "writeKey": KEY})
    unknown = orjson.dumps({"batch": [TRACK], "writeKey": "wk_other"})
    for unfit in (b"{", empty, unknown):
        assert asyncio.run(ask(unfit)) is None
    assert Inbox.objects.count() == 3


def test_answered_request_is_let_go_of_at_once(app):
    """Garbage is looked for seldom: thousands of requests' bodies would wait for it."""

    class Reply:
        def __init__(self):
            self.heard = asyncio.get_running_loop().create_future()

        def __call__(self, status, _headers, _body):
            self.heard.set_result(status)

    async def ask():
        reply = Reply()
        assert app.answer_at_once(make_scope("POST", "/v1/batch", {}), track("b"), reply)
        assert await asyncio.wait_for(reply.heard, 10) == 200
        return weakref.ref(reply)

    post(app, "/v1/batch", track("a"))
    gc.disable()
    try:
        assert asyncio.run(ask())() is None
    finally:
        gc.enable()


@pytest.mark.parametrize("path", ["/v1/batch/", "//v1//batch", "/v1/import", "/api/v1/events"])
def test_slashes_do_not_matter(app, path):
    assert post(app, path, track("a")).said["accepted"] == 1


@pytest.mark.parametrize("kind", ["track", "identify", "page", "screen", "group", "alias"])
@pytest.mark.parametrize("route", ["/v1/{}", "/v1/{:.1}", "/api/s/{}"])
def test_single_event_is_taken_at_the_address_of_its_kind(app, kind, route):
    event = {"userId": "u", "previousId": "p", "groupId": "g", "event": "E", "writeKey": KEY}
    assert post(app, route.format(kind), orjson.dumps(event)).said["accepted"] == 1
    assert Inbox.objects.get().name == ("E" if kind == "track" else kind)


@pytest.mark.parametrize("path", ["/e/", "/batch/", "/capture/", "/i/v0/e/", "/track/"])
def test_posthogs_first_generation_hears_status_one(app, path):
    event = {"api_key": KEY, "event": "E", "properties": {"distinct_id": "u"}, "uuid": "a"}
    assert post(app, path, orjson.dumps(event)).said["status"] == 1
    assert post(app, path, orjson.dumps({"api_key": KEY, "batch": [event]})).said["duplicate"] == 1


def test_posthogs_second_generation_hears_a_result_for_each_event(app):
    batch = [
        {"event": "E", "uuid": "good", "distinct_id": "u", "properties": {}, "options": {}},
        {"event": "E", "uuid": "nobody", "distinct_id": "null", "properties": {}},
    ]
    headers = {"authorization": f"Bearer {KEY}", "posthog_attempt": "1"}
    heard = post(app, "/i/v1/analytics/events", orjson.dumps({"batch": batch}), **headers)
    assert heard.said["results"]["good"] == {"result": "ok"}
    assert heard.said["results"]["nobody"]["result"] == "warning"
    again = post(app, "/i/v1/analytics/events", orjson.dumps({"batch": batch}), **headers)
    assert again.said["results"]["good"] == {"result": "ok"}


@pytest.mark.parametrize(("hours", "is_kept"), [(23, False), (48, True)])
def test_time_in_the_future_is_kept_as_far_as_the_setting_says(app, hours, is_kept):
    at = (datetime.now(UTC) + timedelta(hours=30)).isoformat()
    config = replace(django_settings.SUPPILO, max_future_hours=hours)
    other = {"event": "E", "uuid": "b", "distinct_id": "u", "timestamp": at}
    with override_settings(SUPPILO=config):
        assert post(app, "/v1/batch", track("a", timestamp=at)).status == 200
        posthog = orjson.dumps({"api_key": KEY, "batch": [other]})
        assert post(app, "/batch/", posthog).status == 200
    ahead_us = [at_us - received_us for at_us, received_us in
                Inbox.objects.values_list("at_us", "received_us")]  # fmt: skip
    assert [one > 29 * 3_600_000_000 for one in ahead_us] == [is_kept] * 2


def test_empty_batch_is_no_error(app):
    assert post(app, "/v1/batch", track()).said["accepted"] == 0
    headers = {"authorization": f"Bearer {KEY}"}
    heard = post(app, "/i/v1/analytics/events", b'{"batch":[]}', **headers)
    assert heard.said == {"results": {}}


@pytest.mark.parametrize(
    ("address", "what"), [("/pixel/v1/track", "Email Opened"), ("/pixel/v1/page/", "page")]
)
def test_pixel_is_a_picture_and_an_event(app, address, what):
    query = f"?writeKey={KEY}&anonymousId=a&event=Email+Opened&campaign=may"
    heard = call(app, "GET", address + query, user_agent="Mozilla/5.0 (Windows NT 10.0)")
    assert (heard.status, heard.headers["content-type"]) == (200, "image/gif")
    assert heard.body.startswith(b"GIF89a")
    assert heard.headers["cache-control"] == "no-store"
    assert Inbox.objects.get().name == what


@pytest.mark.parametrize("query", ["", "?writeKey=wrong", "?data=!!!", "?writeKey=" + KEY])
def test_pixel_is_a_picture_whatever_becomes_of_its_event(app, query):
    heard = call(app, "GET", "/pixel/v1/track" + query)
    assert (heard.status, heard.headers["content-type"]) == (200, "image/gif")
    assert Inbox.objects.count() == 0


def open_mail(app, **headers):
    query = f"writeKey={KEY}&anonymousId=a&event=Opened"
    heard = call(app, "GET", f"/pixel/v1/track?{query}", origin="https://mail.test", **headers)
    assert (heard.status, heard.headers["content-type"]) == (200, "image/gif")
    assert heard.body.startswith(b"GIF89a")
    assert heard.headers["access-control-allow-origin"]
    return Inbox.objects.count()


def test_pixel_is_a_picture_while_the_server_ends(app):
    begin_drain()
    try:
        assert open_mail(app) == 0
    finally:
        end_drain()
    assert open_mail(app) == 1


def test_pixel_is_a_picture_though_its_request_has_too_many_headers(app):
    assert open_mail(app, **{f"x_{number}": "1" for number in range(200)}) == 0


def test_pixel_is_a_picture_while_no_event_can_be_stored(app, store):
    store._queue.close()
    assert open_mail(app) == 0


def test_pixel_is_a_picture_though_the_commit_takes_too_long(app):
    open_mail(CaptureApp(limits=Limits(answer_s=0.0)))


def test_pixel_is_a_picture_and_the_log_says_why_when_the_server_has_a_fault(app, caplog):
    def broken_clock():
        raise ZeroDivisionError

    with caplog.at_level("INFO", "suppilo.apps.capture.http"):
        assert open_mail(CaptureApp(broken_clock)) == 0
    failed, said = caplog.records
    assert failed.exc_info[0] is ZeroDivisionError
    assert "not stored: 500" in said.getMessage()


@pytest.mark.parametrize(("method", "path"), [("POST", "/pixel/v1/track"), ("GET", "/pixel/v1/x")])
def test_what_is_no_pixel_hears_what_is_wrong(app, method, path):
    assert call(app, method, path).status in {404, 405}


def test_segments_form_of_the_pixel_is_taken(app):
    event = {"writeKey": KEY, "event": "Opened", "userId": "u"}
    data = base64.b64encode(json.dumps(event).encode()).decode()
    assert call(app, "GET", f"/pixel/v1/track?data={data}").status == 200
    assert Inbox.objects.get().name == "Opened"


def test_segments_web_client_is_sent_here(app):
    heard = call(app, "GET", "/v1/projects/wk_a/settings", host="events.example.com")
    target = heard.said["integrations"]["Segment.io"]
    assert target == {"apiKey": "wk_a", "apiHost": "events.example.com/v1", "protocol": "http"}
    odd = call(app, "GET", "/v1/projects/wk_a/settings", host='evil"/x')
    assert "evil" not in odd.body.decode()


def test_rudderstacks_web_client_gets_a_source_without_destinations(app):
    heard = call(app, "GET", "/sourceConfig/?p=npm&writeKey=wk_a", authorization="Basic d2tfYTo=")
    assert (heard.said["source"]["id"], heard.said["source"]["destinations"]) == ("wk_a", [])


def test_posthogs_web_client_gets_its_settings_and_no_flags(app):
    assert call(app, "GET", "/array/phc_a/config").said["token"] == "phc_a"
    script = call(app, "GET", "/array/phc_a/config.js")
    assert script.headers["content-type"] == "application/javascript"
    assert call(app, "GET", "/array/<script>/config.js").status == 404
    flags = call(app, "POST", "/flags/?v=2", b"anything")
    assert flags.said["featureFlags"] == {}
    assert flags.said["errorsWhileComputingFlags"] is False


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/V1/BATCH", 404),
        ("POST", "/v1/nothing", 404),
        ("GET", "/v1/batch", 405),
        ("HEAD", "/v1/batch", 405),
        ("PUT", "/v1/batch", 405),
        ("DELETE", "/e/", 405),
        ("POST", "/pixel/v1/track", 405),
        ("POST", "/array/a/config", 405),
    ],
)
def test_wrong_address_or_method_hears_it_in_json_and_is_never_sent_elsewhere(
    app, method, path, status
):
    heard = call(app, method, path, b"{}", origin="https://x.test")
    assert heard.status == status
    assert "location" not in heard.headers
    assert heard.headers["access-control-allow-origin"] == "https://x.test"
    if method != "HEAD":
        assert set(heard.said) == {"code", "message", "error", "detail"}


@pytest.mark.parametrize(
    "headers",
    [{}, {"authorization": "Basic d3Jvbmc6"}, {"authorization": BASIC, "x_write_key": "other"}],
)
def test_request_without_the_right_key_hears_401(app, headers):
    body = orjson.dumps({"batch": [TRACK]})
    heard = post(app, "/v1/batch", body, origin="https://x.test", **headers)
    assert heard.status == 401
    assert set(heard.said) == {"code", "message", "error", "detail"}
    assert heard.headers["access-control-allow-origin"] == "https://x.test"


def test_new_key_works_at_once_and_a_revoked_one_no_longer(app, store, source):
    body = track("a").replace(KEY.encode(), b"wk_new")
    made = SourceKey.objects.create(source=source, key="wk_new")
    assert post(app, "/v1/batch", body).status == 200
    made.delete()
    store.forget_keys()
    assert post(app, "/v1/batch", body).status == 401


def test_source_that_is_switched_off_hears_401(app, store, source):
    Source.objects.update(is_enabled=False)
    store.forget_keys()
    assert post(app, "/v1/batch", track("a")).status == 401


def test_page_of_a_site_that_is_not_listed_hears_401(app, store):
    Source.objects.update(allowed_origins=["https://shop.test"])
    store.forget_keys()
    assert post(app, "/v1/batch", track("a"), origin="https://evil.test").status == 401
    assert post(app, "/v1/batch", track("b"), origin="https://shop.test").status == 200
    assert post(app, "/v1/batch", track("c")).status == 200


@pytest.mark.parametrize("body", [b"", b"nonsense", b"[[[", b"\x1f\x8b\x08cut", b'{"batch":7}'])
def test_body_that_cannot_be_read_hears_400(app, body):
    heard = post(app, "/v1/batch", body, authorization=BASIC)
    assert heard.status == 400
    assert set(heard.said) == {"code", "message", "error", "detail"}


def test_body_over_the_limit_hears_413(app):
    small = CaptureApp(limits=Limits(wire_server=1000, wire_browser=500, body=100_000))
    assert post(small, "/v1/batch", [b"x" * 600, b"x" * 600]).status == 413
    assert post(small, "/e/", b"x" * 600).status == 413
    assert post(small, "/v1/batch", b"x", content_length="999999999").status == 413
    assert post(small, "/v1/batch", [b"x" * 60_000, b"x" * 60_000, b"x"]).status == 413


@pytest.mark.parametrize("pieces", [[track("a")[:40], None], [None]])
def test_client_that_goes_away_leaves_nothing_behind(app, pieces):
    assert call(app, "POST", "/v1/batch", pieces) is None
    assert Inbox.objects.count() == 0


def test_slow_body_is_given_up_and_asked_for_again(app):
    slow = CaptureApp(limits=Limits(body_s=0.3, idle_s=0.2))

    async def dribble():
        sent, body = [], track("a")

        async def receive():
            await asyncio.sleep(0.05)
            return {"type": "http.request", "body": body[:1], "more_body": True}

        async def send(message):
            sent.append(message)

        await slow(make_scope("POST", "/v1/batch", {}), receive, send)
        return sent[0]

    start = asyncio.run(asyncio.wait_for(dribble(), 5))
    assert start["status"] == 503
    assert (b"connection", b"close") in start["headers"]
    assert call(slow, "POST", "/v1/batch", []).status == 503


def test_server_that_ends_asks_to_come_again(app):
    begin_drain()
    try:
        heard = post(app, "/v1/batch", track("a"), origin="https://x.test")
    finally:
        end_drain()
    assert (heard.status, heard.headers["retry-after"]) == (503, "1")
    assert heard.headers["access-control-expose-headers"] == "Retry-After"
    assert post(app, "/v1/batch", track("a")).status == 200


def test_closed_store_asks_to_come_again(app, store):
    store._queue.close()
    heard = post(app, "/v1/batch", track("a"))
    assert (heard.status, heard.headers["retry-after"]) == (503, "1")


def test_commit_that_takes_too_long_asks_to_come_again(app, store, monkeypatch):
    impatient = CaptureApp(limits=Limits(answer_s=0.0))
    heard = post(impatient, "/v1/batch", track("a"))
    assert heard.status == 503
    store.submit(Received(1)).result(10)
    assert post(app, "/v1/batch", track("a")).said["duplicate"] == 1


def test_preflight_lets_every_client_in_without_cookies(app):
    asked = "authorization,content-type,x-retry-count,anonymousid,sentat,posthog-attempt,x-evil"
    heard = call(app, "OPTIONS", "/v1/t", origin="https://x.test",
                 access_control_request_headers=asked)  # fmt: skip
    assert heard.status == 200
    assert heard.headers["access-control-allow-origin"] == "https://x.test"
    assert heard.headers["access-control-max-age"] == "86400"
    allowed = set(heard.headers["access-control-allow-headers"].split(", "))
    assert set(asked.split(",")) - allowed == {"x-evil"}
    assert "access-control-allow-credentials" not in heard.headers


def test_too_many_headers_hear_400(app):
    scope = make_scope("POST", "/v1/batch", {f"x-{n}": "1" for n in range(10_000)})
    sent = []

    async def run():
        async def receive():
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message):
            sent.append(message)

        await app(scope, receive, send)

    asyncio.run(run())
    assert sent[0]["status"] == 400


def test_many_clients_at_once_are_all_answered(app):
    answers = []

    def send_some(worker):
        for number in range(20):
            event = TRACK | {"messageId": f"{worker}-{number}", "writeKey": KEY}
            answers.append(call(CaptureApp(), "POST", "/v1/track", orjson.dumps(event)).status)

    threads = [threading.Thread(target=send_some, args=(worker,)) for worker in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [200] * 100
    assert Inbox.objects.count() == 100


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    method=st.sampled_from(["POST", "GET", "OPTIONS", "HEAD", "PUT", "BREW"]),
    path=st.sampled_from(
        ["/v1/batch", "/v1/t", "/e/", "/i/v1/analytics/events", "/beacon/v1/batch",
         "/array/x/config", "/sourceConfig", "/flags", "/v1/projects/a/settings", "/engage", "/v1/"]
    ),
    query=st.text("abc&=%+;wK0", max_size=20),
    body=st.binary(max_size=80) | st.just(orjson.dumps({"batch": [TRACK], "writeKey": KEY})),
    value=st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=20),
    name=st.sampled_from(["origin", "content_length", "authorization", "anonymousid", "host",
                          "content_encoding", "x_forwarded_for", "access_control_request_headers"]),
)  # fmt: skip
def test_whatever_is_asked_the_answer_is_one_of_the_few(
    app, method, path, query, body, value, name
):
    heard = call(app, method, f"{path}?{query}", body, **{name: value})
    assert heard.status in POLICY - {500}
    assert heard.headers["access-control-allow-origin"]
    assert all(ord(letter) > 31 for text in heard.headers.values() for letter in text)
