"""One model for each shape of an answer; imported before operations are described.

Ninja would make one for every status of every operation: 1,700, a third of the pages' start.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from ninja import Schema
from ninja.operation import Operation

_make_anew = Operation._create_response_model


@cache
def _make(shape: Any) -> type[Schema] | None:
    # What is made does not depend on the operation.
    return _make_anew(None, shape)  # type: ignore[arg-type]


Operation._create_response_model = lambda _, shape: _make(shape)  # type: ignore[assignment, method-assign]
