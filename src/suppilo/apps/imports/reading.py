"""How an uploaded file is read: its first rows, the roles of its columns, what is in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from suppilo.apps.imports.suppressed import Sieve
from suppilo.apps.imports.wording import name_fields

if TYPE_CHECKING:
    from suppilo.apps.imports.models import Import
    from suppilo.io.mapping import Mapping as ColumnMapping
    from suppilo.io.read import EventBatch, Progress

PREVIEW_ROWS = 20
PREVIEW_COLUMNS = 200
CELL_LENGTH = 80
MAX_NAMES = 200
"""Event names that a check lists; the rest are counted together."""

COLUMN_OPTIONS = ("path", "event", "at", "event_id", "session")
TEXT_OPTIONS = ("event_name", "timezone", "wide", "decimal", "delimiter", "encoding", "sheet")


@dataclass(frozen=True, slots=True)
class Preview:
    """The first rows of a file as text, and how its columns would be read.

    ``problem`` says why it can't be read with the options given; then ``guesses`` is empty.
    """

    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    guesses: tuple[str, ...] = ()
    problem: str = ""


def read_mapping(options: Mapping[str, Any]) -> ColumnMapping:
    """Return the mapping that a form's options make.

    Raises
    ------
    InputError
        If options contradict each other.
    """
    from suppilo.io.mapping import Mapping as ColumnMapping

    given = {name: options[name] for name in (*COLUMN_OPTIONS, *TEXT_OPTIONS) if options.get(name)}
    dayfirst = {"yes": True, "no": False}.get(str(options.get("dayfirst", "")))
    return ColumnMapping(**given, dayfirst=dayfirst)


def preview_file(path: Path, options: Mapping[str, Any]) -> Preview:
    """Return a file's first rows, and the roles of its columns as given or guessed."""
    from suppilo.io.errors import InputError
    from suppilo.io.formats import find_files
    from suppilo.io.mapping import Mapping as ColumnMapping
    from suppilo.io.read import guess_mapping
    from suppilo.io.readers import read_sample
    from suppilo.io.rejects import RejectLog

    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    try:
        given = read_mapping(options)
        sample = read_sample(find_files([path])[0], given or ColumnMapping(), RejectLog())
        columns = tuple(sample.column_names[:PREVIEW_COLUMNS])
        cells = [_cells(sample.column(index)) for index in range(len(columns))]
        rows = tuple(zip(*cells, strict=True))
        guessed = guess_mapping([path], given)
    except InputError as error:
        return Preview(columns, rows, options, problem=_plain(error, path))
    return Preview(columns, rows, _filled(options, guessed.mapping), guessed.sentences)


def _cells(column: Any) -> list[str]:
    from suppilo.io.blocks import text_of

    texts = [text_of(value) or "" for value in column.slice(0, PREVIEW_ROWS).to_pylist()]
    return [text if len(text) <= CELL_LENGTH else f"{text[:CELL_LENGTH]}…" for text in texts]


def _filled(options: Mapping[str, Any], mapping: ColumnMapping) -> dict[str, Any]:
    """Return the options with what was guessed, for the form."""
    found = {name: getattr(mapping, name) for name in COLUMN_OPTIONS}
    return {**options, **{name: value for name, value in found.items() if value}}


def _plain(error: Exception, path: Path) -> str:
    """Return a message without the name that the file has on the server."""
    return name_fields(str(error).replace(str(path), "the file").replace(path.name, "the file"))


def read_tally(
    found: Import, mapping: ColumnMapping, on_progress: Callable[[Progress], None]
) -> Tally:
    """Read an upload's whole file without recording anything, and return what is in it.

    Raises
    ------
    InputError
        If it can't be read.
    """
    from suppilo.io.read import read_events

    tally = Tally()
    for batch in read_events(
        [found.path], mapping, on_progress=on_progress, reject_csv=found.rejects, called=found.name
    ):
        tally.add(tally.sieve.sift(batch))
    return tally


@dataclass
class Tally:
    """What batches of a file have held so far, without the rows that ``sieve`` takes out."""

    sieve: Sieve = field(default_factory=Sieve)
    events: int = 0
    names: Counter[str] = field(default_factory=Counter)
    rejected: Counter[str] = field(default_factory=Counter)
    notes: Counter[str] = field(default_factory=Counter)
    paths: set[int] = field(default_factory=set)
    first_us: int | None = None
    last_us: int | None = None

    def add(self, batch: EventBatch) -> None:
        """Count one batch more."""
        import pyarrow.compute as pc

        from suppilo.lake.keys import path_keys

        self.rejected.update(batch.rejects.counts)
        self.notes.update(batch.rejects.notes)
        if not batch.core.num_rows:
            return
        self.events += batch.core.num_rows
        for entry in pc.value_counts(batch.core["event"].combine_chunks()).to_pylist():
            self.names[entry["values"]] += entry["counts"]
        paths = pc.unique(batch.core["path"].combine_chunks()).cast("string")
        self.paths.update(path_keys(paths).tolist())
        low, high = pc.min_max(batch.core["at"].cast("int64")).as_py().values()
        self.first_us = low if self.first_us is None else min(self.first_us, low)
        self.last_us = high if self.last_us is None else max(self.last_us, high)

    def to_dict(self) -> dict[str, Any]:
        """Return the counts as JSON."""
        return {
            "events": self.events,
            "people": len(self.paths),
            "names": dict(self.names.most_common(MAX_NAMES)),
            "more_names": max(0, len(self.names) - MAX_NAMES),
            "suppressed": self.sieve.left_out,
            "rejected": self.rejected.total(),
            "reasons": dict(self.rejected),
            "notes": dict(self.notes),
            "first_us": self.first_us,
            "last_us": self.last_us,
        }
