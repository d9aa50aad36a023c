"""Event files to Arrow batches, with what was left out."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from suppilo.io.blocks import RawBlock, text_of
from suppilo.io.convert import CORE, Converter
from suppilo.io.dates import settle_dayfirst
from suppilo.io.errors import InputError, place
from suppilo.io.formats import SourceFile, find_files
from suppilo.io.guess import SampleColumn, guess_roles
from suppilo.io.mapping import GuessedMapping, Mapping
from suppilo.io.readers import read_blocks, read_sample
from suppilo.io.rejects import RejectedRows, RejectLog
from suppilo.io.wide import read_wide
from suppilo.io.xes import xes_mapping

MAX_EVENT_NAMES = 10_000
_BATCH_BYTES = 256 << 20
_SAMPLE_VALUES = 2_000


@dataclass(frozen=True, slots=True)
class EventBatch:
    """Some events, in file order, all of one file (of all files where the table is wide).

    ``core`` has the columns path, at (microseconds, UTC), event, event_id and session_id;
    ``properties`` all others under their own names, row for row. A property without any value
    so far has Arrow's null type. ``rejects`` is what was left out since the batch before.
    """

    core: pa.Table
    properties: pa.Table
    rejects: RejectedRows


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a reading is: rows read and left out, and files done of all."""

    rows: int
    rejected: int
    files_done: int
    files: int


OnProgress = Callable[[Progress], None]


def guess_mapping(sources: Sequence[str | Path], given: Mapping | None = None) -> GuessedMapping:
    """Find the roles of the columns that ``given`` leaves open, and say how each was found.

    Raises
    ------
    InputError
        If a file can't be read, or a role can't be told; the message lists the columns and names
        the option to set.
    """
    return _complete(find_files(sources), given or Mapping())


def read_events(
    sources: Sequence[str | Path],
    mapping: Mapping | None = None,
    *,
    batch_rows: int = 1_000_000,
    on_progress: OnProgress | None = None,
    reject_csv: Path | None = None,
    called: str = "",
) -> Iterator[EventBatch]:
    r"""Yield the events of files, in batches of at most ``batch_rows``, in file order.

    What the mapping leaves open is guessed. Rows that can't be used are left out, counted in
    each batch's ``rejects`` and written to ``reject_csv`` as they come, under the name ``called``
    where the files have another one for who reads it.

    Raises
    ------
    InputError
        If a file can't be read as what it is, a column is missing, times need a time zone, or
        no row at all can be used.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "events.csv"
    >>> _ = file.write_text("user_id,event,timestamp\n7,view,2026-01-31T10:00:00Z\n")
    >>> [batch.core.num_rows for batch in read_events([file])]
    [1]
    """
    files = find_files(sources)
    mapping = _complete(files, mapping or Mapping()).mapping
    with RejectLog(reject_csv, called) as log:
        yield from _EventReader(files, mapping, log, batch_rows, on_progress).read()


def read_table(
    table: pa.Table, mapping: Mapping | None = None, name: str = "table"
) -> tuple[GuessedMapping, EventBatch]:
    """Return the events of a table in memory, and how its columns were read.

    Rows are numbered from 1; ``name`` stands for a file's name in messages.

    Raises
    ------
    InputError
        If a role can't be told, times need a time zone, or no row at all can be used.
    """
    given = mapping or Mapping()
    sample = table.slice(0, _SAMPLE_VALUES)
    columns = [_sample_column(column, sample.column(column)) for column in sample.column_names]
    guessed = guess_roles(columns, given, name)
    log = RejectLog()
    block = RawBlock(table, np.arange(1, table.num_rows + 1, dtype=np.int64), typed=True)
    core, properties = Converter(guessed.mapping, name, log).convert(block)
    if not core.num_rows:
        raise _nothing_usable(name, log)
    return guessed, EventBatch(core, properties, log.take())


def content_digest(sources: Sequence[str | Path], mapping: Mapping) -> str:
    """Return 32 hex digits that are the same for the same bytes read with the same mapping.

    File names don't matter, their order does.
    """
    digest = hashlib.blake2b(json.dumps(mapping.to_dict(), sort_keys=True).encode(), digest_size=16)
    for source in find_files(sources):
        with source.path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "blake2b").digest())
    return digest.hexdigest()


def _complete(files: Sequence[SourceFile], given: Mapping) -> GuessedMapping:
    if files[0].format == "xes" and not given.stages:
        return GuessedMapping(xes_mapping(given))
    log = RejectLog()
    samples = [(file.name, columns) for file in files if (columns := _sample(file, given, log))]
    if not samples:
        raise _nothing_usable(_names(files), log)
    if not given.stages:
        name, columns = samples[0]
        return settle_dayfirst(files, guess_roles(columns, given, name))
    every = {column.name: column for _, columns in reversed(samples) for column in columns}
    names = " and ".join(name for name, _ in samples)
    return settle_dayfirst(files, guess_roles(list(every.values()), given, names))


