"""Where events come from, behind one interface: files, data frames, lakes."""

from suppilo.sources.open import OpenedSource, SourceError, open_sources, open_table

__all__ = ["OpenedSource", "SourceError", "open_sources", "open_table"]
