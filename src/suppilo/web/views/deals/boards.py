"""The board: a pipeline's open deals by stage."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils import timezone

from suppilo.apps.accounts.permissions import Permission, allows
from suppilo.apps.deals.selectors.board import (
    Board,
    Column,
    read_board,
    read_column,
)
from suppilo.apps.pipelines.models import Pipeline
from suppilo.web.access import UserRequest, page
from suppilo.web.views.deals.asking import (
    ORDER_CHOICES,
    Asked,
    plain_query,
    read_asked,
    write_place,
)
from suppilo.web.views.deals.badges import read_badges
from suppilo.web.views.deals.cards import Card, card_words, make_cards
from suppilo.web.views.deals.finding import choose_pipeline, list_pipelines

USUAL_ORDER = "step"


@dataclass(frozen=True, slots=True)
class Lane:
    """A column as the page draws it; ``more`` is where its next cards begin, ``left`` how many."""

    column: Column
    cards: list[Card]
    more: str
    left: int


@page(Permission.SEE_DEALS, methods=("GET",))
def show_board(request: UserRequest) -> HttpResponse:
    """Show a pipeline's board; only the board itself where its filters changed."""
    pipelines = list_pipelines()
    pipeline = choose_pipeline(request, pipelines)
    if pipeline is None:
        manages = allows(request.user, Permission.MANAGE_PIPELINES)
        return render(request, "deals/no_pipeline.html", {"manages": manages})
    asked = read_asked(request.GET, request.user, pipelines, USUAL_ORDER)
    asked.form.fields["p"].initial = str(pipeline.pk)
    context = {"pipelines": pipelines, "asked": asked, **board_context(request, pipeline, asked)}
    template = "deals/board_body.html" if request.htmx else "deals/board.html"
    return render(request, template, context)


@page(Permission.SEE_DEALS, methods=("GET",))
def show_more(request: UserRequest, pipeline_id: int, stage_key: str) -> HttpResponse:
    """Show the next cards of a column."""
    pipelines = list_pipelines()
    pipeline = next((one for one in pipelines if one.pk == pipeline_id), None)
    if pipeline is None:
        raise Http404
    asked, now = read_asked(request.GET, request.user, pipelines, USUAL_ORDER), timezone.now()
    found = read_column(
        request.user, pipeline, stage_key, asked.filter, asked.order, asked.place, now=now
    )
    cards = make_cards(found.deals, read_badges(found.deals, now), now)
    context = {
        "cards": cards,
        "more": write_place(found.next, asked.order),
        "stage_key": stage_key,
        "pipeline": pipeline,
        "query": asked.query,
        "may_move": allows(request.user, Permission.EDIT_DEALS),
        "words": card_words(),
    }
    return render(request, "deals/more_cards.html", context)


def board_context(request: UserRequest, pipeline: Pipeline, asked: Asked) -> dict[str, Any]:
    """Return what the board's own template needs."""
    now = timezone.now()
    board = read_board(
        request.user, pipeline, asked.filter, asked.order, now=now, closed_since=month_start(now)
    )
    return {
        "pipeline": pipeline,
        "board": board,
        "lanes": _lanes(board, asked.order, now),
        "query": plain_query(request.GET),
        "may_move": allows(request.user, Permission.EDIT_DEALS),
        "words": card_words(),
        "orders": ORDER_CHOICES,
        "coloured": [one.stage for one in board.columns if one.stage.colour],
    }


def month_start(now: datetime) -> datetime:
    """Return when this month began where the user is."""
    return timezone.localtime(now).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def _lanes(board: Board, order: str, now: datetime) -> list[Lane]:
    shown = [deal for column in board.columns for deal in column.page.deals]
    badges = read_badges(shown, now)
    by_id = {card.deal.pk: card for card in make_cards(shown, badges, now)}
    return [
        Lane(
            column,
            [by_id[deal.pk] for deal in column.page.deals],
            write_place(column.page.next, order),
            column.count - len(column.page.deals),
        )
        for column in board.columns
    ]


urlpatterns: list[URLPattern] = [
    path("", show_board, name="pipeline"),
    path("<int:pipeline_id>/<slug:stage_key>/", show_more, name="pipeline_column"),
]
