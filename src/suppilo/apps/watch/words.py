"""Alerts in words, from what was kept of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import get_language

from suppilo.analytics.watch import Change, Ending, Finding, Side
from suppilo.apps.watch.models import Alert, Figure, FigureKind, Reading
from suppilo.charts.i18n import use_language
from suppilo.charts.watch import ending_words, finding_parts, finding_sentence, season_words

_KINDS = {FigureKind.FUNNEL: "rate", FigureKind.ADVANCE: "rate", FigureKind.SUM: "sum"}


def series_kind(figure: Figure) -> str:
    """Return what a day's figure is: ``count``, ``sum`` or ``rate``."""
    return _KINDS.get(FigureKind(figure.kind), "count")


def read_finding(alert: Alert) -> Finding:
    """Return an alert's break as it was found."""
    return replace(_read(alert.finding), ended_day=alert.ended_day)


def _read(kept: dict[str, Any]) -> Finding:
    """Return a break as it was kept; when it ended is not read."""
    return Finding(
        Change(kept["change"]), date.fromisoformat(kept["first_day"]),
        date.fromisoformat(kept["found_day"]), date.fromisoformat(kept["since_day"]),
        Side(**kept["before"]), Side(**kept["after"]), kept["score"], kept["limit"],
        weekly=Side(**kept["weekly"]) if kept["weekly"] else None,
        ending=Ending(kept["ending"] or ""),
        # What was kept by an earlier server does not say.
        has_year_before=kept.get("has_year_before", True),
        after_days=_read_days(kept.get("after_days")),
    )  # fmt: skip


def _read_days(kept: list[str] | None) -> tuple[date, date] | None:
    return (date.fromisoformat(kept[0]), date.fromisoformat(kept[1])) if kept else None


def write_day(day: date) -> str:
    """Return a day as pages and mails write it: 14 Mar 2026."""
    return date_format(day, "SHORT_DATE_FORMAT")


def season_sentences(reading: Reading) -> list[str]:
    """Return what changes of the days shown came a year before as well, the latest first."""
    figure = reading.figure
    kept = [_read(one) for one in reading.days.get("seasonal", ())]
    with use_language(get_language() or "en"):
        return [
            finding_sentence(str(figure), series_kind(figure), one, write_day)
            for one in reversed(kept)
            if reading.first_day is not None and one.found_day >= reading.first_day
        ]


def alert_sentence(alert: Alert) -> str:
    """Return what happened, in the language in use."""
    text, parts = alert_parts(alert)
    return text.format(**parts)


def alert_parts(alert: Alert) -> tuple[str, dict[str, str]]:
    """Return the sentence of :func:`alert_sentence`, and what its places are filled with."""
    with use_language(get_language() or "en"):
        kind, found = series_kind(alert.figure), read_finding(alert)
        return finding_parts(str(alert.figure), kind, found, write_day)


def alert_ending(alert: Alert) -> str:
    """Return whether the break is over, and how; empty while it is not."""
    with use_language(get_language() or "en"):
        return ending_words(read_finding(alert), write_day)


def alert_season(alert: Alert) -> str:
    """Return that the change may be a season's, where the year before isn't known."""
    with use_language(get_language() or "en"):
        return season_words(read_finding(alert))
