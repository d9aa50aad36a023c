"""The words that quick entry knows: the English ones, and those of the language in use.

A message holds all words of one meaning, apart by blanks; a translation may have fewer or more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from django.utils.dates import MONTHS, MONTHS_3, MONTHS_ALT, WEEKDAYS, WEEKDAYS_ABBR
from django.utils.translation import get_language, override, pgettext

_SHORT_WEEKDAYS = {"tues": 1, "thur": 3, "thurs": 3}
HIGH = frozenset({"!", "!!"})


@dataclass(frozen=True, slots=True)
class Words:
    """Words by their meaning, in lower case.

    Attributes
    ----------
    to_do, done
        What a line begins with that plans an activity, or tells of one that was done; its kind.
    near
        Days by how far away they are: tomorrow is 1.
    weekdays, months
        Weekdays from 0, Monday; months from 1.
    days_of, minutes_of
        How many days, or minutes, a unit has.
    names_nothing
        Words that no company, person or deal is looked for by.
    """

    to_do: Mapping[str, str]
    done: Mapping[str, str]
    near: Mapping[str, int]
    weekdays: Mapping[str, int]
    months: Mapping[str, int]
    days_of: Mapping[str, int]
    minutes_of: Mapping[str, int]
    coming: frozenset[str]
    week: frozenset[str]
    within: frozenset[str]
    one: frozenset[str]
    before_day: frozenset[str]
    before_time: frozenset[str]
    before_duration: frozenset[str]
    high: frozenset[str]
    names_nothing: frozenset[str]


def words_in_use() -> Words:
    """Return the words of the language in use, and the English ones."""
    return _read_words(get_language() or "en")


@lru_cache(maxsize=16)
def _read_words(language: str) -> Words:
    with override("en"):
        english = list(_meanings())
    with override(language):
        own = list(_meanings())
    # An English word keeps its meaning whatever another language means by it.
    found = [_join(*pair) for pair in zip(own, english, strict=True)]
    mappings, sets = found[:7], [frozenset(one) for one in found[7:]]
    return Words(*mappings, *sets)  # type: ignore[arg-type]


def _join(own: Mapping[str, object], english: Mapping[str, object]) -> dict[str, object]:
    return {**own, **english}


def _meanings() -> Iterator[dict[str, object]]:
    """Yield the words of each attribute of :class:`Words`, in their order."""
    yield _by_meaning({
        "call": pgettext("begins a call to be made", "call phone ring"),
        "meeting": pgettext("begins a meeting to be held", "meet meeting"),
        "email": pgettext("begins a mail to be written", "mail email e-mail write"),
        "visit": pgettext("begins a visit to be made", "visit"),
        "demo": pgettext("begins a demonstration to be given", "demo demonstrate"),
        "task": pgettext("begins a task to be done", "task do todo"),
    })  # fmt: skip
    yield _by_meaning({
        "call": pgettext("begins a call that was made", "called phoned rang"),
        "meeting": pgettext("begins a meeting that was held", "met"),
        "email": pgettext("begins a mail that was written", "mailed emailed e-mailed wrote"),
        "visit": pgettext("begins a visit that was made", "visited"),
        "demo": pgettext("begins a demonstration that was given", "demoed demonstrated showed"),
        "task": pgettext("begins a task that was done", "did done"),
    })  # fmt: skip
    yield _by_meaning({
        0: pgettext("a day", "today"),
        1: pgettext("a day", "tomorrow"),
        -1: pgettext("a day", "yesterday"),
    })  # fmt: skip
    yield {
        **_named(enumerate(WEEKDAYS.values())), **_named(enumerate(WEEKDAYS_ABBR.values())),
        **_SHORT_WEEKDAYS,
    }  # fmt: skip
    names = (MONTHS.items(), MONTHS_ALT.items(), MONTHS_3.items())
    yield {name: number for items in names for name, number in _named(items).items()}
    yield _by_meaning(
        {1: pgettext("a unit of time", "day days"), 7: pgettext("a unit of time", "week weeks")}
    )
    yield _by_meaning({
        1: pgettext("a unit of time", "minute minutes min"),
        60: pgettext("a unit of time", "hour hours h"),
    })  # fmt: skip
    for text in (
        pgettext("before a weekday of the week after this one", "next"),
        pgettext("after “next”", "week"),
        pgettext("before “3 days”", "in"),
        pgettext("one, before a unit of time", "a an"),
        pgettext("before a day", "on by until for"),
        pgettext("before a time of the day", "at by until"),
        pgettext("before a duration", "for"),
        pgettext("marks what is urgent", "!high !important !urgent"),
        pgettext("words that are no names",
          "a about an and at for from in of on or our the their to with"),
    ):  # fmt: skip
        yield dict.fromkeys([*_split(text), *(HIGH if "!" in text else ())], True)


def _by_meaning(texts: Mapping[object, str]) -> dict[str, object]:
    return {word: meaning for meaning, text in texts.items() for word in _split(text)}


def _named(items: Iterable[tuple[int, object]]) -> dict[str, object]:
    return {str(name).casefold().rstrip("."): number for number, name in items}


def _split(text: str) -> list[str]:
    return text.casefold().split()
