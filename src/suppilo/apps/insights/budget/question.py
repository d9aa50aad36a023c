"""What is asked of a budget's history."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from django.db.models import Sum

from suppilo.apps.spend.selectors import SpendFilter, list_spend

DealOutcome = Literal["leads", "won", "revenue"]
EventOutcome = Literal["first", "count", "amount"]
Outcome = Literal["leads", "won", "revenue", "first", "count", "amount"]

DEAL_OUTCOMES: tuple[str, ...] = get_args(DealOutcome)
EVENT_OUTCOMES: tuple[str, ...] = get_args(EventOutcome)
OUTCOMES: tuple[str, ...] = get_args(Outcome)


@dataclass(frozen=True, slots=True)
class BudgetQuestion:
    """Of which spend, and of what it is to bring.

    Attributes
    ----------
    currency
        Of the spend, and of the money it brings; other currencies stay out.
    outcome
        ``leads`` (deals opened), ``won`` (those of them that are won), ``revenue`` (the money of
        these), ``first`` (people by their first event of a name), ``count`` (all events of it),
        ``amount`` (what a property of them adds up to).
    event, amount
        The event's name and property, for the last three.
    start_us, end_us
        The time, ``[start, end)``, as microseconds since 1970 UTC; None: no bound.
    elasticity
        What is usual, where data is thin; 0.1 to 0.9.
    now_us
        The moment of asking: its day is not over and stays out.
    """

    currency: str
    outcome: Outcome = "leads"
    event: str = ""
    amount: str = ""
    start_us: int | None = None
    end_us: int | None = None
    elasticity: float = 0.5
    timezone: str = "UTC"
    now_us: int = 0

    @property
    def spend(self) -> SpendFilter:
        """The same time, for spend."""
        return SpendFilter(self.start_us, self.end_us)

    @property
    def is_of_events(self) -> bool:
        """Whether the outcome is counted of events."""
        return self.outcome in EVENT_OUTCOMES


def list_spend_currencies() -> list[str]:
    """Return the currencies that were spent, that with most figures first."""
    rows = list_spend(SpendFilter()).order_by().values("currency").annotate(sum=Sum("cost"))
    return [row["currency"] for row in sorted(rows, key=lambda row: (-row["sum"], row["currency"]))]
