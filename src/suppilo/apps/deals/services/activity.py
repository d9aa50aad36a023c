"""That something was done for a deal: it is alive."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q

from suppilo.apps.deals.models import Deal


def note_activity(deal_id: int, at: datetime) -> None:
    """Write down when somebody last did something for a deal; what is older changes nothing.

    It is no change of the deal's own fields: nobody's edit of it is in the way.
    """
    older = Q(last_activity_at=None) | Q(last_activity_at__lt=at)
    Deal.objects.filter(older, pk=deal_id).update(last_activity_at=at)
