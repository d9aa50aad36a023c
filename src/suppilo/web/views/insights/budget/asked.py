"""What the address of the page of budgets asks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite
from typing import get_args
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from suppilo.analytics.budget import Bounds, BudgetPlan, ResponseFit, plan_budget
from suppilo.apps.insights.budget import (
    EVENT_OUTCOMES,
    OUTCOMES,
    BudgetQuestion,
    Outcome,
)
from suppilo.web.reporting import Period, here, now_us, read_period

USUAL_DATES = "all"
USUAL_STEP = 100.0
USUAL_ELASTICITY = 0.5
OUTCOME_NAMES = {
    "leads": gettext_lazy("Leads (deals opened)"),
    "won": gettext_lazy("Won deals"),
    "revenue": gettext_lazy("Revenue of won deals"),
    "first": gettext_lazy("People, by their first event"),
    "count": gettext_lazy("An event's count"),
    "amount": gettext_lazy("An event's amount"),
}
LOWEST, HIGHEST = "low.", "high."
_FIELDS = ("of", "event", "amount", "currency", "dates", "from", "to", "elasticity", "budget",
           "step")  # fmt: skip
_LONGEST, _MOST_BOUNDS = 200, 60

Guess = Callable[[], tuple[str, str]]

if tuple(OUTCOME_NAMES) != OUTCOMES or get_args(Outcome) != OUTCOMES:
    raise RuntimeError("every outcome needs its words")


@dataclass(frozen=True, slots=True)
class Asked:
    """A page's question: the form's fields, and what they say; ``errors`` by field.

    ``question`` is None where there is no spend to ask about, or a field can't be read.
    ``bounds`` are the fields of the channels' bounds, as they were written.
    """

    fields: Mapping[str, str]
    bounds: Mapping[str, str]
    period: Period
    question: BudgetQuestion | None
    currencies: Sequence[str] = ()
    budget: float | None = None
    step: float = USUAL_STEP
    limits: Mapping[str, Bounds] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_of_events(self) -> bool:
        """Whether the outcome is counted of events."""
        return self.fields["of"] in EVENT_OUTCOMES

    def query(self) -> str:
        """Return the address's query."""
        return urlencode({name: text for name, text in {**self.fields, **self.bounds}.items()
                          if text})  # fmt: skip

    def plan(self, fit: ResponseFit) -> BudgetPlan:
        """Return the best split of the budget that is asked for.

        Raises
        ------
        BudgetError
            If the bounds can't be met.
        """
        known = {name: ends for name, ends in self.limits.items() if name in fit.history.channels}
        return plan_budget(fit, self.budget, known, self.step)


def read_asked(query: QueryDict, currencies: Sequence[str], guess: Guess) -> Asked:
    """Return what an address asks.

    Parameters
    ----------
    currencies
        Those that were spent, the first being the usual one.
    guess
        Gives the event, and its amount, that an address means which names none.
    """
    fields = {name: query.get(name, "").strip()[:_LONGEST] for name in _FIELDS}
    fields["of"] = fields["of"] if fields["of"] in OUTCOMES else OUTCOMES[0]
    errors: dict[str, str] = {}
    _name_event(fields, guess, errors)
    if query.get("segment"):
        errors["segment"] = _(
            "A budget is of everybody: money is not spent on a segment. To see what channels "
            "bring of one, take Channels or Attribution."
        )
    if fields["currency"] not in currencies:
        fields["currency"] = next(iter(currencies), "")
    period = read_period(fields, USUAL_DATES, now_us(), errors)
    budget = _read_amount(fields["budget"], "budget", errors)
    step = _read_amount(fields["step"], "step", errors) or USUAL_STEP
    elasticity = _read_amount(fields["elasticity"], "elasticity", errors) or USUAL_ELASTICITY
    if not 0.1 <= elasticity <= 0.9:
        errors["elasticity"] = _("The usual elasticity lies between 0.1 and 0.9.")
    bounds = _bound_fields(query)
    limits = _read_limits(bounds, errors)
    question = None
    if currencies and not errors:
        question = _make_question(fields, period, elasticity)
    return Asked(fields, bounds, period, question, currencies, budget, step, limits, errors)


def _make_question(fields: Mapping[str, str], period: Period, elasticity: float) -> BudgetQuestion:
    outcome: Outcome = next(one for one in get_args(Outcome) if one == fields["of"])
    is_event = outcome in EVENT_OUTCOMES
    return BudgetQuestion(
        currency=fields["currency"], outcome=outcome, event=fields["event"] if is_event else "",
        amount=fields["amount"] if outcome == "amount" else "", start_us=period.start_us,
        end_us=period.end_us, elasticity=elasticity, timezone=here(), now_us=now_us(),
    )  # fmt: skip


def _name_event(fields: dict[str, str], guess: Guess, errors: dict[str, str]) -> None:
    """Fill in the event that is likely meant, where one is needed and none is named."""
    if fields["of"] not in EVENT_OUTCOMES:
        return
    needs_amount = fields["of"] == "amount"
    if not fields["event"] or (needs_amount and not fields["amount"]):
        event, amount = guess()
        is_guess = fields["event"] in ("", event)
        fields["event"] = fields["event"] or event
        fields["amount"] = fields["amount"] or (amount if is_guess else "")
    if not fields["event"]:
        errors["event"] = _("Say which event is the outcome.")
    if needs_amount and not fields["amount"]:
        errors["amount"] = _("Say which property of the event is its amount.")


def _bound_fields(query: QueryDict) -> dict[str, str]:
    names = [name for name in query if name.startswith((LOWEST, HIGHEST))][:_MOST_BOUNDS]
    return {name[:_LONGEST]: query.get(name, "").strip()[:40] for name in names}


def _read_limits(bounds: Mapping[str, str], errors: dict[str, str]) -> dict[str, Bounds]:
    limits: dict[str, Bounds] = {}
    for name, text in bounds.items():
        value = _read_amount(text, name, errors)
        if value is None:
            continue
        is_low = name.startswith(LOWEST)
        channel = name.removeprefix(LOWEST if is_low else HIGHEST)
        low, high = limits.get(channel, (None, None))
        limits[channel] = (value, high) if is_low else (low, value)
    return limits


def _read_amount(text: str, name: str, errors: dict[str, str]) -> float | None:
    """Return an amount of 0 or more; None where the field is empty."""
    if not text:
        return None
    try:
        value = float(text.replace(" ", "").replace(",", "."))
    except ValueError:
        value = -1.0
    if not isfinite(value) or value < 0 or value > 1e12:
        errors[name] = _("“%s” is no amount; write 1500.") % text[:40]
        return None
    return value
