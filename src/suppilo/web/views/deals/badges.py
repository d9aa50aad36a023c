"""What is wanting before a deal moves on, in two or three words."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.utils.translation import gettext as _

from suppilo.apps.deals.models import Deal
from suppilo.apps.deals.selectors.gates import NextGate, judge_next
from suppilo.apps.deals.selectors.suggested import find_suggested
from suppilo.apps.pipelines.models import CriterionKind
from suppilo.web.templatetags.deal_words import share
from suppilo.web.views.deals.cards import Badge


def read_badges(deals: Iterable[Deal], now: datetime) -> dict[int, Badge]:
    """Return the badges of the deals whose next stage asks for something, by the deal's id."""
    deals = list(deals)
    gates = judge_next(deals, now)
    suggested = find_suggested(deals, gates)
    return {
        deal.pk: _badge(deal, gates[deal.pk], is_suggested=deal.pk in suggested)
        for deal in deals if deal.pk in gates
    }  # fmt: skip


def _badge(deal: Deal, gate: NextGate, *, is_suggested: bool) -> Badge:
    missing, asked = gate.missing, len(gate.findings)
    if is_suggested:
        return Badge("suggested", _("suggested → %s") % gate.stage.name, gate.stage.key)
    if not missing:
        return Badge("ready", _("ready → %s") % gate.stage.name, gate.stage.key)
    if len(missing) == 1 and missing[0].kind == CriterionKind.DISCOUNT:
        return Badge("approve", _("discount %s: approve") % share(deal.discount))
    met = asked - len(missing)
    return Badge("partial", _("%(met)d of %(asked)d") % {"met": met, "asked": asked})
