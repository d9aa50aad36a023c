"""JSON lines: one object a line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np

from suppilo.io import rejects
from suppilo.io.blocks import CELL_LIMIT, RawBlock, table_of
from suppilo.io.errors import InputError, place
from suppilo.io.formats import SourceFile, read_chunks
from suppilo.io.rejects import RejectLog

LINE_LIMIT = 64 << 20
_DECODER = json.JSONDecoder()


def read_jsonl(source: SourceFile, log: RejectLog, block_bytes: int) -> Iterator[RawBlock]:
    """Yield the objects of a file as typed columns; lines that are no object go to ``log``.

    Rows are numbered as lines, from 1. Nested objects and lists become JSON text.
    """
    reader = _LineReader(source, log)
    for lines in _line_groups(source, block_bytes):
        block = reader.read(lines)
        if len(block.rows):
            yield block


def _line_groups(source: SourceFile, block_bytes: int) -> Iterator[list[bytes]]:
    rest = b""
    for chunk in read_chunks(source, block_bytes):
        *lines, rest = (rest + chunk).split(b"\n")
        if len(rest) > LINE_LIMIT:
            raise InputError(
                f"{place(source.path)}: a line is longer than {LINE_LIMIT >> 20} MiB; "
                "write one JSON object a line"
            )
        yield lines
    yield [rest]


class _LineReader:
    def __init__(self, source: SourceFile, log: RejectLog) -> None:
        self._source, self._log = source, log
        self._line = 0
        self._names: dict[str, None] = {}

    def read(self, lines: list[bytes]) -> RawBlock:
        records: list[dict[str, Any]] = []
        rows: list[int] = []
        for line in lines:
            self._line += 1
            if self._line == 1:
                line = self._check_start(line)
            if line.strip() and (record := self._parse(line)) is not None:
                if record.keys() != self._names.keys():
                    self._names.update(dict.fromkeys(record))
                records.append(record)
                rows.append(self._line)
        return RawBlock(table_of(records, self._names), np.array(rows, np.int64), typed=True)

    def _check_start(self, line: bytes) -> bytes:
        line = line.removeprefix(b"\xef\xbb\xbf")
        if line.lstrip().startswith(b"["):
            raise InputError(
                f"{place(self._source.path, 1)}: this is one JSON array; write one object a line "
                "(jq -c '.[]' file.json > file.jsonl)"
            )
        return line

    def _parse(self, line: bytes) -> dict[str, Any] | None:
        reason = rejects.HUGE_CELL
        if len(line) <= CELL_LIMIT:
            try:
                text = line.decode().strip()
                record, end = _DECODER.raw_decode(text)
            except UnicodeDecodeError:
                reason = rejects.UNDECODABLE
            except (ValueError, RecursionError):
                reason = rejects.BAD_JSON
            else:
                if isinstance(record, dict) and end == len(text):
                    return record
                reason = rejects.BAD_JSON
        text = line[:200].decode("utf-8", "replace")
        self._log.add(self._source.name, self._line, "", reason, text)
        return None
