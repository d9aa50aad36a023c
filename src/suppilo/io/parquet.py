"""Parquet files, batch by batch."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from suppilo.io.blocks import RawBlock
from suppilo.io.errors import InputError, place
from suppilo.io.formats import SourceFile

_BATCH_ROWS = 131_072


def read_parquet(source: SourceFile) -> Iterator[RawBlock]:
    """Yield the rows of a Parquet file; rows are numbered from 1.

    Raises
    ------
    InputError
        If the file is cut off, damaged, or names a column twice.
    """
    first_row = 1
    try:
        with pq.ParquetFile(source.path, pre_buffer=False) as file:
            _check_names(source, file.schema_arrow.names)
            for batch in file.iter_batches(_BATCH_ROWS):
                rows = np.arange(first_row, first_row + batch.num_rows, dtype=np.int64)
                first_row += batch.num_rows
                yield RawBlock(pa.Table.from_batches([batch]), rows, typed=True)
    except (pa.ArrowException, OSError) as error:
        raise InputError(
            f"{place(source.path)} is not a whole Parquet file (cut off or damaged after row "
            f"{first_row - 1}); copy or write it again"
        ) from error


def _check_names(source: SourceFile, names: list[str]) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(
            f"{source.path} names {', '.join(twice[:5])} more than once; rename the columns"
        )
