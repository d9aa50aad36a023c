"""A running server's log, searched for everything that was sent to it."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.request import Request

import pytest

from ops_support.senders import make_key
from ops_support.server_homes import get, post, send, server_home

CANARY = "canary7f3a"


@pytest.mark.parametrize("log_format", ["json", "text"])
def test_nothing_that_was_sent_is_in_the_log(tmp_path: Path, log_format: str) -> None:
    with server_home(tmp_path / "home") as home:
        key = make_key(home)
        process, address = home.serve("--log-format", log_format)
        event = {
            "type": "identify", "userId": f"{CANARY}-user", "messageId": f"{CANARY}-id",
            "traits": {"email": f"{CANARY}@example.com", "phone": CANARY},
            "context": {"ip": "203.0.113.77", "userAgent": CANARY},
        }  # fmt: skip
        assert post(f"{address}/v1/batch", {"batch": [event], "writeKey": key}).status == 200
        post(f"{address}/v1/batch?writeKey={CANARY}", {"batch": [event], "writeKey": CANARY})
        send(Request(f"{address}/v1/batch", f'{{"batch": [{CANARY}'.encode(), method="POST"))
        for path in (f"people/{CANARY}/", f"login/?next={CANARY}", f"{CANARY}%0aforged", "x" * 40):
            get(f"{address}/{path}", Authorization=f"Bearer {CANARY}", Cookie=f"session={CANARY}")
        post(f"{address}/login/", {"email": f"{CANARY}@example.com", "password": CANARY})
        process.terminate()
        assert process.wait(20) == 0
        log = home.log.read_text()
        assert CANARY not in log
        assert key not in log
        assert "203.0.113.77" not in log
        secret = (home.folder / "suppilo.toml").read_text().split('"')[1]
        assert secret not in log
        lines = [line for line in log.splitlines() if not line.startswith("Suppilo on")]
        assert len(lines) > 5
        if log_format == "json":
            assert all(json.loads(line)["message"] for line in lines)
