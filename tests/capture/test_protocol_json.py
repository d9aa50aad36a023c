"""JSON as real clients write it is read; JSON that would do harm is not."""

import resource
import time

import orjson
import pytest

from suppilo.apps.capture.protocol.decode import read_events
from suppilo.apps.capture.protocol.delivery import Delivery
from suppilo.apps.capture.protocol.errors import RequestRefusedError
from suppilo.apps.capture.protocol.limits import MAX_EVENT
from suppilo.apps.capture.protocol.parse import parse_json
from suppilo.apps.capture.protocol.shape import has_short_texts, is_modest, is_small

NOW_US = 1_795_299_000_000_000
HEAD = b'{"type":"track","event":"E","userId":"u","messageId":"m","properties":'

GOLDEN = [
    # value as written, value as kept, warnings
    (b"NaN", None, ["not_finite"]),
    (b"Infinity", None, ["not_finite"]),
    (b"-Infinity", None, ["not_finite"]),
    (b"1e999", None, ["not_finite"]),
    (b"-1e999", None, ["not_finite"]),
    (b"1180591620717411303424", "1180591620717411303424", ["big_number"]),
    (b"-1180591620717411303424", "-1180591620717411303424", ["big_number"]),
    (b"9223372036854775807", 9223372036854775807, []),
    (b"9223372036854775808", "9223372036854775808", ["big_number"]),
    (b"18446744073709551615", "18446744073709551615", ["big_number"]),
    (b"1" * 5000, "1" * 5000, ["big_number"]),
    (b"1.5", 1.5, []),
    (b"-0", 0, []),
    (b'"1234567890123456789012"', "1234567890123456789012", []),
    (b'"\\ud800"', "\ufffd", ["text_replaced"]),
    (b'"a\\udc00b"', "a\ufffdb", ["text_replaced"]),
    (b'"\\ud835\\udcb3"', "\U0001d4b3", []),
    (b'"a\\u0000b"', "a\ufffdb", ["text_replaced"]),
    (b'"a\x00b"', "a\ufffdb", ["text_replaced"]),
    (b'"a\tb\x01"', "a\tb\x01", []),
    (b'"\xff\xfe"', "\ufffd\ufffd", ["text_replaced"]),
    (b'"' + b"x" * 9000 + b'"', "x" * 8192, ["text_cut"]),
    (b'[1, NaN, {"b": Infinity}]', [1, None, {"b": None}], ["not_finite"]),
    (b'{"__proto__": {"a": 1}, "constructor": 2, "$where": 3}',
     {"__proto__": {"a": 1}, "constructor": 2, "$where": 3}, []),
    (b"\"'; DROP TABLE events; --\"", "'; DROP TABLE events; --", []),
    (b"true", True, []),
    (b'""', "", []),
]  # fmt: skip


def read_one(body: bytes):
    parsed = parse_json(body)
    found = read_events("segment", [parsed.value], Delivery(NOW_US), is_dirty=parsed.is_dirty)
    return found.events[0] if found.events else found.refused[0]


def refusal(body: bytes) -> RequestRefusedError:
    with pytest.raises(RequestRefusedError) as caught:
        parse_json(body)
    return caught.value


@pytest.mark.parametrize(("written", "kept", "warnings"), GOLDEN)
def test_value_is_kept_as_the_golden_list_says(written, kept, warnings):
    event = read_one(HEAD + b'{"a":' + written + b"}}")
    assert event.properties == {"a": kept}
    assert list(event.warnings) == warnings
    orjson.dumps(event.properties)


def test_byte_order_mark_and_space_around_the_text_do_no_harm():
    assert read_one(b"\xef\xbb\xbf \r\n" + HEAD + b"{}} \n").id == "m"


def test_of_equal_keys_the_last_counts():
    for rest in (b"", b',"c":NaN'):
        event = read_one(HEAD + b'{"a":1,"a":2' + rest + b"}}")
        assert event.properties["a"] == 2


def test_long_key_is_cut_and_marked():
    event = read_one(HEAD + b'{"' + b"k" * 300 + b'":1}}')
    assert event.properties == {"k" * 255: 1}
    assert event.warnings == ("key_cut",)


@pytest.mark.parametrize("body", [b"", b"  ", b"\xef\xbb\xbf"])
def test_empty_body_is_refused(body):
    assert refusal(body).code == "empty_body"


@pytest.mark.parametrize("body", [b"{", b"nonsense", b'{"a":}', b"\x1f\x8b\x00", b"{}{}", b"[1,]"])
def test_text_that_is_no_json_is_refused(body):
    assert (refusal(body).status, refusal(body).code) == (400, "invalid_json")


def nested(depth: int, core: bytes = b"1") -> bytes:
    return b'{"a":' * depth + core + b"}" * depth


