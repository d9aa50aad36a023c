"""Moving a deal to another stage: from the board, from its page, or by a plain form."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import prefetch_related_objects
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect

from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.permissions import Permission
from suppilo.apps.deals.errors import DealChangedError, DealError
from suppilo.apps.deals.gates import Finding, judge
from suppilo.apps.deals.models import Deal, MoveSource, StageChange
from suppilo.apps.deals.selectors.board import read_heads
from suppilo.apps.deals.services import hand_over_deal, move_deal
from suppilo.apps.pipelines.models import LostReason, Pipeline, Skipping, Stage, StageKind
from suppilo.web.access import UserRequest, page, safe_next
from suppilo.web.views.deals.asking import read_asked
from suppilo.web.views.deals.badges import read_badges
from suppilo.web.views.deals.boards import USUAL_ORDER, month_start
from suppilo.web.views.deals.cards import card_words, make_cards
from suppilo.web.views.deals.finding import find_deal, list_pipelines, read_id

_LOSING = (StageKind.LOST, StageKind.DISQUALIFIED)


@dataclass(frozen=True, slots=True)
class MoveQuestion:
    """What is to be said before a deal moves to a stage.

    Attributes
    ----------
    findings
        What is asked for on the way.
    needs_reason
        It goes back, or is opened again.
    lost_reasons
        One of these is to be chosen; empty unless the deal ends without being won.
    may_waive
        Something is missing, and the user may let the deal pass all the same.
    """

    stage: Stage
    findings: tuple[Finding, ...]
    needs_reason: bool
    lost_reasons: list[LostReason]
    may_waive: bool

    @property
    def is_asking(self) -> bool:
        """Whether anything has to be said or done first."""
        missing = any(not finding.is_met for finding in self.findings)
        return missing or self.needs_reason or bool(self.lost_reasons)


@dataclass(frozen=True, slots=True)
class Target:
    """Another pipeline, and the stages in which a deal that is handed over may begin."""

    pipeline: Pipeline
    stages: list[Stage]


@page(Permission.EDIT_DEALS)
def move(request: UserRequest, deal_id: int) -> HttpResponse:
    """Move a deal; without a stage, ask which."""
    deal = find_deal(request.user, deal_id)
    if request.method == "POST":
        return _move(request, deal, _hand_over if "pipeline" in request.POST else _move_on)
    stage = _stage_of(deal, request.GET.get("stage", ""))
    return _show(request, deal, stage, status=200)


def ask(user: User, deal: Deal, stage: Stage) -> MoveQuestion:
    """Return what a user has to say to move a deal to a stage."""
    findings = judge(deal, stage, timezone.now())
    missing = any(not finding.is_met for finding in findings)
    back = deal.is_open and stage.is_open and stage.position < deal.stage.position
    losing = stage.kind in _LOSING and deal.is_open
    reasons = LostReason.objects.filter(pipeline=deal.pipeline_id, is_archived=False)
    return MoveQuestion(
        stage,
        findings,
        needs_reason=back or not deal.is_open,
        lost_reasons=list(reasons) if losing else [],
        may_waive=missing and user.role in deal.version.waiver_roles,
    )


def _move_on(user: User, deal: Deal, given: QueryDict) -> StageChange:
    return move_deal(
        user,
        deal.pk,
        given.get("stage", ""),
        source=MoveSource.PAGE,
        reason=given.get("reason", ""),
        waiver=given.get("waiver", ""),
        lost_reason_id=read_id(given.get("lost_reason", "")),
        lost_note=given.get("lost_note", ""),
        revision=read_id(given.get("revision", "")),
    )


def _hand_over(user: User, deal: Deal, given: QueryDict) -> StageChange:
    """Hand a deal over: ``pipeline`` is its number, with ``:`` and a stage where one is chosen."""
    number, _colon, stage = given.get("pipeline", "").partition(":")
    return hand_over_deal(
        user, deal.pk, read_id(number) or 0, stage,
        source=MoveSource.PAGE, reason=given.get("reason", ""), waiver=given.get("waiver", ""),
    )  # fmt: skip


def _move(
    request: UserRequest, deal: Deal, deed: Callable[[User, Deal, QueryDict], StageChange]
) -> HttpResponse:
    given = request.POST
    try:
        change = deed(request.user, deal, given)
    except DealChangedError as error:
        return _answer_changed(request, deal, error)
    except DealError as error:
        return _refuse(request, deal, error.message)
    except Deal.DoesNotExist as error:
        raise Http404 from error
    except PermissionDenied as error:
        if not given.get("waiver"):
            raise
        return _refuse(request, deal, str(error))
    said = _("“%(deal)s” is in “%(stage)s” now.") % {
        "deal": deal.name, "stage": change.to_stage.name,
    }  # fmt: skip
    return _done(request, deal, said)


def _done(request: UserRequest, deal: Deal, said: str) -> HttpResponse:
    if is_from_board(request):
        return answer_board(request, deal, {"said": said})
    messages.success(request, said)
    target = safe_next(request.POST.get("next", ""), "home")
    target = target if request.POST.get("next") else deal.get_absolute_url()
    return HttpResponseClientRedirect(target) if request.htmx else redirect(target)


def _refuse(request: UserRequest, deal: Deal, message: str) -> HttpResponse:
    """Show what is missing and ask for what can be said; the deal stays where it is."""
    stage = _stage_of(deal, request.POST.get("stage", ""))
    if not is_from_board(request):
        return _show(request, deal, stage, status=422, message=message)
    context = _question(request, deal, stage, message)
    return answer_board(request, deal, context, asks=True)


def _answer_changed(request: UserRequest, deal: Deal, error: DealChangedError) -> HttpResponse:
    """Tell who was first; the board shows the deal as they left it."""
    now_in = _("It is in “%s” now.") % error.deal.stage.name
    text = f"{error.message} {now_in}"
    if is_from_board(request):
        return answer_board(request, deal, {"alert": text})
    messages.error(request, text)
    target = deal.get_absolute_url()
    return HttpResponseClientRedirect(target) if request.htmx else redirect(target)


def answer_board(
    request: UserRequest, deal: Deal, context: dict[str, Any], *, asks: bool = False
) -> HttpResponse:
    """Return the parts of the board that a move touches, and where the deal's card belongs."""
    deal, now = find_deal(request.user, deal.pk), timezone.now()
    asked = read_asked(
        QueryDict(request.POST["board"][:4000]), request.user, list_pipelines(), USUAL_ORDER
    )
    board = read_heads(request.user, deal.pipeline, asked.filter, now=now,
                       closed_since=month_start(now))  # fmt: skip
    context |= {
        "deal": deal,
        "board": board,
        "pipeline": deal.pipeline,
        "cards": make_cards([deal], read_badges([deal], now), now),
        "may_move": True,
        "words": card_words(),
        "board_query": request.POST["board"],
    }
    response = render(request, "deals/board_answer.html", context, status=422 if asks else 200)
    place = {"deal": str(deal.pk), "stage": deal.stage.key if deal.is_open else "", "asks": asks}
    response["HX-Trigger"] = json.dumps({"deal:placed": place})
    return response


