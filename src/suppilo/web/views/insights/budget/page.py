"""The page of budgets, and its table as a file."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from suppilo.analytics.budget import BudgetError, BudgetPlan
from suppilo.apps.accounts.permissions import Permission, allows
from suppilo.apps.accounts.services import record_audit
from suppilo.apps.funnels.events import open_source
from suppilo.apps.insights.budget import BudgetAnswer, list_spend_currencies, start_budget
from suppilo.apps.insights.cohorts import guess_purchase
from suppilo.web.access import UserRequest, page
from suppilo.web.csv_files import answer_csv
from suppilo.web.reporting import DATES
from suppilo.web.views.insights.budget.asked import OUTCOME_NAMES, Asked, read_asked
from suppilo.web.views.insights.budget.shown import COLUMNS, bound_rows, cells, show_plan
from suppilo.web.views.insights.waiting import WAITS_S, asked_wait, find_answer

_MOST_LISTED = 300


@page(Permission.SEE_ALL_DEALS, methods=("GET",))
def budget(request: UserRequest) -> HttpResponse:
    """Show what each channel's spend brings, and the best split of a budget."""
    asked = read_question(request)
    answer, state = ask(request, asked, asked_wait(request.GET))
    context = _frame(request, asked) | state
    if answer is not None:
        context["bound_rows"] = bound_rows(asked, answer.fit)
        plan, problem = make_plan(asked, answer)
        context |= {"problem": problem} if plan is None else show_plan(asked, answer, plan)
    return render(request, "insights/budget/page.html", context)


@page(Permission.EXPORT_DEALS, methods=("GET",))
def budget_csv(request: UserRequest) -> HttpResponseBase:
    """Return the table as a file, its figures exact."""
    asked = read_question(request)
    answer, _state = ask(request, asked, WAITS_S[-1])
    plan = None if answer is None else make_plan(asked, answer)[0]
    if plan is None:
        return redirect(f"{reverse('budget')}?{asked.query()}")
    record_audit(request.user, "export_budget", outcome=asked.fields["of"], rows=len(plan.channels))
    return answer_csv(request, "budget", COLUMNS, map(cells, plan.channels))


def read_question(request: UserRequest) -> Asked:
    """Return what a request asks."""

    def guess() -> tuple[str, str]:
        source: Any = open_source()
        found = guess_purchase(request.user, source)
        return found.purchase, found.amount

    return read_asked(request.GET, list_spend_currencies(), guess)


def ask(
    request: UserRequest, asked: Asked, wait_s: float
) -> tuple[BudgetAnswer | None, dict[str, str]]:
    """Return the curves, if they are fitted by then, and what to show."""
    if not asked.currencies:
        return None, {"state": "empty"}
    if asked.question is None:
        return None, {"state": "wrong"}
    return find_answer(partial(start_budget, request.user, asked.question), wait_s)


def make_plan(asked: Asked, answer: BudgetAnswer) -> tuple[BudgetPlan | None, str]:
    """Return the best split, or what is wrong with the bounds."""
    try:
        return asked.plan(answer.fit), ""
    except BudgetError as error:
        return None, _("This can't be split: %s.") % error


def _frame(request: UserRequest, asked: Asked) -> dict[str, Any]:
    return {
        "asked": asked,
        "query": asked.query(),
        "outcomes": OUTCOME_NAMES.items(),
        "dates": DATES.items(),
        "may_export": allows(request.user, Permission.EXPORT_DEALS),
        "csv_url": f"{reverse('budget_csv')}?{asked.query()}",
    } | _names(asked)


def _names(asked: Asked) -> dict[str, Any]:
    """Return the names to choose from, where the outcome is an event's."""
    if not asked.is_of_events:
        return {}
    source: Any = open_source()
    return {
        "event_names": source.event_names()[:_MOST_LISTED],
        "property_names": source.property_names()[:_MOST_LISTED],
    }
