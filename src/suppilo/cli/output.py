"""Writing to standard output, whatever its encoding."""

from __future__ import annotations

import codecs
import json
import sys
from typing import Any

import click


def echo_text(text: str) -> None:
    """Print text; a sign that the output's encoding lacks becomes a question mark."""
    encoding = sys.stdout.encoding or "utf-8"
    click.echo(text.encode(encoding, "replace").decode(encoding))


def echo_json(value: Any) -> None:
    """Print one JSON value on one line; where the output is not UTF-8, in plain ASCII."""
    unicode = codecs.lookup(sys.stdout.encoding or "utf-8").name == "utf-8"
    click.echo(json.dumps(value, ensure_ascii=not unicode, allow_nan=False, default=str))
