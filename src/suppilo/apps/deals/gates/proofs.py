"""What is known of a deal that gates look at; each kind is read once, when first asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.db.models import Max, Q, QuerySet

from suppilo.apps.activities.models import Activity
from suppilo.apps.catalogue.models import DiscountLimit
from suppilo.apps.deals.discounts import find_approval, needed_approval
from suppilo.apps.deals.models import (
    Approval,
    ApprovalKind,
    ApprovalState,
    ChecklistTick,
    Deal,
    Document,
    Fact,
    LineItem,
    Participant,
)
from suppilo.apps.deals.values import value_of
from suppilo.apps.outbox.paths import deal_path
from suppilo.apps.people.models import Identifier, Membership

_MOST_FACTS = 500
_MOST_ACTIVITIES = 500


@dataclass(frozen=True, slots=True)
class Tick:
    """Who ticked a checklist item, and when."""

    by: str
    at: datetime


class Proofs:
    """A deal seen by its gates at a moment; what is dated later doesn't count."""

    def __init__(self, deal: Deal, now: datetime) -> None:
        self.deal, self.now = deal, now
        self._facts: dict[tuple[str, str, bool], list[Fact]] = {}
        self._values: dict[str, Any] = {}

    def value(self, field: str) -> Any:
        """Return a field's value."""
        if field not in self._values:
            self._values[field] = value_of(self.deal, field)
        return self._values[field]

    @cached_property
    def labels(self) -> Mapping[str, str]:
        """What the pipeline's own fields are called, by their keys."""
        return dict(self.deal.pipeline.fields.values_list("key", "label"))

    @cached_property
    def changed_at(self) -> Mapping[str, datetime]:
        """When each field of the deal was last changed."""
        rows = self.deal.field_changes.order_by().values_list("field").annotate(at=Max("at"))
        return dict(rows)

    @cached_property
    def participants(self) -> list[Participant]:
        """The people of the deal, with who they are now."""
        return list(self.deal.participants.select_related("contact__person"))

    @cached_property
    def activities(self) -> list[Activity]:
        """What was done for the deal, the latest first."""
        done = Activity.objects.filter(deal=self.deal, done_at__lte=self.now)
        return list(done.order_by("-done_at", "-id")[:_MOST_ACTIVITIES])

    @cached_property
    def documents(self) -> list[Document]:
        """What is attached to the deal."""
        return list(self.deal.documents.all())

    @cached_property
    def approvals(self) -> list[Approval]:
        """What was approved and still is."""
        valid = self.deal.approvals.filter(state=ApprovalState.APPROVED)
        return list(valid.select_related("answered_by").order_by("-id"))

    @cached_property
    def ticks(self) -> Mapping[tuple[str, str], Tick]:
        """The checklist items that were ticked, by stage and key."""
        rows = ChecklistTick.objects.filter(deal=self.deal).select_related("by")
        return {(row.stage_key, row.key): Tick(str(row.by or ""), row.at) for row in rows}

    @cached_property
    def needed_discount(self) -> Decimal | None:
        """The discount beyond the owner's limit; None if there is none."""
        return needed_approval(self.deal)

    def stage_approval(self, stage_key: str, key: str) -> Approval | None:
        """Return the approval of a stage's criterion, if it was given."""
        return next(
            (one for one in self.approvals
             if one.kind == ApprovalKind.STAGE and one.key == f"{stage_key}.{key}"),
            None,
        )  # fmt: skip

    @cached_property
    def limits(self) -> list[DiscountLimit]:
        """Every role's limits of discounts."""
        return list(DiscountLimit.objects.all())

    @cached_property
    def lines(self) -> list[LineItem]:
        """What is sold, with its products."""
        return list(self.deal.items.select_related("product"))

    def discount_approval(self, rate: Decimal) -> Approval | None:
        """Return the approval of a discount up to at least this rate, if it was given."""
        return find_approval(self.approvals, rate, self.lines, self.limits)

    def facts(self, name: str, scope: str, *, websites: bool = False) -> list[Fact]:
        """Return the events of a name on the deal's timeline, or its people's, the latest first.

        A wider scope has the narrower one's events too: a person's are also the deal's own. Those
        that anybody may have sent are among them only with ``websites``.
        """
        asked = (name, scope, websites)
        if asked not in self._facts:
            rows = Fact.objects.filter(
                self._on(scope), name=name, at__gte=self.deal.opened_at, at__lte=self.now
            )
            rows = rows if websites else rows.filter(is_public=False)
            self._facts[asked] = list(rows.order_by("-at", "-id")[:_MOST_FACTS])
        return self._facts[asked]

    def _on(self, scope: str) -> Q:
        on = Q(path=deal_path(self.deal.pk))
        if scope in ("person", "company"):
            on |= Q(path__in=self._identifiers())
        if scope == "company" and self.deal.company_id is not None:
            on |= Q(path__in=self._colleagues(self.deal.company_id))
        return on

    def _identifiers(self) -> QuerySet[Identifier, Any]:
        mine = self.deal.participants.order_by().values("contact__person_id")
        return Identifier.objects.filter(person_id__in=mine).values("value")

    def _colleagues(self, company_id: int) -> QuerySet[Identifier, Any]:
        people = Membership.objects.filter(company_id=company_id, is_current=True)
        whose = people.values("identifier__person_id")
        return Identifier.objects.filter(person_id__in=whose).values("value")
