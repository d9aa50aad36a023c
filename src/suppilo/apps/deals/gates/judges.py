"""One judge for each kind of criterion: what it asks for in words, and what meets it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from suppilo.apps.accounts.models import Role
from suppilo.apps.activities.models import ActivityKind, Outcome
from suppilo.apps.catalogue.costs import MARGINS
from suppilo.apps.deals.gates.finding import Fix
from suppilo.apps.deals.gates.proofs import Proofs
from suppilo.apps.deals.models import ParticipantRole
from suppilo.apps.deals.values import LABELS, plain
from suppilo.apps.pipelines.models import CriterionKind

Settings = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a judge says: the sentence, what meets it and since when, and where to fill it in."""

    text: str
    fix: Fix
    is_met: bool = False
    proof: str = ""
    at: datetime | None = None
    ref: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """What is judged: a criterion's settings, key and stage, and what is known of the deal."""

    settings: Settings
    key: str
    stage_key: str
    proofs: Proofs


def _judge_field(case: Case) -> Verdict:
    field, op = str(case.settings["field"]), case.settings.get("op", "filled")
    label = _field_label(case, field)
    wanted, value = case.settings.get("value"), case.proofs.value(field)
    fix = Fix(_("Fill in"), "items" if field == "items" else f"field-{field}")
    met = _is_filled(value) if op == "filled" else _compare(op, value, wanted)
    text = _FIELD_TEXTS[op]() % {"field": label, "value": _shown(wanted)}
    if not met:
        return Verdict(text, fix)
    changed = case.proofs.changed_at.get(field, case.proofs.deal.created_at)
    proof = "" if field in MARGINS else _shown(value)
    return Verdict(text, fix, True, proof, changed)


_FIELD_TEXTS: dict[str, Callable[[], str]] = {
    "filled": lambda: _("Fill in the field “%(field)s”."),
    "is": lambda: _("The field “%(field)s” must be %(value)s."),
    "not": lambda: _("The field “%(field)s” must not be %(value)s."),
    "gte": lambda: _("The field “%(field)s” must be at least %(value)s."),
    "lte": lambda: _("The field “%(field)s” must be at most %(value)s."),
    "in": lambda: _("The field “%(field)s” must be one of %(value)s."),
}


def _field_label(case: Case, field: str) -> str:
    if not field.startswith("custom."):
        return str(LABELS.get(field, field))
    key = field.removeprefix("custom.")
    return case.proofs.labels.get(key, key)


def _is_filled(value: Any) -> bool:
    if isinstance(value, Decimal | int) and not isinstance(value, bool):
        return value != 0
    return value is not None and value != "" and value != []


def _compare(op: str, value: Any, wanted: Any) -> bool:
    if op == "in":
        return any(_compare("is", value, one) for one in wanted)
    if isinstance(value, list | tuple):
        found = any(_compare("is", one, wanted) for one in value)
        return found if op == "is" else op == "not" and not found
    if value is None or value == "":
        return op == "not"
    left, right = _comparable(value, wanted)
    if op in ("is", "not"):
        return bool(left == right) == (op == "is")
    if type(left) is not type(right):
        return False
    return bool(left >= right) if op == "gte" else bool(left <= right)


def _comparable(value: Any, wanted: Any) -> tuple[Any, Any]:
    """Return both as numbers where both are; else as texts, whatever their case."""
    if isinstance(value, bool) or isinstance(wanted, bool):
        return str(value).casefold(), str(wanted).casefold()
    try:
        return Decimal(str(value)), Decimal(str(wanted))
    except InvalidOperation:
        return str(plain(value)).strip().casefold(), str(wanted).strip().casefold()


def _shown(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(_shown, value))
    if isinstance(value, date):
        return value.isoformat()
    return str(plain(value)) if value is not None else ""


def _judge_participant(case: Case) -> Verdict:
    role, count = str(case.settings.get("role", "")), int(case.settings.get("count", 1))
    found = [one for one in case.proofs.participants if not role or one.role == role]
    label = dict(ParticipantRole.choices).get(role, role)
    text = (
        ngettext("Add a participant with the role “%(role)s”.",
                 "Add %(count)d participants with the role “%(role)s”.", count)
        if role else ngettext("Add a participant.", "Add %(count)d participants.", count)
    ) % {"role": label, "count": count}  # fmt: skip
    fix = Fix(_("Add"), "participants")
    if len(found) < count:
        return Verdict(text, fix)
    names = ", ".join(str(one.contact.person) for one in found[:3])
    since = sorted(one.added_at for one in found)[count - 1]
    ref = ", ".join(f"contact {one.contact_id}" for one in found[:3])
    return Verdict(text, fix, True, names, since, ref)


