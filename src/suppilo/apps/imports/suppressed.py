"""Rows about people of whom nothing is kept: left out of files as they are out of what is sent."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from suppilo.apps.capture.suppression import identifier_digest, read_suppressed

if TYPE_CHECKING:
    from suppilo.io.read import EventBatch


def is_suppressed(identifier: str, suppressed: frozenset[bytes]) -> bool:
    """Return whether nothing may be kept of an identifier."""
    return bool(suppressed) and identifier_digest(identifier) in suppressed


@dataclass(slots=True)
class Sieve:
    """Takes such rows out of batches of events, and counts them.

    Attributes
    ----------
    suppressed
        The hashes of identifiers; by default those of this moment.
    left_out
        How many rows were taken out so far.
    """

    suppressed: frozenset[bytes] = field(default_factory=read_suppressed)
    left_out: int = 0

    def sift(self, batch: EventBatch) -> EventBatch:
        """Return a batch without the rows whose path is on the list."""
        if not self.suppressed or not batch.core.num_rows:
            return batch
        import pyarrow as pa
        import pyarrow.compute as pc

        found = pc.unique(batch.core["path"].combine_chunks()).to_pylist()
        gone = [path for path in found if is_suppressed(path, self.suppressed)]
        if not gone:
            return batch
        kept = pc.invert(pc.is_in(batch.core["path"], pa.array(gone, pa.string())))
        core = batch.core.filter(kept)
        self.left_out += batch.core.num_rows - core.num_rows
        # A table without columns forgets how many rows it has, unless they were taken away.
        own = batch.properties.filter(kept) if batch.properties.num_columns else core.select([])
        return replace(batch, core=core, properties=own)
