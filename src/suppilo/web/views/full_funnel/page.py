"""The page of the full funnel, and its figures, which come as a part."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from suppilo.apps.accounts.models import Team
from suppilo.apps.accounts.permissions import Permission, allows
from suppilo.apps.pipeline_reports.full_funnel import (
    FullFunnel,
    ask_full_funnel,
    compare_with,
)
from suppilo.web.access import UserRequest, page
from suppilo.web.channels import CHANNELS
from suppilo.web.reporting import DATES, here
from suppilo.web.views.deals.asking import list_sellers
from suppilo.web.views.full_funnel.asked import WAIT_S, read_funnel
from suppilo.web.views.full_funnel.beside import show_beside
from suppilo.web.views.full_funnel.steps import bar_groups, cards, leak_words, left_out
from suppilo.web.views.full_funnel.weeks import show_weeks
from suppilo.web.views.pipeline_reports.asked import Asked
from suppilo.web.views.pipeline_reports.links import Links

_LONG_WAIT_S = 50.0


@page(Permission.SEE_ALL_DEALS, methods=("GET",))
def full_funnel(request: UserRequest) -> HttpResponse:
    """Show the question, and the funnel as it comes; at once where the address says so."""
    asked = read_funnel(request)
    context = _frame(asked) | {"may_export": allows(request.user, Permission.EXPORT_DEALS)}
    if "whole" in request.GET and asked.question is not None:
        context |= _figures(request, asked, _LONG_WAIT_S)
        context |= show_weeks(request, asked, _LONG_WAIT_S)
        context |= show_beside(request, asked, _LONG_WAIT_S)
    return render(request, "full_funnel/page.html", context)


@page(Permission.SEE_ALL_DEALS, methods=("GET",))
def full_funnel_figures(request: UserRequest) -> HttpResponse:
    """Show the funnel of a question; as far as it is counted."""
    asked = read_funnel(request)
    if asked.question is None:
        return render(request, "pipeline_reports/wrong.html", {"asked": asked})
    return render(request, "full_funnel/figures.html", _figures(request, asked, WAIT_S))


def ask_whole(
    request: UserRequest, asked: Asked, wait_s: float = _LONG_WAIT_S
) -> tuple[FullFunnel, FullFunnel | None]:
    """Return the funnel, each step beside the period before, and the funnel of that period."""
    assert asked.question is not None
    found = ask_full_funnel(request.user, asked.question, here(), wait_s)
    before = _before(request, asked, wait_s)
    return (found if before is None else compare_with(found, before)), before


def _frame(asked: Asked) -> dict[str, Any]:
    return {
        "asked": asked,
        "errors": asked.errors,
        "dates": DATES.items(),
        "owners": list_sellers(),
        "teams": Team.objects.order_by("name"),
        "channels": CHANNELS.items(),
    }


def _figures(request: UserRequest, asked: Asked, wait_s: float) -> dict[str, Any]:
    """Return what the template of the figures needs."""
    found, before = ask_whole(request, asked, wait_s)
    sees_people = allows(request.user, Permission.SEE_PEOPLE)
    context = {
        "asked": asked,
        "found": found,
        "is_empty": not any(step.count for step in found.steps),
        "groups": bar_groups(found, asked, before, sees_people=sees_people),
        "cards": list(cards(found, before, asked)),
        "currency": found.answer.world.pipeline.currency,
        "sentences": define(found, asked),
        "left_out": list(left_out(found, asked)),
        "failures": [one.failure for one in found.people.values() if one.failure],
        "before_words": asked.period.before.words() if asked.period.before else "",
    }
    if found.leak is not None:
        leak = found.leak
        context["leak"] = leak
        context["leak_title"], context["leak_said"] = leak_words(leak, str(context["currency"]))
        context["leak_url"] = Links(asked).deals(stage=leak.stage, fate="lost")
    return context


def _before(request: UserRequest, asked: Asked, wait_s: float) -> FullFunnel | None:
    """Return the funnel of the period before, as it stood when that had ended as long ago."""
    earlier = asked.period.before
    question = asked.question
    if earlier is None or earlier.end_us is None or question is None or asked.period.end_us is None:
        return None
    since = max(question.as_of_us - asked.period.end_us, 0)
    moved = replace(question.stages, start_us=earlier.start_us, end_us=earlier.end_us)
    then = replace(question, stages=moved, as_of_us=earlier.end_us + since)
    return ask_full_funnel(request.user, then, here(), wait_s)


def define(found: FullFunnel, asked: Asked) -> list[str]:
    """Return, in sentences, what was counted."""
    pipeline = found.answer.world.pipeline
    said = [
        _("Impressions, clicks and cost are those of the files of spend, in %(currency)s.")
        % {"currency": pipeline.currency},
        _("Visitors are people of whom there was any event in this time; leads those of them "
          "who then became a lead, or got a deal."),
        _("From there on deals of “%(pipeline)s” are counted that came in in this time: one "
          "person may have several, or none. A deal that passed over a stage counts as having "
          "entered it.") % {"pipeline": pipeline},
        _("Paid: won deals whose invoices are all paid. After that people are counted again: who "
          "bought in this time, who bought again later, and who at least three times; worth there "
          "are the orders that took them so far: the first, the second, the third."),
        _("Where the unit changes the figure beneath is a ratio, not a share. Bars are as high as "
          "the logarithm of their count."),
        _("The period before is taken as it stood when it had ended as long ago."),
    ]  # fmt: skip
    if asked.question is not None and (asked.question.owner or asked.question.team) is not None:
        said.append(_("Owner and team narrow the deals only."))
    if asked.segments.chosen is not None:
        said.append(_("Only who is in the segment “%(name)s” now; what was spent on them is not "
                      "known.") % {"name": asked.segments.chosen.name})  # fmt: skip
    return said
