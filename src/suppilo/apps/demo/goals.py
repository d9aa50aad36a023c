"""The demonstration's goals: from the visitors at the top of the funnel down to the money."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from suppilo.apps.accounts.models import User
from suppilo.apps.funnels.models import SavedFunnel
from suppilo.apps.goals.models import Cadence, Measure
from suppilo.apps.goals.services import NewGoal, make_goal
from suppilo.apps.pipelines.models import Pipeline

_SHOP = "Web shop"
_SINCE = timedelta(days=200)
_GOALS: tuple[dict[str, Any], ...] = (
    {"measure": Measure.SPEND, "cadence": Cadence.MONTH, "target": Decimal(6200),
     "currency": "EUR", "name": "Advertising"},
    {"measure": Measure.EVENT, "cadence": Cadence.WEEK, "target": Decimal(30),
     "event": "Lead Submitted", "name": "Contact forms"},
    {"measure": Measure.WON_COUNT, "cadence": Cadence.MONTH, "target": Decimal(7)},
    {"measure": Measure.WON_AMOUNT, "cadence": Cadence.QUARTER, "target": Decimal(30_000),
     "currency": "EUR"},
)  # fmt: skip


def set_goals(owner: User, today: date) -> None:
    """Set the goals, in force since about half a year before."""
    asked = [NewGoal(**goal, starts_on=today - _SINCE) for goal in (*_GOALS, *_of_stages())]
    for goal in asked:
        make_goal(owner, goal, today=today)


def _of_stages() -> list[dict[str, Any]]:
    """Return the goals of the shop's last step, its conversion, and the demos of machine sales."""
    found: list[dict[str, Any]] = []
    shop = SavedFunnel.objects.filter(name=_SHOP).first()
    if shop is not None:
        last = len(shop.read_definition().steps)
        found += [
            {"measure": Measure.STEP, "cadence": Cadence.WEEK, "target": Decimal(48),
             "funnel_id": shop.pk, "step": last, "name": "Orders"},
            {"measure": Measure.CONVERSION, "cadence": Cadence.MONTH, "target": Decimal("0.046"),
             "funnel_id": shop.pk, "step": 1, "to_step": last, "name": "Visit to order"},
        ]  # fmt: skip
    sales = Pipeline.objects.filter(current__stages__key="demo").first()
    if sales is not None:
        found.append({"measure": Measure.STAGE, "cadence": Cadence.MONTH, "target": Decimal(34),
                      "pipeline_id": sales.pk, "stage_key": "demo"})  # fmt: skip
    return found
