"""Who and what stands behind a goal's figure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from suppilo.apps.accounts.permissions import Permission, allows, require
from suppilo.apps.deals.models import Deal, DealState
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
from suppilo.apps.goals.models import OF_DEALS, OF_EVENTS, Cadence, Goal, Measure
from suppilo.apps.goals.periods import Period, period_of, read_period
from suppilo.apps.goals.selectors import Asked, ask_period, days_for
from suppilo.apps.people.values import as_datetime
from suppilo.apps.quotas.selectors import visible_quotas
from suppilo.apps.segments.models import Size
from suppilo.apps.segments.past import Moved
from suppilo.web.access import UserRequest, page
from suppilo.web.channels import channel_label
from suppilo.web.figure_lists import (
    FigureList,
    Listed,
    list_deals,
    list_unit,
    require_answer,
)
from suppilo.web.goal_words import goal_scope, goal_title, period_words, read_stage_names
from suppilo.web.paging import PAGE_SIZE, Page, clamp, number_page
from suppilo.web.segment_choice import list_url
from suppilo.web.templatetags.money import money
from suppilo.web.views.funnels.units import UnitName, find_visible, name_units
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
        if goal.segment is None:
            raise Http404
        return redirect(_members_url(goal, request.GET.get("period", "")))
    period = _read_period(Cadence(goal.cadence), request.GET.get("period", ""))
    return _show(request, ask_period(goal, period), reverse("goal", args=[pk]))


@page(Permission.SEE_DEALS, methods=("GET",))
def quota_behind(request: UserRequest, pk: int) -> HttpResponse:
    """List the deals behind a quota's fact."""
    return _show(request, _ask_quota(request, pk), reverse("quotas"))


def _members_url(goal: Goal, key: str) -> str:
    """Return where those are listed who are in a goal's segment, or were at a period's end."""
    assert goal.segment is not None
    last = _read_period(Cadence(goal.cadence), key).last_day
    if last >= timezone.localdate():
        return list_url(goal.segment)
    found = Size.objects.filter(segment=goal.segment, day__lte=last).order_by("-day").first()
    if found is None:
        raise Http404
    query = urlencode({"day": found.day.isoformat(), "what": Moved.SIZE})
    return f"{reverse('segment_day', args=[goal.segment.pk])}?{query}"


def units_of_goal(request: UserRequest, pk: int) -> FigureList:
    """Return the people, deals, leads, payments or costs behind a goal's figure."""
    goal = find_goal(request.user, pk)
    if goal.measure == Measure.MEMBERS:
        raise Http404
    period = _read_period(Cadence(goal.cadence), request.GET.get("period", ""))
    return _list(request, ask_period(goal, period))


def deals_of_quota(request: UserRequest, pk: int) -> FigureList:
    """Return the deals behind a quota's fact."""
    return _list(request, _ask_quota(request, pk))


def _list(request: UserRequest, asked: Asked) -> FigureList:
    period, what = asked.targets[0][0], _read_what(request.GET.get("what", ""))
    title = f"{goal_title(asked, read_stage_names([asked]))}, {period_words(period)}"
    if asked.aim.measure in OF_EVENTS:
        found, state = _find_people(request, asked, period, what)
        require_answer(found, state, {})
        assert found is not None
        seen = find_visible(request.user, found.unit, found.keys)
        return FigureList(
            title, len(seen),
            lambda start, end: [
                list_unit(found.unit, path, name, at, {"event": event})
                for name, path, at, event in _name(request, found, seen[start:end])
            ],
            len(found.keys) - len(seen),
        )  # fmt: skip
    rows = _find_rows(request, asked, period, what)
    return FigureList(
        title, rows.count(), lambda start, end: [_listed(one, asked) for one in rows[start:end]]
    )


