"""Fit response curves to what the server knows; one history is fitted once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np
from django.utils.translation import gettext as _

from suppilo.analytics.budget import BudgetError, Prior, build_history, fit_responses
from suppilo.analytics.periods import to_local
from suppilo.apps.accounts.permissions import Permission, require
from suppilo.apps.events.selectors import take_snapshot
from suppilo.apps.funnels.ask import RUNNING, WatchedSource
from suppilo.apps.insights.budget.outcomes import (
    DayFigures,
    find_days,
    find_ripe_days,
    read_deal_days,
    read_event_days,
    read_spend_days,
)
from suppilo.apps.kept import Kept

if TYPE_CHECKING:
    from collections.abc import Hashable

    from suppilo.analytics.budget import ResponseFit
    from suppilo.apps.accounts.models import User
    from suppilo.apps.funnels.running import Calculation, Watch
    from suppilo.apps.insights.budget.question import BudgetQuestion

_SEED = 0
"""The same history has the same answer: the draws behind its ranges are the same ones."""


@dataclass(frozen=True, slots=True)
class BudgetAnswer:
    """The curves of a history, and how many days at its end were left out as not decided yet."""

    fit: ResponseFit
    unripe_days: int


_answers: Kept[BudgetAnswer] = Kept(8)


def start_budget(user: User, question: BudgetQuestion) -> Calculation:
    """Start to fit what the spend brought; the same figures are fitted once.

    Raises
    ------
    PermissionDenied
        If the role does not see all deals.
    BudgetError
        If there is no spend in this time.
    TooManyCalculationsError
        If too many wait already.
    """
    require(user, Permission.SEE_ALL_DEALS)
    spend = read_spend_days(question)
    if not spend:
        raise BudgetError(_("nothing was spent in this time; take other dates or bring spend in"))
    start, end = find_days(question, spend)
    if question.is_of_events:
        return _start_events(question, DayFigures(spend, {}, start, end))
    outcome = read_deal_days(user, question)
    unripe = 0 if question.outcome == "leads" else find_ripe_days(user)
    figures = _cover(DayFigures(spend, outcome, start, end), unripe, question)
    key = ("budget", _state(figures), question.elasticity)
    return RUNNING.start(key, lambda _watch: _answers.get(key, lambda: _fit(question, figures)))


def _start_events(question: BudgetQuestion, figures: DayFigures) -> Calculation:
    """Start with an event as the outcome: it is read beside the request, for it may take long."""
    source = take_snapshot().source
    tables = tuple(source.read(question.event, paths).key for paths in source.path_ranges())
    asked = replace(question, now_us=0, start_us=None, end_us=None)
    key = ("budget", tables, asked, _state(figures))

    def answer(watch: Watch) -> BudgetAnswer:
        last = figures.end - timedelta(days=1)
        watched = WatchedSource(source, watch)
        outcome = read_event_days(watched, question, figures.start, last)
        watch.check()
        return _fit(question, _cover(replace(figures, outcome=outcome), 0, question))

    return RUNNING.start(key, lambda watch: _answers.get(key, lambda: answer(watch)))


def _cover(figures: DayFigures, unripe_days: int, question: BudgetQuestion) -> DayFigures:
    """Leave out the days before and after anything was counted, and those not decided yet."""
    days = [day for day, value in figures.outcome.items() if value]
    if not days:
        raise BudgetError(_("nothing came of the spend in this time; take other dates or outcomes"))
    ripe = _day(question) - timedelta(days=unripe_days)
    return replace(
        figures, start=max(figures.start, min(days)),
        end=min(figures.end, max(days) + timedelta(days=1), ripe),
        unripe_days=max(0, (figures.end - ripe).days),
    )  # fmt: skip


def _day(question: BudgetQuestion) -> date:
    return to_local(question.now_us, question.timezone).date()


def _state(figures: DayFigures) -> Hashable:
    """Return what tells these figures from others."""
    spend, outcome = frozenset(figures.spend.items()), frozenset(figures.outcome.items())
    return figures.start, figures.end, spend, outcome


def _fit(question: BudgetQuestion, figures: DayFigures) -> BudgetAnswer:
    history = build_history(figures.spend, figures.outcome, figures.start, figures.end)
    prior = Prior(elasticity=question.elasticity)
    fit = fit_responses(history, np.random.default_rng(_SEED), prior)
    return BudgetAnswer(fit, figures.unripe_days)
