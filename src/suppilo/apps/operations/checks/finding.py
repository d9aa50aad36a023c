"""What a check says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal["ok", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found about one subject.

    Attributes
    ----------
    remedy
        What to do; empty where all is well.
    """

    level: Level
    subject: str
    text: str
    remedy: str = ""


def good(subject: str, text: str) -> Finding:
    """Return that something is as it should be."""
    return Finding("ok", subject, text)


def doubtful(subject: str, text: str, remedy: str) -> Finding:
    """Return that something works and should be looked at."""
    return Finding("warning", subject, text, remedy)


def wrong(subject: str, text: str, remedy: str) -> Finding:
    """Return that something does not work."""
    return Finding("error", subject, text, remedy)
