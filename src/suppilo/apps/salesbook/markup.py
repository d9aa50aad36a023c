"""The little that an entry's text may hold: paragraphs, lists, bold. All else is shown as typed.

A line that begins with ``-`` or ``*`` is an item of a list, one with ``1.`` of a numbered list;
an empty line ends a paragraph; ``**words**`` are bold. There are no links and no HTML: what comes
of a text are plain pieces, which the template writes as it writes any text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

_BULLET = re.compile(r"\s*[-*•]\s+(.*)")
_NUMBER = re.compile(r"\s*[0-9]{1,3}[.)]\s+(.*)")
_BOLD = re.compile(r"\*\*(?=\S)(.+?)(?<=\S)\*\*")


@dataclass(frozen=True, slots=True)
class Run:
    """Words of a line that look alike."""

    text: str
    is_bold: bool = False


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph (``p``), a list (``ul``) or a numbered list (``ol``), line by line."""

    kind: str
    lines: tuple[tuple[Run, ...], ...]


def read_blocks(text: str) -> list[Block]:
    """Return what a text consists of.

    Examples
    --------
    >>> [block.kind for block in read_blocks("Say **this**: - one - two")]
    ['p']
    """
    lines = (_read(line) for line in text.splitlines())
    return [
        Block(kind, tuple(tuple(_runs(words)) for _kind, words in group))
        for kind, group in groupby(lines, lambda line: line[0])
        if kind
    ]


def _read(line: str) -> tuple[str, str]:
    """Return what a line belongs to (nothing, where it is empty) and its words."""
    for kind, pattern in (("ul", _BULLET), ("ol", _NUMBER)):
        if found := pattern.fullmatch(line):
            return kind, found[1]
    return ("p", line.strip()) if line.strip() else ("", "")


def _runs(words: str) -> Iterator[Run]:
    # With one group in the pattern, what was bold is at the odd places.
    for place, text in enumerate(_BOLD.split(words)):
        if text:
            yield Run(text, is_bold=place % 2 == 1)
