"""The snippet as it leaves the server: small, packed, kept by browsers, without comments."""

import asyncio
import gzip
import shutil
import subprocess

import pytest

from suppilo.web.snippet import SCRIPT, load_snippet, send_snippet, shrink_script


def ask(method="GET", **headers):
    sent = []

    async def send(message):
        sent.append(message)

    given = [(name.replace("_", "-").encode(), value) for name, value in headers.items()]
    asyncio.run(send_snippet({"method": method, "headers": given}, send))
    start, body = sent
    return start["status"], dict(start["headers"]), body["body"]


def test_snippet_is_smaller_than_four_kilobytes_packed():
    assert len(load_snippet().packed) < 4000


def test_snippet_is_served_packed_to_those_who_can_unpack():
    status, headers, body = ask(accept_encoding=b"gzip, deflate, br")
    assert (status, headers[b"content-encoding"]) == (200, b"gzip")
    assert int(headers[b"content-length"]) == len(body)
    assert gzip.decompress(body) == load_snippet().plain
    status, headers, body = ask()
    assert b"content-encoding" not in headers
    assert body == load_snippet().plain


def test_a_kept_snippet_is_not_sent_again():
    _, headers, _ = ask()
    status, again, body = ask(if_none_match=headers[b"etag"])
    assert (status, body, again[b"etag"]) == (304, b"", headers[b"etag"])
    assert b"max-age" in headers[b"cache-control"]


def test_snippet_may_be_used_by_any_site():
    _, headers, _ = ask()
    assert headers[b"access-control-allow-origin"] == b"*"
    assert headers[b"cross-origin-resource-policy"] == b"cross-origin"


def test_snippet_is_only_read():
    assert ask("POST")[0] == 405
    status, headers, body = ask("HEAD")
    assert (status, body) == (200, b"")
    assert int(headers[b"content-length"]) == len(load_snippet().plain)


def test_comments_and_indentation_are_not_served():
    assert shrink_script('// why\n  const a = "b  // c";\n  f({ a, });\n') == (
        'const a="b  // c";f({a});'
    )
    assert b"//" not in load_snippet().plain


def test_snippet_has_nothing_that_a_strict_policy_forbids():
    text = SCRIPT.read_text("utf-8")
    for word in ("eval(", "new Function", "innerHTML", ".style", "document.write", "cookie ="):
        assert word not in text


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node")
def test_what_is_served_is_still_a_script(tmp_path):
    file = tmp_path / "served.js"
    file.write_bytes(load_snippet().plain)
    subprocess.run(["node", "--check", file], check=True)
