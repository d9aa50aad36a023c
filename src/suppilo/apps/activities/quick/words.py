"""The words that quick entry knows."""

from __future__ import annotations

TO_DO = {
    "call": "call", "phone": "call", "ring": "call",
    "meet": "meeting", "meeting": "meeting",
    "mail": "email", "email": "email", "e-mail": "email", "write": "email",
    "visit": "visit",
    "demo": "demo", "demonstrate": "demo",
    "task": "task", "do": "task", "todo": "task",
}  # fmt: skip
"""What a line begins with, and the kind of activity that it plans."""

DONE = {
    "called": "call", "phoned": "call", "rang": "call",
    "met": "meeting",
    "mailed": "email", "emailed": "email", "e-mailed": "email", "wrote": "email",
    "visited": "visit",
    "demoed": "demo", "demonstrated": "demo", "showed": "demo",
    "did": "task", "done": "task",
}  # fmt: skip
"""What a line begins with that tells of something done."""

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
SHORT_WEEKDAYS = {
    "mon": 0, "tue": 1, "tues": 1, "wed": 2, "thu": 3, "thur": 3, "thurs": 3, "fri": 4, "sat": 5,
    "sun": 6,
}  # fmt: skip

BEFORE_DAY = frozenset({"on", "by", "until", "for"})
BEFORE_TIME = frozenset({"at", "by", "until"})
BEFORE_DURATION = frozenset({"for"})
HIGH = frozenset({"!", "!!", "!high", "!important", "!urgent"})

NAMES_NOTHING = frozenset(
    ["a", "about", "an", "and", "at", "for", "from", "in", "of", "on", "or", "our", "the", "their",
     "to", "with"]
)  # fmt: skip
"""Words that no company, person or deal is looked for by."""


def weekday_of(word: str) -> int | None:
    """Return a weekday's number, Monday being 0; None for any other word."""
    return WEEKDAYS.index(word) if word in WEEKDAYS else SHORT_WEEKDAYS.get(word)
