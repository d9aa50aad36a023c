"""Open whatever a person points at: files, patterns, a lake's folder, a data frame."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from suppilo.analytics.events import EventSource
from suppilo.analytics.funnel.report import Rejected

if TYPE_CHECKING:
    import pyarrow as pa

    from suppilo.io.mapping import Mapping
    from suppilo.io.read import EventBatch, OnProgress
    from suppilo.io.rejects import RejectedRow
    from suppilo.sources.parts import PartSource

IN_MEMORY_BYTES = 512 << 20
"""Files larger than this together go through a temporary lake rather than memory."""


class SourceError(ValueError):
    """What was pointed at can't be opened; the message says what to give instead."""


@dataclass(frozen=True, slots=True)
class OpenedSource:
    """Events ready to be asked, and what is to be said of the opening.

    ``guesses`` are sentences about column roles that were found rather than given, ``notes``
    count values that were changed, ``rejected`` rows that were left out. Close it, or use it in
    a ``with``: a large file's temporary lake goes then.
    """

    events: EventSource
    guesses: tuple[str, ...] = ()
    rejected: Rejected = field(default_factory=Rejected)
    rejected_rows: tuple[RejectedRow, ...] = ()
    notes: tuple[tuple[str, int], ...] = ()
    _held: ExitStack = field(default_factory=ExitStack, repr=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._held.close()


def open_sources(
    sources: Sequence[str | Path],
    mapping: Mapping | None = None,
    *,
    on_progress: OnProgress | None = None,
    reject_csv: Path | None = None,
) -> OpenedSource:
    """Open one lake, or one or several files read with the same mapping.

    Raises
    ------
    SourceError
        If lakes are mixed with other sources, or a mapping is given for a lake.
    InputError, LakeError
        If a file or the lake can't be read.
    """
    from suppilo.lake.folder import MARKER

    lakes = [source for source in sources if (Path(source) / MARKER).is_file()]
    if lakes and len(sources) > 1:
        raise SourceError(f"{lakes[0]} is a lake: ask it alone, or import the other files into it")
    if lakes:
        from suppilo.io.mapping import Mapping
        from suppilo.lake import Lake, LakeSource

        # A time zone says something about a lake's events too: when their days begin.
        if mapping is not None and replace(mapping, timezone=None) != Mapping():
            raise SourceError(
                f"{lakes[0]} is a lake, whose columns have their roles; leave out --path, --event, "
                "--at and other options that describe a file"
            )
        return OpenedSource(_count_orders_once(LakeSource(Lake.open(lakes[0]))))
    return _open_files(sources, mapping, on_progress, reject_csv)


def open_table(table: pa.Table, mapping: Mapping | None = None) -> OpenedSource:
    """Open an Arrow table, its columns' roles guessed where the mapping leaves them open.

    Raises
    ------
    SourceError
        If the table has no rows.
    InputError
        If a role can't be told, or no row can be used.
    """
    from suppilo.io.read import read_table

    if not table.num_rows:
        raise SourceError("the table has no rows; there is nothing to count")
    guessed, batch = read_table(table, mapping)
    tally = _Tally()
    events = _count_orders_once(_in_memory(list(tally.count([batch]))))
    return OpenedSource(events, guessed.sentences, tally.rejected, tuple(tally.rows), tally.noted)


def _open_files(
    sources: Sequence[str | Path],
    mapping: Mapping | None,
    on_progress: OnProgress | None,
    reject_csv: Path | None,
) -> OpenedSource:
    from suppilo.io.formats import find_files
    from suppilo.io.read import guess_mapping, read_events

    guessed = guess_mapping(sources, mapping)
    tally = _Tally()
    batches = tally.count(
        read_events(sources, guessed.mapping, on_progress=on_progress, reject_csv=reject_csv)
    )
    size = sum(source.path.stat().st_size for source in find_files(sources))
    with ExitStack() as held:
        if size > IN_MEMORY_BYTES:
            folder = held.enter_context(tempfile.TemporaryDirectory(prefix="suppilo-"))
            events: PartSource = _through_lake(batches, Path(folder))
        else:
            events = _in_memory(list(batches))
        return OpenedSource(
            _count_orders_once(events), guessed.sentences, tally.rejected, tuple(tally.rows),
            tally.noted, held.pop_all(),
        )  # fmt: skip


class _Tally:
    """Adds up what batches left out."""

    def __init__(self) -> None:
        self._reasons: Counter[str] = Counter()
        self._notes: Counter[str] = Counter()
        self.rows: list[RejectedRow] = []

    def count(self, batches: Iterable[EventBatch]) -> Iterable[EventBatch]:
        for batch in batches:
            self._reasons.update(batch.rejects.counts)
            self._notes.update(batch.rejects.notes)
            self.rows.extend(batch.rejects.rows)
            yield batch

    @property
    def rejected(self) -> Rejected:
        return Rejected(self._reasons.total(), dict(self._reasons))

    @property
    def noted(self) -> tuple[tuple[str, int], ...]:
        return tuple(self._notes.items())


def _count_orders_once(events: PartSource) -> EventSource:
    from suppilo.analytics.orders import list_order_names

    if not list_order_names(events):  # as with most files: nothing more need be loaded
        return events
    from suppilo.sources.orders import count_orders_once

    return count_orders_once(events)


def _through_lake(batches: Iterable[EventBatch], folder: Path) -> PartSource:
    from suppilo.lake import Lake, LakeSource

    lake = Lake.create(folder)
    for number, batch in enumerate(batches):
        lake.write(batch.core, "file", batch.properties, sequence=number)
    lake.compact()
    return LakeSource(lake)


def _in_memory(batches: Sequence[EventBatch]) -> PartSource:
    import pyarrow as pa

    from suppilo.sources.memory import MemorySource

    core = pa.concat_tables([batch.core for batch in batches])
    return MemorySource(core, _join_properties([b.properties for b in batches if b.core.num_rows]))


def _join_properties(tables: Sequence[pa.Table]) -> pa.Table | None:
    """Put the properties of several batches under each other.

    Where a property is a number in one file and text in another, it is text in all.
    """
    import pyarrow as pa

    if not tables or not any(table.num_columns for table in tables):
        return None
    try:
        return pa.concat_tables(_with_rows(tables), promote_options="permissive")
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        kinds: dict[str, set[Any]] = {}
        for table in tables:
            for column in table.schema:
                kinds.setdefault(column.name, set()).add(column.type)
        mixed = {name for name, found in kinds.items() if len(found) > 1}
        return pa.concat_tables(
            [_as_text(table, mixed) for table in _with_rows(tables)], promote_options="permissive"
        )


def _with_rows(tables: Sequence[pa.Table]) -> list[pa.Table]:
    """Return the tables; one without columns keeps its number of rows only inside a column."""
    import pyarrow as pa

    name = next(name for table in tables for name in table.column_names)
    return [t if t.num_columns else pa.table({name: pa.nulls(t.num_rows)}) for t in tables]


def _as_text(table: pa.Table, names: set[str]) -> pa.Table:
    import pyarrow as pa

    for place, name in enumerate(table.column_names):
        if name in names and not pa.types.is_null(table.schema.field(name).type):
            table = table.set_column(place, name, table.column(name).cast(pa.string()))
    return table
