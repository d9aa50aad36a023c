"""The deals behind a comparison: those at which something was done, and those without it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from suppilo.analytics.events import Int64
from suppilo.analytics.next_action import find_compared
from suppilo.analytics.stages import trace_deals
from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.permissions import Permission, allows
from suppilo.apps.deals.selectors import visible_deals
from suppilo.apps.forecasts.books import open_book
from suppilo.apps.next_action.advice import Advice, Option
from suppilo.apps.next_action.learning import find_kinds, read_deeds
from suppilo.apps.people.values import as_us

Side = Literal["with", "without"]


@dataclass(frozen=True, slots=True)
class ComparedDeals:
    """The ids of the deals behind a figure that somebody sees, the newest first.

    ``hidden``: how many more there are that they don't see.
    """

    ids: Int64
    hidden: int


def list_deals_compared(
    user: User, advice: Advice, option: Option, side: Side, *, is_alike: bool
) -> ComparedDeals:
    """Return the deals that an option's figures rest on, as far as a user sees them.

    ``side`` and ``is_alike`` as in :func:`find_deals_compared`.

    Raises
    ------
    PermissionDenied
        If the user's role sees no deals.
    """
    seen = visible_deals(user).filter(pipeline=advice.deal.pipeline_id)
    ids = find_deals_compared(advice, option, side, is_alike=is_alike)
    if allows(user, Permission.SEE_ALL_DEALS):
        return ComparedDeals(ids, 0)
    mine = np.isin(ids, np.fromiter(seen.order_by().values_list("pk", flat=True), np.int64))
    return ComparedDeals(ids[mine], int(np.count_nonzero(~mine)))


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
