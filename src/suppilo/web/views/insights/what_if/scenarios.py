"""Scenarios: keep one, list, compare, check against what happened, share and delete."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from suppilo.analytics.periods import to_local, to_microseconds
from suppilo.apps.accounts.models import Team
from suppilo.apps.accounts.permissions import Permission, allows
from suppilo.apps.funnels.models import Visibility
from suppilo.apps.funnels.selectors import may_change
from suppilo.apps.funnels.services import require_change
from suppilo.apps.scenarios import services
from suppilo.apps.scenarios.models import Scenario
from suppilo.apps.scenarios.selectors import check_scenario, count_before, list_scenarios
from suppilo.web.access import UserRequest, page
from suppilo.web.paging import number_page
from suppilo.web.reporting import here, now_us, read_moment
from suppilo.web.segment_choice import segment_name
from suppilo.web.templatetags.funnel_words import count
from suppilo.web.views.insights.what_if.links import level_urls
from suppilo.web.views.insights.what_if.page import LONG_WAIT_S, WAIT_S, find_answer
from suppilo.web.views.insights.what_if.turned_out import (
    fact_rows,
    foretold_rows,
    read_typed,
    scenario_columns,
    scenario_summary,
)
from suppilo.web.what_if_query import read_asked, write_pairs

MOST_COMPARED = 6


def _find(request: UserRequest, pk: int) -> Scenario:
    return get_object_or_404(list_scenarios(request.user), pk=pk)


def _team(request: UserRequest) -> Team | None:
    number = request.POST.get("team", "")
    fits = number.isascii() and number.isdecimal() and len(number) < 18
    return Team.objects.filter(pk=number).first() if fits else None


@page(Permission.SAVE_REPORTS, methods=("POST",))
def save_scenario(request: UserRequest) -> HttpResponse:
    """Keep the what-if that a form carries as the query of its page."""
    query = request.POST.get("query", "")
    asked = read_asked(QueryDict(query))
    found, _baseline, problem = find_answer(request.user, asked, LONG_WAIT_S)
    back = f"{reverse('what_if')}?{query}"
    if found is None:
        messages.error(request, problem or _("The levels are still being counted. Try again."))
        return redirect(back)
    try:
        saved = services.save_scenario(
            request.user, request.POST.get("name", ""), found,
            description=request.POST.get("description", ""),
            visibility=request.POST.get("visibility", Visibility.PRIVATE), team=_team(request),
        )  # fmt: skip
    except ValidationError as error:
        for text in error.messages:
            messages.error(request, text)
        return redirect(back)
    messages.success(request, _("Saved."))
    return redirect("scenario", saved.pk)


@page(Permission.SEE_REPORTS, methods=("GET",))
def scenarios(request: UserRequest) -> HttpResponse:
    """List the scenarios that the user may see, the newest first."""
    found = number_page(list_scenarios(request.user), request.GET.get("page"))
    context = {
        "page": found,
        "rows": [(one, scenario_summary(one)) for one in found.items],
        "may_save": allows(request.user, Permission.SAVE_REPORTS),
    }
    return render(request, "insights/scenarios.html", context)


@page(Permission.SEE_REPORTS, methods=("GET",))
def compare_scenarios(request: UserRequest) -> HttpResponse:
    """Put two or more scenarios beside each other: ``?s=1&s=2``."""
    numbers = [text for text in request.GET.getlist("s") if text.isascii() and text.isdecimal()]
    wanted = [int(text) for text in numbers if len(text) < 18][:MOST_COMPARED]
    found = list_scenarios(request.user).in_bulk(wanted)
    chosen = [found[number] for number in dict.fromkeys(wanted) if number in found]
    if len(chosen) < 2:
        messages.error(request, _("Choose two scenarios at least."))
        return redirect("scenarios")
    context = {"chosen": chosen, "table": scenario_columns(chosen)}
    return render(request, "insights/scenarios_compared.html", context)


@page(Permission.SEE_REPORTS, methods=("GET",))
def scenario(request: UserRequest, pk: int) -> HttpResponse:
    """Show what a scenario foretold, and beside it what happened in a time that is asked for."""
    saved = _find(request, pk)
    question = saved.read_definition()
    context: dict[str, Any] = {
        "saved": saved,
        "summary": scenario_summary(saved),
        "segment": segment_name(question.segment),
        "foretold": list(foretold_rows(saved)),
        "is_own": not question.source.is_counted,
        "may_change": may_change(request.user, saved),
        "open_url": _open_url(saved),
        **_check(request, saved),
    }
    return render(request, "insights/scenario.html", context)


@page(Permission.SEE_REPORTS, methods=("GET",))
def scenario_before(request: UserRequest, pk: int, place: int) -> HttpResponse:
    """Lead to whom a level counted when the scenario was saved; else to the same what-if."""
    saved = _find(request, pk)
    urls = level_urls(request.user, count_before(saved, request.user, LONG_WAIT_S))
    if place < len(urls) and urls[place]:
        return redirect(urls[place])
    messages.info(request, _("No list can be shown of this figure; here it is counted again."))
    return redirect(_open_url(saved))


def _open_url(saved: Scenario) -> str:
    return f"{reverse('what_if')}?{urlencode(_open_pairs(saved))}"


def _open_pairs(saved: Scenario) -> list[tuple[str, str]]:
    """Return what the page of the what-if needs to ask the same again."""
    question, dates = saved.read_definition(), [("dates", "all")]
    if question.start_us is not None and question.end_us is not None:
        first = to_local(question.start_us, here()).date().isoformat()
        last = to_local(question.end_us - 1, here()).date().isoformat()
        dates = [("dates", "between"), ("from", first), ("to", last)]
    return [*dates, *write_pairs(question)]


def _check(request: UserRequest, saved: Scenario) -> dict[str, Any]:
    """Return what is shown of the check: its dates, and the facts once these are there."""
    live = now_us()
    errors: dict[str, str] = {}
    kept = to_local(to_microseconds(saved.created_at), here()).date().isoformat()
    start_text = request.GET.get("from", "").strip()[:40]
    end_text = request.GET.get("to", "").strip()[:40]
    shown = {"from_text": start_text or kept, "to_text": end_text, "errors": errors}
    if "from" not in request.GET:
        return shown
    start_us = read_moment(start_text or kept, "from", errors)
    end_us = read_moment(end_text, "to", errors, last=True) or live
    typed = read_typed(request.GET.getlist("count"), len(saved.levels), errors)
    if start_us is not None and start_us >= end_us:
        errors["to"] = _("The last day lies before the first one.")
    if errors or start_us is None:
        return shown
    wait_s = LONG_WAIT_S if "whole" in request.GET else WAIT_S
    check = check_scenario(request.user, saved, start_us, end_us, live, wait_s, typed)
    urls = level_urls(request.user, check.counts)
    return {
        **shown,
        "check": check,
        "facts": fact_rows(check, urls),
        "scale_words": count(round(check.scale, 2)) if check.scale is not None else "",
    }


@page(Permission.SAVE_REPORTS)
def scenario_settings(request: UserRequest, pk: int) -> HttpResponse:
    """Name, describe and share a scenario."""
    saved = _find(request, pk)
    if request.method == "POST":
        try:
            services.change_scenario(
                request.user, saved, name=request.POST.get("name", ""),
                description=request.POST.get("description", ""),
                visibility=request.POST.get("visibility", saved.visibility), team=_team(request),
            )  # fmt: skip
        except ValidationError as error:
            for text in error.messages:
                messages.error(request, text)
            return redirect("scenario_settings", pk)
        messages.success(request, _("Saved."))
        return redirect("scenario", pk)
    require_change(request.user, saved)
    context = {
        "saved": saved, "visibilities": Visibility.choices, "teams": request.user.teams.all(),
    }  # fmt: skip
    return render(request, "insights/scenario_settings.html", context)


@page(Permission.SAVE_REPORTS, methods=("POST",))
def delete_scenario(request: UserRequest, pk: int) -> HttpResponse:
    """Delete a scenario."""
    saved = _find(request, pk)
    services.delete_scenario(request.user, saved)
    messages.success(request, _("“%(name)s” is deleted.") % {"name": saved.name})
    return redirect("scenarios")
