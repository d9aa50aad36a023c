"""Budgets: what each channel's spend brings, and how a budget is split best."""

from suppilo.analytics.budget.adstock import carry_over, find_retention
from suppilo.analytics.budget.allocation import allocate
from suppilo.analytics.budget.curves import Curves, Spread
from suppilo.analytics.budget.doubts import Doubt, DoubtKind
from suppilo.analytics.budget.fit import ResponseFit, fit_responses
from suppilo.analytics.budget.history import (
    BudgetError,
    SpendHistory,
    build_history,
    find_period,
)
from suppilo.analytics.budget.plan import (
    Bounds,
    BudgetPlan,
    ChannelPlan,
    Verdict,
    draw_curve,
    plan_budget,
)
from suppilo.analytics.budget.prior import Prior

__all__ = [
    "Bounds",
    "BudgetError",
    "BudgetPlan",
    "ChannelPlan",
    "Curves",
    "Doubt",
    "DoubtKind",
    "Prior",
    "ResponseFit",
    "SpendHistory",
    "Spread",
    "Verdict",
    "allocate",
    "build_history",
    "carry_over",
    "draw_curve",
    "find_period",
    "find_retention",
    "fit_responses",
    "plan_budget",
]
