"""All goals with their lights, those that need somebody first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from suppilo.analytics.goals import Light
from suppilo.analytics.goals.standing import order_of_need
from suppilo.apps.accounts.permissions import Permission, allows
from suppilo.apps.goals.selectors import Progress, ask_goals, ask_quotas, visible_goals
from suppilo.web.access import UserRequest, page
from suppilo.web.goal_words import read_stage_names
from suppilo.web.paging import Page, number_page
from suppilo.web.views.goals.finding import find_progress
from suppilo.web.views.goals.shown import GoalRow, make_row
from suppilo.web.views.insights.waiting import asked_wait

_ATTENTION = (Light.AT_RISK, Light.MISSED)


@page(Permission.SEE_REPORTS, methods=("GET",))
def goals(request: UserRequest) -> HttpResponse:
    """Show plan, fact and projection of every goal that one sees, and of the quotas."""
    now = timezone.now()
    has_ended = "ended" in request.GET
    ended = Q(ends_on__lt=timezone.localdate(now, timezone.get_default_timezone()))
    found = visible_goals(request.user).prefetch_related("targets")
    part = number_page(found.filter(ended if has_ended else ~ended), request.GET.get("page"))
    asked = ask_goals(part.items, now)
    if not has_ended and not part.previous:
        asked += ask_quotas(request.user, now)
    progress, state = find_progress(asked, now, asked_wait(request.GET))
    stages = read_stage_names(asked)
    rows = [make_row(one, stages) for one in sorted(progress, key=_place)]
    context = {
        "rows": rows,
        "page": Page(part.items, part.previous, part.next, part.text),
        "has_ended": has_ended,
        "sentence": "" if has_ended else _sentence(rows),
        "lights": _lights(rows),
        "may_manage": allows(request.user, Permission.MANAGE_GOALS),
        "sees_quotas": allows(request.user, Permission.SEE_DEALS),
        "query": request.GET.urlencode(),
    }
    return render(request, "goals/list.html", context | state)


def _place(progress: Progress) -> tuple[int, float]:
    return order_of_need(progress.standings) if progress.standings else (9, 0.0)


def _lights(rows: Sequence[GoalRow]) -> list[tuple[str, str, int]]:
    """Return each light's words, tone and number of goals."""
    counts = Counter(
        (one.now.light, one.now.tone) for one in rows if one.now is not None
    )  # fmt: skip
    return [(words, tone, n) for (words, tone), n in counts.items()]


def _sentence(rows: Sequence[GoalRow]) -> str:
    """Return what needs somebody, the first of it with what to do."""
    standing = [row for row in rows if row.now is not None]
    if not standing:
        return ""
    needing = [row for row in standing if row.progress.standings[0].light in _ATTENTION]
    if not needing:
        return _("Nothing needs you now: no goal is at risk.")
    first = needing[0]
    many = ngettext(
        "%(n)d of %(all)d goals needs you.", "%(n)d of %(all)d goals need you.", len(needing)
    ) % {"n": len(needing), "all": len(standing)}
    assert first.now is not None
    name = " · ".join(part for part in (first.title, first.scope, first.now.period) if part)
    return " ".join([many, f"{name}:", *first.now.advice])
