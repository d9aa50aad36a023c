"""Where a deal came from, by the first touch of its people."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from django.db import transaction
from django.db.models import Q

from suppilo.apps.deals.models import Deal, MoveSource, Participant
from suppilo.apps.deals.services.writing import Deed, note_changes, save_deal, take_deal
from suppilo.apps.people.selectors.first_touch import FirstTouch, find_first_touches
from suppilo.apps.people.values import as_us

AT_ONCE = 500
FIELDS = ("channel", "source", "campaign")
"""What a first touch tells of a deal."""
People = Sequence[tuple[int, int]]
"""The participants, the main one first, as (identifier's id, person's id)."""


def take_first_touch(deal: Deal, people: People, touches: Mapping[int, FirstTouch]) -> list[str]:
    """Fill in where a deal came from as far as nobody said it; return the fields filled.

    The main participant's first touch tells it; where they have none, the earliest of the others'.
    It is taken once. Where a channel was typed that is another than the touch's, the rest is of
    another touch too, and stays empty.
    """
    found = [(contact, touches[person]) for contact, person in people if person in touches]
    if deal.first_touch_of_id is not None or not found:
        return []
    is_main = people[0][1] in touches
    contact, touch = found[0] if is_main else min(found, key=lambda one: one[1].at_us)
    if deal.channel not in ("", touch.channel):
        return []
    filled = [name for name in FIELDS if not getattr(deal, name) and getattr(touch, name)]
    for name in filled:
        setattr(deal, name, getattr(touch, name))
    if filled:
        deal.first_touch_of_id, deal.first_touch_fields = contact, filled
    return filled


def learn_first_touch(deed: Deed, deal: Deal, *, is_late: bool = False) -> list[str]:
    """Fill in where a deal came from after its people changed; return the columns to save.

    History says that it was done by itself.

    Parameters
    ----------
    is_late
        What is known of the same people has changed: touches after the deal don't count.
    """
    people = _read_people([deal])[deal.pk]
    if deal.first_touch_of_id is not None or not people:
        return []
    before = {name: getattr(deal, name) for name in FIELDS}
    touches = find_first_touches([person for _contact, person in people])
    filled = take_first_touch(deal, people, _before(deal, touches) if is_late else touches)
    if not filled:
        return []
    itself = Deed(None, MoveSource.AUTOMATION, deed.now)
    note_changes(itself, deal, {name: (before[name], getattr(deal, name)) for name in filled})
    return [*filled, "first_touch_of", "first_touch_fields"]


def learn_late_touches(after: int = 0) -> int:
    """Fill in where the next deals came from, as it is known by now; return the last one's id.

    People are merged, and events imported, after deals were made. Only what came before a deal
    was opened tells where it came from. 0 at the end.

    Parameters
    ----------
    after
        Only deals with a greater id.
    """
    empty = Q(channel="") | Q(source="") | Q(campaign="")
    found = Deal.objects.filter(
        empty, pk__gt=after, first_touch_of=None, participants__isnull=False
    )
    deals = list(found.order_by("pk").distinct()[:AT_ONCE])
    people = _read_people(deals)
    touches = find_first_touches(
        {person for pairs in people.values() for _contact, person in pairs}
    )
    for deal in deals:
        if take_first_touch(deal, people[deal.pk], _before(deal, touches)):
            _learn(deal.pk)
    return deals[-1].pk if deals else 0


@transaction.atomic
def _learn(deal_id: int) -> None:
    deed = Deed.begin(None, MoveSource.AUTOMATION)
    deal = take_deal(None, deal_id)
    if filled := learn_first_touch(deed, deal, is_late=True):
        save_deal(deed, deal, *filled)


def _before(deal: Deal, touches: Mapping[int, FirstTouch]) -> dict[int, FirstTouch]:
    """Return the touches that were there when a deal was opened."""
    opened_us = as_us(deal.opened_at)
    return {person: touch for person, touch in touches.items() if touch.at_us <= opened_us}


def _read_people(deals: Iterable[Deal]) -> dict[int, list[tuple[int, int]]]:
    """Return each deal's participants, the main one first."""
    rows = Participant.objects.filter(deal__in=deals).order_by("-is_main", "id")
    found: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for number, contact, person in rows.values_list("deal", "contact", "contact__person"):
        found[number].append((contact, person))
    return found
