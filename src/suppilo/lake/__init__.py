"""Open event tables: one Delta table per event name, files sorted by (path, at).

The names below are loaded when they are first used, because pyarrow and deltalake take a while.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from suppilo.lake.errors import LakeError, NotALakeError, WhereError

if TYPE_CHECKING:
    from suppilo.lake.cache import ColumnCache
    from suppilo.lake.compact import CompactResult
    from suppilo.lake.lake import Lake
    from suppilo.lake.names import RESERVED_WORDS
    from suppilo.lake.read import LakeSource
    from suppilo.lake.summary import EventSummary, PropertySummary, TimelineEvent
    from suppilo.lake.where import CompiledWhere, compile_where, evaluate_where
    from suppilo.lake.write import WriteResult

_PLACES = {
    "ColumnCache": "cache",
    "CompactResult": "compact",
    "CompiledWhere": "where",
    "EventSummary": "summary",
    "Lake": "lake",
    "LakeSource": "read",
    "PropertySummary": "summary",
    "TimelineEvent": "summary",
    "RESERVED_WORDS": "names",
    "WriteResult": "write",
    "compile_where": "where",
    "evaluate_where": "where",
}

__all__ = [
    "RESERVED_WORDS",
    "ColumnCache",
    "CompactResult",
    "CompiledWhere",
    "EventSummary",
    "Lake",
    "LakeError",
    "LakeSource",
    "NotALakeError",
    "PropertySummary",
    "TimelineEvent",
    "WhereError",
    "WriteResult",
    "compile_where",
    "evaluate_where",
]


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"suppilo.lake.{_PLACES[name]}"), name)
