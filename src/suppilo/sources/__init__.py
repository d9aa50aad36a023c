"""Where events come from, behind one interface: files, data frames, lakes."""

from suppilo.sources.ask import ask_funnel
from suppilo.sources.open import OpenedSource, SourceError, open_sources, open_table
from suppilo.sources.record import Recorded, record_files

__all__ = [
    "OpenedSource",
    "Recorded",
    "SourceError",
    "ask_funnel",
    "open_sources",
    "open_table",
    "record_files",
]
