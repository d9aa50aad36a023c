"""Leave to give a discount, or to enter a stage: asked for, given, refused."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.permissions import Permission, require
from suppilo.apps.accounts.services import record_audit
from suppilo.apps.catalogue.models import DiscountLimit
from suppilo.apps.deals import cleaning
from suppilo.apps.deals.discounts import excess, needed_approval
from suppilo.apps.deals.models import Approval, ApprovalKind, ApprovalState, Deal, MoveSource
from suppilo.apps.deals.selectors.visible import visible_deals
from suppilo.apps.deals.services.items import follow_up
from suppilo.apps.deals.services.writing import (
    Deed,
    lock_deal,
    note_changes,
    save_deal,
    take_deal,
    tell,
)
from suppilo.apps.pipelines.models import Criterion, CriterionKind

_LONGEST_REASON = 2_000


@transaction.atomic
def ask_approval(
    actor: User,
    deal_id: int,
    kind: str,
    key: str = "",
    rate: Decimal | None = None,
    reason: str = "",
    *,
    source: str = MoveSource.PAGE,
) -> Approval:
    """Ask for leave; what was asked before and not answered is replaced.

    Parameters
    ----------
    kind
        ``discount``, or ``stage``.
    key
        Of a stage: the criterion's key, or ``stage.key`` where several stages have one of it.
    rate
        Of a discount: how much, 0..1; that which goes beyond the limit unless given.

    Raises
    ------
    ValidationError
        If there is nothing to approve. Others as :func:`move_deal` does.
    """
    deed = Deed.begin(actor, source)
    deal = take_deal(actor, deal_id)
    asked: dict[str, Any] = {"kind": kind}
    if kind == ApprovalKind.DISCOUNT:
        asked["rate"] = _discount_asked(deal, rate)
    elif kind == ApprovalKind.STAGE:
        found = _find_criterion(deal, key)
        asked["key"] = f"{found.stage.key}.{found.key}"
    else:
        raise ValidationError(_("Ask for a discount, or to enter a stage."))
    same = deal.approvals.filter(kind=kind, key=asked.get("key", ""), state=ApprovalState.ASKED)
    same.update(state=ApprovalState.SUPERSEDED)
    approval = Approval.objects.create(
        deal=deal, ask_reason=_clean_reason(reason), asked_by=actor, asked_at=deed.now, **asked
    )
    record_audit(actor, "ask_approval", deal, kind=kind, key=approval.key)
    return approval


def _discount_asked(deal: Deal, rate: Decimal | None) -> Decimal:
    needed = needed_approval(deal)
    wanted = cleaning.rate(rate) or needed
    if wanted is None or (needed is None and rate is None):
        raise ValidationError(_("The discount is within the limit: nobody need approve it."))
    if needed is not None and wanted < needed:
        raise ValidationError(
            {"rate": _("The deal gives %s already: ask for that, or lower it.") % f"{needed:.2%}"}
        )
    return wanted


def _find_criterion(deal: Deal, key: str) -> Criterion:
    stage_key, dot, name = key.rpartition(".")
    rows = Criterion.objects.filter(
        stage__version_id=deal.version_id, kind=CriterionKind.APPROVAL, key=name
    ).select_related("stage")
    if dot:
        rows = rows.filter(stage__key=stage_key)
    later = rows.filter(stage__position__gte=deal.stage.position).order_by("stage__position")
    found = later.first() or rows.first()
    if found is None:
        raise ValidationError(_("No stage of the pipeline asks for the approval “%s”.") % key)
    return found


@transaction.atomic
def answer_approval(
    actor: User,
    approval_id: int,
    is_approved: bool,
    reason: str = "",
    *,
    source: str = MoveSource.PAGE,
) -> Approval:
    """Approve or refuse; the gate that waits for it opens, and the deal may move by itself.

    A discount is approved by whoever may approve discounts, up to what their own role may give;
    a stage by one of the roles that its criterion names.

    Raises
    ------
    Approval.DoesNotExist
        If there is none, or the actor may not see its deal.
    PermissionDenied
        If it is not the actor's to answer.
    ValidationError
        If it was answered already, or is refused without a reason.
    """
    deed = Deed.begin(actor, source)
    approval, deal = _take_approval(actor, approval_id)
    reason = _clean_reason(reason)
    if not is_approved and not reason:
        raise ValidationError({"reason": _("Say why it is refused.")})
    _require_answer(actor, approval, deal)
    if approval.state != ApprovalState.ASKED:
        raise ValidationError(
            _("It is not open any more: %s.") % approval.get_state_display().lower()
        )
    approval.state = ApprovalState.APPROVED if is_approved else ApprovalState.REFUSED
    approval.answer_reason, approval.answered_by = reason, actor
    approval.answered_at = deed.now
    approval.save()
    _tell_answer(deed, deal, approval)
    follow_up(deed, deal)
    return approval


def _take_approval(actor: User, approval_id: int) -> tuple[Approval, Deal]:
    deals = visible_deals(actor)
    asked = Approval.objects.filter(deal__in=deals.values("pk")).get(pk=approval_id)
    deal = lock_deal(deals, asked.deal_id)
    return Approval.objects.select_for_update().get(pk=asked.pk), deal


def may_answer(actor: User, approval: Approval, deal: Deal) -> bool:
    """Return whether somebody may answer what is asked for a deal."""
    try:
        _require_answer(actor, approval, deal)
    except PermissionDenied:
        return False
    return True


def _require_answer(actor: User, approval: Approval, deal: Deal) -> None:
    if approval.kind == ApprovalKind.DISCOUNT:
        require(actor, Permission.APPROVE_DISCOUNTS)
        limits = DiscountLimit.objects.filter(role=actor.role)
        if excess(limits, deal.items.select_related("product")) is not None:
            raise PermissionDenied(_("The discount is beyond what your own role may give."))
        return
    stage_key, _dot, key = approval.key.rpartition(".")
    found = Criterion.objects.filter(
        stage__version_id=deal.version_id, stage__key=stage_key, key=key
    ).first()
    if found is None or actor.role not in found.settings.get("roles", []):
        raise PermissionDenied(_("This is for another role to answer."))


def _tell_answer(deed: Deed, deal: Deal, approval: Approval) -> None:
    is_approved = approval.state == ApprovalState.APPROVED
    if approval.kind == ApprovalKind.DISCOUNT:
        name = "discount_approved" if is_approved else "discount_refused"
        tell(deal, name, deed.now, rate=approval.rate)
    note_changes(deed, deal, {f"approval.{approval.key or approval.kind}":
                              (ApprovalState.ASKED, approval.state)})  # fmt: skip
    save_deal(deed, deal)
    record_audit(deed.actor, "answer_approval", deal, kind=approval.kind, key=approval.key,
                 is_approved=is_approved)  # fmt: skip


def _clean_reason(text: str) -> str:
    return str(cleaning.text(_LONGEST_REASON)(text))
