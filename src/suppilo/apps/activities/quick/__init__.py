"""One line of text read as an activity: ``call Nordvik tomorrow 15:00 !high #renewal``."""

from suppilo.apps.activities.quick.entry import Part, PartKind, QuickEntry, parse_entry

__all__ = ["Part", "PartKind", "QuickEntry", "parse_entry"]