def _judge_activity(case: Case) -> Verdict:
    kind, outcome = case.settings.get("activity", ""), case.settings.get("outcome", "")
    what = str(dict(ActivityKind.choices).get(kind, kind or _("Activity")))
    how = str(dict(Outcome.choices).get(outcome, outcome))
    said = (
        _("Finish an activity “%(what)s” with the outcome “%(how)s”.") if outcome
        else _("Finish an activity “%(what)s”.")
    ) % {"what": what, "how": how}  # fmt: skip
    fix = Fix(_("Plan or note it"), "activities")
    for one in case.proofs.activities:
        if (not kind or one.kind == kind) and (not outcome or one.outcome == outcome):
            return Verdict(said, fix, True, one.subject, one.done_at, f"activity {one.pk}")
    return Verdict(said, fix)


def _judge_document(case: Case) -> Verdict:
    kind = str(case.settings.get("kind", ""))
    text = _("Attach a document of the kind “%s”.") % kind if kind else _("Attach a document.")
    fix = Fix(_("Attach"), "documents")
    for one in case.proofs.documents:
        if not kind or one.kind.casefold() == kind.casefold():
            return Verdict(text, fix, True, one.name, one.added_at)
    return Verdict(text, fix)


def _judge_event(case: Case) -> Verdict:
    name, scope = str(case.settings["event"]), str(case.settings.get("scope", "deal"))
    deal = case.proofs.deal
    since = deal.entered_at if case.settings.get("since") == "stage" else deal.opened_at
    where, websites = case.settings.get("where") or {}, bool(case.settings.get("websites"))
    text = _EVENT_TEXTS.get(scope, _EVENT_TEXTS["deal"])() % name
    if websites:
        text = _("%s It counts from websites and apps too.") % text
    fix = Fix(_("Look at the timeline"), "quotes" if name.startswith("quote_") else "timeline")
    for fact in case.proofs.facts(name, scope, websites=websites):
        if fact.at >= since and _has(fact.properties, where):
            return Verdict(text, fix, True, f"{name} {fact.event_id}", fact.at)
    return Verdict(text, fix)


_EVENT_TEXTS: dict[str, Callable[[], str]] = {
    "deal": lambda: _("The event “%s” must have happened to the deal."),
    "person": lambda: _("The event “%s” must be seen of one of its people."),
    "company": lambda: _("The event “%s” must be seen of somebody of the company."),
}


def _has(properties: Mapping[str, Any], where: Mapping[str, Any]) -> bool:
    return all(_compare("is", properties.get(name), value) for name, value in where.items())


def _judge_approval(case: Case) -> Verdict:
    roles = case.settings.get("roles", [])
    names = ", ".join(str(dict(Role.choices).get(role, role)) for role in roles)
    text = _("Have it approved by: %s.") % names
    fix = Fix(_("Ask for approval"), "approvals")
    given = case.proofs.stage_approval(case.stage_key, case.key)
    if given is None:
        return Verdict(text, fix)
    return Verdict(text, fix, True, str(given.answered_by), given.answered_at)


def _judge_discount(case: Case) -> Verdict:
    needed = case.proofs.needed_discount
    fix = Fix(_("Ask for approval"), "approvals")
    if needed is None:
        text = _("The discount must be within the limit, or approved.")
        return Verdict(text, fix, True, _percent(case.proofs.deal.discount),
                       case.proofs.changed_at.get("items"))  # fmt: skip
    text = _("A discount of %s is beyond the limit: have it approved, or lower it.")
    text %= _percent(needed)
    given = case.proofs.discount_approval(needed)
    if given is None:
        return Verdict(text, fix)
    return Verdict(text, fix, True, str(given.answered_by), given.answered_at)


def _percent(rate: Decimal) -> str:
    return f"{plain(rate * 100)} %"


def _judge_checklist(case: Case) -> Verdict:
    text = _("Tick “%s”.") % case.settings.get("label", case.key)
    fix = Fix(_("Tick"), "checklist")
    ticked = case.proofs.ticks.get((case.stage_key, case.key))
    if ticked is None:
        return Verdict(text, fix)
    return Verdict(text, fix, True, ticked.by, ticked.at)


JUDGES: dict[str, Callable[[Case], Verdict]] = {
    CriterionKind.FIELD: _judge_field,
    CriterionKind.PARTICIPANT: _judge_participant,
    CriterionKind.ACTIVITY: _judge_activity,
    CriterionKind.DOCUMENT: _judge_document,
    CriterionKind.EVENT: _judge_event,
    CriterionKind.APPROVAL: _judge_approval,
    CriterionKind.DISCOUNT: _judge_discount,
    CriterionKind.CHECKLIST: _judge_checklist,
}
