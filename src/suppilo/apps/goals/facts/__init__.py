"""What came on each day, read in bulk: so many queries by kind of fact, however many goals."""

from suppilo.apps.goals.facts.deals import read_deal_facts
from suppilo.apps.goals.facts.events import start_event_facts
from suppilo.apps.goals.facts.sums import read_sums

__all__ = [
    "read_deal_facts",
    "read_sums",
    "start_event_facts",
]
