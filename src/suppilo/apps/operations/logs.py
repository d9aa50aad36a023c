"""Logs of the server: one record a line, as text or JSON, without personal data or keys.

What a log line may hold is decided here once, after the message is made: addresses, keys, tokens,
IP addresses and query strings are taken out of messages, extra fields and tracebacks alike.
"""

from __future__ import annotations

import json
import logging
import logging.config
import re
from datetime import UTC, datetime
from typing import Any, Literal

LogFormat = Literal["text", "json"]

_RULES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"[\w.+%~-]+(?:@|%40)[\w-]+(?:\.[\w-]+)+"), "[e-mail]"),
    (re.compile(r"(?i)\b(basic|bearer)\s+[\w+/=.~:-]+"), r"\1 [secret]"),
    (
        re.compile(
            r"(?i)\b([\w-]*(?:password|passwd|secret|token|api_?key|write_?key|authorization"
            r"|cookie|sessionid|csrf\w*))([\"']?\s*[:=]\s*[\"']?)[^\s\"',;&)}]+"
        ),
        r"\1\2[secret]",
    ),
    (re.compile(r"://[^/\s@]+@"), "://[secret]@"),
    (re.compile(r"\?[^\s\"'<>)]*=[^\s\"'<>)]*"), "?[query]"),
    (
        re.compile(r"(?<![\w.])(?!127\.0\.0\.1\b|0\.0\.0\.0\b)(?:\d{1,3}\.){3}\d{1,3}(?![\w.])"),
        "[ip]",
    ),
    (re.compile(r"(?i)(?<![\w:])(?:[0-9a-f]{1,4}:){3,7}[0-9a-f]{1,4}(?![\w:])"), "[ip]"),
    (re.compile(r"(?<![\w/.-])(?=[\w-]*\d)(?=[\w-]*[A-Za-z])[\w-]{20,}(?![\w/.-])"), "[key]"),
    (re.compile(r"(?<!\w)(?!\d{4}-\d\d-\d\d)\+?\d(?:[ ()-]?\d){8,14}(?!\w)"), "[number]"),
)
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "color_message"}
_DROPPED = frozenset({"request", "response", "server_time"})
"""Fields that Django adds, and that hold whole requests."""


def redact(text: str) -> str:
    """Return a text without e-mail and IP addresses, keys, tokens, passwords and queries."""
    for pattern, put in _RULES:
        text = pattern.sub(put, text)
    return text


class _Formatter(logging.Formatter):
    def message_of(self, record: logging.LogRecord) -> str:
        """Return the message; of what Django says of a request, without the request's path."""
        request = getattr(record, "request", None)
        if request is None:
            return redact(record.getMessage())
        match = getattr(request, "resolver_match", None)
        reason = record.args[0] if isinstance(record.args, tuple) and record.args else "refused"
        return redact(f"{reason} ({match.route if match else 'no address'})")

    def trace_of(self, record: logging.LogRecord) -> str:
        return redact(self.formatException(record.exc_info)) if record.exc_info else ""

    @staticmethod
    def extras_of(record: logging.LogRecord) -> dict[str, Any]:
        return {
            key: redact(value) if isinstance(value, str) else value
            for key, value in vars(record).items()
            if key not in _STANDARD and key not in _DROPPED
            if value is None or isinstance(value, str | int | float | bool)
        }

    @staticmethod
    def at_of(record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC)
        return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class JsonFormatter(_Formatter):
    """One JSON object a line; whatever a message holds, it can't begin a line of its own."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as JSON in plain ASCII."""
        entry = {
            "at": self.at_of(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "process": record.process,
            "message": self.message_of(record),
            **self.extras_of(record),
        }
        if trace := self.trace_of(record):
            entry["trace"] = trace
        return json.dumps(entry)


class TextFormatter(_Formatter):
    """A line for people; control characters of the message are shown, not done."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as a line, with the traceback indented below."""
        extras = "".join(f" {key}={value}" for key, value in self.extras_of(record).items())
        message = _show_controls(self.message_of(record) + extras)
        line = f"{self.at_of(record)} {record.levelname.lower():7} {record.name}: {message}"
        trace = self.trace_of(record)
        below = [f"    {_show_controls(part)}" for part in trace.splitlines()]
        return "\n".join([line, *below])


def setup_logging(log_format: LogFormat, level: str = "INFO") -> None:
    """Send everything that is logged in this process to standard error, in one format."""
    formatter = JsonFormatter if log_format == "json" else TextFormatter
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"line": {"()": formatter}},
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
            "root": {"handlers": ["stderr"], "level": level},
            "loggers": {
                "django": {"handlers": [], "propagate": True, "level": level},
                # What is below an error stands in the log of requests.
                "django.request": {"level": "ERROR"},
                "django.server": {"handlers": [], "propagate": True},
                "uvicorn.access": {"level": "CRITICAL"},
                "uvicorn.error": {"level": "WARNING"},
            },
        }
    )
    logging.captureWarnings(True)


def _show_controls(text: str) -> str:
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
