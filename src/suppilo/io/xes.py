"""XES event logs (IEEE 1849): a trace is a path, its events follow in order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from xml.parsers import expat

import numpy as np

from suppilo.io.blocks import CELL_LIMIT, RawBlock, table_of
from suppilo.io.errors import InputError, place
from suppilo.io.formats import SourceFile, read_chunks
from suppilo.io.mapping import Mapping
from suppilo.io.rejects import HUGE_CELL, RejectLog

PATH, EVENT, AT = "case:concept:name", "concept:name", "time:timestamp"

_BLOCK_EVENTS = 50_000
_CHUNK = 1 << 18
_SILENT_LIMIT = 64 << 20
_VALUES = {"string", "date", "int", "float", "boolean", "id"}


def read_xes(source: SourceFile, log: RejectLog) -> Iterator[RawBlock]:
    """Yield the events of a log; an event's row is its number in the file, from 1.

    A trace's attributes stand in columns named ``case:…``. Attributes of attributes and lists
    are passed over.

    Raises
    ------
    InputError
        If it is no XES, is cut off, or declares a document type or entities.
    """
    parser = _XesParser(source, log)
    for chunk in read_chunks(source, _CHUNK):
        parser.feed(chunk)
        if parser.waiting() >= _BLOCK_EVENTS:
            yield parser.take()
    parser.feed(b"", last=True)
    if parser.waiting():
        yield parser.take()


def xes_mapping(mapping: Mapping) -> Mapping:
    """Return the mapping with the roles that XES fixes, where none were given."""
    from dataclasses import replace

    return replace(
        mapping,
        path=mapping.path or PATH,
        event=mapping.event or (None if mapping.event_name else EVENT),
        at=mapping.at or AT,
    )


class _XesParser:
    """Collects events as expat meets them. Document types and entities are refused."""

    def __init__(self, source: SourceFile, log: RejectLog) -> None:
        self._source, self._log = source, log
        self._parser = expat.ParserCreate()
        self._parser.StartElementHandler = self._open
        self._parser.EndElementHandler = self._close
        self._parser.StartDoctypeDeclHandler = self._refuse
        self._parser.EntityDeclHandler = self._refuse
        self._stack: list[str] = []
        self._trace: dict[str, Any] = {}
        self._event: dict[str, Any] | None = None
        self._names: dict[str, None] = dict.fromkeys((PATH, EVENT, AT))
        self._records: list[dict[str, Any]] = []
        self._rows: list[int] = []
        self._row = 0
        self._silent = 0
        self._huge: tuple[str, str] | None = None

    def feed(self, chunk: bytes, *, last: bool = False) -> None:
        self._silent += len(chunk)
        try:
            self._parser.Parse(chunk, last)
        except expat.ExpatError as error:
            raise InputError(
                f"{place(self._source.path)}, line {error.lineno}: not well-formed XML "
                f"({expat.errors.messages[error.code]}); export the log again"
            ) from error
        if self._silent > _SILENT_LIMIT:
            raise InputError(
                f"{self._source.path}: one XML element is longer than {_SILENT_LIMIT >> 20} MiB; "
                "such a file is refused"
            )

    def waiting(self) -> int:
        return len(self._records)

    def take(self) -> RawBlock:
        table = table_of(self._records, self._names)
        block = RawBlock(table, np.array(self._rows, np.int64), typed=True)
        self._records, self._rows = [], []
        return block

    def _refuse(self, *_: Any) -> None:
        raise InputError(
            f"{self._source.path} declares a document type or entities, which can blow a file up; "
            "remove its <!DOCTYPE …>"
        )

    def _open(self, name: str, attributes: dict[str, str]) -> None:
        self._silent = 0
        tag = name.rpartition(":")[2]
        if not self._stack and tag != "log":
            raise InputError(f"{self._source.path} is XML but no XES log: it begins with <{name}>")
        parent = self._stack[-1] if self._stack else ""
        self._stack.append(tag)
        if tag == "trace":
            self._trace = {}
        elif tag == "event":
            self._event = {}
            self._row += 1
        elif tag in _VALUES and parent in {"event", "trace"}:
            self._keep(parent, tag, attributes)

    def _keep(self, parent: str, tag: str, attributes: dict[str, str]) -> None:
        key, text = attributes.get("key", ""), attributes.get("value", "")
        if len(text) > CELL_LIMIT:
            self._huge = (key, text[:200])
        elif parent == "trace":
            self._trace["case:" + key] = _value(tag, text)
        elif self._event is not None:
            self._event[key] = _value(tag, text)

    def _close(self, name: str) -> None:
        self._stack.pop()
        if name.rpartition(":")[2] == "event":
            self._end_event()

    def _end_event(self) -> None:
        record = self._trace | (self._event or {})
        self._event = None
        if self._huge is not None:
            column, text = self._huge
            self._log.add(self._source.name, self._row, column, HUGE_CELL, text)
            self._huge = None
            return
        self._names.update(dict.fromkeys(record))
        self._records.append(record)
        self._rows.append(self._row)


def _value(tag: str, text: str) -> Any:
    """Return an attribute in the type that its tag names; as text where it doesn't fit."""
    try:
        if tag == "int":
            return int(text)
        if tag == "float":
            return float(text)
    except ValueError:
        return text
    if tag == "boolean" and text.strip().lower() in {"true", "false"}:
        return text.strip().lower() == "true"
    return text
