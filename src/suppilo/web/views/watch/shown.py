"""Watched figures and their alerts as the pages show them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from suppilo.analytics.watch import Change, Side
from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.permissions import Permission, allows
from suppilo.apps.watch.models import Alert, Figure, FigureKind, Reading
from suppilo.apps.watch.selectors import find_endings
from suppilo.apps.watch.words import (
    alert_ending,
    alert_parts,
    alert_season,
    alert_sentence,
    read_finding,
    series_kind,
)
from suppilo.charts.page.watched import BreakMark, WatchedDays, spark_picture, watched_picture
from suppilo.charts.watch import change_name, figure, figure_range, share_words
from suppilo.charts.words import name_of
from suppilo.web.views.funnels.parts.trend import drawn
from suppilo.web.views.watch.behind import Behind, find_behind

SPARK_DAYS = 56
WIDTHS = {"wide": 1100, "middle": 760, "narrow": 340}
_LEAST_SIDE_DAYS = 7


@dataclass(frozen=True, slots=True)
class FigureRow:
    """A figure of the list: its picture, its last day, what was usual, and how it stands."""

    figure: Figure
    picture: SafeString
    last: str
    usual: str
    state: str
    tone: str
    last_url: str = ""


@dataclass(frozen=True, slots=True)
class PartRow:
    """A value's part of a change."""

    name: str
    before: str
    after: str
    difference: str
    before_url: str = ""
    after_url: str = ""


@dataclass(frozen=True, slots=True)
class AlertRow:
    """An alert: what happened, whether it is over, and what changed underneath.

    ``linked`` is the sentence with its figures as links, where they lead somewhere; empty in lists.
    """

    alert: Alert
    sentence: str
    ending: str
    ranges: str
    badge: str
    tone: str
    parts: tuple[tuple[str, tuple[PartRow, ...]], ...] = ()
    change_url: str = ""
    linked: str = ""


def figure_row(one: Figure, alerts: Sequence[Alert], user: User) -> FigureRow:
    """Return a figure as the list shows it to a user."""
    reading: Reading | None = getattr(one, "reading", None)
    days = read_days(reading).last(SPARK_DAYS)
    kind = series_kind(one)
    picture = drawn(spark_picture(days, _marks(alerts, reading, SPARK_DAYS)))
    state, tone = _state(reading, alerts)
    place = next((n for n in reversed(range(len(days.values))) if days.values[n] is not None), None)
    if reading is None or place is None:
        return FigureRow(one, picture, "—", "—", state, tone)
    low, high, value = days.lower[place], days.upper[place], days.values[place]
    usual = "—" if low is None or high is None else figure_range(kind, Side(low, low, high))
    url = ""
    if value:
        day = reading_days(reading)[place - len(days.values)]
        url = find_behind(one, user, reading.at).day(day)
    return FigureRow(one, picture, figure(kind, value or 0), usual, state, tone, url)


def _state(reading: Reading | None, alerts: Sequence[Alert]) -> tuple[str, str]:
    if reading is None:
        return _("Not read yet"), ""
    if reading.failure:
        return reading.failure, "warn"
    if reading.verdict != "ready":
        return too_little_words(reading), ""
    if not alerts:
        return _("As usual"), "good"
    newest = alerts[0]
    name = change_name(newest.change, is_rise=newest.is_rise)
    since = date_format(newest.first_day, "j M")
    text = _("%(name)s, %(share)s since %(day)s") % {
        "name": name, "share": share_words(newest.finding["share"]), "day": since,
    }  # fmt: skip
    return text, "good" if newest.is_rise else "bad"


def too_little_words(reading: Reading) -> str:
    """Return why a figure can't be judged yet; empty where it can."""
    if reading.verdict == "too_little_history":
        text = _("Too little history: %(there)s of %(needed)s days")
    elif reading.verdict == "too_few":
        text = _("Too few to judge by: %(there)s; it takes %(needed)s within 18 weeks")
    else:
        return ""
    return text % {"there": reading.there, "needed": reading.needed}


def read_days(reading: Reading | None) -> WatchedDays:
    """Return a reading's days for a picture."""
    if reading is None or reading.first_day is None:
        return WatchedDays((), (), (), (), ())
    columns = [reading.days[name] for name in ("values", "expected", "lower", "upper")]
    labels = [date_format(day, "j M") for day in reading_days(reading)]
    return WatchedDays(labels, *columns)


def reading_days(reading: Reading) -> list[date]:
    """Return the days of a reading."""
    if reading.first_day is None:
        return []
    return [reading.first_day + timedelta(days=n) for n in range(len(reading.days["values"]))]


