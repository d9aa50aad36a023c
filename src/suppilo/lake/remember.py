"""Figures about a lake as it is at one moment, kept beside it for the next process.

What is kept is only ever a copy: it names the versions that it was computed from, and is computed
again where it is missing, damaged or of other versions.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from suppilo.lake.folder import write_text

FILE = "_paths.json"


def remember_paths(lake: Path, versions: Sequence[str], count: Callable[[], int]) -> int:
    """Return the number of paths at ``versions``, counting only where it is not kept.

    Parameters
    ----------
    lake
        The lake's folder; where it can't be written to, nothing is kept.
    versions
        The key of each table's version.
    count
        Counts the paths.
    """
    stamp = hashlib.sha256(json.dumps(list(versions)).encode()).hexdigest()
    kept = recall(lake, FILE)
    if kept.get("versions") == stamp and isinstance(kept.get("paths"), int):
        return int(kept["paths"])
    paths = count()
    remember(lake, FILE, {"versions": stamp, "paths": paths})
    return paths


def recall(lake: Path, name: str) -> dict[str, Any]:
    """Return what is kept under a file's name; nothing where it is missing or damaged."""
    with suppress(OSError, ValueError):
        digest, _, text = (lake / name).read_bytes().partition(b"\n")
        if digest == _digest(text):
            kept = json.loads(text)
            return kept if isinstance(kept, dict) else {}
    return {}


def remember(lake: Path, name: str, figures: dict[str, Any]) -> None:
    """Keep figures under a file's name; where the folder can't be written to, keep nothing."""
    with suppress(OSError):
        text = json.dumps(figures, ensure_ascii=False) + "\n"
        write_text(lake / name, f"{_digest(text.encode()).decode()}\n{text}")


def _digest(text: bytes) -> bytes:
    return hashlib.sha256(text).hexdigest().encode()