def _show(
    request: UserRequest, deal: Deal, stage: Stage | None, *, status: int, message: str = ""
) -> HttpResponse:
    context = _question(request, deal, stage, message)
    template = "deals/move_dialog.html" if request.htmx else "deals/move.html"
    return render(request, template, context, status=status)


def _question(
    request: UserRequest, deal: Deal, stage: Stage | None, message: str
) -> dict[str, Any]:
    given = request.POST if request.method == "POST" else request.GET
    return {
        "deal": deal,
        "stages": [one for one in deal.version.stages.all() if one.pk != deal.stage_id],
        "question": ask(request.user, deal, stage) if stage is not None else None,
        "targets": _targets(deal),
        "message": message,
        "given": given,
        "board_query": given.get("board"),
        "next": given.get("next", ""),
    }


def _targets(deal: Deal) -> list[Target]:
    """Return the other pipelines with the stages in which the deal may begin there."""
    pipelines = [one for one in list_pipelines() if one.pk != deal.pipeline_id]
    prefetch_related_objects(pipelines, "current__stages")
    targets = []
    for pipeline in pipelines:
        if (version := pipeline.current) is not None:
            stages = [stage for stage in version.stages.all() if stage.is_open]
            may_skip = version.skipping == Skipping.ALLOWED
            targets.append(Target(pipeline, stages if may_skip else stages[:1]))
    return targets


def _stage_of(deal: Deal, key: str) -> Stage | None:
    found = deal.version.stages.filter(key=key).select_related("version").first()
    return found if found is not None and found.pk != deal.stage_id else None


def is_from_board(request: UserRequest) -> bool:
    """Return whether the board asks, which wants the parts of itself that are touched."""
    return bool(request.htmx) and "board" in request.POST
