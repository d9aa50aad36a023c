"""The page, and its parts: the figures, and groups side by side."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from suppilo.apps.accounts.models import Team
from suppilo.apps.accounts.permissions import Permission, allows
from suppilo.apps.deals.selectors import visible_deals
from suppilo.apps.pipeline_reports.ask import (
    PipelineAnswer,
    ask_pipeline,
    list_brought_unmet,
    list_file_waivers,
    list_waivers,
)
from suppilo.apps.pipeline_reports.groups import set_side_by_side
from suppilo.web.access import UserRequest, page
from suppilo.web.channels import channel_label
from suppilo.web.reporting import DATES, here
from suppilo.web.views.deals.asking import list_sellers
from suppilo.web.views.pipeline_reports import beside, pictures
from suppilo.web.views.pipeline_reports import figures as shown
from suppilo.web.views.pipeline_reports.asked import (
    Asked,
    describe_question,
    overlap_words,
    read_asked,
)
from suppilo.web.views.pipeline_reports.endings import ending_rows, ending_sentence
from suppilo.web.views.pipeline_reports.given import given_rows
from suppilo.web.views.pipeline_reports.links import Links

MOST_WAIVERS = 20
_CHANNELS = 100


@page(Permission.SEE_DEALS, methods=("GET",))
def pipeline_report(request: UserRequest) -> HttpResponse:
    """Show the question, and the figures as they come; at once where the address says so."""
    asked = read_asked(request.GET, request.user)
    context = _frame(request, asked)
    if "whole" in request.GET and asked.question is not None:
        answer = ask_pipeline(request.user, asked.question)
        context |= figures_context(request, asked, answer) | groups_context(asked, answer)
        context |= {"given": given_rows(answer, Links(asked))}
    return render(request, "pipeline_reports/page.html", context)


@page(Permission.SEE_DEALS, methods=("GET",))
def figures(request: UserRequest) -> HttpResponse:
    """Show the figures of a question."""
    asked = read_asked(request.GET, request.user)
    if asked.question is None:
        return render(request, "pipeline_reports/wrong.html", {"asked": asked})
    answer = ask_pipeline(request.user, asked.question)
    context = figures_context(request, asked, answer) | {"links": Links(asked), "asked": asked}
    return render(request, "pipeline_reports/figures.html", context)


@page(Permission.SEE_DEALS, methods=("GET",))
def groups(request: UserRequest) -> HttpResponse:
    """Show owners, teams, channels or segments side by side."""
    asked = read_asked(request.GET, request.user)
    if asked.question is None:
        return render(request, "pipeline_reports/wrong.html", {"asked": asked})
    answer = ask_pipeline(request.user, asked.question)
    return render(request, "pipeline_reports/groups.html", groups_context(asked, answer))


@page(Permission.SEE_DEALS, methods=("GET",))
def discounts(request: UserRequest) -> HttpResponse:
    """Show what owners have given off in the deals of a question."""
    asked = read_asked(request.GET, request.user)
    if asked.question is None:
        return render(request, "pipeline_reports/wrong.html", {"asked": asked})
    answer = ask_pipeline(request.user, asked.question)
    context = {"given": given_rows(answer, Links(asked))}
    return render(request, "pipeline_reports/discounts.html", context)


def _frame(request: UserRequest, asked: Asked) -> dict[str, Any]:
    return {
        "asked": asked,
        "links": Links(asked),
        "errors": asked.errors,
        "dates": DATES.items(),
        "owners": list_sellers(),
        "teams": Team.objects.order_by("name"),
        "channels": _channels(request),
        "selects": (("created", _("came in")), ("active", _("were open"))),
        "skips": (
            ("implied", _("were passed")), ("own_only", _("don't count")),
            ("breaks", _("end the count")),
        ),
        "backwards": (("furthest", _("furthest reached")), ("withdraw", _("last"))),
        "may_export": allows(request.user, Permission.EXPORT_DEALS),
    }  # fmt: skip


def _channels(request: UserRequest) -> list[tuple[str, str]]:
    found = visible_deals(request.user).exclude(channel="").order_by("channel")
    names = found.values_list("channel", flat=True).distinct()[:_CHANNELS]
    return [(name, channel_label(name)) for name in names]


def figures_context(request: UserRequest, asked: Asked, answer: PipelineAnswer) -> dict[str, Any]:
    """Return what the figures' template needs."""
    links, report = Links(asked), answer.report
    waivers, endings = list_waivers(request.user, answer), ending_rows(answer)
    return {
        "report": report,
        "total": report.win_rate.created,
        "ended": sum(report.ending.ended),
        "total_url": links.deals(),
        "ended_url": links.deals(outcome="ended"),
        "endings": endings,
        "ending_sentence": ending_sentence(endings),
        "cards": list(shown.key_figures(answer, links)),
        "rows": shown.stage_rows(answer, links),
        "velocity": shown.velocity_rows(answer, links),
        "reasons": shown.reason_rows(answer, links),
        "stage_pictures": pictures.stage_pictures(answer),
        "ending_pictures": pictures.ending_pictures(report.ending),
        "waivers": list(waivers[: MOST_WAIVERS + 1]),
        "file_waivers": list_file_waivers(request.user, answer, MOST_WAIVERS),
        "most_waivers": MOST_WAIVERS,
        "brought": list(list_brought_unmet(request.user, answer)[: MOST_WAIVERS + 1]),
        "brought_count": list_brought_unmet(request.user, answer).count(),
        "sentences": describe_question(asked),
    }


def groups_context(asked: Asked, answer: PipelineAnswer) -> dict[str, Any]:
    """Return what the template of groups needs."""
    segments, links = asked.segments.listed, Links(asked)
    found = set_side_by_side(answer, asked.by, here(), segments)
    names = {"owner": _("Owner"), "team": _("Team"), "channel": _("Channel")}
    if segments:
        names["segment"] = _("Segment")
    return {
        "beside": found,
        "by_name": names.get(found.by, _("Segment")),
        "overlap": overlap_words() if found.by == "segment" else "",
        "group_rows": beside.group_rows(answer, found, links),
        "cycle_sentence": beside.cycle_sentence(found),
        "cycle_pictures": pictures.cycle_pictures(beside.group_names(found), found.curves),
        "period_names": beside.period_names(found),
        "total_cells": beside.total_cells(found, links),
        "by_links": [(key, name, links.report(by=key)) for key, name in names.items()],
    }
