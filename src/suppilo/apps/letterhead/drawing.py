"""Papers as PDF: what stands on them, in their language, drawn by a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from base64 import b64encode
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from threading import BoundedSemaphore

from suppilo.apps.letterhead.models import Drawing

LONGEST_WAIT_S = 20.0
MOST_BYTES = 10 << 20
_AT_ONCE = BoundedSemaphore(2)


class DrawingError(Exception):
    """A paper could not be drawn; the message says why."""


@dataclass(frozen=True, slots=True)
class PrintedLine:
    """A line as it is printed; ``discount`` and ``tax`` are empty where no column has any."""

    number: str
    description: str
    quantity: str
    price: str
    discount: str
    tax: str
    amount: str


@dataclass(frozen=True, slots=True)
class PrintedPaper:
    """Everything that stands on a paper, as texts in its language.

    Attributes
    ----------
    title, number
        "Quote", "Q-2026-0001"; ``number`` is empty on a draft.
    mark
        A word across the page: "Draft"; empty where there is none.
    facts
        What stands beside the customer: label and value.
    head
        What the table's columns are called, in the order of :class:`PrintedLine`'s fields.
    sums
        Label and amount beneath the table; the last one is the total.
    footer
        Our own details at the foot of each page.
    """

    language: str
    title: str
    number: str
    mark: str
    seller_name: str
    seller_lines: tuple[str, ...]
    customer_label: str
    customer_lines: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    introduction: str
    head: PrintedLine
    lines: tuple[PrintedLine, ...]
    sums: tuple[tuple[str, str], ...]
    terms_label: str
    terms: str
    footer: tuple[str, ...]
    page_label: str


def draw_paper(paper: PrintedPaper, logo: bytes | None, at: datetime) -> bytes:
    """Return a paper as PDF.

    Raises
    ------
    DrawingError
        If it takes too long, or can't be drawn.
    """
    asked = {
        "paper": {**asdict(paper), "has_logo": logo is not None},
        "logo": b64encode(logo or b"").decode(),
        "at": int(at.timestamp()),
    }
    with _AT_ONCE:
        made = _run(json.dumps(asked).encode())
    if not made.startswith(b"%PDF") or len(made) > MOST_BYTES:
        raise DrawingError("The page could not be drawn.")
    return made


def _run(asked: bytes) -> bytes:
    command = [sys.executable, "-P", "-m", "suppilo.apps.letterhead.typeset"]
    try:
        done = subprocess.run(  # noqa: S603 (nothing of the command comes from outside)
            command, input=asked, capture_output=True, timeout=LONGEST_WAIT_S, check=True
        )
    except subprocess.TimeoutExpired as error:
        raise DrawingError("The page took too long to draw.") from error
    except subprocess.CalledProcessError as error:
        said = error.stderr.decode("utf-8", "replace").strip().splitlines()
        raise DrawingError(f"The page could not be drawn: {said[-1] if said else ''}") from error
    return done.stdout


def keep_drawing(key: str, make: Callable[[], bytes]) -> bytes:
    """Return a sent paper's PDF: as it was first drawn, drawn now if nobody asked before."""
    found = Drawing.objects.filter(key=key).first()
    if found is None:
        # Of two who draw it at once the first to write is kept, and both show that one.
        found, _made = Drawing.objects.get_or_create(key=key, defaults={"pdf": make()})
    return bytes(found.pdf)
