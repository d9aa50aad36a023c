"""The words that quick entry knows: the English ones, and those of the language in use.

A message holds all words of one meaning, apart by blanks; a translation may have fewer or more.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

from django.utils.dates import MONTHS, MONTHS_3, MONTHS_ALT, WEEKDAYS, WEEKDAYS_ABBR
from django.utils.translation import get_language, override, pgettext

T = TypeVar("T")

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
        english = _write_words()
    with override(language):
        own = _write_words()
    # An English word keeps its meaning whatever another language means by it.
    return Words(
        to_do={**own.to_do, **english.to_do},
        done={**own.done, **english.done},
        near={**own.near, **english.near},
        weekdays={**own.weekdays, **english.weekdays},
        months={**own.months, **english.months},
        days_of={**own.days_of, **english.days_of},
        minutes_of={**own.minutes_of, **english.minutes_of},
        coming=own.coming | english.coming,
        week=own.week | english.week,
        within=own.within | english.within,
        one=own.one | english.one,
        before_day=own.before_day | english.before_day,
        before_time=own.before_time | english.before_time,
        before_duration=own.before_duration | english.before_duration,
        high=own.high | english.high,
        names_nothing=own.names_nothing | english.names_nothing,
    )


def _write_words() -> Words:
    """Return the words of one language, the one in use."""
    months = (MONTHS.items(), MONTHS_ALT.items(), MONTHS_3.items())
    return Words(
        to_do=_by_meaning({
            "call": pgettext("begins a call to be made", "call phone ring"),
            "meeting": pgettext("begins a meeting to be held", "meet meeting"),
            "email": pgettext("begins a mail to be written", "mail email e-mail write"),
            "visit": pgettext("begins a visit to be made", "visit"),
            "demo": pgettext("begins a demonstration to be given", "demo demonstrate"),
            "task": pgettext("begins a task to be done", "task do todo"),
        }),
        done=_by_meaning({
            "call": pgettext("begins a call that was made", "called phoned rang"),
            "meeting": pgettext("begins a meeting that was held", "met"),
            "email": pgettext("begins a mail that was written", "mailed emailed e-mailed wrote"),
            "visit": pgettext("begins a visit that was made", "visited"),
            "demo": pgettext("begins a demonstration that was given", "demoed demonstrated showed"),
            "task": pgettext("begins a task that was done", "did done"),
        }),
        near=_by_meaning({
            0: pgettext("a day", "today"),
            1: pgettext("a day", "tomorrow"),
            -1: pgettext("a day", "yesterday"),
        }),
        weekdays={
            **_named(enumerate(WEEKDAYS.values())), **_named(enumerate(WEEKDAYS_ABBR.values())),
            **_SHORT_WEEKDAYS,
        },
        months={name: number for items in months for name, number in _named(items).items()},
        days_of=_by_meaning({
            1: pgettext("a unit of time", "day days"), 7: pgettext("a unit of time", "week weeks"),
        }),
        minutes_of=_by_meaning({
            1: pgettext("a unit of time", "minute minutes min"),
            60: pgettext("a unit of time", "hour hours h"),
        }),
        coming=_split(pgettext("before a weekday of the week after this one", "next")),
        week=_split(pgettext("after “next”", "week")),
        within=_split(pgettext("before “3 days”", "in")),
        one=_split(pgettext("one, before a unit of time", "a an")),
        before_day=_split(pgettext("before a day", "on by until for")),
        before_time=_split(pgettext("before a time of the day", "at by until")),
        before_duration=_split(pgettext("before a duration", "for")),
        high=HIGH | _split(pgettext("marks what is urgent", "!high !important !urgent")),
        names_nothing=_split(pgettext(
          "words that are no names",
          "a about an and at for from in of on or our the their to with",
        )),
    )  # fmt: skip


def _by_meaning(texts: Mapping[T, str]) -> dict[str, T]:
    return {word: meaning for meaning, text in texts.items() for word in text.casefold().split()}


def _named(items: Iterable[tuple[int, object]]) -> dict[str, int]:
    return {str(name).casefold().rstrip("."): number for number, name in items}


def _split(text: str) -> frozenset[str]:
    return frozenset(text.casefold().split())
