"""The API of next best action: what to do next for a deal, and what it rests on."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import Http404
from django.utils import timezone
from ninja import Field, Query, Schema

from suppilo.analytics.next_action import Lift
from suppilo.apps.deals.selectors import get_deal, visible_deals
from suppilo.apps.deals.selectors.visible import PARTS
from suppilo.apps.next_action.advice import Advice, AdviceState, Option, advise
from suppilo.apps.next_action.behind import Side, list_deals_compared
from suppilo.apps.next_action.words import (
    caveat,
    explanation,
    headline,
    name_action,
    option_sentence,
)
from suppilo.web.api.access import ApiRequest
from suppilo.web.api.deal_schemas import DealsOut
from suppilo.web.api.errors import problems
from suppilo.web.api.idempotency import KeyedRouter
from suppilo.web.api.lists import PageAsked
from suppilo.web.api.parsing import within
from suppilo.web.paging import read_cursor, sign_cursor

router = KeyedRouter()
_LIST = "compared deals"


class LiftOut(Schema):
    """A share (0..1) or a number of days with an action and without, and the difference's range."""

    with_it: float
    without: float
    difference: float
    lower: float
    upper: float
    level: float


class OptionOut(Schema):
    """An action that was compared.

    ``action`` is an activity's kind, or ``entry:`` and the id of an entry of the sales book.
    ``moved`` is of deals like this one, ``days`` and ``won`` of all in the stage.
    """

    action: str
    name: str
    text: str
    is_advised: bool
    is_done: bool
    is_planned: bool
    deals_like_this: int
    deals: int
    others: int
    moved: LiftOut
    days: LiftOut
    won: LiftOut | None


class NextActionOut(Schema):
    """What to do next; ``actions`` are all that were compared, the surest first."""

    deal_id: int
    state: AdviceState
    text: str
    caveat: str
    learned_at: datetime | None
    horizon_days: int | None
    win_days: int | None
    actions: list[OptionOut]


@router.get(
    "/deals/{int:deal_id}/next-action", response={200: NextActionOut, **problems(403, 404)},
    url_name="next_action",
)  # fmt: skip
def show_next_action(request: ApiRequest, deal_id: int) -> dict[str, Any]:
    """Say what to do next for a deal, by what was followed by moving on at deals like it."""
    advice = advise(get_deal(request.auth, within(deal_id)), timezone.now())
    lesson = advice.lesson
    return {
        "deal_id": advice.deal.pk,
        "state": advice.state,
        "text": f"{headline(advice)} {explanation(advice)}".strip(),
        "caveat": caveat(),
        "learned_at": advice.learned_at,
        "horizon_days": lesson.horizon_days if lesson else None,
        "win_days": (lesson.win_days or None) if lesson else None,
        "actions": [_option(advice, option) for option in advice.options],
    }


class ComparedAsked(PageAsked):
    """Which deals: those with an action or without it, like the deal or all of its stage."""

    action: str = Field(
        min_length=1, max_length=100, description="`action` of one that was compared."
    )
    side: Side = Field("with", description="Those at which it was done, or those without it.")
    alike: bool = Field(
        False, description="Only deals like this one (`deals_like_this`), not all of the stage."
    )


class ComparedOut(DealsOut):
    """One page of the deals behind a count, the newest first.

    ``total`` are all that the caller sees, ``hidden`` those that are others' and not shown.
    """

    total: int
    hidden: int


@router.get(
    "/deals/{int:deal_id}/next-action/deals", response={200: ComparedOut, **problems(403, 404)},
    url_name="next_action_deals",
)  # fmt: skip
def show_compared_deals(
    request: ApiRequest, deal_id: int, asked: Query[ComparedAsked]
) -> dict[str, Any]:
    """List the deals that a comparison rests on, as far as the caller sees them."""
    advice = advise(get_deal(request.auth, within(deal_id)), timezone.now())
    option = advice.find(asked.action)
    if option is None:
        raise Http404
    found = list_deals_compared(request.auth, advice, option, asked.side, is_alike=asked.alike)
    place = read_cursor(asked.page)
    rest = found.ids
    if place is not None and len(place) == 2 and place[0] == _LIST:
        rest = rest[rest < int(place[1])]
    some = rest[: asked.limit].tolist()
    rows = visible_deals(request.auth).filter(pk__in=some).order_by("-pk")
    return {
        "deals": list(rows.select_related(*PARTS)),
        "next": sign_cursor((_LIST, some[-1])) if len(rest) > len(some) else "",
        "total": len(found.ids),
        "hidden": found.hidden,
    }


def _option(advice: Advice, option: Option) -> dict[str, Any]:
    assert advice.lesson is not None
    lesson = option.lesson
    return {
        "action": option.name,
        "name": name_action(option.name, option.entry),
        "text": option_sentence(option, advice.lesson),
        "is_advised": option.is_advised,
        "is_done": option.is_done,
        "is_planned": option.is_planned,
        "deals_like_this": option.group.deals,
        "deals": lesson.deals,
        "others": lesson.others,
        "moved": _lift(option.group.moved),
        "days": _lift(lesson.days),
        "won": _lift(lesson.won) if lesson.won is not None else None,
    }


def _lift(lift: Lift) -> dict[str, float]:
    return {
        "with_it": lift.with_it,
        "without": lift.without,
        "difference": lift.difference,
        "lower": lift.interval.lower,
        "upper": lift.interval.upper,
        "level": lift.interval.level,
    }
