"""Quick entry's grammar (docs/how-to/plan-my-day.md): of a text, the time, the language in use."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from suppilo.apps.activities.quick.moments import Found, read_moment
from suppilo.apps.activities.quick.words import words_in_use

LONGEST = 500
"""So many characters of a line are read."""
LONGEST_SUBJECT = 300
_MOST_TAGS = 10
_TAG = re.compile(r"#(\w[\w-]{0,39})")
_OWNER = re.compile(r"@(\w[\w.+-]{0,79}(?:@[\w.-]{1,80})?)")
_WORD = re.compile(r"\S+")
_AFTER_WORD = ",;.!?"


class PartKind(StrEnum):
    """What a part of the line was understood as."""

    KIND = "kind"
    DAY = "day"
    TIME = "time"
    DURATION = "duration"
    HIGH = "high"
    TAG = "tag"
    OWNER = "owner"


@dataclass(frozen=True, slots=True)
class Part:
    """Characters ``[start, end)`` of the line that were understood."""

    kind: PartKind
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class QuickEntry:
    """What a line says.

    Attributes
    ----------
    kind
        An activity's kind; a task where the line doesn't begin with a word that says another.
    subject
        The line without what was understood besides the kind.
    names
        The words among which a deal, a company or a person may be named, in their order.
    due_on, at_time
        When it is to be done, or was done; None where the line doesn't say.
    owner
        Whom it is for, as typed after ``@``.
    is_done
        It tells of something done: ``called Nordvik, wants monthly delivery``.
    note
        Of something done: what stands after the first comma.
    """

    kind: str = "task"
    subject: str = ""
    names: tuple[str, ...] = ()
    due_on: date | None = None
    at_time: time | None = None
    duration_min: int | None = None
    is_high: bool = False
    tags: tuple[str, ...] = ()
    owner: str = ""
    is_done: bool = False
    note: str = ""
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True)
class _Word:
    text: str
    start: int
    end: int

    @property
    def plain(self) -> str:
        """The word in lower case, without the punctuation after it; ``1.12.`` keeps its dot."""
        bare = self.text.casefold().rstrip(_AFTER_WORD)
        dotted = self.text.rstrip(",;!?")
        return dotted if dotted[:1].isdigit() and dotted.endswith(".") else bare


@dataclass(slots=True)
class _Reading:
    """What has been read so far."""

    entry: QuickEntry
    rest: list[str] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)

    def take(self, kind: PartKind, words: list[_Word]) -> None:
        text = " ".join(word.text for word in words)
        self.parts.append(Part(kind, text, words[0].start, words[-1].end))


def parse_entry(text: str, now: datetime) -> QuickEntry:
    """Return what one line says; whatever it holds, something comes of it.

    Parameters
    ----------
    text
        The line; no more than its first 500 characters are read.
    now
        The user's local time: ``tomorrow`` is counted from it.

    Examples
    --------
    >>> entry = parse_entry("call Nordvik tomorrow 15:00 !high #renewal", datetime(2026, 11, 21))
    >>> entry.kind, entry.subject, str(entry.due_on), str(entry.at_time), entry.tags
    ('call', 'Call Nordvik', '2026-11-22', '15:00:00', ('renewal',))
    """
    words = [_Word(at.group(), *at.span()) for at in _WORD.finditer(text[:LONGEST])]
    if not words:
        return QuickEntry()
    reading = _Reading(_begin(words[0]))
    if words[0].plain in words_in_use().to_do or reading.entry.is_done:
        reading.take(PartKind.KIND, words[:1])
    main, note = _split_note(words) if reading.entry.is_done else (words, [])
    _read_words(reading, main[1:] if reading.parts else main, now)
    return _finish(reading, words[0], note, now)


def _begin(first: _Word) -> QuickEntry:
    known = words_in_use()
    if first.plain in known.done:
        return QuickEntry(kind=known.done[first.plain], is_done=True)
    return QuickEntry(kind=known.to_do.get(first.plain, "task"))


def _split_note(words: list[_Word]) -> tuple[list[_Word], list[_Word]]:
    """Return the words up to the first comma or colon, and those after it."""
    for at, word in enumerate(words):
        if word.text[-1] in ",:;":
            return words[: at + 1], words[at + 1 :]
    return words, []


def _read_words(reading: _Reading, words: list[_Word], now: datetime) -> None:
    at = 0
    while at < len(words):
        if _read_mark(reading, words[at]):
            at += 1
            continue
        found = read_moment(
            [word.plain for word in words[at : at + 4]], now, is_past=reading.entry.is_done
        )
        if found and _accept(reading, found, words[at : at + found.words]):
            at += found.words
            continue
        reading.rest.append(words[at].text)
        at += 1


def _read_mark(reading: _Reading, word: _Word) -> bool:
    """Take a word that has a sign before it: ``!high``, ``#tag``, ``@owner``."""
    entry = reading.entry
    plain = word.text.rstrip(",;.")
    if plain.casefold() in words_in_use().high:
        reading.entry = replace(entry, is_high=True)
        reading.take(PartKind.HIGH, [word])
    elif (tag := _TAG.fullmatch(plain)) and len(entry.tags) < _MOST_TAGS:
        if tag[1] not in entry.tags:
            reading.entry = replace(entry, tags=(*entry.tags, tag[1]))
        reading.take(PartKind.TAG, [word])
    elif (owner := _OWNER.fullmatch(plain)) and not entry.owner:
        reading.entry = replace(entry, owner=owner[1])
        reading.take(PartKind.OWNER, [word])
    else:
        return False
    return True


def _accept(reading: _Reading, found: Found, words: list[_Word]) -> bool:
    """Take what is said of when, unless the same was said before."""
    entry = reading.entry
    if (
        (found.day and entry.due_on)
        or (found.clock and entry.at_time)
        or (found.duration_min and entry.duration_min)
    ):
        return False
    reading.entry = replace(
        entry,
        due_on=found.day or entry.due_on,
        at_time=found.clock or entry.at_time,
        duration_min=found.duration_min or entry.duration_min,
    )
    kind = PartKind.DAY if found.day else PartKind.TIME if found.clock else PartKind.DURATION
    reading.take(kind, words)
    return True


def _finish(reading: _Reading, first: _Word, note_words: list[_Word], now: datetime) -> QuickEntry:
    note = [word.text for word in note_words if not _read_mark(reading, word)]
    has_kind = bool(reading.parts) and reading.parts[0].kind == PartKind.KIND
    opening = [first.text] if has_kind else []
    subject = " ".join([*opening, *reading.rest]).strip(" ,;:")
    entry = replace(
        reading.entry,
        subject=(subject[:1].upper() + subject[1:])[:LONGEST_SUBJECT],
        names=tuple(_naming(reading.rest)),
        note=" ".join(note),
        parts=tuple(reading.parts),
    )
    return _settle_day(entry, now)


def _naming(words: list[str]) -> Iterator[str]:
    nothing = words_in_use().names_nothing
    for word in words:
        bare = word.strip("\"'“”„«»(),;:!?").rstrip(".")
        if bare and bare.casefold() not in nothing:
            yield bare


def _settle_day(entry: QuickEntry, now: datetime) -> QuickEntry:
    """Give a time without a day its day: the next time that it is so late, or the last one."""
    if entry.at_time is None or entry.due_on is not None:
        return entry
    today = now.date()
    passed = entry.at_time <= now.time().replace(tzinfo=None)
    shift = 0 if passed == entry.is_done else (-1 if entry.is_done else 1)
    try:
        return replace(entry, due_on=today + timedelta(days=shift))
    except OverflowError:
        return replace(entry, due_on=today)
