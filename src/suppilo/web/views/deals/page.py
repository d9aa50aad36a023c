"""One deal: its page, and the sheet beside the board."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.permissions import Permission, allows
from suppilo.apps.catalogue.costs import sees_costs
from suppilo.apps.deals.discounts import needed_approval
from suppilo.apps.deals.gates import Finding, judge_asked
from suppilo.apps.deals.models import (
    Approval,
    ApprovalKind,
    ApprovalState,
    BroughtUnmet,
    Deal,
    Dismissal,
    ParticipantRole,
    StageChange,
)
from suppilo.apps.deals.money import add_up
from suppilo.apps.deals.route import Ladder, read_ladder
from suppilo.apps.deals.services import is_suggested, may_answer
from suppilo.apps.pipelines.models import Advance, CriterionKind, Stage
from suppilo.web.access import UserRequest, page
from suppilo.web.templatetags.deal_words import share
from suppilo.web.views.deals.cards import step_words
from suppilo.web.views.deals.field_rows import make_row, read_rows
from suppilo.web.views.deals.finding import find_deal

_CHANGES = 100
_OF_SHEET = ("next-action", "script")


@dataclass(frozen=True, slots=True)
class Rung:
    """A stage of the path: ``past``, ``now``, ``next`` or ``later``."""

    stage: Stage
    kind: str


@dataclass(frozen=True, slots=True)
class Gate:
    """What the next stage asks for; ``dismissed`` is why it is met and not suggested."""

    stage: Stage
    findings: tuple[Finding, ...]
    is_suggested: bool
    dismissed: Dismissal | None = None
    brought_without: tuple[Finding, ...] = ()
    """What is still missing for the stage into which a file brought the deal."""

    @property
    def is_open(self) -> bool:
        """Whether everything is there."""
        return all(finding.is_met for finding in self.findings)


@dataclass(frozen=True, slots=True)
class CheckItem:
    """Something to tick, and whether it is."""

    stage: Stage
    key: str
    label: str
    tick: Any


@dataclass(frozen=True, slots=True)
class ApprovalToAsk:
    """Something that somebody may be asked to approve."""

    kind: str
    key: str
    label: str


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the page that another app brings."""

    heading: str
    url: str
    anchor: str


@page(Permission.SEE_DEALS, methods=("GET",))
def show_deal(request: UserRequest, deal_id: int) -> HttpResponse:
    """Show a deal."""
    deal = find_deal(request.user, deal_id)
    ladder = read_ladder(deal.version)
    changes = list(_read_ledger(deal))
    context = {
        **head_context(request.user, deal, ladder),
        "rows": read_rows(deal),
        "step_row": make_row(deal, "next_step"),
        "checklist": read_checklist(deal, ladder),
        "changes": changes,
        "corrected": {change.corrects_id for change in changes},
        "dismissals": _read_dismissals(deal, ladder),
        "sections": list_sections(deal),
        **parts_context(request.user, deal, ladder),
    }
    return render(request, "deals/detail.html", context)


@page(Permission.SEE_DEALS, methods=("GET",))
def show_sheet(request: UserRequest, deal_id: int) -> HttpResponse:
    """Show a deal in short, beside the board."""
    deal = find_deal(request.user, deal_id)
    context = {
        **head_context(request.user, deal),
        "sections": [one for one in list_sections(deal) if one.anchor in _OF_SHEET],
    }
    template = "deals/sheet.html" if request.htmx else "deals/sheet_page.html"
    return render(request, template, context)


def head_context(user: User, deal: Deal, ladder: Ladder | None = None) -> dict[str, Any]:
    """Return what a deal's head shows: where it is, since when, and what its next gate asks for."""
    ladder, now = ladder or read_ladder(deal.version), timezone.now()
    return {
        "deal": deal,
        "now": now,
        "days": (now - deal.entered_at).days,
        "step": step_words(deal, now) if deal.is_open else None,
        "rungs": list(_rungs(ladder, deal)),
        "endings": [one for one in ladder.stages if not one.is_open],
        "gate": read_gate(deal, ladder, now),
        "may_edit": allows(user, Permission.EDIT_DEALS),
    }


def read_gate(deal: Deal, ladder: Ladder, now: datetime) -> Gate | None:
    """Return what the deal's next stage asks for; None once it is closed."""
    start = ladder.find(deal.stage.key)
    after = ladder.after(start) if start is not None else None
    if start is None or after is None:
        return None
    findings = judge_asked(deal, ladder.route(start, after).asked, now)
    gate = Gate(after, findings, is_suggested(deal, after, findings),
                brought_without=_read_brought(deal, ladder, start, now))  # fmt: skip
    if after.advance != Advance.SUGGEST or gate.is_suggested or not gate.is_open:
        return gate
    dismissed = deal.dismissals.filter(stage__key=after.key).select_related("by").first()
    return replace(gate, dismissed=dismissed)


