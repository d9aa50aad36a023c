"""Where leads came from, where that becomes known only after they came."""

from __future__ import annotations

from django.utils import timezone

from suppilo.apps.leads.models import Lead
from suppilo.apps.people.selectors.first_touch import find_first_touches
from suppilo.apps.people.values import as_us

AT_ONCE = 500
FIELDS = ("channel", "source", "campaign")
"""What a first touch tells of a lead."""


def learn_late_touches(after: int = 0) -> int:
    """Fill in where the next leads came from, as it is known by now; return the last one's id.

    People are merged, and events imported, after their leads came. Only a touch from before the
    lead came tells where it came from, and only if it agrees with the channel that is known. 0 at
    the end.

    Parameters
    ----------
    after
        Only leads with a greater id.
    """
    found = Lead.objects.filter(pk__gt=after, source="", campaign="").order_by("pk")
    leads = list(found.select_related("contact")[:AT_ONCE])
    touches = find_first_touches({lead.contact.person_id for lead in leads})
    learned = []
    for lead in leads:
        touch = touches.get(lead.contact.person_id)
        if touch is None or touch.at_us > as_us(lead.came_at):
            continue
        is_news = (lead.channel, "", "") != (touch.channel, touch.source, touch.campaign)
        if is_news and lead.channel in ("", touch.channel):
            lead.channel, lead.source, lead.campaign = touch.channel, touch.source, touch.campaign
            lead.updated_at = timezone.now()
            learned.append(lead)
    Lead.objects.bulk_update(learned, [*FIELDS, "updated_at"])
    return leads[-1].pk if leads else 0
