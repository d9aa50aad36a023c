"""The real server against connections that no client of good will makes."""

import json
import resource
import socket
import threading
import time
from contextlib import ExitStack

import pytest

from capture_support.running_server import KEY, Server, read_answer, run_server

# The server has an SQLite file, whatever the other tests run on.
pytestmark = pytest.mark.any_database

EVENT = json.dumps({"event": "E", "userId": "u", "writeKey": KEY}).encode()


@pytest.fixture(scope="module")
def server(tmp_path_factory, migrated):
    home = tmp_path_factory.mktemp("home")
    migrated.copy_into(home)
    with run_server(home) as running:
        yield running


def request(body: bytes = EVENT, path: bytes = b"/v1/track", headers: bytes = b"") -> bytes:
    length = b"content-length: %d\r\n" % len(body)
    return b"POST " + path + b" HTTP/1.1\r\nhost: x\r\n" + length + headers + b"\r\n" + body


def status_of(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1]) if answer else 0


def test_event_sent_well_is_stored(server: Server):
    before = server.count_stored()
    assert status_of(server.ask(request())) == 200
    assert server.count_stored() == before + 1


@pytest.mark.parametrize("path", [b"//v1//track/", b"/v1/track/", b"/%761/track"])
def test_address_with_needless_slashes_is_taken(server: Server, path):
    assert status_of(server.ask(request(path=path))) == 200


CHUNKED = b"transfer-encoding: chunked\r\n"
HOSTILE = {
    "length and chunks": request(headers=CHUNKED),
    "two lengths": request(headers=b"content-length: 5\r\n"),
    "negative length": b"POST /v1/track HTTP/1.1\r\nhost: x\r\ncontent-length: -5\r\n\r\n",
    "bare line feeds": b"POST /v1/track HTTP/1.1\nhost: x\ncontent-length: 2\n\n{}",
    "folded header": request(headers=b"x-a: 1\r\n  folded\r\n"),
    "NUL in a header": request(headers=b"x-a: a\x00b\r\n"),
    "header of 200 KB": request(headers=b"x-a: " + b"a" * 200_000 + b"\r\n"),
    "10,000 headers": request(headers=b"".join(b"x-%d: 1\r\n" % n for n in range(10_000))),
    "address of 100 KB": request(path=b"/v1/track?" + b"a" * 100_000),
    "headers without end": b"POST /v1/track HTTP/1.1\r\nx-a: " + b"a" * 500_000,
    "no HTTP": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_request_that_could_mean_two_things_or_is_endless_is_refused(server: Server, kind):
    before = server.count_stored()
    answer = server.ask(HOSTILE[kind])
    # A connection that is cut while it still sends may not hear the answer.
    assert status_of(answer) in ((0, 400) if len(HOSTILE[kind]) > 60_000 else (400,))
    assert server.count_stored() == before
    assert status_of(server.ask(request())) == 200


def test_body_in_chunks_without_a_length_is_taken(server: Server):
    half = len(EVENT) // 2
    chunks = (
        b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in (EVENT[:half], EVENT[half:])) + b"0\r\n\r\n"
    )
    head = b"POST /v1/track HTTP/1.1\r\nhost: x\r\n" + CHUNKED + b"\r\n"
    assert status_of(server.ask(head + chunks)) == 200


def test_body_of_thirty_megabytes_hears_413(server: Server):
    answer = server.ask(b"POST /v1/batch HTTP/1.1\r\nhost: x\r\ncontent-length: 30000000\r\n\r\n{")
    assert status_of(answer) == 413


def test_body_over_the_limit_is_read_to_its_end_so_that_its_sender_hears_413(server: Server):
    assert status_of(server.ask(request(b"x" * 6_000_000))) == 413


def test_client_that_leaves_within_its_body_leaves_nothing_behind(server: Server):
    before = server.count_stored()
    for _ in range(20):
        with server.connect() as connection:
            connection.sendall(request()[:-10])
    assert status_of(server.ask(request())) == 200
    assert server.count_stored() == before + 1


@pytest.fixture
def silent(server: Server):
    """Return 10,000 connections that say nothing, or as many as this machine lets us open."""
    now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 12_000 if most == resource.RLIM_INFINITY else min(12_000, most)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(now, wanted), most))
    with ExitStack() as opened:
        yield [opened.enter_context(server.connect(60)) for _ in range(max(300, wanted - 2_000))]
    resource.setrlimit(resource.RLIMIT_NOFILE, (now, most))


