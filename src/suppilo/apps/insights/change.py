"""Why a conversion changed: of a funnel's paths, or of deals, from one side to another."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from django.db.models import Count, Q, QuerySet

from suppilo.analytics.change import Change, explain_change
from suppilo.analytics.funnel.compare import Counts, counts_by_value
from suppilo.analytics.periods import to_local
from suppilo.apps.accounts.models import Team, User
from suppilo.apps.deals.models import Deal, DealState
from suppilo.apps.deals.selectors import visible_deals
from suppilo.apps.funnels.ask import CompareChoice, Question, start_question
from suppilo.apps.pipelines.models import Pipeline
from suppilo.apps.segments.lists import deals_in

if TYPE_CHECKING:
    from suppilo.analytics.events import EventSource
    from suppilo.analytics.funnel import FunnelDefinition
    from suppilo.apps.funnels.ask import Answer
    from suppilo.apps.funnels.running import Calculation
    from suppilo.apps.segments.models import Segment

DEAL_FIELDS: Mapping[str, str] = {
    "channel": "channel", "owner": "owner_id", "team": "team_id", "pipeline": "pipeline_id",
}  # fmt: skip
"""What deals can be told apart by, and the column that says it."""

_SEED = 0
"""The same question has the same answer: the draws behind its ranges are the same ones."""


@dataclass(frozen=True, slots=True)
class DealSide:
    """Deals opened in ``[start_us, end_us)`` (None: no bound), all or those with one value."""

    start_us: int | None
    end_us: int | None
    field: str = ""
    value: str = ""


@dataclass(frozen=True, slots=True)
class DealChange:
    """A change of the win rate, and what to call its segments, by the column's value."""

    change: Change | None
    names: Mapping[Hashable, str]


def ask_deal_change(
    user: User, a: DealSide, b: DealSide, by: str, segment: Segment | None = None
) -> DealChange:
    """Split the difference of two win rates, won of won and lost, among deals a user may see.

    Parameters
    ----------
    by
        A key of :data:`DEAL_FIELDS`.
    segment
        Only deals that belong to it, one that the user may see; None for all.

    Raises
    ------
    PermissionDenied
        If the user sees no deals.
    """
    column = DEAL_FIELDS[by]
    deals = visible_deals(user)
    if segment is not None:
        deals = deals.filter(pk__in=deals_in(segment))
    sides = [_count(deals, side, column) for side in (a, b)]
    found = explain_change(sides[0], sides[1], by, np.random.default_rng(_SEED))
    return DealChange(found, name_values(by, {*sides[0], *sides[1]}))


def _count(deals: QuerySet[Deal], side: DealSide, column: str) -> dict[Hashable, Counts]:
    won = Count("pk", filter=Q(state=DealState.WON))
    found = (
        _of_side(deals, side).filter(state__in=(DealState.WON, DealState.LOST))
        .order_by().values_list(column).annotate(won=won, ended=Count("pk"))
    )  # fmt: skip
    return {value: (done, ended) for value, done, ended in found}


def _of_side(deals: QuerySet[Deal], side: DealSide) -> QuerySet[Deal]:
    if side.start_us is not None:
        deals = deals.filter(opened_at__gte=to_local(side.start_us, "UTC"))
    if side.end_us is not None:
        deals = deals.filter(opened_at__lt=to_local(side.end_us, "UTC"))
    if side.field:
        deals = deals.filter(**{DEAL_FIELDS[side.field]: side.value})
    return deals


def name_values(field: str, values: set[Hashable]) -> dict[Hashable, str]:
    """Return what the values of a field of deals are called; a channel by its own text."""
    if field == "channel":
        return {value: str(value) for value in values}
    return {one.pk: str(one) for one in _things(field).filter(pk__in=[v for v in values if v])}


def _things(field: str) -> QuerySet[Any]:
    things: dict[str, QuerySet[Any]] = {
        "owner": User.objects.order_by("name", "pk"),
        "team": Team.objects.order_by("name", "pk"),
        "pipeline": Pipeline.objects.order_by("pk"),
    }
    return things[field]


def list_values(user: User, field: str) -> list[tuple[str, str]]:
    """Return the values by which the deals that a user sees can be compared, with their names.

    Raises
    ------
    PermissionDenied
        If the user sees no deals.
    """
    deals = visible_deals(user).order_by()
    if field == "channel":
        channels = deals.exclude(channel="").values_list("channel", flat=True).distinct()
        return [(value, value) for value in sorted(channels)]
    things = _things(field).filter(pk__in=deals.values(DEAL_FIELDS[field]))
    return [(str(one.pk), str(one)) for one in things]


def start_funnel_change(
    user: User, source: EventSource, definition: FunnelDefinition, choice: CompareChoice
) -> Calculation:
    """Start to count both sides of a funnel; ``choice.mix`` is what the segments are values of.

    Raises
    ------
    TooManyCalculationsError
        If too many wait already.
    """
    return start_question(source, Question(definition, "compare", compare=choice), user)


def explain_answer(answer: Answer) -> Change | None:
    """Return why the conversions of a counted comparison differ; None where one side is empty."""
    found = answer.comparison
    if found is None or not answer.question.compare.mix:
        return None
    end = found.a.definition.required[-1]
    counts = [counts_by_value(side.report, end) for side in (found.a, found.b)]
    mix = answer.question.compare.mix
    return explain_change(counts[0], counts[1], mix, np.random.default_rng(_SEED))
