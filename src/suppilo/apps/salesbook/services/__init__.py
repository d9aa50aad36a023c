"""The verbs on the sales book: write, change, archive, use."""

from suppilo.apps.salesbook.services.starting import add_starters
from suppilo.apps.salesbook.services.using import use_entry
from suppilo.apps.salesbook.services.writing import (
    EntryDraft,
    archive_entry,
    change_entry,
    open_file,
    write_entry,
)

__all__ = [
    "EntryDraft",
    "add_starters",
    "archive_entry",
    "change_entry",
    "open_file",
    "use_entry",
    "write_entry",
]
