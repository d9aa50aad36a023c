"""Deals as rows of a file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.permissions import Permission, require
from suppilo.apps.accounts.services import record_audit
from suppilo.apps.deals.models import Deal
from suppilo.apps.deals.selectors.listing import DealFilter, each_deal

COLUMNS = (
    "number", "name", "pipeline", "stage", "state", "company", "owner", "team", "amount",
    "currency", "discount", "probability", "expected_close", "next_step", "next_step_at",
    "source", "channel", "campaign", "tags", "competitors", "satisfaction", "demand",
    "lost_reason", "lost_note", "opened_at", "entered_at", "closed_at", "updated_at",
    "external_id", "custom",
)  # fmt: skip


def export_deals(actor: User, kind: str, asked: DealFilter, order: str) -> Iterator[dict[str, Any]]:
    """Return deals as rows with :data:`COLUMNS`, read part by part as they are taken.

    Parameters
    ----------
    kind
        The kind of file, for the log.

    Raises
    ------
    PermissionDenied
        If the role may not take deals away as a file.
    """
    require(actor, Permission.EXPORT_DEALS)
    record_audit(actor, "export_deals", kind=kind, search=asked.search)
    return map(_row, each_deal(actor, asked, order))


def _row(deal: Deal) -> dict[str, Any]:
    return {
        "number": deal.number,
        "name": deal.name,
        "pipeline": deal.pipeline.name,
        "stage": deal.stage.name,
        "state": deal.state,
        "company": deal.company.name if deal.company is not None else "",
        "owner": str(deal.owner or ""),
        "team": str(deal.team or ""),
        "amount": deal.amount,
        "currency": deal.currency,
        "discount": deal.discount,
        "probability": deal.odds,
        "expected_close": deal.expected_close.isoformat() if deal.expected_close else "",
        "next_step": deal.next_step,
        "next_step_at": _time(deal.next_step_at),
        "source": deal.source,
        "channel": deal.channel,
        "campaign": deal.campaign,
        "tags": ", ".join(deal.tags),
        "competitors": ", ".join(deal.competitors),
        "satisfaction": deal.satisfaction,
        "demand": deal.demand,
        "lost_reason": deal.lost_reason.name if deal.lost_reason is not None else "",
        "lost_note": deal.lost_note,
        "opened_at": _time(deal.opened_at),
        "entered_at": _time(deal.entered_at),
        "closed_at": _time(deal.closed_at),
        "updated_at": _time(deal.updated_at),
        "external_id": deal.external_id,
        "custom": json.dumps(deal.custom, ensure_ascii=False, sort_keys=True),
    }


def _time(at: datetime | None) -> str:
    return "" if at is None else at.isoformat(timespec="seconds")
