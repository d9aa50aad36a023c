"""The last weeks of the full funnel: a picture of each step, its sentence, and a table of all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from suppilo.apps.accounts.permissions import Permission, allows
from suppilo.apps.pipeline_reports.full_funnel import Unit
from suppilo.apps.pipeline_reports.weeks import WeeklyFunnel, Weeks, WeekStep, ask_weeks
from suppilo.charts.page.weeks import weeks_picture
from suppilo.web.access import UserRequest, page
from suppilo.web.reporting import here
from suppilo.web.templatetags.funnel_words import count
from suppilo.web.views.full_funnel.asked import WAIT_S, read_funnel
from suppilo.web.views.full_funnel.steps import people_url, spend_url, step_name, unit_name
from suppilo.web.views.funnels.parts.trend import drawn
from suppilo.web.views.pipeline_reports.asked import Asked
from suppilo.web.views.pipeline_reports.links import Links


@dataclass(frozen=True, slots=True)
class WeekHead:
    """A week as the table's head has it."""

    name: str
    is_running: bool


@dataclass(frozen=True, slots=True)
class WeekCell:
    """How many of a week, and who they are; ``url`` is empty where nobody, or not to be seen."""

    count: int
    url: str
    is_running: bool


@dataclass(frozen=True, slots=True)
class WeekRow:
    """A step: its picture, what is to be seen in it, and its weeks."""

    step: WeekStep
    name: str
    unit: str
    picture: SafeString
    sentence: str
    cells: tuple[WeekCell, ...]


@page(Permission.SEE_ALL_DEALS, methods=("GET",))
def full_funnel_weeks(request: UserRequest) -> HttpResponse:
    """Show the last weeks of a question, as far as they are counted."""
    asked = read_funnel(request)
    if asked.question is None:
        return render(request, "pipeline_reports/wrong.html", {"asked": asked})
    return render(request, "full_funnel/weeks.html", show_weeks(request, asked, WAIT_S))


def show_weeks(request: UserRequest, asked: Asked, wait_s: float) -> dict[str, Any]:
    """Return what the template of the weeks needs."""
    assert asked.question is not None
    found = ask_weeks(request.user, asked.question, here(), wait_s)
    sees_people = allows(request.user, Permission.SEE_PEOPLE)
    return {
        "asked": asked,
        "weekly": found,
        "week_count": len(found.weeks.starts),
        "week_heads": list(_heads(found.weeks)),
        "week_rows": list(_rows(found, asked, sees_people=sees_people)),
        "week_failures": [one.failure for one in found.people.values() if one.failure],
        "weeks_said": _explain(found.weeks),
    }


def _explain(weeks: Weeks) -> list[str]:
    said = [
        _("By the week in which people and deals came in, as everywhere on this page: whoever "
          "came in in the last weeks has had less time to get to later steps.")
    ]  # fmt: skip
    if weeks.is_running:
        said.append(_("The light bar is a week that is not over."))
    return said


def _heads(weeks: Weeks) -> Iterator[WeekHead]:
    for number, start in enumerate(weeks.starts):
        yield WeekHead(date_format(start, "j M"), _is_running(weeks, number))


def _is_running(weeks: Weeks, number: int) -> bool:
    return weeks.is_running and number == len(weeks.starts) - 1


def _rows(found: WeeklyFunnel, asked: Asked, *, sees_people: bool) -> Iterator[WeekRow]:
    weeks = found.weeks
    for step in found.steps:
        cells = (
            WeekCell(
                number_of,
                _url(found, step, number, asked, sees_people=sees_people) if number_of else "",
                _is_running(weeks, number),
            )
            for number, number_of in enumerate(step.counts)
        )
        yield WeekRow(
            step, step_name(step), unit_name(step.unit),
            drawn(weeks_picture(step.counts, is_running=weeks.is_running)),
            describe_weeks(step, weeks), tuple(cells),
        )  # fmt: skip


def describe_weeks(step: WeekStep, weeks: Weeks) -> str:
    """Return what a step's weeks say; the last whole one is compared only where it is final."""
    whole = step.counts[:-1] if weeks.is_running else step.counts
    total = _("%(total)s in %(weeks)s weeks.") % {
        "total": count(step.total), "weeks": len(step.counts),
    }  # fmt: skip
    if not step.is_entry or len(whole) < 2:
        return total
    mean = sum(whole[:-1]) / len(whole[:-1])
    return f"{total} " + _("%(last)s in the last whole week, %(mean)s a week before.") % {
        "last": count(whole[-1]), "mean": count(round(mean, 1) if mean < 10 else round(mean)),
    }  # fmt: skip


def _url(
    found: WeeklyFunnel, step: WeekStep, number: int, asked: Asked, *, sees_people: bool
) -> str:
    """Return the address of those who came in in a week and got to a step."""
    first, last = (day.isoformat() for day in found.weeks.days_of(number))
    dates = {"dates": "between", "from": first, "to": last}
    if step.unit == Unit.DEALS:
        cell = {"paid": "1"} if step.key == "paid" else {"stage": step.key, "fate": "entered"}
        return Links(asked).deals(**dates, **cell)
    if step.unit != Unit.PEOPLE:
        return spend_url(asked, dates)
    if not sees_people:
        return ""
    return people_url(found.people, step.key, bucket=first)
