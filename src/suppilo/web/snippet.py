"""The browser snippet as it is served: without comments and spaces, packed, kept by browsers."""

from __future__ import annotations

import gzip
import hashlib
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from suppilo.apps.capture.request import Scope, Send, send_answer

SCRIPT = Path(__file__).parent / "static" / "js" / "suppilo.js"
_TEXTS = re.compile(r'("[^"\n]*"|`[^`]*`)')
_AROUND_SIGNS = re.compile(r"\s*([{}()\[\];,:?=+<>&|!*-])\s*")
_HEADERS = [
    (b"content-type", b"text/javascript; charset=utf-8"),
    (b"cache-control", b"public, max-age=3600"),
    (b"vary", b"accept-encoding"),
    (b"access-control-allow-origin", b"*"),
    (b"cross-origin-resource-policy", b"cross-origin"),
    (b"x-content-type-options", b"nosniff"),
]


@dataclass(frozen=True, slots=True)
class Snippet:
    """The script, plain and packed with gzip, and the tag of this version of it."""

    plain: bytes
    packed: bytes
    tag: bytes


def shrink_script(text: str) -> str:
    """Return our script without comments and needless spaces.

    It is no minifier for any script: comments must stand on lines of their own, statements end
    with semicolons, and there are no regular expressions in it.
    """
    lines = (line.strip() for line in text.splitlines())
    code = "\n".join(line for line in lines if line and not line.startswith("//"))
    parts = _TEXTS.split(code)
    parts[::2] = (_AROUND_SIGNS.sub(r"\1", part) for part in parts[::2])
    return re.sub(r";(?=})|,(?=[})])", "", "".join(parts))


@cache
def load_snippet() -> Snippet:
    """Return the script ready to be sent."""
    plain = shrink_script(SCRIPT.read_text("utf-8")).encode()
    tag = f'"{hashlib.sha256(plain).hexdigest()[:32]}"'.encode()
    return Snippet(plain, gzip.compress(plain, 9, mtime=0), tag)


async def send_snippet(scope: Scope, send: Send) -> None:
    """Answer a request for the script; browsers may keep it for an hour."""
    if scope["method"] not in ("GET", "HEAD"):
        headers = [(b"allow", b"GET, HEAD"), (b"content-length", b"0")]
        await send_answer(send, 405, headers, b"", is_head=False)
        return
    snippet = load_snippet()
    asked = dict(scope["headers"])
    headers = [*_HEADERS, (b"etag", snippet.tag)]
    if snippet.tag in asked.get(b"if-none-match", b""):
        await send_answer(send, 304, headers, b"", is_head=True)
        return
    body = snippet.plain
    if b"gzip" in asked.get(b"accept-encoding", b""):
        body = snippet.packed
        headers.append((b"content-encoding", b"gzip"))
    headers.append((b"content-length", str(len(body)).encode()))
    await send_answer(send, 200, headers, body, is_head=scope["method"] == "HEAD")
