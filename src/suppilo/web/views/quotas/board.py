"""Plan and fact of a period."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from suppilo.apps.accounts.permissions import Permission, allows
from suppilo.apps.goals.aims import is_known
from suppilo.apps.quotas.models import Span
from suppilo.apps.quotas.periods import Period, period_of, shift
from suppilo.apps.quotas.selectors import Attainment, list_changes, read_board
from suppilo.web.access import UserRequest, page
from suppilo.web.views.quotas.asking import (
    QuotaForm,
    board_url,
    period_name,
    query_of,
    read_question,
)

_CHANGES = 20


@dataclass(frozen=True, slots=True)
class Row:
    """Somebody's plan and fact with their tone."""

    found: Attainment
    place: int

    @property
    def tone(self) -> str:
        """Whether they are on time: good, warn (within a tenth), bad; empty where unknown."""
        pace = self.found.pace
        if pace is None:
            return ""
        return "good" if pace >= 1 else "warn" if pace >= 0.9 else "bad"

    @property
    def missing(self) -> Decimal | None:
        """What is still to be reached; None where there is no target."""
        if self.found.target is None:
            return None
        return max(self.found.target - self.found.fact, Decimal(0))


def make_rows(found: list[Attainment]) -> list[Row]:
    """Return rows with their places, from 1."""
    return [Row(one, place) for place, one in enumerate(found, 1)]


@page(Permission.SEE_DEALS, methods=("GET",))
def show_board(request: UserRequest) -> HttpResponse:
    """Show plan, fact and pace, the furthest first."""
    now = timezone.now()
    form = QuotaForm(request.GET)
    asked = read_question(request.GET, form)
    found = read_board(request.user, asked, now)
    manages = allows(request.user, Permission.MANAGE_QUOTAS)
    period = asked.period
    other_span = Span.QUARTER if period.span == Span.MONTH else Span.MONTH
    context = {
        "form": form,
        "asked": asked,
        "period": period_name(period),
        "gone": period.share_gone(now),
        "people": make_rows(found.people),
        "teams": make_rows(found.teams),
        "is_money": bool(asked.currency),
        "opens": is_known(asked.measure),
        "before_url": board_url(asked, period=_beside(period, -1).key),
        "after_url": board_url(asked, period=_beside(period, 1).key),
        "other_span": other_span.label,
        "other_url": board_url(asked, period=period_of(other_span, period.starts_on).key),
        "set_query": query_of(asked),
        "may_manage": manages,
        "changes": list_changes(request.user, asked)[:_CHANGES] if manages else [],
    }
    return render(request, "quotas/board.html", context)


def _beside(period: Period, by: int) -> Period:
    """Return the next or the last period; at the ends of what addresses name, the same."""
    found = shift(period, by)
    return found if 1970 <= found.starts_on.year <= 2200 else period