def _marks(
    alerts: Iterable[Alert], reading: Reading | None, shown: int, *, linked: bool = False
) -> list[BreakMark]:
    """Return the breaks among the last days."""
    if reading is None or reading.first_day is None:
        return []
    length = len(reading.days["values"])
    begin = max(0, length - shown)
    return [
        BreakMark(
            (alert.first_day - reading.first_day).days - begin, alert.is_rise,
            alert_sentence(alert) if linked else "", f"#alert-{alert.pk}" if linked else "",
        )
        for alert in alerts
    ]  # fmt: skip


def pictures(one: Figure, alerts: Sequence[Alert], shown: int) -> list[tuple[str, SafeString]]:
    """Return a figure's last days as pictures for wide, middle and narrow places."""
    reading: Reading | None = getattr(one, "reading", None)
    days = read_days(reading).last(shown)
    marks = _marks(alerts, reading, shown, linked=True)
    kind = series_kind(one)
    return [
        (size, drawn(watched_picture(days, marks, lambda v: figure(kind, v), width)))
        for size, width in WIDTHS.items()
    ]


def alert_rows(alerts: Sequence[Alert], user: User, *, with_parts: bool = False) -> list[AlertRow]:
    """Return alerts as the pages show them; one query for all."""
    endings = find_endings(user, alerts)
    return [_alert_row(alert, user, endings, with_parts=with_parts) for alert in alerts]


def _alert_row(
    alert: Alert, user: User, endings: Mapping[str, int], *, with_parts: bool
) -> AlertRow:
    found, kind = read_finding(alert), series_kind(alert.figure)
    ranges = _("95 %% range: %(after)s against %(before)s before. Found on %(found)s.") % {
        "after": figure_range(kind, found.after), "before": figure_range(kind, found.before),
        "found": date_format(alert.found_day, "SHORT_DATE_FORMAT"),
    }  # fmt: skip
    behind = find_behind(alert.figure, user, alert.made_at) if with_parts else None
    return AlertRow(
        alert, alert_sentence(alert), alert_ending(alert),
        f"{ranges} {alert_season(alert)}".strip(),
        change_name(alert.change, is_rise=alert.is_rise), "good" if alert.is_rise else "bad",
        tuple(_parts(alert, kind, behind)) if behind else (), _change_url(alert, user, endings),
        _linked(alert, behind) if behind else "",
    )  # fmt: skip


def _linked(alert: Alert, behind: Behind) -> SafeString:
    """Return what happened, its figures leading to the people, deals or events of their days.

    What was to be expected of an odd day is reckoned: nobody stands behind it.
    """
    (text, parts), found = alert_parts(alert), read_finding(alert)
    urls = {}
    if found.after_days and found.after.value:
        urls["after"] = behind.span(*found.after_days)
    if found.change != Change.SPIKE and found.before.value:
        urls["before"] = behind.span(found.since_day, found.first_day - timedelta(days=1))
    links = {
        name: format_html('<a href="{}">{}</a>', url, parts[name])
        for name, url in urls.items() if url
    }  # fmt: skip
    return format_html(text, **(parts | links))


def _parts(alert: Alert, kind: str, behind: Behind) -> Iterable[tuple[str, tuple[PartRow, ...]]]:
    for split in alert.parts:
        yield split["by"], tuple(_part(part, kind, split, behind) for part in split["parts"])


def _part(part: dict[str, Any], kind: str, split: dict[str, Any], behind: Behind) -> PartRow:
    name = _("all others") if part["value"] is None else name_of(part["value"])
    before, after = (
        "—" if part[side] is None else figure(kind, part[side]) for side in ("before", "after")
    )
    size = part["difference"]
    sign = "−" if size < 0 else "+"
    said = f"{100 * abs(size):.1f}" if kind == "rate" else figure(kind, abs(size))
    urls = (
        "" if part[side] is None
        else behind.part(split["by"], part["value"], split.get("days", {}).get(side))
        for side in ("before", "after")
    )  # fmt: skip
    return PartRow(name, before, after, f"{sign}{said}", *urls)


def _change_url(alert: Alert, user: User, endings: Mapping[str, int]) -> str:
    """Return the page that explains conversions, with the days since the break.

    Of how often an event happens it is that of a funnel that ends with it, where there is one.
    """
    one = alert.figure
    if one.kind == FigureKind.FUNNEL:
        of = str(one.funnel_id)
    elif one.kind == FigureKind.STAGE and allows(user, Permission.SEE_DEALS):
        of = "deals"
    elif one.kind == FigureKind.EVENTS and not one.by and one.segment_id is None:
        of = str(endings.get(one.event, ""))
    else:
        of = ""
    if not of:
        return ""
    last = max(alert.found_day, alert.first_day + timedelta(days=_LEAST_SIDE_DAYS - 1))
    query = {"of": of, "dates": "between", "from": alert.first_day.isoformat(),
             "to": (alert.ended_day or last).isoformat(), "by": "channel"}  # fmt: skip
    return f"{reverse('change')}?{urlencode(query)}"
