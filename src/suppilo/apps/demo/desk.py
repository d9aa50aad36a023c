"""What the demonstration's head of sales works with: a sales book, quotas, leave that is asked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from functools import partial

from django.utils.translation import gettext as _

from suppilo.analytics.simulate.catalogue import CURRENCY
from suppilo.apps.accounts.models import User
from suppilo.apps.deals.models import ApprovalKind, Deal
from suppilo.apps.deals.services import ask_approval
from suppilo.apps.demo.team import Staff
from suppilo.apps.quotas.models import Measure, Span
from suppilo.apps.quotas.periods import period_of
from suppilo.apps.quotas.services import NewTarget, set_targets
from suppilo.apps.salesbook.services import add_starters

ASKED = 3
"""So many deals wait for leave to give a discount."""
_OFFERED, _RATE = ("quote", "negotiation"), Decimal("0.2")
_TARGETS = {Span.MONTH: Decimal(4_000), Span.QUARTER: Decimal(12_000)}
"""What each salesperson should win."""


def set_desk(owner: User, today: date, staff: Staff, deals: Sequence[Deal]) -> None:
    """Write the sales book's first entries, set this month's and quarter's quotas, ask for leave.

    Parameters
    ----------
    today
        The day that the quotas' month and quarter have in them.
    deals
        All deals of the demonstration.
    """
    for pipeline in sorted({deal.pipeline_id for deal in deals}):
        add_starters(owner, pipeline)
    _set_quotas(owner, today, staff)
    _ask_leave(deals)


def _set_quotas(owner: User, today: date, staff: Staff) -> None:
    wanted: list[NewTarget] = []
    for span, target in _TARGETS.items():
        asked = partial(NewTarget, period_of(span, today), Measure.WON_AMOUNT, currency=CURRENCY)
        wanted.extend(asked(target, user_id=seller.pk) for seller in staff.sellers)
        for team in staff.teams:
            size = sum(team in seller.teams.all() for seller in staff.sellers)
            wanted.append(asked(target * size, team_id=team.pk))
    set_targets(owner, wanted)


def _ask_leave(deals: Sequence[Deal]) -> None:
    """Have the owners of the newest offers ask for a discount beyond their limit."""
    reason = _("They have a cheaper offer, and want machines for a second office in spring.")
    offered = [deal for deal in deals if deal.is_open and deal.stage.key in _OFFERED]
    for deal in sorted(offered, key=lambda deal: (deal.entered_at, deal.pk))[-ASKED:]:
        if deal.owner is not None:
            ask_approval(deal.owner, deal.pk, ApprovalKind.DISCOUNT, rate=_RATE, reason=reason)
