"""The API of leads' rules: who comes in by itself, who gets whom, why leads come back.

They share their addresses, and so the router, with the leads.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from ninja import Field, Schema, Status
from pydantic import StringConstraints

from suppilo.apps.accounts.permissions import Permission, require
from suppilo.apps.leads.models import (
    IntakeRule,
    PropertyOf,
    ReturnReason,
    RoutingMethod,
    RoutingRule,
)
from suppilo.apps.leads.services import rules as services
from suppilo.apps.leads.services.rules import (
    LONGEST_ANSWER_MIN,
    LONGEST_NAME,
    MOST_RULES,
    IntakeDraft,
    RoutingDraft,
)
from suppilo.web.api.access import ApiRequest
from suppilo.web.api.deal_schemas import Id
from suppilo.web.api.errors import problems
from suppilo.web.api.leads import ReturnReasonOut, router
from suppilo.web.api.parsing import Given, within

__all__ = ["router"]

_SEEN, _FOUND = problems(403), problems(403, 404)
Text = Annotated[str, StringConstraints(min_length=1, max_length=255)]
Texts = Annotated[list[Text], Field(max_length=200)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_NAME)]
OnOverdue = Literal["", "nothing", "reroute", "head"]


class RoutingFields(Schema):
    """Whom leads are handed over to: of which people and interests, in which way, how soon."""

    name: str
    team_id: int | None
    property_of: PropertyOf
    property: str
    values: list[str]
    interests: list[str]
    method: RoutingMethod
    takes_absent: bool
    takes_after_hours: bool
    answer_min: int | None
    on_overdue: str


class RoutingRuleOut(RoutingFields):
    """A routing rule; the first one by ``position`` that has somebody free gives the lead away."""

    id: int
    position: int
    is_enabled: bool
    user_ids: list[int]

    @staticmethod
    def resolve_user_ids(rule: RoutingRule) -> list[int]:
        """Return who may get such leads, beside the team."""
        return sorted(user.pk for user in rule.users.all())


class RoutingRuleIn(Given):
    """A routing rule to be; ``user_ids``, ``team_id`` or both say who may get the leads."""

    name: Name
    user_ids: list[Id] = Field(default_factory=list, max_length=200)
    team_id: Id | None = None
    property_of: PropertyOf = PropertyOf.PERSON
    property: str = Field("", max_length=255)
    values: Texts = Field(default_factory=list)
    interests: Texts = Field(default_factory=list)
    method: RoutingMethod = RoutingMethod.ROUND_ROBIN
    takes_absent: bool = False
    takes_after_hours: bool = False
    answer_min: int | None = Field(None, ge=1, le=LONGEST_ANSWER_MIN)
    on_overdue: OnOverdue = ""


class IntakeRuleOut(Schema):
    """That people with an event become leads by themselves."""

    id: int
    name: str
    events: list[str]
    property: str
    values: list[str]
    needs_email: bool
    interest_property: str
    is_qualified: bool
    is_handed_over: bool
    again_after_days: int
    is_enabled: bool


class IntakeRuleIn(Given):
    """An intake rule to be; it counts for events from now on."""

    name: Name
    events: Texts = Field(min_length=1)
    property: str = Field("", max_length=255)
    values: Texts = Field(default_factory=list)
    needs_email: bool = True
    interest_property: str = Field("", max_length=255)
    is_qualified: bool = False
    is_handed_over: bool = False
    again_after_days: int = Field(30, ge=0, le=3_650)


class SwitchIn(Given):
    """Whether a rule is on."""

    is_enabled: bool


class PlaceIn(Given):
    """The place of a rule among all, from 1."""

    place: int = Field(ge=1, le=MOST_RULES)


class ReasonIn(Given):
    """A reason for returning leads."""

    name: Name


@router.get("/lead-routing-rules", response={200: list[RoutingRuleOut], **_SEEN},
            url_name="routing_rules")  # fmt: skip
def show_routing(request: ApiRequest) -> Sequence[RoutingRule]:
    """List the routing rules in their order."""
    require(request.auth, Permission.MANAGE_LEADS)
    return list(RoutingRule.objects.prefetch_related("users"))


@router.post("/lead-routing-rules", response={201: RoutingRuleOut, **_FOUND},
             url_name="routing_rules")  # fmt: skip
def add_routing(request: ApiRequest, given: RoutingRuleIn) -> Status[RoutingRule]:
    """Make a routing rule, after all others."""
    return Status(201, services.save_routing_rule(request.auth, RoutingDraft(**given.dict())))


@router.put("/lead-routing-rules/{int:rule_id}", response={200: RoutingRuleOut, **_FOUND},
            url_name="routing_rule")  # fmt: skip
def change_routing(request: ApiRequest, rule_id: int, given: RoutingRuleIn) -> RoutingRule:
    """Make a routing rule another one, in its place."""
    draft = RoutingDraft(**given.dict())
    return services.save_routing_rule(request.auth, draft, within(rule_id))


@router.put("/lead-routing-rules/{int:rule_id}/switch", response={204: None, **_FOUND},
            url_name="routing_switch")  # fmt: skip
def switch_routing(request: ApiRequest, rule_id: int, given: SwitchIn) -> Status[None]:
    """Switch a routing rule on or off."""
    services.switch_rule(
        request.auth, RoutingRule, within(rule_id), is_enabled=given.is_enabled
    )  # fmt: skip
    return Status(204, None)


@router.put("/lead-routing-rules/{int:rule_id}/place", response={204: None, **_FOUND},
            url_name="routing_place")  # fmt: skip
def place_routing(request: ApiRequest, rule_id: int, given: PlaceIn) -> Status[None]:
    """Put a routing rule in another place."""
    services.move_routing_rule(request.auth, within(rule_id), given.place)
    return Status(204, None)


@router.delete("/lead-routing-rules/{int:rule_id}", response={204: None, **_FOUND},
               url_name="routing_rule")  # fmt: skip
def remove_routing(request: ApiRequest, rule_id: int) -> Status[None]:
    """Remove a routing rule; the leads that it sent stay."""
    services.remove_rule(request.auth, RoutingRule, within(rule_id))
    return Status(204, None)


@router.get("/lead-intake-rules", response={200: list[IntakeRuleOut], **_SEEN},
            url_name="intake_rules")  # fmt: skip
def show_intake(request: ApiRequest) -> Sequence[IntakeRule]:
    """List the intake rules."""
    require(request.auth, Permission.MANAGE_LEADS)
    return list(IntakeRule.objects.all())


@router.post("/lead-intake-rules", response={201: IntakeRuleOut, **_SEEN},
             url_name="intake_rules")  # fmt: skip
def add_intake(request: ApiRequest, given: IntakeRuleIn) -> Status[IntakeRule]:
    """Make an intake rule."""
    return Status(201, services.save_intake_rule(request.auth, IntakeDraft(**given.dict())))


@router.put("/lead-intake-rules/{int:rule_id}", response={200: IntakeRuleOut, **_FOUND},
            url_name="intake_rule")  # fmt: skip
def change_intake(request: ApiRequest, rule_id: int, given: IntakeRuleIn) -> IntakeRule:
    """Make an intake rule another one."""
    return services.save_intake_rule(
        request.auth, IntakeDraft(**given.dict()), within(rule_id)
    )  # fmt: skip


@router.put("/lead-intake-rules/{int:rule_id}/switch", response={204: None, **_FOUND},
            url_name="intake_switch")  # fmt: skip
def switch_intake(request: ApiRequest, rule_id: int, given: SwitchIn) -> Status[None]:
    """Switch an intake rule on or off; events from while it was off make no leads afterwards."""
    services.switch_rule(
        request.auth, IntakeRule, within(rule_id), is_enabled=given.is_enabled
    )  # fmt: skip
    return Status(204, None)


@router.delete("/lead-intake-rules/{int:rule_id}", response={204: None, **_FOUND},
               url_name="intake_rule")  # fmt: skip
def remove_intake(request: ApiRequest, rule_id: int) -> Status[None]:
    """Remove an intake rule; the leads that it brought stay."""
    services.remove_rule(request.auth, IntakeRule, within(rule_id))
    return Status(204, None)


@router.post("/lead-return-reasons", response={201: ReturnReasonOut, **_SEEN},
             url_name="return_reasons")  # fmt: skip
def add_reason(request: ApiRequest, given: ReasonIn) -> Status[ReturnReason]:
    """Add a reason for returning leads, or take one up again."""
    return Status(201, services.save_reason(request.auth, given.name))


@router.delete("/lead-return-reasons/{int:reason_id}", response={204: None, **_FOUND},
               url_name="return_reason")  # fmt: skip
def retire_reason(request: ApiRequest, reason_id: int) -> Status[None]:
    """Take a reason off the list; what was returned for it keeps it."""
    services.retire_reason(request.auth, within(reason_id))
    return Status(204, None)
