"""Budgets: what each channel's spend brings, from the spend and the outcomes of the server."""

from suppilo.apps.insights.budget.answer import BudgetAnswer, start_budget
from suppilo.apps.insights.budget.question import (
    DEAL_OUTCOMES,
    EVENT_OUTCOMES,
    OUTCOMES,
    BudgetQuestion,
    Outcome,
    list_spend_currencies,
)

__all__ = [
    "DEAL_OUTCOMES",
    "EVENT_OUTCOMES",
    "OUTCOMES",
    "BudgetAnswer",
    "BudgetQuestion",
    "Outcome",
    "list_spend_currencies",
    "start_budget",
]
