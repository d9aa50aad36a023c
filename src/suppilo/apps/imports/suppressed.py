"""Rows about people of whom nothing is kept: left out of files as they are out of what is sent."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import TYPE_CHECKING

from suppilo.apps.capture.suppression import (
    identifier_digest,
    is_email_name,
    read_suppressed,
    spell_address,
)

if TYPE_CHECKING:
    import pyarrow as pa

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
        """Return a batch without the rows whose path, or e-mail address, is on the list.

        An address counts as it is written, and in small letters.
        """
        if not self.suppressed or not batch.core.num_rows:
            return batch
        import pyarrow.compute as pc

        said = [n for n in batch.properties.column_names if is_email_name(n)]
        gone = [
            self._find(batch.core["path"], as_written),
            *(self._find(batch.properties[name], spell_address) for name in said),
        ]
        kept = pc.invert(reduce(pc.or_, gone))
        core = batch.core.filter(kept)
        if core.num_rows == batch.core.num_rows:
            return batch
        self.left_out += batch.core.num_rows - core.num_rows
        # A table without columns forgets how many rows it has, unless they were taken away.
        own = batch.properties.filter(kept) if batch.properties.num_columns else core.select([])
        return replace(batch, core=core, properties=own)

    def _find(
        self, column: pa.ChunkedArray, spellings: Callable[[str], Iterable[str]]
    ) -> pa.ChunkedArray:
        """Return which values of a column are on the list."""
        import pyarrow as pa
        import pyarrow.compute as pc

        texts = column.cast(pa.string())
        gone = [
            text
            for text in pc.unique(texts).to_pylist()
            if text and any(is_suppressed(one, self.suppressed) for one in spellings(text))
        ]
        return pc.is_in(texts, pa.array(gone, pa.string()))


def as_written(identifier: str) -> tuple[str]:
    """Return an identifier as the only way in which it may be on the list."""
    return (identifier,)
