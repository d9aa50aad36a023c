"""The page of changes, and its table as a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from suppilo.analytics.change import Change
from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.permissions import Permission, allows
from suppilo.apps.funnels.events import open_source, property_types
from suppilo.apps.funnels.selectors import list_funnels
from suppilo.apps.insights.change import (
    ask_deal_change,
    explain_answer,
    list_values,
    start_funnel_change,
)
from suppilo.charts import figures
from suppilo.web.access import UserRequest, page
from suppilo.web.csv_files import answer_csv
from suppilo.web.reporting import DATES
from suppilo.web.segment_choice import list_marks, name_breakdown
from suppilo.web.templatetags.funnel_words import value_name
from suppilo.web.views.insights.change.asked import (
    DEALS,
    FIELD_NAMES,
    MOST_FUNNELS,
    Asked,
    read_asked,
)
from suppilo.web.views.insights.change.shown import (
    TABLE_HEADER,
    ChangeRow,
    Links,
    deal_rows,
    deal_sides_links,
    funnel_rows,
    funnel_sides_links,
    show_change,
    still_open_links,
    table_rows,
)
from suppilo.web.views.insights.waiting import WAITS_S, asked_wait, find_answer


@dataclass(frozen=True, slots=True)
class Found:
    """The answer to a page's question, if there is one; ``state`` says what to show instead.

    ``open_counts`` are those of A and of B who still have time to convert, ``open_urls`` who they
    are; ``sides`` says where the whole of either leads.
    """

    state: dict[str, str]
    change: Change | None = None
    rows: tuple[ChangeRow, ...] = ()
    open_counts: tuple[int, ...] = ()
    open_urls: tuple[str, str] = ("", "")
    sides: tuple[Links, Links] = (("", ""), ("", ""))


@page(Permission.SEE_REPORTS, methods=("GET",))
def change(request: UserRequest) -> HttpResponse:
    """Show why a conversion differs between two sides, or that it is still being counted."""
    source = open_source()
    asked = read_asked(request.GET, request.user, property_types(source))
    found = find_change(request.user, asked, asked_wait(request.GET))
    context = _frame(request, asked, source.property_names()) | found.state
    if found.change is not None:
        context |= show_change(found.change, list(found.rows))
        context |= {"open_counts": found.open_counts, "open_urls": found.open_urls}
        whole = (found.change.a, found.change.b)
        lost = tuple(entered - converted for converted, entered in whole)
        context |= {"sides": found.sides, "lost": lost}
    return render(request, "insights/change/page.html", context)


@page(Permission.SEE_REPORTS, methods=("GET",))
def change_csv(request: UserRequest) -> HttpResponseBase:
    """Return the segments as a file, their figures exact."""
    asked = read_asked(request.GET, request.user, property_types(open_source()))
    found = find_change(request.user, asked, WAITS_S[-1])
    if found.change is None:
        return redirect(f"{reverse('change')}?{asked.query()}")
    return answer_csv(request, "change", TABLE_HEADER, table_rows(list(found.rows)))


def find_change(user: User, asked: Asked, wait_s: float) -> Found:
    """Answer a question, as far as it can be asked and is answered in time.

    Raises
    ------
    PermissionDenied
        If it is about deals, and the user sees none.
    """
    if asked.errors:
        return Found({"state": "wrong"})
    if asked.is_deals:
        deals = ask_deal_change(user, *asked.deal_sides(), asked.by, asked.segments.chosen)
        state = "ready" if deals.change else "empty"
        rows = tuple(deal_rows(deals, asked))
        return Found({"state": state}, deals.change, rows, sides=deal_sides_links(asked))
    source = open_source()
    choice = asked.choice(property_types(source))
    start = partial(start_funnel_change, user, source, asked.definition(), choice)
    answer, state_of = find_answer(start, wait_s)
    change = None if answer is None else explain_answer(answer)
    if change is None or answer is None or answer.comparison is None:
        return Found({"state": "empty"} if answer else state_of)
    change = replace(change, by=name_breakdown(change.by))
    sees = allows(user, Permission.SEE_PEOPLE)
    sides = (answer.comparison.a, answer.comparison.b)
    still_open = tuple(figures.still_open(side.report.steps) for side in sides)
    rows = tuple(funnel_rows(answer, change, sees))
    return Found(
        state_of, change, rows, still_open, still_open_links(answer, sees),
        funnel_sides_links(answer, sees),
    )  # fmt: skip


def _frame(request: UserRequest, asked: Asked, properties: Any) -> dict[str, Any]:
    user = request.user
    funnels = [(str(one.pk), one.name) for one in list_funnels(user)[:MOST_FUNNELS]]
    sees_deals = allows(user, Permission.SEE_DEALS)
    is_choice = asked.is_deals and sees_deals and asked.vs in FIELD_NAMES
    values = _named_values(user, asked.vs) if is_choice else []
    return {
        "asked": asked,
        "query": asked.query(),
        "subjects": [*([(DEALS, _("Deals won"))] if sees_deals else []), *funnels],
        "fields": FIELD_NAMES.items(),
        "property_names": [*list(properties)[:300], *list_marks(user)],
        "segments": asked.segments,
        "values": values,
        "dates": DATES.items(),
        "side_names": _side_names(asked, dict(values)),
        "period": asked.period,
    }


def _named_values(user: User, field: str) -> list[tuple[str, str]]:
    """Return the values to choose from; channels by the names that people know."""
    values = list_values(user, field)
    if field != "channel":
        return values
    return [(value, str(value_name(name, "channel"))) for value, name in values]


def _side_names(asked: Asked, values: Mapping[str, str]) -> tuple[str, str]:
    """Return what to call the two sides."""
    if asked.vs:
        return values.get(asked.a, asked.a), values.get(asked.b, asked.b)
    before = asked.period.before
    return before.words() if before else "", asked.period.words()
