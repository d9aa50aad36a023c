"""Watched figures and their alerts for the route matrix."""

from datetime import date
from typing import Any

from django.utils import timezone

from suppilo.apps.accounts.models import User
from suppilo.apps.watch.models import Alert, Figure, FigureKind, Reading

Arguments = dict[str, Any]
SIDE = {"value": 20.0, "lower": 18.0, "upper": 22.0}
FINDING = {
    "change": "level", "first_day": "2026-03-16", "found_day": "2026-03-18",
    "since_day": "2026-01-05", "before": SIDE, "after": SIDE, "share": 0.0, "score": -4.0,
    "limit": 3.8, "weekly": None, "ended_day": None, "ending": None,
}  # fmt: skip


def _figure() -> Figure:
    number = Figure.objects.count()
    made = Figure.objects.create(
        kind=FigureKind.EVENTS, event="visit", name="visit", key=f"visit-{number}"
    )
    days = {name: [20.0, 21.0] for name in ("values", "expected", "lower", "upper")}
    Reading.objects.create(
        figure=made, at=timezone.now(), first_day=date(2026, 3, 17), days=days | {"of": []}
    )
    return made


def _alert() -> Alert:
    return Alert.objects.create(
        figure=_figure(), change="level", is_rise=False, first_day=date(2026, 3, 16),
        found_day=date(2026, 3, 18), finding=FINDING,
    )  # fmt: skip


def a_watched_figure(_user: User) -> Arguments:
    return {"pk": _figure().pk}


def an_api_watched_figure(_user: User) -> Arguments:
    return {"figure_id": _figure().pk}


def a_watch_alert(_user: User) -> Arguments:
    return {"pk": _alert().pk}


def an_api_watch_alert(_user: User) -> Arguments:
    return {"alert_id": _alert().pk}
