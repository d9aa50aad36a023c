"""Breaks of watched figures in words."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from suppilo.analytics.watch import (
    LEAST_DAYS,
    LEAST_SUM,
    Change,
    Ending,
    Finding,
    Kind,
    Side,
    Verdict,
    Watched,
    too_little,
)
from suppilo.charts.i18n import _, ngettext
from suppilo.charts.words import MINUS, number, rate, rate_range


def figure(kind: str, value: float) -> str:
    """Return a figure of a mean day: a count to three digits, a rate per cent.

    Examples
    --------
    >>> figure("count", 1234.56), figure("count", 3.219), figure("rate", 0.1)
    ('1,235', '3.2', '10.0 %')
    """
    if kind == Kind.RATE:
        return rate(value)
    size = abs(value)
    return number(round(value) if size >= 100 else round(value, 1 if size >= 1 else 2))


def figure_range(kind: str, side: Side) -> str:
    """Return the range of a figure."""
    if kind == Kind.RATE:
        return rate_range(side.lower, side.upper)
    return f"{figure(kind, side.lower)}–{figure(kind, side.upper)}"


def share_words(share: float | None) -> str:
    """Return a change as a share of what was before, with its sign.

    Examples
    --------
    >>> share_words(-0.312), share_words(1.5), share_words(None)
    ('−31 %', '+150 %', '—')
    """
    if share is None:
        return "—"
    percent = round(100 * share)
    return f"{MINUS if percent < 0 else '+'}{abs(percent):,} %"


def change_name(change: str, *, is_rise: bool) -> str:
    """Return what kind of break it is."""
    names = {
        (Change.LEVEL, True): _("Rose"), (Change.LEVEL, False): _("Fell"),
        (Change.TREND, True): _("Rising"), (Change.TREND, False): _("Falling"),
        (Change.SPIKE, True): _("Odd day, high"), (Change.SPIKE, False): _("Odd day, low"),
    }  # fmt: skip
    return names[Change(change), is_rise]


def finding_sentence(
    name: str, kind: str, found: Finding, write_day: Callable[[date], str] = date.isoformat
) -> str:
    """Return what happened to a figure, since when, and by how much."""
    text, parts = finding_parts(name, kind, found, write_day)
    return text.format(**parts)


def finding_parts(
    name: str, kind: str, found: Finding, write_day: Callable[[date], str] = date.isoformat
) -> tuple[str, dict[str, str]]:
    """Return the sentence of :func:`finding_sentence`, and what its places are filled with."""
    is_rise = found.score > 0
    texts = {
        (Change.LEVEL, True): _("{name} rose by {share} on {first}: {after}, {before} before."),
        (Change.LEVEL, False): _("{name} fell by {share} on {first}: {after}, {before} before."),
        (Change.TREND, True): _("{name} has been rising since {first}, by {weekly} a week: {after} "
                                "in the last week, {before} before."),
        (Change.TREND, False): _("{name} has been falling since {first}, by {weekly} a week: "
                                 "{after} in the last week, {before} before."),
        (Change.SPIKE, True): _("{name} was unusually high on {first}: {after}, where {before} "
                                "was to be expected ({range})."),
        (Change.SPIKE, False): _("{name} was unusually low on {first}: {after}, where {before} "
                                 "was to be expected ({range})."),
    }  # fmt: skip
    weekly = None if found.weekly is None else found.weekly.value
    is_spike = found.change == Change.SPIKE
    say = figure if is_spike else daily
    # Of odd days that follow each other the oddest is told.
    first = found.after_days[0] if is_spike and found.after_days else found.first_day
    return texts[found.change, is_rise], {
        "name": name, "first": write_day(first), "share": _size(found.share),
        "before": say(kind, found.before.value), "after": say(kind, found.after.value),
        "range": figure_range(kind, found.before), "weekly": _size(weekly),
    }  # fmt: skip


def season_words(found: Finding) -> str:
    """Return that a change may be a season's, where the year before isn't known; else nothing."""
    if found.has_year_before:
        return ""
    return _("How it was a year ago isn't known: this may be of the season.")


def daily(kind: str, value: float) -> str:
    """Return a figure of a mean day with its unit: ``71 a day``, or a rate."""
    said = figure(kind, value)
    return said if kind == Kind.RATE else _("{figure} a day").format(figure=said)


def _size(share: float | None) -> str:
    return share_words(share).lstrip("+" + MINUS)


def ending_words(found: Finding, write_day: Callable[[date], str] = date.isoformat) -> str:
    """Return whether a break is over, and how; empty while it is not."""
    if found.ended_day is None:
        return ""
    day = write_day(found.ended_day)
    texts = {
        Ending.BREAK: _("Over on {day}: it changed again."),
        Ending.USUAL: _("Since {day} it counts as usual."),
        Ending.PASSED: _("Over on {day}."),
        Ending.NONE: "",
    }
    return texts[found.ending].format(day=day)


def season_sentence(count: int) -> str:
    """Return how many changes came a year before as well; empty for none."""
    if not count:
        return ""
    return ngettext(
        "{n} change came a year before as well: it is of the season, and is not told.",
        "{n} changes came a year before as well: they are of the season, and are not told.",
        count,
    ).format(n=count)


def verdict_sentence(found: Watched) -> str:
    """Return why a figure can't be judged; empty where it can."""
    there, needed = too_little(found)
    if found.verdict == Verdict.SHORT:
        return _("Too little history: {there} of {needed} days.").format(there=there, needed=needed)
    if found.verdict == Verdict.SPARSE:
        return _("Too few to judge by: {there}, and it takes {needed} within 18 weeks.").format(
            there=number(there), needed=needed
        )
    return ""


def method_sentence() -> str:
    """Return how breaks are found, and how often one is told where nothing changed."""
    return _(
        "Weekdays are compared with the same weekdays. Of a figure that stays as it is, fewer than "
        "one alert a year is to be expected. What came a year before as well is of the season, and "
        "is not told. It takes {days} days of history and a sum of {least}."
    ).format(days=LEAST_DAYS, least=LEAST_SUM)