def test_slow_and_silent_connections_are_ended_and_harm_no_one(server: Server, silent):
    began_s = time.monotonic()
    half_head = server.connect(60)
    half_head.sendall(b"POST /v1/track HTTP/1.1\r\nhost:")
    half_body = server.connect(60)
    half_body.sendall(request()[:-10])
    dribble = server.connect(60)
    dribble.sendall(request(b"x" * 1000)[:-1000])
    stop = threading.Event()

    def send_byte_by_byte():
        while not stop.wait(0.5):
            try:
                dribble.sendall(b"x")
            except OSError:
                return

    sender = threading.Thread(target=send_byte_by_byte)
    sender.start()
    quickest = []
    for _ in range(20):
        asked_s = time.monotonic()
        assert status_of(server.ask(request())) == 200
        quickest.append(time.monotonic() - asked_s)
    assert sorted(quickest)[10] < 1
    assert status_of(read_answer(half_body)) == 503
    assert status_of(read_answer(dribble)) == 503
    stop.set()
    sender.join()
    for connection in [half_head, *silent]:
        assert connection.recv(1) == b""
    assert time.monotonic() - began_s < 25
    half_head.close()
    half_body.close()
    dribble.close()


def test_cookies_are_neither_read_nor_set(server: Server):
    answer = server.ask(request(headers=b"cookie: session=abc\r\norigin: https://x.test\r\n"))
    assert status_of(answer) == 200
    assert b"set-cookie" not in answer.lower()
    assert b"credentials" not in answer.lower()


def test_pipelined_requests_are_all_answered(server: Server):
    with server.connect() as connection:
        connection.sendall(request() * 3)
        data = b""
        connection.settimeout(10)
        while data.count(b"HTTP/1.1 200") < 3:
            piece = connection.recv(65_536)
            assert piece
            data += piece


def track(**fields) -> bytes:
    return json.dumps({"event": "E", "userId": "u", "writeKey": KEY} | fields).encode()


ALIKE = {
    "an event": (b"/v1/track", track(), b""),
    "an event again": (b"/v1/track", track(messageId="again"), b""),
    "a batch with a bad event": (
        b"/v1/batch",
        json.dumps({"writeKey": KEY, "batch": [{"type": "track", "messageId": "x"}]}).encode(),
        b"",
    ),
    "another site's page": (b"/v1/t", track(), b"origin: https://x.test\r\n"),
    "PostHog's": (
        b"/batch/",
        json.dumps({"api_key": KEY, "batch": [{"event": "E", "distinct_id": "u"}]}).encode(),
        b"",
    ),
    "a wrong key": (b"/v1/track", track(writeKey="wk_other"), b""),
    "no JSON": (b"/v1/track", b'{"event":', b""),
    "no event": (b"/v1/batch", json.dumps({"writeKey": KEY, "batch": []}).encode(), b""),
    "another method": (b"/v1/track", track(), b"x-http-method-override: PUT\r\n"),
    "an address that takes none": (b"/v1/nothing", track(), b""),
    "the last of its connection": (b"/v1/track", track(), b"connection: close\r\n"),
}


@pytest.mark.parametrize("kind", ALIKE)
def test_request_in_one_piece_and_in_two_hear_the_same(server: Server, kind):
    path, body, headers = ALIKE[kind]
    whole = request(body, path, headers)
    server.ask(whole)  # so that its key was found, and its event stored
    assert heard_of(server.ask(whole)) == heard_of(ask_in_two(server, whole, len(whole) - 5))


def ask_in_two(server: Server, message: bytes, first: int) -> bytes:
    with server.connect() as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.sendall(message[:first])
        time.sleep(0.1)
        connection.sendall(message[first:])
        return read_answer(connection)


def heard_of(answer: bytes) -> tuple[bytes, set[bytes], bytes]:
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *lines = head.split(b"\r\n")
    return first, {line for line in lines if not line.lower().startswith(b"date:")}, body


def test_connection_reset_after_the_body_loses_or_keeps_the_whole_event(server: Server):
    before = server.count_stored()
    for number in range(10):
        body = json.dumps({"event": "E", "userId": "u", "messageId": f"r{number}", "writeKey": KEY})
        connection = server.connect()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        connection.sendall(request(body.encode()))
        connection.close()
    assert status_of(server.ask(request())) == 200
    assert before + 1 <= server.count_stored() <= before + 11
