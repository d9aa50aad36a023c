"""One goal: where it stands, what to do, and its periods before."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.safestring import SafeString

from suppilo.apps.accounts.permissions import Permission, allows
from suppilo.apps.goals.aims import Aim
from suppilo.apps.goals.models import OF_EVENTS, Goal
from suppilo.charts.page.plans import PlanBar, plans_picture
from suppilo.web.access import UserRequest, page
from suppilo.web.csv_files import answer_csv
from suppilo.web.goal_words import figure, period_label, read_stage_names
from suppilo.web.templatetags.money import money_short
from suppilo.web.views.funnels.parts.trend import drawn
from suppilo.web.views.goals.finding import find_goal, find_one
from suppilo.web.views.goals.shown import GoalRow, Shown, make_row
from suppilo.web.views.insights.waiting import WAITS_S, asked_wait

_PERIODS = 12
_WIDTHS = {"wide": 1100, "middle": 700, "narrow": 330}


@page(Permission.SEE_REPORTS, methods=("GET",))
def goal(request: UserRequest, pk: int) -> HttpResponse:
    """Show where a goal stands, and how its periods before ended."""
    found, row, state = _find(request, pk, asked_wait(request.GET))
    periods = [*row.before, row.now] if row.now is not None else []
    context = {
        "goal": found,
        "row": row,
        "now": row.now,
        "periods": periods[::-1],
        "pictures": _pictures(row.progress.asked.aim, periods),
        "may_manage": may_manage(request, found),
        "sees_behind": row.progress.asked.aim.measure not in OF_EVENTS
        or allows(request.user, Permission.SEE_PEOPLE),
    }
    return render(request, "goals/goal.html", context | state)


@page(Permission.SEE_REPORTS, methods=("GET",))
def goal_csv(request: UserRequest, pk: int) -> HttpResponseBase:
    """Return a goal's periods as a file, their figures exact."""
    _goal, row, state = _find(request, pk, WAITS_S[-1])
    if state["state"] != "ready":
        return redirect("goal", pk)
    return answer_csv(request, "goal", _COLUMNS, _rows(row))


_COLUMNS = ("period", "plan", "fact", "due", "projection", "lower", "upper", "light")


def may_manage(request: UserRequest, goal: Goal) -> bool:
    """Return whether somebody may change a goal."""
    of_somebody = goal.user_id is not None or goal.team_id is not None
    return allows(request.user, Permission.MANAGE_GOALS) and (
        not of_somebody or allows(request.user, Permission.MANAGE_QUOTAS)
    )


def _find(request: UserRequest, pk: int, wait_s: float) -> tuple[Goal, GoalRow, dict[str, str]]:
    found = find_goal(request.user, pk)
    progress, state = find_one(found, timezone.now(), wait_s, _PERIODS)
    return found, make_row(progress, read_stage_names([progress.asked])), state


def _rows(row: GoalRow) -> Iterator[list[str]]:
    for one in row.progress.standings:
        found = one.outlook
        ends = (found.value, found.lower, found.upper) if found else ("", "", "")
        due = "" if one.due is None else f"{one.due:.6f}"
        fact = "" if one.fact is None else str(one.fact)
        yield [one.period.key, str(one.target), fact, due, *map(str, ends), one.light.value]


def _pictures(aim: Aim, periods: list[Shown]) -> list[tuple[str, SafeString]]:
    bars = [_bar(one) for one in periods]
    if not bars:
        return []
    show = partial(money_short, currency=aim.currency) if aim.is_money else partial(figure, aim)
    return [(size, drawn(plans_picture(bars, show, width))) for size, width in _WIDTHS.items()]


def _bar(one: Shown) -> PlanBar:
    standing, found = one.standing, one.standing.outlook
    value, lower, upper = (found.value, found.lower, found.upper) if found else (None, None, None)
    return PlanBar(
        period_label(standing.period),
        float(standing.fact or 0), float(standing.target),
        f"{one.period}: {one.fact} / {one.plan}", one.fact_url,
        value, lower, upper, str(standing.period.starts_on.year),
    )  # fmt: skip