def _sample(source: SourceFile, mapping: Mapping, log: RejectLog) -> list[SampleColumn]:
    table = read_sample(source, mapping, log).slice(0, _SAMPLE_VALUES)
    return [_sample_column(name, table.column(name)) for name in table.column_names]


def _names(files: Sequence[SourceFile]) -> str:
    return ", ".join(source.name for source in files)


def _nothing_usable(names: str, log: RejectLog) -> InputError:
    if (first := log.first) is None:
        return InputError(f"{names}: a header and no rows, or no events in them; nothing to read")
    reasons = ", ".join(f"{reason} ({count:,})" for reason, count in log.counts.items())
    where = place(first.file, first.row, first.column)
    return InputError(
        f"no row could be used: {reasons}; the first: {where}: {first.reason} "
        f"{first.value[:60]!r}. Check --path, --event, --at and --delimiter"
    )


def _sample_column(name: str, column: pa.ChunkedArray) -> SampleColumn:
    is_time = pa.types.is_timestamp(column.type) or pa.types.is_date(column.type)
    texts = (text_of(value) for value in column.to_pylist())
    return SampleColumn(name, tuple(text for text in texts if text and text.strip()), is_time)


class _EventReader:
    """One reading of several files."""

    def __init__(
        self,
        files: Sequence[SourceFile],
        mapping: Mapping,
        log: RejectLog,
        batch_rows: int,
        on_progress: OnProgress | None,
    ) -> None:
        self._files, self._mapping, self._log = files, mapping, log
        self._batch_rows, self._on_progress = batch_rows, on_progress
        self._names: set[str] = set()
        self._rows = 0
        self._done = 0

    def read(self) -> Iterator[EventBatch]:
        if self._mapping.stages:
            events = read_wide(self._files, self._mapping, self._log)
            yield from self._batches(*events)
            self._done = len(self._files)
        else:
            for source in self._files:
                yield from self._read_file(source)
                self._done += 1
        yield from self._finish()

    def _read_file(self, source: SourceFile) -> Iterator[EventBatch]:
        converter = Converter(self._mapping, source.name, self._log)
        for block in self._gather(read_blocks(source, self._mapping, self._log)):
            yield from self._batches(*converter.convert(block))

    def _gather(self, blocks: Iterator[RawBlock]) -> Iterator[RawBlock]:
        """Join blocks up to a batch, so that types are found over many rows at once."""
        waiting: list[RawBlock] = []
        rows = size = 0
        for block in blocks:
            full = rows + len(block.rows) > self._batch_rows or size > _BATCH_BYTES
            if waiting and (full or block.table.schema != waiting[0].table.schema):
                yield _join(waiting)
                waiting, rows, size = [], 0, 0
            waiting.append(block)
            rows, size = rows + len(block.rows), size + block.table.nbytes
        if waiting:
            yield _join(waiting)

    def _batches(self, core: pa.Table, properties: pa.Table) -> Iterator[EventBatch]:
        self._check_names(core)
        columns = properties.num_columns
        for start in range(0, core.num_rows, self._batch_rows):
            part = core.slice(start, self._batch_rows)
            self._rows += part.num_rows
            self._report()
            # A table without columns forgets how many rows it has, unless they were taken away.
            own = properties.slice(start, self._batch_rows) if columns else part.select([])
            yield EventBatch(part, own, self._log.take())

    def _check_names(self, core: pa.Table) -> None:
        self._names.update(pc.unique(core.column("event")).to_pylist())
        if len(self._names) > MAX_EVENT_NAMES:
            raise InputError(
                f"{place(self._files[self._done].path)}: column {self._mapping.event} has more "
                f"than {MAX_EVENT_NAMES:,} different event names; it looks like an id. Name the "
                "column that holds the event's name with --event"
            )

    def _report(self) -> None:
        if self._on_progress is not None:
            rejected = sum(self._log.counts.values())
            self._on_progress(Progress(self._rows, rejected, self._done, len(self._files)))

    def _finish(self) -> Iterator[EventBatch]:
        if not self._rows:
            raise _nothing_usable(_names(self._files), self._log)
        self._report()
        left = self._log.take()
        if left.counts or left.notes:
            yield EventBatch(CORE.empty_table(), pa.table({}), left)


def _join(blocks: list[RawBlock]) -> RawBlock:
    if len(blocks) == 1:
        return blocks[0]
    table = pa.concat_tables([block.table for block in blocks])
    return replace(blocks[0], table=table, rows=np.concatenate([block.rows for block in blocks]))
