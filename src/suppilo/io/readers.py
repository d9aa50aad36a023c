"""The reader of each format, behind one function."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

from suppilo.io.blocks import RawBlock
from suppilo.io.delimited import read_delimited
from suppilo.io.excel import read_excel
from suppilo.io.formats import SourceFile
from suppilo.io.jsonl import read_jsonl
from suppilo.io.mapping import Mapping
from suppilo.io.parquet import read_parquet
from suppilo.io.rejects import RejectLog
from suppilo.io.xes import read_xes

BLOCK_BYTES = 16 << 20
SAMPLE_BYTES = 1 << 20


def read_blocks(
    source: SourceFile, mapping: Mapping, log: RejectLog, block_bytes: int = BLOCK_BYTES
) -> Iterator[RawBlock]:
    """Yield a file's rows, whatever its format; rows that can't be parsed go to ``log``."""
    if source.format == "parquet":
        return read_parquet(source)
    if source.format == "excel":
        return read_excel(source, mapping, log)
    if source.format == "jsonl":
        return read_jsonl(source, log, block_bytes)
    if source.format == "xes":
        return read_xes(source, log)
    return read_delimited(source, mapping, log, block_bytes)


def read_sample(source: SourceFile, mapping: Mapping, log: RejectLog) -> pa.Table:
    """Return a file's first rows, as it has them; a table without columns where it has none."""
    blocks = read_blocks(source, mapping, log, SAMPLE_BYTES)
    return next((block.table for block in blocks), pa.table({}))