@pytest.mark.parametrize(
    ("depth", "core", "outcome"),
    [(150, b"1", "kept"), (150, b"NaN", "kept"), (250, b"1", "too_deep"), (1000, b"1", "too_deep")],
)
def test_deep_event_is_kept_or_refused_by_itself(depth, core, outcome):
    found = read_one(HEAD + nested(depth, core) + b"}")
    assert getattr(found, "reason", "kept") == outcome


@pytest.mark.parametrize(("open_", "close"), [(b"[", b"]"), (b'{"a":', b"}")])
@pytest.mark.parametrize("depth", [1_025, 200_000])
def test_very_deep_body_is_refused_fast(open_, close, depth):
    body = open_ * depth + b"1" + close * depth
    began = time.process_time()
    assert refusal(body).code in ("too_deep", "too_many_values")
    assert time.process_time() - began < 0.1


def test_brackets_and_quotes_in_texts_are_not_taken_for_depth():
    core = orjson.dumps('[[[{{{"\\' * 1000)
    event = read_one(HEAD + b'{"b":NaN,"a":' + core + b"}}")
    assert event.properties["a"] == ('[[[{{{"\\' * 1000)[:8192]


def test_unended_text_with_many_escaped_quotes_is_refused_fast():
    began = time.process_time()
    assert refusal(b'["' + b'\\"' * 500_000).status == 400
    assert time.process_time() - began < 0.5


def test_event_with_a_million_keys_is_refused_in_bounds():
    body = HEAD + b"{" + b",".join(b'"k%d":1' % n for n in range(1_000_000)) + b"}}"
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.process_time()
    assert refusal(body).code == "too_many_values"
    assert time.process_time() - began < 0.1
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 32 * 1024


def test_event_with_too_many_keys_is_set_aside_and_the_others_are_kept():
    wide = {"type": "track", "event": "E", "userId": "u", "messageId": "wide"}
    wide["properties"] = {f"k{n}": n for n in range(1001)}
    good = wide | {"messageId": "good", "properties": {}}
    found = read_events("segment", [wide, good], Delivery(NOW_US))
    assert [event.id for event in found.events] == ["good"]
    assert [(refused.id, refused.reason) for refused in found.refused] == [
        ("wide", "too_many_keys")
    ]


def test_ten_megabytes_of_text_are_set_aside_with_their_beginning():
    body = HEAD + b'{"a":"' + b"x" * 10_000_000 + b'"}}'
    began = time.process_time()
    found = read_one(body)
    assert time.process_time() - began < 0.5
    assert found.reason == "too_large"
    assert len(found.raw) < MAX_EVENT


def test_large_event_is_kept_and_marked():
    pieces = {f"a{n}": "x" * 8000 for n in range(5)}
    event = read_one(HEAD + orjson.dumps(pieces) + b"}")
    assert event.properties == pieces
    assert event.warnings == ("large_event",)


def test_long_key_with_quotes_in_it_is_cut_like_any_other():
    key = 'a"' * 300
    text = orjson.dumps(
        {"type": "track", "event": "E", "userId": "u", "messageId": "m", "properties": {key: 1}}
    )
    assert not is_modest(text)
    parsed = parse_json(text)
    found = read_events(
        "segment", [parsed.value], Delivery(NOW_US), is_dirty=parsed.is_dirty,
        is_modest=is_modest(text),
    )  # fmt: skip
    assert list(found.events[0].properties) == [key[:255]]
    assert found.events[0].warnings == ("key_cut",)


def shapes():
    """Yield properties at and beyond each bound, and beside it."""
    for width in (1, 20, 50, 58, 60, 1000, 1001):
        yield {f"k{n}": n for n in range(width)}
        yield {"list": [{"n": n} for n in range(width)]}
    for length in (1, 126, 127, 253, 254, 255, 256, 8192, 8193):
        yield {"k": "x" * length}
        yield {"x" * length: 1}
        yield {"k": "\N{SNOWMAN}" * length}
        yield {f"{n}{'k' * (length % 240)}": "y" * min(length, 250) for n in range(53)}
    for depth in (2, 7, 8, 9, 194, 195, 199, 200):
        nested = 1
        for level in range(depth):
            nested = {"k": nested} if level % 2 else [nested]
        yield {"deep": nested}


def test_event_that_is_only_glanced_at_is_kept_as_one_that_is_walked_through():
    glanced_at = 0
    for properties in shapes():
        event = {"type": "track", "event": "E", "userId": "u", "messageId": "m"}
        text = orjson.dumps(event | {"properties": properties})
        is_short = has_short_texts(text)
        glanced_at += is_short and is_small(orjson.loads(text))
        quick = read_events(
            "segment", [orjson.loads(text)], Delivery(NOW_US), is_dirty=False, is_large=True,
            is_modest=is_modest(text), is_short=is_short,
        )  # fmt: skip
        assert quick == read_events("segment", [orjson.loads(text)], Delivery(NOW_US))
    assert glanced_at > 10
