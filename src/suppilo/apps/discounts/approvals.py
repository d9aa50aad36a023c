"""What is asked for, and who may answer it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.permissions import Permission, allows
from suppilo.apps.catalogue.models import DiscountLimit
from suppilo.apps.deals.discounts import excess
from suppilo.apps.deals.models import Approval, ApprovalKind, ApprovalState
from suppilo.apps.deals.selectors import visible_deals
from suppilo.apps.pipelines.models import Criterion, CriterionKind


@dataclass(frozen=True, slots=True)
class AskedApproval:
    """Something that is asked for; ``words`` says what, ``may_answer`` whether by this user."""

    approval: Approval
    words: str
    may_answer: bool


def list_approvals(user: User, *, is_open: bool) -> QuerySet[Approval]:
    """Return what is asked for the deals that a user sees: open, or answered.

    Raises
    ------
    PermissionDenied
        If the role may not see deals.
    """
    state = Q(state=ApprovalState.ASKED)
    found = Approval.objects.filter(state if is_open else ~state)
    found = found.filter(deal__in=visible_deals(user).order_by().values("pk"))
    related = ("deal__owner", "deal__stage", "deal__company", "asked_by", "answered_by")
    ordered = found.order_by("asked_at", "id") if is_open else found.order_by("-answered_at", "-id")
    return ordered.select_related(*related).prefetch_related("deal__items__product")


def describe_approvals(user: User, approvals: Sequence[Approval]) -> list[AskedApproval]:
    """Return approvals with what they are about, and whether a user may answer each.

    However many they are, two more questions are put to the database.
    """
    limits = list(DiscountLimit.objects.filter(role=user.role))
    criteria = _criteria(approvals)
    found = []
    for approval in approvals:
        criterion = criteria.get((approval.deal.version_id, approval.key))
        if approval.kind == ApprovalKind.DISCOUNT:
            may = allows(user, Permission.APPROVE_DISCOUNTS)
            may = may and excess(limits, approval.deal.items.all()) is None
        else:
            may = criterion is not None and user.role in criterion.settings.get("roles", [])
        found.append(AskedApproval(approval, _words(approval, criterion), may))
    return found


def _criteria(approvals: Sequence[Approval]) -> dict[tuple[int, str], Criterion]:
    versions = {one.deal.version_id for one in approvals if one.kind == ApprovalKind.STAGE}
    rows = Criterion.objects.filter(stage__version_id__in=versions, kind=CriterionKind.APPROVAL)
    return {
        (row.stage.version_id, f"{row.stage.key}.{row.key}"): row
        for row in rows.select_related("stage")
    }  # fmt: skip


def _words(approval: Approval, criterion: Criterion | None) -> str:
    if approval.kind == ApprovalKind.DISCOUNT or criterion is None:
        return str(approval.get_kind_display())
    return str(criterion.settings.get("text") or criterion.stage.name)
