"""The API of budgets: the same question as the page's, the same JSON as the command's."""

from __future__ import annotations

from functools import partial
from typing import Any

from ninja import Field, Query, Router, Schema
from ninja.errors import HttpError

from suppilo.analytics.budget import BudgetError
from suppilo.apps.accounts.permissions import Permission, require
from suppilo.apps.insights.budget import BudgetAnswer, list_spend_currencies, start_budget
from suppilo.web.api.access import ApiRequest
from suppilo.web.api.answers import wait_for_answer
from suppilo.web.api.errors import problems
from suppilo.web.views.insights.budget.asked import read_asked

router = Router()


class BudgetAsked(Schema):
    """Of which spend, what it is to bring, and the budget of a week.

    Bounds of a channel are ``low.CHANNEL`` and ``high.CHANNEL``.
    """

    of: str = Field("", max_length=20, description="leads, won, revenue, first, count or amount.")
    event: str = Field("", max_length=200, description="For first, count and amount.")
    amount: str = Field("", max_length=200, description="The property with the amount.")
    currency: str = Field("", max_length=3, description="By default the one most was spent in.")
    dates: str = Field("", max_length=20)
    start: str = Field("", max_length=40, alias="from")
    end: str = Field("", max_length=40, alias="to")
    budget: str = Field("", max_length=40, description="Of a week; by default what is spent now.")
    step: str = Field("", max_length=40, description="Of how much more money next_step tells.")
    elasticity: str = Field("", max_length=40, description="What is usual, 0.1 to 0.9.")


def _no_guess() -> tuple[str, str]:
    """Return no event: a program names what it asks for."""
    return "", ""


@router.get("/budget", response={200: dict[str, Any], **problems(403, 503)})
def budget(request: ApiRequest, asked: Query[BudgetAsked]) -> dict[str, Any]:
    """Say what each channel's spend brings: the same JSON as ``suppilo budget --json``."""
    del asked  # checked; the page's own reader reads them
    require(request.auth, Permission.SEE_ALL_DEALS)
    found = read_asked(request.GET, list_spend_currencies(), _no_guess)
    if found.errors:
        raise HttpError(422, " ".join(found.errors.values()))
    if found.question is None:
        raise HttpError(422, "There is no spend yet; bring in what your advertising cost.")
    answer: BudgetAnswer = wait_for_answer(partial(start_budget, request.auth, found.question))
    try:
        plan = found.plan(answer.fit)
    except BudgetError as error:
        raise HttpError(422, str(error)) from error
    return plan.to_dict() | {
        "history": answer.fit.describe(), "unripe_days": answer.unripe_days,
        "outcome": found.question.outcome, "currency": found.question.currency,
    }  # fmt: skip
