"""The page of attribution, and its table as a file."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse

from suppilo.apps.accounts.permissions import Permission, allows
from suppilo.apps.funnels.events import open_source
from suppilo.apps.insights.attribution.ask import AttributionAnswer
from suppilo.web.access import UserRequest, page
from suppilo.web.csv_files import answer_csv
from suppilo.web.paging import clamp
from suppilo.web.reporting import DATES
from suppilo.web.segment_choice import choose_segment
from suppilo.web.views.insights.attribution import asked as asking
from suppilo.web.views.insights.attribution import figures
from suppilo.web.views.insights.attribution.answering import find_answer
from suppilo.web.views.insights.attribution.asked import Asked, describe_question, read_asked

WAITS_S = (1.0, 5.0, 55.0)
"""At first, where the page asks again, and where it can't."""


@page(Permission.SEE_REPORTS, methods=("GET",))
def attribution(request: UserRequest) -> HttpResponse:
    """Show the question and its answer, or that it is still being counted."""
    names = open_source().event_names()
    asked = read_asked(request.GET, names)
    wait_s = WAITS_S[clamp(request.GET.get("wait"), 0, 2, 0)]
    answer, state = find_answer(request.user, asked, wait_s)
    context = _frame(request, asked) | state | {"has_events": bool(names)}
    if answer is not None:
        context |= _figures(request, asked, answer)
    return render(request, "insights/attribution/page.html", context)


@page(Permission.SEE_REPORTS, methods=("GET",))
def attribution_csv(request: UserRequest) -> HttpResponseBase:
    """Return the table as a file, its figures exact."""
    asked = read_asked(request.GET, open_source().event_names())
    answer, _state = find_answer(request.user, asked, WAITS_S[-1])
    if answer is None:
        return redirect(f"{reverse('attribution')}?{asked.query()}")
    rows = figures.table(answer)
    return answer_csv(request, "attribution", figures.header(answer.report), rows)


def _frame(request: UserRequest, asked: Asked) -> dict[str, Any]:
    goals = asking.GOALS.items()
    sees_deals = allows(request.user, Permission.SEE_ALL_DEALS)
    return {
        "asked": asked,
        "query": asked.query(),
        "segments": choose_segment(request.user, asked.fields["segment"]),
        "dates": DATES.items(),
        "goals": [pair for pair in goals if sees_deals or pair[0] != "won"],
        "counts": asking.COUNTS.items(),
        "dimensions": asking.DIMENSIONS_NAMED.items(),
        "units": asking.UNITS_NAMED.items(),
        "look_backs": asking.LOOK_BACKS.items(),
        "models": asking.MODELS.items(),
        "orders": asking.ORDERS.items(),
        "half_life": asked.fields["half_life"] or asking.USUAL_HALF_LIFE,
        "dimension": asking.DIMENSIONS_NAMED[asked.fields["dim"]],
    }


def _figures(request: UserRequest, asked: Asked, answer: AttributionAnswer) -> dict[str, Any]:
    report = answer.report
    links = figures.Links(asked, allows(request.user, Permission.SEE_PEOPLE))
    return {
        "report": report,
        "heads": figures.heads(answer, asked),
        "columns": len(report.models),
        "lines": list(figures.lines(answer, asked, links)),
        "pictures": figures.pictures(answer, links),
        "total_sentence": figures.total_sentence(report, asked),
        "main_sentence": figures.main_sentence(report),
        "small_sentence": figures.small_sentence(report),
        "all_url": links.people(part="all"),
        "bare_url": links.people(part="bare"),
        "sentences": describe_question(asked),
    }
