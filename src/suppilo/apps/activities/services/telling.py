"""What follows from something done: its deal is alive, an event is written, a gate may open."""

from __future__ import annotations

from datetime import datetime

from suppilo.apps.activities.models import Activity
from suppilo.apps.deals.models import Deal
from suppilo.apps.deals.selectors import PARTS
from suppilo.apps.deals.services import advance_deal
from suppilo.apps.deals.services.activity import note_activity
from suppilo.apps.deals.services.writing import tell
from suppilo.apps.outbox.services import record_event


def tell_done(activity: Activity) -> None:
    """Write down that an activity was done: for its deal, or for the person it was with."""
    at = activity.done_at
    if at is None:
        return
    if activity.deal_id is not None:
        _tell_deal(activity, activity.deal_id, at)
    elif activity.contact is not None:
        properties = {"kind": activity.kind, "outcome": activity.outcome}
        record_event("activity_done", activity.contact.value, at, properties)


def _tell_deal(activity: Activity, deal_id: int, at: datetime) -> None:
    note_activity(deal_id, at)
    deal = Deal.objects.select_related(*PARTS).get(pk=deal_id)
    tell(deal, "activity_done", at, kind=activity.kind, outcome=activity.outcome)
    advance_deal(deal_id, by="activity_done")
