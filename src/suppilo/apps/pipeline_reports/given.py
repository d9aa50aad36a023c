"""What owners have given off in the deals of a pipeline's report: won, and still open."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from suppilo.analytics.events import Int64
from suppilo.apps.deals.models import Deal
from suppilo.apps.discounts.report import GivenRow, given_in, group_by_owner
from suppilo.apps.pipeline_reports.ask import NOBODY, Cell, PipelineAnswer, deals_behind

_AT_ONCE = 2_000


@dataclass(frozen=True, slots=True)
class OwnerGiven:
    """What one owner has given off, in one currency; None where it is nothing.

    ``owner`` is an id, or ``NOBODY``. ``won`` is what was lost by it; ``open`` what would be.
    """

    owner: int
    name: str
    currency: str
    won: GivenRow | None
    open: GivenRow | None


def report_given(answer: PipelineAnswer) -> tuple[OwnerGiven, ...]:
    """Return what was given off in the won and open deals of an answer, by owner and currency.

    Line items and owners are those that deals have today. The most given in won deals comes first.
    """
    sides = {
        outcome: {
            (row.key, row.currency): row
            for row in group_by_owner(
                given_in(deals_behind(answer, Cell(outcome=outcome)).tolist())
            )
        }
        for outcome in ("won", "open")
    }
    names = {key: row.label for found in sides.values() for key, row in found.items()}
    rows = [
        OwnerGiven(
            int(owner) if owner else NOBODY, name, currency,
            sides["won"].get((owner, currency)), sides["open"].get((owner, currency)),
        )
        for (owner, currency), name in names.items()
    ]  # fmt: skip
    return tuple(sorted(rows, key=_place))


def find_lowered(ids: Int64, currency: str) -> Int64:
    """Return those of some deals, by their ids, that give something off in a currency."""
    found: list[int] = []
    for part in np.split(ids, range(_AT_ONCE, len(ids), _AT_ONCE)):
        rows = Deal.objects.filter(pk__in=part.tolist(), discount__gt=0, currency=currency)
        found += rows.order_by().values_list("pk", flat=True)
    return ids[np.isin(ids, found)]


def _place(row: OwnerGiven) -> tuple[object, ...]:
    won, still = (side.given if side else 0 for side in (row.won, row.open))
    return row.currency, -won, -still, row.name, row.owner
