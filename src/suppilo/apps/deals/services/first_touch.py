"""Where a deal came from, by the first touch of its people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from suppilo.apps.deals.models import Deal, MoveSource
from suppilo.apps.deals.services.writing import Deed, note_changes
from suppilo.apps.people.selectors.first_touch import FirstTouch, find_first_touches

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


def learn_first_touch(deed: Deed, deal: Deal) -> list[str]:
    """Fill in where a deal came from after its people changed; return the columns to save.

    History says that it was done by itself.
    """
    rows = deal.participants.order_by("-is_main", "id")
    people = list(rows.values_list("contact_id", "contact__person_id"))
    if deal.first_touch_of_id is not None or not people:
        return []
    before = {name: getattr(deal, name) for name in FIELDS}
    filled = take_first_touch(deal, people, find_first_touches([one[1] for one in people]))
    if not filled:
        return []
    itself = Deed(None, MoveSource.AUTOMATION, deed.now)
    note_changes(itself, deal, {name: (before[name], getattr(deal, name)) for name in filled})
    return [*filled, "first_touch_of", "first_touch_fields"]
