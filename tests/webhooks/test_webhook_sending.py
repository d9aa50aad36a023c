"""One attempt at a receiver that behaves in any way it likes."""

import socket
import ssl
import subprocess
import threading
import time

import pytest

from suppilo.apps.net import parse_networks
from suppilo.apps.webhooks import addresses, sending
from suppilo.apps.webhooks.addresses import AddressRefusedError, may_be_told, read_url
from suppilo.apps.webhooks.sending import KEPT_CHARACTERS, post
from webhooks_support.receivers import (
    dripping,
    endless,
    endless_headers,
    hang_up,
    packed_bomb,
    read_request,
    receiving,
    rubbish,
    say,
    silent,
)

HERE = parse_networks(["127.0.0.0/8", "::1"])
PRIVATE = [
    "127.0.0.1", "127.1.2.3", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1",
    "169.254.169.254", "100.64.0.1", "192.0.0.8", "192.0.0.170", "192.88.99.1", "198.18.0.1",
    "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255", "::1", "::", "::127.0.0.1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "fe80::1", "fc00::1", "fd00:ec2::254", "ff02::1",
    "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2002:7f00:1::", "2001::1",
    "fec0::1", "100::1", "2001:db8::1",
]  # fmt: skip


@pytest.fixture
def receiver():
    with receiving() as made:
        yield made


def send(url: str, deadline_s: float = 5.0, allowed=HERE, body: bytes = b"{}"):
    return post(url, {"webhook-id": "m1"}, body, allowed, deadline_s)


def test_a_message_arrives_with_its_headers_and_body(receiver):
    answer = send(receiver.url("/hook?a=1"), body=b'{"a":1}')
    assert (answer.status, answer.text, answer.content_type) == (200, "thanks", "text/plain")
    (path, headers, body), = receiver.received  # fmt: skip
    assert (path, body) == ("/hook?a=1", b'{"a":1}')
    assert headers["webhook-id"] == "m1"
    assert headers["host"] == f"127.0.0.1:{receiver.port}"
    assert headers["accept-encoding"] == "identity"


@pytest.mark.parametrize("behave", [silent, dripping, endless_headers])
def test_who_does_not_come_to_an_end_is_cut_off(receiver, behave):
    receiver.answers["/hook"] = behave
    began = time.monotonic()
    answer = send(receiver.url(), deadline_s=1.0)
    assert answer.status is None
    assert answer.error
    assert time.monotonic() - began < 30


def test_no_more_of_an_endless_answer_is_read_than_needed(receiver):
    receiver.answers["/hook"] = endless
    began = time.monotonic()
    answer = send(receiver.url(), deadline_s=60.0)
    assert answer.status == 200
    assert answer.text == "a" * KEPT_CHARACTERS
    assert time.monotonic() - began < 30


def test_what_is_packed_stays_packed(receiver):
    receiver.answers["/hook"] = packed_bomb
    answer = send(receiver.url())
    assert answer.status == 200
    assert len(answer.text) <= KEPT_CHARACTERS


@pytest.mark.parametrize("behave", [rubbish, hang_up])
def test_what_is_no_answer_is_told_in_words(receiver, behave):
    receiver.answers["/hook"] = behave
    answer = send(receiver.url())
    assert answer.status is None
    assert answer.error.endswith(".")


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_no_redirect_is_followed(receiver, status):
    receiver.answers["/hook"] = say(status, Location=receiver.url("/inside"))
    answer = send(receiver.url())
    assert (answer.status, answer.is_success) == (status, False)
    assert receiver.paths() == ["/hook"]


def test_where_nobody_listens_is_told_in_words():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    assert send(f"http://127.0.0.1:{port}/").error == "The connection was refused."


@pytest.mark.parametrize("text", PRIVATE)
def test_private_addresses_may_not_be_told(text):
    assert not may_be_told(addresses.ip_address(text))


