"""Pipelines and deals in short words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet

from suppilo.apps.accounts.models import User
from suppilo.apps.deals.append_only import MAKING
from suppilo.apps.deals.models import Deal, MoveSource, StageChange
from suppilo.apps.deals.services import NewDeal, move_deal, open_deal
from suppilo.apps.pipelines.drafts import CriterionDraft, PipelineDraft, StageDraft
from suppilo.apps.pipelines.models import LostReason, Pipeline
from suppilo.apps.pipelines.services import make_pipeline

PAGE = MoveSource.PAGE
_KEEPER = "keep_stage_change"
SOON = datetime(2099, 1, 1, 9, tzinfo=UTC)


def field(name: str, op: str = "filled", value: Any = None, *, key: str = "", **more: Any):
    settings = {"field": name, "op": op} | ({"value": value} if value is not None else {}) | more
    return CriterionDraft(key or name.replace(".", "-"), "field", settings)


def asks(kind: str, /, key: str = "", moment: str = "enter", **settings: Any) -> CriterionDraft:
    return CriterionDraft(key or kind, kind, settings, moment)


def stage(key: str, *criteria: CriterionDraft, odds: str = "0.5", **more: Any) -> StageDraft:
    return StageDraft(key, key.capitalize(), Decimal(odds), criteria=criteria, **more)


def draft(*stages: StageDraft, won: tuple[CriterionDraft, ...] = (), name: str = "Sales",
          **more: Any) -> PipelineDraft:  # fmt: skip
    endings = (
        StageDraft("won", "Won", Decimal(1), "after", "won", criteria=won),
        StageDraft("lost", "Lost", group="after", kind="lost"),
        StageDraft("disqualified", "Disqualified", group="after", kind="disqualified"),
    )
    return PipelineDraft(name, (*stages, *endings), **more)


def pipeline_of(*stages: StageDraft, name: str = "Sales", **more: Any) -> Pipeline:
    """Make a pipeline of these open stages; `a`, `b` and `c` without gates if there are none."""
    chosen = stages or (stage("a"), stage("b"), stage("c"))
    return make_pipeline(None, name, draft(*chosen, name=name, **more))


def deal_in(pipeline: Pipeline, actor: User | None = None, name: str = "Nordvik", **more: Any):
    more = {"next_step": "Call", "next_step_at": SOON} | more
    return open_deal(actor, NewDeal(name, pipeline.pk, **more), source=PAGE)


def move(deal: Deal, key: str, actor: User | None = None, **more: Any) -> StageChange:
    return move_deal(actor, deal.pk, key, **({"source": PAGE} | more))


def lose(deal: Deal, actor: User | None = None, key: str = "lost", **more: Any) -> StageChange:
    reason = LostReason.objects.filter(pipeline=deal.pipeline).order_by("id").first()
    assert reason is not None
    return move(deal, key, actor, lost_reason_id=reason.pk, **more)


def fresh(deal: Deal) -> Deal:
    return Deal.objects.select_related("stage", "version", "pipeline", "owner").get(pk=deal.pk)


def where(deal: Deal) -> str:
    return fresh(deal).stage.key


def rewrite(entries: QuerySet[StageChange], **values: Any) -> None:
    """Make entries of ledgers as if they had been written otherwise, which the database refuses."""
    is_postgresql = connection.vendor == "postgresql"
    made = [
        one for one in MAKING[connection.vendor] if one.startswith(f"CREATE TRIGGER {_KEEPER} ")
    ]
    with transaction.atomic(), connection.cursor() as cursor:
        if is_postgresql:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"DROP TRIGGER {_KEEPER}" + is_postgresql * " ON deals_stagechange")
        entries.update(**values)
        cursor.execute(made[0])


def ago(days: float) -> datetime:
    return datetime.now(UTC) - timedelta(days=days)
