"""From what came over the network to the JSON text: packing, forms, base64."""

from __future__ import annotations

import base64
import binascii
import io
import re
import zlib
from collections.abc import Callable, Iterable, Mapping
from urllib.parse import unquote_to_bytes

from suppilo.apps.capture.protocol.errors import RequestRefusedError, too_large, undecodable
from suppilo.apps.capture.protocol.limits import LIMITS, Limits
from suppilo.apps.capture.protocol.lz import LzError, decompress_lz64

_GZIP = b"\x1f\x8b"
_JSON_STARTS = (b"{", b"[", b'"', b"\xef\xbb\xbf", b" ", b"\n", b"\r", b"\t")
_BASE64 = re.compile(rb"[A-Za-z0-9+/_\-\s]++=*+\s*+\Z")
_ZSTD_WINDOW = 1 << 23


def decode_body(
    headers: Mapping[str, str],
    query: Mapping[str, str],
    body: bytes | Iterable[bytes],
    limits: Limits = LIMITS,
    *,
    sniff_base64: bool = False,
) -> bytes:
    """Return the JSON text of a request's body.

    A body is unpacked once only: by what ``Content-Encoding`` says, else by gzip's first bytes,
    else by the query's ``compression``. What stands in a form's ``data`` field is taken out.

    Parameters
    ----------
    headers, query
        The request's, by lower-case name and by name.
    body
        As received, in one piece or several.
    sniff_base64
        Whether a body that looks like base64 is taken for it (PostHog's old routes).

    Raises
    ------
    RequestRefusedError
        400 if it can't be unpacked, is cut off or has something behind its end; 413 if it is
        larger than ``limits.body`` unpacked, of which no more than the first byte over is made.
    """
    raw = body if isinstance(body, bytes) else b"".join(body)
    unpacked = _unpack(headers.get("content-encoding", ""), raw, limits.body)
    if unpacked is None and raw[:1] == b"{":
        return raw
    return _open_text(unpacked, raw, query, limits, sniff_base64=sniff_base64)


def _unpack(encoding: str, raw: bytes, limit: int) -> bytes | None:
    """Return the unpacked body, or None if it was not packed."""
    encoding = encoding.strip().lower()
    if raw[:2] == _GZIP:
        return _inflate(raw, limit, zlib.MAX_WBITS | 16)
    if encoding in ("", "identity") or raw.startswith(_JSON_STARTS[:2]):
        return None  # Some clients name an encoding and then don't use it.
    unpack = _UNPACKERS.get(encoding)
    if unpack is None:
        known = ", ".join(_UNPACKERS)
        raise undecodable("unknown_encoding", f"Content-Encoding must be one of {known}")
    return unpack(raw, limit)


def _open_text(
    unpacked: bytes | None,
    raw: bytes,
    query: Mapping[str, str],
    limits: Limits,
    *,
    sniff_base64: bool,
) -> bytes:
    data = raw if unpacked is None else unpacked
    if len(data) > limits.body:
        raise too_large(limits.body)
    compression = query.get("compression", "")
    if data.startswith(b"data=") or b"&data=" in data[:512]:
        form = _read_form(data)
        data = form.get("data", b"")
        compression = form.get("compression", b"").decode("latin-1") or compression
    if data.startswith(_JSON_STARTS):
        return data
    if compression == "lz64":
        return _read_lz(data, limits)
    if compression == "base64" or (sniff_base64 and _BASE64.match(data)):
        data = _read_base64(data)
    if unpacked is None and data[:2] == _GZIP:
        data = _inflate(data, limits.body, zlib.MAX_WBITS | 16)
    return data


def _inflate(raw: bytes, limit: int, window: int) -> bytes:
    unpacker = zlib.decompressobj(window)
    try:
        out = unpacker.decompress(raw, limit + 1)
    except zlib.error as error:
        raise undecodable("invalid_compression", f"the body can't be unpacked: {error}") from error
    _check_end(len(out), limit, ended=unpacker.eof, rest=unpacker.unused_data)
    return out


def _check_end(size: int, limit: int, *, ended: bool, rest: bytes = b"") -> None:
    if size > limit:
        raise too_large(limit)
    if not ended:
        raise undecodable("invalid_compression", "the packed body is cut off")
    if rest:
        raise undecodable("invalid_compression", "something stands behind the packed body's end")


def _deflate(raw: bytes, limit: int) -> bytes:
    try:
        return _inflate(raw, limit, zlib.MAX_WBITS)
    except RequestRefusedError as refused:
        if refused.status != 400:
            raise
    return _inflate(raw, limit, -zlib.MAX_WBITS)  # Some write it without zlib's two bytes.


def _zstd(raw: bytes, limit: int) -> bytes:
    import zstandard

    unpacker = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW)
    try:
        # Only the stream reader can be bounded; it doesn't say whether the frame has ended.
        size = len(unpacker.stream_reader(io.BytesIO(raw)).read(limit + 1))
        if size > limit:
            raise too_large(limit)
        frame = unpacker.decompressobj()
        out: bytes = frame.decompress(raw)
    except zstandard.ZstdError as error:
        raise undecodable("invalid_compression", f"the body can't be unpacked: {error}") from error
    _check_end(len(out), limit, ended=frame.eof, rest=frame.unused_data)
    return out


def _brotli(raw: bytes, limit: int) -> bytes:
    import brotli

    unpacker = brotli.Decompressor()
    out = bytearray()
    try:
        out += unpacker.process(raw, output_buffer_limit=limit + 1)
        while len(out) <= limit and not unpacker.can_accept_more_data():
            out += unpacker.process(b"", output_buffer_limit=limit + 1 - len(out))
    except brotli.error as error:
        raise undecodable("invalid_compression", f"the body can't be unpacked: {error}") from error
    _check_end(len(out), limit, ended=unpacker.is_finished())
    return bytes(out)


def _gzip(raw: bytes, limit: int) -> bytes:
    return _inflate(raw, limit, zlib.MAX_WBITS | 16)


_UNPACKERS: dict[str, Callable[[bytes, int], bytes]] = {
    "gzip": _gzip,
    "x-gzip": _gzip,
    "deflate": _deflate,
    "zstd": _zstd,
    "br": _brotli,
}


def _read_form(data: bytes) -> dict[str, bytes]:
    fields = {}
    for part in data.split(b"&", 16)[:16]:
        name, _, value = part.partition(b"=")
        fields[name.decode("latin-1")] = unquote_to_bytes(value.replace(b"+", b" "))
    return fields


def _read_base64(data: bytes) -> bytes:
    # A plus that no one escaped became a space in the form; the URL alphabet is taken too.
    text = data.strip().replace(b" ", b"+").replace(b"-", b"+").replace(b"_", b"/")
    text = b"".join(text.split()).rstrip(b"=")
    try:
        return base64.b64decode(text + b"=" * (-len(text) % 4), validate=True)
    except binascii.Error as error:
        raise undecodable("invalid_base64", f"the body is no base64: {error}") from error


def _read_lz(data: bytes, limits: Limits) -> bytes:
    if len(data) > limits.lz:
        raise too_large(limits.lz)
    try:
        text = decompress_lz64(data.strip().replace(b" ", b"+"), limits.body)
    except LzError as error:
        raise undecodable("invalid_compression", f"the body can't be unpacked: {error}") from error
    out = text.encode("utf-8", "replace")
    if len(out) > limits.body:
        raise too_large(limits.body)
    return out