@pytest.mark.parametrize("text", ["8.8.8.8", "93.184.216.34", "2606:2800:220:1::1"])
def test_public_addresses_may_be_told(text):
    assert may_be_told(addresses.ip_address(text))


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "localhost", "[::1]",
     "[::ffff:127.0.0.1]", "0"],
)  # fmt: skip
def test_no_way_of_writing_it_leads_to_this_machine(receiver, host):
    answer = send(f"http://{host}:{receiver.port}/hook", allowed=())
    assert answer.status is None
    assert receiver.connections == 0


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.com/", "file:///etc/passwd", "gopher://example.com", "example.com", "",
        "http://", "http:///x", "http://user:pass@example.com/", "http://good\t.example/",
        "http://a.example\\@b.example/", "http://a.example/ x", "http://①②⑦.⓪.⓪.①/",
        "http://a.example:99999/", "http://[::1", "https://a.example/" + "a" * 2000,
        "http://a.example/\r\nX: y",
    ],
)  # fmt: skip
def test_what_is_no_plain_address_is_refused(url):
    with pytest.raises(AddressRefusedError):
        read_url(url)


def test_a_name_is_asked_for_once_and_its_address_is_the_one_connected_to(receiver, monkeypatch):
    """A name that leads elsewhere when it is asked for again gains nothing by that."""
    asked = []
    real = socket.getaddrinfo

    def rebind(host, port, *rest, **more):
        if host != "rebind.example":
            return real(host, port, *rest, **more)
        asked.append(host)
        address = "127.0.0.1" if len(asked) > 1 else "127.0.0.2"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr(socket, "getaddrinfo", rebind)
    answer = send(
        f"http://rebind.example:{receiver.port}/hook", allowed=parse_networks(["127.0.0.2"])
    )
    assert asked == ["rebind.example"]
    assert answer.status is None
    assert receiver.connections == 0


def test_a_name_with_one_private_address_among_public_ones_is_refused(monkeypatch):
    def both(host, port, *_rest, **_more):
        return [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port))
            for one in ("93.184.216.34", "10.0.0.1")
        ]

    monkeypatch.setattr(socket, "getaddrinfo", both)
    answer = send("http://mixed.example/", allowed=())
    assert "10.0.0.1" in answer.error


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    command = [
        "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
        "-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem"),
        "-subj", "/CN=hooks.example", "-addext", "subjectAltName=DNS:hooks.example",
    ]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True)
    return folder


@pytest.fixture
def encrypted(certificate):
    """A server that speaks TLS with a certificate for hooks.example."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            while True:
                try:
                    plain, _ = listening.accept()
                    with context.wrap_socket(plain, server_side=True) as connection:
                        read_request(connection)
                        say(204)(connection)
                except ssl.SSLError:
                    continue
                except OSError:
                    return

        threading.Thread(target=serve, daemon=True).start()
        yield listening.getsockname()[1]


def lead_here(monkeypatch):
    real = socket.getaddrinfo

    def here(host, port, *rest, **more):
        return real("127.0.0.1", port, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", here)


def test_a_certificate_that_nobody_vouches_for_is_refused(encrypted, monkeypatch):
    lead_here(monkeypatch)
    answer = send(f"https://hooks.example:{encrypted}/")
    assert answer.status is None
    assert "certificate" in answer.error


def test_the_certificate_must_be_the_names(encrypted, certificate, monkeypatch):
    lead_here(monkeypatch)
    trust = ssl.create_default_context(cafile=str(certificate / "cert.pem"))
    monkeypatch.setattr(sending, "_trust", lambda: trust)
    assert send(f"https://hooks.example:{encrypted}/").status == 204
    assert "certificate" in send(f"https://other.example:{encrypted}/").error


def test_a_handshake_that_never_comes_is_cut_off(receiver):
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        began = time.monotonic()
        answer = send(f"https://127.0.0.1:{port}/", deadline_s=1.0)
        assert answer.status is None
        assert time.monotonic() - began < 30
