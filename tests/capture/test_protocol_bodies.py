"""Bodies are unpacked as the clients pack them, and no further than is safe."""

import base64
import gzip
import json
import subprocess
import sys
import textwrap
import zlib
from urllib.parse import quote_plus

import brotli
import pytest
import zstandard

from capture_support.recorded_requests import FOLDER
from suppilo.apps.capture.protocol.body import decode_body
from suppilo.apps.capture.protocol.errors import RequestRefusedError
from suppilo.apps.capture.protocol.limits import Limits
from suppilo.apps.capture.protocol.lz import LzError, decompress_lz64

TEXT = json.dumps({"batch": [{"event": "Prix élevé 𝒳", "n": list(range(50))}]}).encode()
PACKED = {
    "gzip": gzip.compress(TEXT),
    "deflate": zlib.compress(TEXT),
    "zstd": zstandard.compress(TEXT),
    "br": brotli.compress(TEXT),
}
# What lz-string 1.5.0's compressToBase64 makes of these texts.
LZ = json.loads((FOLDER / "lz_strings.json").read_text("utf-8"))


def refusal(body, headers=None, query=None, **rest):
    with pytest.raises(RequestRefusedError) as caught:
        decode_body(headers or {}, query or {}, body, **rest)
    return caught.value


@pytest.mark.parametrize("encoding", PACKED)
def test_body_is_unpacked_as_its_header_says(encoding):
    assert decode_body({"content-encoding": encoding}, {}, PACKED[encoding]) == TEXT


def test_deflate_without_zlibs_header_is_unpacked():
    packer = zlib.compressobj(wbits=-15)
    raw = packer.compress(TEXT) + packer.flush()
    assert decode_body({"content-encoding": "deflate"}, {}, raw) == TEXT


def test_gzip_is_known_by_its_first_bytes_whatever_the_header_says():
    for headers in ({}, {"content-type": "text/plain"}, {"content-encoding": "br"}):
        assert decode_body(headers, {}, PACKED["gzip"]) == TEXT


def test_plain_text_is_taken_even_where_the_header_promises_gzip():
    assert decode_body({"content-encoding": "gzip"}, {}, TEXT) == TEXT


def test_unknown_encoding_is_refused():
    assert refusal(b"\x00\x01", {"content-encoding": "compress"}).code == "unknown_encoding"


def test_body_in_pieces_is_put_together():
    assert decode_body({}, {}, iter([TEXT[:9], TEXT[9:]])) == TEXT


@pytest.mark.parametrize("encoding", PACKED)
@pytest.mark.parametrize("harm", ["cut", "half", "rubbish"])
def test_packed_body_that_is_damaged_is_refused_with_400(encoding, harm):
    whole = PACKED[encoding]
    damaged = {"cut": whole[:-5], "half": whole[: len(whole) // 2], "rubbish": whole[:2] + b"!!"}
    assert refusal(damaged[harm], {"content-encoding": encoding}).status == 400


@pytest.mark.parametrize("rest", [b"rest", gzip.compress(b"{}")], ids=["text", "member"])
def test_anything_behind_the_end_of_gzip_is_refused(rest):
    assert refusal(PACKED["gzip"] + rest).status == 400


def test_gzip_inside_gzip_is_not_unpacked_twice():
    inner = PACKED["gzip"]
    assert decode_body({"content-encoding": "gzip"}, {}, gzip.compress(inner)) == inner


def test_forms_data_field_is_taken_out():
    form = b"data=" + quote_plus(TEXT).encode()
    assert decode_body({}, {}, form) == TEXT
    assert decode_body({}, {}, b"ip=1&ver=2&" + form) == TEXT


@pytest.mark.parametrize("escape", [True, False])
def test_forms_base64_is_decoded(escape):
    encoded = base64.b64encode(TEXT).decode()
    form = f"data={quote_plus(encoded) if escape else encoded}".encode()
    assert decode_body({}, {"compression": "base64"}, form) == TEXT


def test_base64_is_guessed_on_old_posthog_routes_only():
    encoded = base64.b64encode(TEXT)
    assert decode_body({}, {}, encoded, sniff_base64=True) == TEXT
    assert decode_body({}, {}, encoded) == encoded


def test_gzip_inside_base64_is_unpacked():
    form = b"data=" + base64.b64encode(PACKED["gzip"])
    assert decode_body({}, {"compression": "base64"}, form) == TEXT
    assert decode_body({}, {"compression": "gzip-js"}, PACKED["gzip"]) == TEXT


@pytest.mark.parametrize("text", LZ)
def test_lz_string_is_unpacked(text):
    assert decompress_lz64(LZ[text].encode(), 5000) == text


def test_lz_string_in_a_form_is_unpacked():
    body = b"data=" + LZ['{"a":1}'].encode()
    assert decode_body({}, {"compression": "lz64"}, body) == b'{"a":1}'


def test_lz_string_longer_than_allowed_or_damaged_is_refused():
    with pytest.raises(LzError):
        decompress_lz64(LZ["aaaaaaaaaa"].encode(), 5)
    assert refusal(b"IY", query={"compression": "lz64"}).status == 400
    assert refusal(b"\xff\xff", query={"compression": "lz64"}).status == 400


def test_body_over_the_limit_is_refused_with_413():
    small = Limits(body=100)
    form = b"data=" + quote_plus(TEXT).encode()
    assert refusal(form, limits=small).status == 413
    for encoding, packed in PACKED.items():
        assert refusal(packed, {"content-encoding": encoding}, limits=small).status == 413


BOMBS = """
import resource, sys, time, zlib, brotli, zstandard
from suppilo.apps.capture.protocol.body import decode_body
from suppilo.apps.capture.protocol.errors import RequestRefusedError
kind = sys.argv[1]
zeros = bytes(1 << 20)
if kind == "zstd":
    packer = zstandard.ZstdCompressor().compressobj()
    bomb = b"".join([packer.compress(zeros) for _ in range(256)] + [packer.flush()])
elif kind == "zstd-sized":
    packer = zstandard.ZstdCompressor().compressobj(size=256 << 20)
    bomb = b"".join([packer.compress(zeros) for _ in range(256)] + [packer.flush()])
elif kind == "br":
    packer = brotli.Compressor(quality=1)
    bomb = b"".join([packer.process(zeros) for _ in range(256)] + [packer.finish()])
else:
    packer = zlib.compressobj(9, wbits={"gzip": 31, "deflate": 15}[kind])
    bomb = b"".join([packer.compress(zeros) for _ in range(256)] + [packer.flush()])
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
began = time.process_time()
try:
    decode_body({"content-encoding": kind.partition("-")[0]}, {}, bomb)
except RequestRefusedError as refused:
    status = refused.status
took = time.process_time() - began
grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
print(status, took, grown)
"""


@pytest.mark.parametrize("kind", ["gzip", "deflate", "zstd", "zstd-sized", "br"])
def test_bomb_of_a_quarter_gigabyte_is_refused_after_the_first_byte_over(kind):
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(BOMBS), kind],
        capture_output=True,
        text=True,
        check=True,
    )
    status, took_s, grown_kib = done.stdout.split()
    assert status == "413"
    assert float(took_s) < 1
    assert int(grown_kib) < 64 * 1024