def _read_brought(deal: Deal, ladder: Ladder, stage: Stage, now: datetime) -> tuple[Finding, ...]:
    if not BroughtUnmet.objects.filter(deal=deal, stage=deal.stage_id, met_at=None).exists():
        return ()
    found = judge_asked(deal, ladder.route(None, stage).asked, now)
    return tuple(one for one in found if not one.is_met)


def read_checklist(deal: Deal, ladder: Ladder) -> list[CheckItem]:
    """Return everything that the pipeline wants ticked for a deal."""
    ticks = {(one.stage_key, one.key): one for one in deal.ticks.select_related("by")}
    return [
        CheckItem(
            stage, one.key, str(one.settings.get("label", one.key)), ticks.get((stage.key, one.key))
        )
        for stage in ladder.stages
        for one in ladder.criteria_of(stage)
        if one.kind == CriterionKind.CHECKLIST
    ]


def parts_context(user: User, deal: Deal, ladder: Ladder) -> dict[str, Any]:
    """Return the deal's people, line items, documents and approvals."""
    items = list(deal.items.select_related("product"))
    approvals = list(deal.approvals.select_related("asked_by", "answered_by"))
    asked = [one for one in approvals if one.state == ApprovalState.ASKED]
    return {
        "participants": list(deal.participants.select_related("contact__person__company")),
        "items": items,
        "sums": add_up(items, deal.currency) if items else None,
        "sees_costs": sees_costs(user),
        "documents": list(deal.documents.select_related("added_by")),
        "document_kinds": _document_kinds(ladder),
        "approvals": approvals,
        "answerable": {one.pk for one in asked if may_answer(user, one, deal)},
        "asking": list(_approvals_to_ask(deal, ladder, approvals)),
        "participant_roles": ParticipantRole.choices,
        "grades": (1, 2, 3, 4, 5),
    }


def _document_kinds(ladder: Ladder) -> list[str]:
    """Return the kinds of documents that the pipeline's gates ask for."""
    kinds = (
        str(one.settings.get("kind", ""))
        for stage in ladder.stages
        for one in ladder.criteria_of(stage)
        if one.kind == CriterionKind.DOCUMENT
    )
    return sorted({kind for kind in kinds if kind})


def _approvals_to_ask(
    deal: Deal, ladder: Ladder, approvals: list[Approval]
) -> Iterator[ApprovalToAsk]:
    """Yield what may be asked for now: a discount beyond the limit, stages that want a word."""
    waiting = {(one.kind, one.key) for one in approvals
               if one.state in (ApprovalState.ASKED, ApprovalState.APPROVED)}  # fmt: skip
    needed = needed_approval(deal) if deal.is_open else None
    if needed is not None and (ApprovalKind.DISCOUNT, "") not in waiting:
        yield ApprovalToAsk("discount", "", _("Discount of %s") % share(needed))
    for stage in ladder.open_stages if deal.is_open else ():
        for one in ladder.criteria_of(stage):
            key = f"{stage.key}.{one.key}"
            wanted = one.kind == CriterionKind.APPROVAL and stage.position >= deal.stage.position
            if wanted and (ApprovalKind.STAGE, key) not in waiting:
                label = str(one.settings.get("text") or _("To enter %s") % stage.name)
                yield ApprovalToAsk("stage", key, label)


def list_sections(deal: Deal) -> list[Section]:
    """Return the parts that other apps bring to a deal's page, as far as they are there."""
    wanted = (
        ("deal_activities", _("Activities"), "activities"),
        ("deal_next_action", _("Next best action"), "next-action"),
        ("deal_script", _("Say"), "script"),
        ("deal_quotes", _("Quotes"), "quotes"),
    )
    found = []
    for name, heading, anchor in wanted:
        try:
            found.append(Section(heading, reverse(name, args=[deal.pk]), anchor))
        except NoReverseMatch:
            continue
    return found


def _rungs(ladder: Ladder, deal: Deal) -> Any:
    here = ladder.find(deal.stage.key)
    place = here.position if here is not None and here.is_open else -1
    after = ladder.after(here) if here is not None else None
    for stage in ladder.open_stages:
        if stage == here:
            yield Rung(stage, "now")
        elif after is not None and stage.pk == after.pk:
            yield Rung(stage, "next")
        else:
            yield Rung(stage, "past" if stage.position < place or not deal.is_open else "later")


def _read_dismissals(deal: Deal, ladder: Ladder) -> list[Dismissal]:
    if all(stage.advance != Advance.SUGGEST for stage in ladder.stages):
        return []
    return list(deal.dismissals.select_related("by", "stage")[:_CHANGES])


def _read_ledger(deal: Deal) -> Any:
    rows = StageChange.objects.filter(deal=deal).order_by("-number")
    parts = ("from_stage", "to_stage", "actor", "corrects")
    return rows.select_related(*parts).prefetch_related("waivers__by")[:_CHANGES]
