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
    with suppress(OSError, ValueError, KeyError, TypeError):
        kept = json.loads((lake / FILE).read_text("utf-8"))
        if kept["versions"] == stamp:
            return int(kept["paths"])
    paths = count()
    with suppress(OSError):
        write_text(lake / FILE, json.dumps({"versions": stamp, "paths": paths}) + "\n")
    return paths
