"""Writing to standard output, whatever its encoding."""

from __future__ import annotations

import codecs
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click


class _OutputFile(click.Path):
    """A file to be written; that its folder is missing is said before the work, not after."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        file: Any = super().convert(value, param, ctx)
        if not file.parent.is_dir():
            self.fail(f"there is no folder {file.parent}; make it first", param, ctx)
        return file


OUTPUT_FILE = _OutputFile(path_type=Path, dir_okay=False, writable=True)


@contextmanager
def naming(file: Path) -> Iterator[None]:
    """Have a failure to write say which file: the system does not name one that is open."""
    try:
        yield
    except OSError as error:
        raise OSError(error.errno, error.strerror or str(error), str(file)) from error


def count_of(count: int, noun: str) -> str:
    """Return a count with its noun: ``1 row``, ``2,000 rows``."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def echo_text(text: str) -> None:
    """Print text; a sign that the output's encoding lacks becomes a question mark."""
    encoding = sys.stdout.encoding or "utf-8"
    click.echo(text.encode(encoding, "replace").decode(encoding))


def echo_json(value: Any) -> None:
    """Print one JSON value on one line; where the output is not UTF-8, in plain ASCII."""
    unicode = codecs.lookup(sys.stdout.encoding or "utf-8").name == "utf-8"
    click.echo(json.dumps(value, ensure_ascii=not unicode, allow_nan=False, default=str))


def align(rows: Sequence[Sequence[str]], left: int = 1) -> Iterator[str]:
    """Yield rows of texts as lines with their columns below each other, the first ones left."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (
            cell.ljust(width) if place < left else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        yield "  ".join(cells).rstrip()
