"""Rules of leads and reasons for their return: made, changed, put in order, removed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.permissions import Permission, allows, require
from suppilo.apps.accounts.services import record_audit
from suppilo.apps.leads.models import (
    IntakeRule,
    OnOverdue,
    PropertyOf,
    ReturnReason,
    RoutingMethod,
    RoutingRule,
)
from suppilo.apps.people.values import as_us

MOST_RULES = 100
LONGEST_NAME = 100
LONGEST_ANSWER_MIN = 60 * 24 * 30


@dataclass(frozen=True, slots=True)
class IntakeDraft:
    """An intake rule as somebody wants it; :class:`IntakeRule` says what each part means."""

    name: str
    events: Sequence[str]
    property: str = ""
    values: Sequence[str] = ()
    needs_email: bool = True
    interest_property: str = ""
    is_qualified: bool = False
    is_handed_over: bool = False
    again_after_days: int = 30


@dataclass(frozen=True, slots=True)
class RoutingDraft:
    """A routing rule as somebody wants it; :class:`RoutingRule` says what each part means."""

    name: str
    user_ids: Sequence[int] = ()
    team_id: int | None = None
    property_of: str = PropertyOf.PERSON
    property: str = ""
    values: Sequence[str] = ()
    interests: Sequence[str] = ()
    method: str = RoutingMethod.ROUND_ROBIN
    takes_absent: bool = False
    takes_after_hours: bool = False
    answer_min: int | None = None
    on_overdue: str = field(default="")


@transaction.atomic
def save_intake_rule(actor: User, draft: IntakeDraft, rule_id: int | None = None) -> IntakeRule:
    """Make or change an intake rule. It counts for events from now on.

    Raises
    ------
    PermissionDenied
        If the role may not manage leads.
    IntakeRule.DoesNotExist
        If there is none of this id.
    ValidationError
        If something can't be used.
    """
    require(actor, Permission.MANAGE_LEADS)
    _check_intake(draft)
    now = timezone.now()
    if rule_id is None:
        _check_room(IntakeRule.objects.count())
        rule = IntakeRule(after_us=as_us(now), created_by=actor)
    else:
        rule = IntakeRule.objects.select_for_update().get(pk=rule_id)
    _assign(rule, asdict(draft))
    rule.name, rule.after_us = draft.name.strip(), as_us(now)
    rule.save()
    record_audit(actor, "save_intake_rule", rule)
    return rule


@transaction.atomic
def save_routing_rule(actor: User, draft: RoutingDraft, rule_id: int | None = None) -> RoutingRule:
    """Make a routing rule, after all others, or change one; raises as :func:`save_intake_rule`."""
    require(actor, Permission.MANAGE_LEADS)
    users = _check_routing(draft)
    if rule_id is None:
        _check_room(RoutingRule.objects.count())
        last = RoutingRule.objects.aggregate(last=Max("position"))["last"]
        rule = RoutingRule(position=0 if last is None else last + 1)
    else:
        rule = RoutingRule.objects.select_for_update().get(pk=rule_id)
    given = asdict(draft)
    del given["user_ids"]
    _assign(rule, given)
    rule.name = draft.name.strip()
    rule.save()
    rule.users.set(users)
    record_audit(actor, "save_routing_rule", rule)
    return rule


@transaction.atomic
def switch_rule(
    actor: User, kind: type[IntakeRule] | type[RoutingRule], rule_id: int, *, is_enabled: bool
) -> None:
    """Switch a rule on or off; events from while it was off make no leads afterwards."""
    require(actor, Permission.MANAGE_LEADS)
    rule = kind.objects.select_for_update().get(pk=rule_id)
    rule.is_enabled = is_enabled
    if isinstance(rule, IntakeRule):
        rule.after_us = as_us(timezone.now())
    rule.save()
    record_audit(actor, "switch_rule", rule, is_enabled=is_enabled)


@transaction.atomic
def remove_rule(actor: User, kind: type[IntakeRule] | type[RoutingRule], rule_id: int) -> None:
    """Remove a rule; the leads that it brought or sent stay."""
    require(actor, Permission.MANAGE_LEADS)
    rule = kind.objects.select_for_update().get(pk=rule_id)
    record_audit(actor, "remove_rule", rule)
    rule.delete()


@transaction.atomic
def move_routing_rule(actor: User, rule_id: int, place: int) -> None:
    """Put a routing rule in another place, from 1."""
    require(actor, Permission.MANAGE_LEADS)
    rules = list(RoutingRule.objects.select_for_update())
    moved = next((rule for rule in rules if rule.pk == rule_id), None)
    if moved is None:
        raise RoutingRule.DoesNotExist
    rules.remove(moved)
    rules.insert(max(0, place - 1), moved)
    for position, rule in enumerate(rules):
        rule.position = position
    RoutingRule.objects.bulk_update(rules, ["position"])
    record_audit(actor, "move_routing_rule", moved, place=place)


@transaction.atomic
def save_reason(actor: User, name: str) -> ReturnReason:
    """Add a reason for returning leads, or take one up again that was retired."""
    require(actor, Permission.MANAGE_LEADS)
    name = _clean_name(name)
    last = ReturnReason.objects.aggregate(last=Max("position"))["last"] or 0
    reason, made = ReturnReason.objects.get_or_create(name=name, defaults={"position": last + 1})
    if not made and reason.is_active:
        raise ValidationError(_("There is a reason “%s” already.") % name)
    reason.is_active = True
    reason.save(update_fields=["is_active"])
    record_audit(actor, "save_return_reason", reason)
    return reason


@transaction.atomic
def retire_reason(actor: User, reason_id: int) -> None:
    """Take a reason off the list; what was returned for it keeps it."""
    require(actor, Permission.MANAGE_LEADS)
    reason = ReturnReason.objects.get(pk=reason_id)
    ReturnReason.objects.filter(pk=reason.pk).update(is_active=False)
    record_audit(actor, "retire_return_reason", reason)


def check_answer(answer_min: int | None) -> None:
    """Make sure that a service level is one.

    Raises
    ------
    ValidationError
        If it is not between a minute and thirty days.
    """
    if answer_min is not None and not 1 <= answer_min <= LONGEST_ANSWER_MIN:
        raise ValidationError(_("Answer within 1 minute to 30 days (43,200 minutes)."))


def _check_intake(draft: IntakeDraft) -> None:
    _clean_name(draft.name)
    if not draft.events:
        raise ValidationError(_("Name at least one event."))
    if draft.property and not draft.values:
        raise ValidationError(_("Say which values the property may have."))
    if draft.is_handed_over and not draft.is_qualified:
        raise ValidationError(_("Only qualified leads are handed over: tick both."))


def _check_routing(draft: RoutingDraft) -> list[User]:
    _clean_name(draft.name)
    check_answer(draft.answer_min)
    if draft.property and not draft.values:
        raise ValidationError(_("Say which values the property may have."))
    if draft.on_overdue not in {"", *OnOverdue.values} or draft.method not in RoutingMethod.values:
        raise ValidationError(_("Choose one of the ways that are offered."))
    users = [
        user
        for user in User.objects.filter(pk__in=draft.user_ids)
        if allows(user, Permission.WORK_LEADS)
    ]
    if len(users) < len(set(draft.user_ids)):
        raise ValidationError(_("Choose people who work on leads."))
    if not users and draft.team_id is None:
        raise ValidationError(_("Choose who gets these leads: people, a team, or both."))
    return users


def _check_room(there_are: int) -> None:
    if there_are >= MOST_RULES:
        raise ValidationError(_("There are %d rules already; remove one first.") % there_are)


def _assign(rule: IntakeRule | RoutingRule, given: dict[str, object]) -> None:
    for name, value in given.items():
        setattr(rule, name, list(value) if isinstance(value, tuple) else value)


def _clean_name(name: str) -> str:
    if not 1 <= len(name.strip()) <= LONGEST_NAME:
        raise ValidationError(_("Give it a name, with at most %d characters.") % LONGEST_NAME)
    return name.strip()