def _listed(one: Any, asked: Asked) -> Listed:
    if isinstance(one, Deal):
        return list_deals([one])[0]
    if asked.aim.measure == Measure.LEADS:
        figures: dict[str, Any] = {"owner_id": one.owner_id}
        return Listed("lead", one.pk, "", str(one.contact.person), one.came_at, figures)
    if asked.aim.measure == Measure.PAID:
        figures = {"day": one.paid_on, "amount": one.amount, "currency": one.invoice.currency,
                   "invoice_id": one.invoice_id}  # fmt: skip
        return Listed("payment", one.pk, "", one.invoice.title, None, figures)
    figures = {"day": one.day, "amount": one.cost, "currency": one.currency}
    name = " · ".join(part for part in (channel_label(one.channel), one.campaign) if part)
    return Listed("spend", one.pk, "", name, None, figures)


def _ask_quota(request: UserRequest, pk: int) -> Asked:
    quota = visible_quotas(request.user).filter(pk=pk).first()
    aim = None if quota is None else aim_of_quota(quota)
    if quota is None or aim is None:
        raise Http404
    period = period_of(Cadence(quota.span), quota.starts_on)
    return Asked(aim, period.cadence, ((period, quota.target),), quota=quota)


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


def _find_rows(request: UserRequest, asked: Asked, period: Period, what: What) -> QuerySet[Any]:
    user, aim = request.user, asked.aim
    if aim.measure in OF_DEALS:
        return list_deals_behind(user, aim, period, what)
    if aim.measure == Measure.LEADS:
        return list_leads_behind(user, aim, period, what)
    if aim.measure == Measure.PAID:
        return list_payments_behind(user, aim, period, what)
    require(user, Permission.SEE_ALL_DEALS)
    return list_spend_behind(aim, period, what)


def _rows(request: UserRequest, asked: Asked, period: Period, what: What) -> dict[str, Any]:
    user, found = request.user, _find_rows(request, asked, period, what)
    part = number_page(found, request.GET.get("page"))
    lines = [_line(one, asked, what) for one in part.items]
    return {
        "page": Page(lines, part.previous, part.next, part.text),
        "total": found.count(),
        "sees_all": allows(user, Permission.SEE_ALL_DEALS),
    }


def _line(one: Any, asked: Asked, what: What) -> Line:
    if isinstance(one, Deal):
        is_open = what == What.OPEN or (what == What.FLOW and one.state == DealState.OPEN)
        at = one.opened_at if is_open else one.closed_at or one.entered_at
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
    found, state = _find_people(request, asked, period, what)
    if found is None:
        return state
    seen = find_visible(request.user, found.unit, found.keys)
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


def _find_people(
    request: UserRequest, asked: Asked, period: Period, what: What
) -> tuple[PeopleBehind | None, dict[str, str]]:
    user = request.user
    require(user, Permission.SEE_PEOPLE)
    days = days_for([asked], timezone.now())
    start = partial(start_people_behind, user, asked.aim, period, what, days)
    found, state = find_answer(start, WAITS_S[-1])
    if found is not None and found.unit != "person" and not allows(user, Permission.SEE_DEALS):
        raise PermissionDenied
    return found, state


def _named(request: UserRequest, found: PeopleBehind, some: Any) -> Sequence[Line]:
    return [
        Line(name.name if name else path, name.url if name else "", _day(as_datetime(at)), event)
        for name, path, at, event in _name(request, found, some)
    ]


def _name(
    request: UserRequest, found: PeopleBehind, some: Any
) -> list[tuple[UnitName | None, str, int, str]]:
    """Return what some are called, their identifiers, when they did what counts, and what."""
    said = found.source.describe_rows(found.rows[some])
    paths = [str(path) for path in said["path"]]
    names = name_units(request.user, found.unit, found.keys[some], paths)
    events = [str(event) for event in said["event"]]
    return list(zip(names, paths, found.at[some].tolist(), events, strict=True))


def _day(at: Any) -> str:
    return date_format(timezone.localtime(at), "SHORT_DATETIME_FORMAT")
