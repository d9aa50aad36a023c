"""A property's values as codes into its distinct values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, overload

import pyarrow as pa

from suppilo.analytics.events import Int32
from suppilo.lake.arrays import codes_of, without_nan


class Labels(Sequence[Any]):
    """Distinct values kept by Arrow; each becomes a Python value when it is looked at."""

    def __init__(self, values: pa.Array) -> None:
        self._values = values

    @property
    def array(self) -> pa.Array:
        """The values as Arrow keeps them."""
        return self._values

    def __len__(self) -> int:
        return len(self._values)

    @overload
    def __getitem__(self, index: int) -> Any: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Any]: ...

    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            return list(self)[index]
        return _as_label(self._values[index].as_py())

    def __iter__(self) -> Iterator[Any]:
        return (_as_label(value) for value in self._values.to_pylist())

    @property
    def nbytes(self) -> int:
        """Size in bytes."""
        return int(self._values.nbytes)


def _as_label(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value


@dataclass(frozen=True, slots=True)
class CodedValues:
    """Codes of rows into labels, -1 where a row has no value."""

    codes: Int32
    labels: Labels

    @property
    def nbytes(self) -> int:
        """Size in bytes."""
        return self.codes.nbytes + self.labels.nbytes


def code_values(values: pa.Array) -> CodedValues:
    """Return a column as codes; NaN is no value."""
    if pa.types.is_floating(values.type):
        values = without_nan(values)
    if not pa.types.is_dictionary(values.type):
        values = values.dictionary_encode()
    codes = codes_of(values)
    codes.flags.writeable = False
    return CodedValues(codes, Labels(values.dictionary))
