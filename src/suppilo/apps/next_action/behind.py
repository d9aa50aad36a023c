"""The deals behind a comparison: those at which something was done, and those without it."""

from __future__ import annotations

from typing import Literal

from suppilo.analytics.events import Int64
from suppilo.analytics.next_action import find_compared
from suppilo.analytics.stages import trace_deals
from suppilo.apps.forecasts.books import open_book
from suppilo.apps.next_action.advice import Advice, Option
from suppilo.apps.next_action.learning import find_kinds, read_deeds
from suppilo.apps.people.values import as_us

Side = Literal["with", "without"]


def find_deals_compared(advice: Advice, option: Option, side: Side, *, is_alike: bool) -> Int64:
    """Return the ids of the deals that an option's figures rest on, the newest first.

    What is known now of the time up to the lesson counts: where deals were put right since, they
    may be a few others than were counted then. Whoever asks must see the deals.

    Parameters
    ----------
    side
        Those at which it was done, or those they are held against.
    is_alike
        Only deals like the one that is advised on; otherwise all in its stage.
    """
    assert advice.lesson is not None
    assert advice.learned is not None
    assert advice.learned_at is not None
    pipeline = advice.deal.pipeline
    book = open_book(pipeline)
    traces = trace_deals(book.world.ledger, as_us(advice.learned_at))
    names, deeds = read_deeds(pipeline, book)
    if option.name not in names:
        return book.world.ids[:0]
    found = find_compared(
        traces, find_kinds(book, traces, advice.learned.likeness), deeds, advice.lesson,
        names.index(option.name),
        (option.group.kind, option.group.phase) if is_alike else None,
    )  # fmt: skip
    return book.world.ids[found.doing if side == "with" else found.others][::-1]
