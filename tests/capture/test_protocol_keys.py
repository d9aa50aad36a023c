"""The write key is found wherever a client puts it, and only one is taken."""

import base64

import pytest

from suppilo.apps.capture.protocol.errors import RequestRefusedError
from suppilo.apps.capture.protocol.write_key import find_key


def basic(text: str) -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(text.encode()).decode()}


@pytest.mark.parametrize(
    ("headers", "query", "body"),
    [
        (basic("wk:"), {}, {}),
        (basic("wk"), {}, {}),
        (basic("wk:secret"), {}, {}),
        ({"authorization": "basic " + base64.b64encode(b"wk:").decode().rstrip("=")}, {}, {}),
        ({"authorization": "Bearer wk"}, {}, {}),
        ({"x-write-key": "wk:secret"}, {}, {"writeKey": "wk:***"}),
        ({}, {"writeKey": "wk"}, {}),
        ({}, {}, {"writeKey": "wk"}),
        ({}, {}, {"api_key": "wk"}),
        ({}, {}, {"token": "wk"}),
        ({}, {}, {"event": "e", "properties": {"token": "wk"}}),
        ({}, {}, {"batch": [{"properties": {"token": "wk"}}]}),
        ({}, {}, [{"properties": {"token": "wk"}}]),
        ({}, {}, [{"$token": "wk", "$set": {}}]),
        (basic("wk:"), {"writeKey": "wk"}, {"writeKey": "wk", "batch": []}),
        (basic("wk:"), {}, {"batch": [{"properties": {"token": "a customer's own"}}]}),
    ],
)
def test_key_is_found(headers, query, body):
    assert find_key(headers, query, body) == "wk"


@pytest.mark.parametrize(
    ("headers", "query", "body"),
    [
        ({}, {}, {}),
        ({}, {}, []),
        ({}, {}, None),
        ({}, {}, {"batch": []}),
        ({}, {}, {"batch": 7}),
        ({}, {}, {"writeKey": 7}),
        ({}, {}, {"writeKey": ":"}),
        ({"authorization": "Basic !!!"}, {}, {}),
        ({"authorization": "Basic " + base64.b64encode(b"\xff\xfe:").decode()}, {}, {}),
        ({"authorization": "Digest wk"}, {}, {}),
        ({"authorization": "Basic"}, {}, {}),
        (basic("k" * 10_000), {}, {}),
        (basic("one:"), {"writeKey": "two"}, {}),
        (basic("one:"), {}, {"writeKey": "two"}),
        ({}, {}, {"writeKey": "one", "api_key": "two"}),
    ],
)
def test_no_key_or_two_are_refused_with_401(headers, query, body):
    with pytest.raises(RequestRefusedError) as caught:
        find_key(headers, query, body)
    assert caught.value.status == 401


def test_key_in_any_alphabet_is_read():
    assert find_key(basic("ключ:"), {}, {}) == "ключ"
