"""Log lines: one record each, and nothing in them that is somebody's or a key."""

from __future__ import annotations

import json
import logging

import pytest

from suppilo.apps.operations.logs import JsonFormatter, TextFormatter, redact


def record(message: str, *arguments: object, **extra: object) -> logging.LogRecord:
    made = logging.makeLogRecord({"msg": message, "args": arguments, "name": "suppilo", **extra})
    made.levelname, made.levelno = "ERROR", logging.ERROR
    return made


@pytest.mark.parametrize(
    ("text", "canary"),
    [
        ("mail for anna.berzina+x@example.co.uk bounced", "berzina"),
        ("anna%40example.com", "anna"),
        ("Authorization: Basic d2tfdGVzdF8xMjM6", "d2tf"),
        ("authorization=Bearer sup_abc.def", "sup_abc"),
        ("{'writeKey': 'wk_1234'}", "wk_1234"),
        ('{"password": "hunter2"}', "hunter2"),
        ("session_token=abc", "abc"),
        ("postgres://suppilo:hunter2@db/suppilo failed", "hunter2"),
        ("GET /pixel?writeKey=k&userId=anna HTTP", "anna"),
        ("from 203.0.113.77", "203.0"),
        ("from 2001:db8:0:0:1:2:3:4", "2001"),
        ("id 6ba7b810-9dad-11d1-80b4-00c04fd430c8", "9dad"),
        ("key 5f2b9c1d7e8a4b6c9d0e1f2a", "5f2b"),
        ("call +371 2612 3456", "2612"),
    ],
)
def test_what_is_somebodys_or_a_key_is_taken_out(text: str, canary: str) -> None:
    assert canary not in redact(text)


@pytest.mark.parametrize(
    "text",
    [
        "web started (process 16609)",
        "Suppilo on http://127.0.0.1:8000",
        "job 17 (import_file) failed",
        "the backup of 2026-11-22 02:35:31 has 1,234,567 bytes",
        "suppilo.apps.operations.supervise: worker stopped (exit code 1)",
    ],
)
def test_what_helps_is_left(text: str) -> None:
    assert redact(text) == text


def test_json_line_is_one_line_whatever_the_message_holds() -> None:
    line = JsonFormatter().format(record('a\n{"level": "info", "message": "forged"}\r\n\x1b[2J'))
    assert len(line.splitlines()) == 1
    assert json.loads(line)["level"] == "error"
    assert "\x1b" not in line


def test_text_line_shows_control_characters_instead_of_doing_them() -> None:
    line = TextFormatter().format(record("a\nforged line\x1b[31m\u2028b"))
    assert len(line.splitlines()) == 1
    assert "\\n" in line
    assert "\x1b" not in line


def test_traceback_is_kept_without_what_its_error_says_of_people() -> None:
    try:
        int("canary@example.com")
    except ValueError as error:
        made = record("failed", exc_info=(ValueError, error, error.__traceback__))
    for formatter in (JsonFormatter(), TextFormatter()):
        line = formatter.format(made)
        assert "test_logs.py" in line
        assert "canary" not in line


def test_fields_are_kept_and_cleaned_and_whole_requests_are_left_out() -> None:
    entry = json.loads(
        JsonFormatter().format(record("answered", route="jobs", ms=1.5, who="a@b.lv"))
    )
    assert entry["route"] == "jobs"
    assert entry["ms"] == 1.5
    assert entry["who"] == "[e-mail]"


def test_failed_request_is_logged_without_its_path(client, settings) -> None:
    from django.test import RequestFactory

    request = RequestFactory().get("/people/canary-person/?q=canary-query")
    made = record("%s: %s", "Internal Server Error", request.path, request=request)
    assert "canary" not in JsonFormatter().format(made)
    assert "Internal Server Error" in JsonFormatter().format(made)
