"""Files into a lake: what an import does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from suppilo.sources.open import SourceError

if TYPE_CHECKING:
    from suppilo.io.mapping import Mapping
    from suppilo.io.read import EventBatch, OnProgress
    from suppilo.lake import Lake

BATCH_ROWS = 2_000_000
"""Rows recorded at once: fewer files to merge afterwards, for about 1 GB of memory."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """What an import did: events read, of them written, values set aside, rows rejected."""

    read: int = 0
    written: int = 0
    set_aside: int = 0
    rejected: int = 0


def record_files(
    sources: Sequence[str | Path],
    mapping: Mapping,
    lake: Lake,
    *,
    on_progress: OnProgress | None = None,
    reject_csv: Path | None = None,
    called: str = "",
    name: str | None = None,
    sift: Callable[[EventBatch], EventBatch] | None = None,
    on_recorded: Callable[[EventBatch], None] | None = None,
) -> Recorded:
    """Record the events of files; the same files with the same mapping once more change nothing.

    Parameters
    ----------
    called
        What the file is called in ``reject_csv``; by default its own name.
    name
        The batch's name in the lake, under which it is recognised and can be removed; by default
        one that the files' content and the mapping make.
    sift
        Returns the part of a batch that may be recorded; the rest is as if it were not in the file.
    on_recorded
        Called with each batch once the lake has it, also where it had it before.

    Raises
    ------
    InputError
        If a file can't be read.
    SourceError
        If that shows only after some events were recorded: the mended file is another file, and
        would record them again.
    LakeError
        If the lake can't be written.
    """
    from suppilo.io.ahead import read_ahead
    from suppilo.io.errors import InputError
    from suppilo.io.read import content_digest, read_events

    name = name or f"files {content_digest(sources, mapping)}"
    batches = read_events(
        sources, mapping, batch_rows=BATCH_ROWS, on_progress=on_progress, reject_csv=reject_csv,
        called=called,
    )  # fmt: skip
    done = Recorded()
    try:
        for number, whole in enumerate(read_ahead(batches)):
            batch = whole if sift is None else sift(whole)
            result = lake.write(batch.core, name, batch.properties, sequence=number)
            if on_recorded is not None:
                on_recorded(batch)
            done = Recorded(
                done.read + batch.core.num_rows,
                done.written + result.rows,
                done.set_aside + result.set_aside,
                done.rejected + batch.rejects.total,
            )
    except InputError as error:
        if not done.read:
            raise
        raise SourceError(
            f"{error}. The {done.read:,} events before this are in the lake; "
            "import the mended file into a new lake, or they are counted twice"
        ) from error
    return done
