"""Who and what stands behind a goal's figure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from suppilo.apps.accounts.permissions import Permission, allows, require
from suppilo.apps.deals.models import Deal
from suppilo.apps.goals.aims import aim_of_quota
from suppilo.apps.goals.behind import (
    PeopleBehind,
    What,
    list_deals_behind,
    list_leads_behind,
    list_payments_behind,
    list_spend_behind,
    start_people_behind,
)
from suppilo.apps.goals.models import OF_DEALS, OF_EVENTS, Cadence, Measure
from suppilo.apps.goals.periods import Period, period_of, read_period
from suppilo.apps.goals.selectors import Asked, ask_period, days_for
from suppilo.apps.people.values import as_datetime
from suppilo.apps.quotas.selectors import visible_quotas
from suppilo.web.access import UserRequest, page
from suppilo.web.channels import channel_label
from suppilo.web.goal_words import goal_scope, goal_title, period_words, read_stage_names
from suppilo.web.paging import PAGE_SIZE, Page, clamp, number_page
from suppilo.web.segment_choice import list_url
from suppilo.web.templatetags.money import money
from suppilo.web.views.funnels.units import find_visible, name_units
from suppilo.web.views.goals.finding import find_goal
from suppilo.web.views.insights.waiting import WAITS_S, find_answer

LAST_PAGE = 10_000


@dataclass(frozen=True, slots=True)
class Line:
    """One of those behind a figure; ``url`` is empty where there is no page of it."""

    name: str
    url: str
    day: str
    note: str


@page(Permission.SEE_REPORTS, methods=("GET",))
def goal_behind(request: UserRequest, pk: int) -> HttpResponse:
    """List the people, deals, leads, payments or costs behind a goal's figure."""
    goal = find_goal(request.user, pk)
    if goal.measure == Measure.MEMBERS:
        # Only who is in it now is known by name.
        if goal.segment is None:
            raise Http404
        return redirect(list_url(goal.segment))
    period = _read_period(Cadence(goal.cadence), request.GET.get("period", ""))
    return _show(request, ask_period(goal, period), reverse("goal", args=[pk]))


@page(Permission.SEE_DEALS, methods=("GET",))
def quota_behind(request: UserRequest, pk: int) -> HttpResponse:
    """List the deals behind a quota's fact."""
    quota = visible_quotas(request.user).filter(pk=pk).first()
    aim = None if quota is None else aim_of_quota(quota)
    if quota is None or aim is None:
        raise Http404
    period = period_of(Cadence(quota.span), quota.starts_on)
    asked = Asked(aim, period.cadence, ((period, quota.target),), quota=quota)
    return _show(request, asked, reverse("quotas"))


def _read_period(cadence: Cadence, key: str) -> Period:
    if not key:
        return period_of(cadence, timezone.localdate())
    try:
        return read_period(cadence, key)
    except ValueError as error:
        raise Http404 from error


def _show(request: UserRequest, asked: Asked, back: str) -> HttpResponse:
    period, what = asked.targets[0][0], _read_what(request.GET.get("what", ""))
    context: dict[str, Any] = {
        "title": goal_title(asked, read_stage_names([asked])),
        "scope": goal_scope(asked),
        "period": period_words(period),
        "what": what,
        "is_rate": asked.aim.is_rate,
        "back": back,
        "state": "ready",
    }
    if asked.aim.measure in OF_EVENTS:
        context |= _people(request, asked, period, what)
    else:
        context |= _rows(request, asked, period, what)
    return render(request, "goals/behind.html", context)


def _read_what(text: str) -> What:
    return What(text) if text in set(What) else What.FACT


def _rows(request: UserRequest, asked: Asked, period: Period, what: What) -> dict[str, Any]:
    user, aim = request.user, asked.aim
    found: QuerySet[Any]
    if aim.measure in OF_DEALS:
        found = list_deals_behind(user, aim, period, what)
    elif aim.measure == Measure.LEADS:
        found = list_leads_behind(user, aim, period)
    elif aim.measure == Measure.PAID:
        found = list_payments_behind(user, aim, period)
    else:
        require(user, Permission.SEE_ALL_DEALS)
        found = list_spend_behind(aim, period)
    part = number_page(found, request.GET.get("page"))
    lines = [_line(one, asked, what) for one in part.items]
    return {
        "page": Page(lines, part.previous, part.next, part.text),
        "total": found.count(),
        "sees_all": allows(user, Permission.SEE_ALL_DEALS),
    }


def _line(one: Any, asked: Asked, what: What) -> Line:
    if isinstance(one, Deal):
        at = one.opened_at if what == What.OPEN else one.closed_at or one.entered_at
        note = " · ".join(str(part) for part in (one.company, one.owner) if part)
        amount = money(one.amount, one.currency)
        return Line(one.name, one.get_absolute_url(), _day(at), f"{amount} · {note}".strip(" ·"))
    if asked.aim.measure == Measure.LEADS:
        return Line(str(one.contact.person), one.get_absolute_url(), _day(one.came_at),
                    str(one.owner or ""))  # fmt: skip
    if asked.aim.measure == Measure.PAID:
        url = one.invoice.get_absolute_url()
        note = money(one.amount, one.invoice.currency)
        return Line(one.invoice.title, url, date_format(one.paid_on, "SHORT_DATE_FORMAT"), note)
    name = " · ".join(part for part in (channel_label(one.channel), one.campaign) if part)
    return Line(name, reverse("spend"), date_format(one.day, "SHORT_DATE_FORMAT"),
                money(one.cost, one.currency))  # fmt: skip


def _people(request: UserRequest, asked: Asked, period: Period, what: What) -> dict[str, Any]:
    user = request.user
    require(user, Permission.SEE_PEOPLE)
    days = days_for([asked], timezone.now())
    start = partial(start_people_behind, user, asked.aim, period, what, days)
    found, state = find_answer(start, WAITS_S[-1])
    if found is None:
        return state
    if found.unit != "person" and not allows(user, Permission.SEE_DEALS):
        raise PermissionDenied
    seen = find_visible(user, found.unit, found.keys)
    number = clamp(request.GET.get("page"), 1, LAST_PAGE, 1)
    first = (number - 1) * PAGE_SIZE
    some = seen[first : first + PAGE_SIZE]
    return {
        "page": Page(
            _named(request, found, some),
            str(number - 1) if number > 1 else "",
            str(number + 1) if first + PAGE_SIZE < len(seen) else "",
            f"{first + 1:n}–{first + len(some):n}" if len(some) else "",
        ),
        "total": len(seen),
        "sees_all": len(seen) == len(found.keys),
    }


def _named(request: UserRequest, found: PeopleBehind, some: Any) -> Sequence[Line]:
    said = found.source.describe_rows(found.rows[some])
    paths = [str(path) for path in said["path"]]
    names = name_units(request.user, found.unit, found.keys[some], paths)
    times = found.at[some].tolist()
    return [
        Line(name.name if name else path, name.url if name else "", _day(as_datetime(at)),
             str(event))
        for name, path, at, event in zip(names, paths, times, said["event"], strict=True)
    ]  # fmt: skip


def _day(at: Any) -> str:
    return date_format(timezone.localtime(at), "SHORT_DATETIME_FORMAT")
