"""Makes what routes of leads are about: leads in each state, rules, hours, absences."""

from datetime import date
from typing import Any

from leads_support.leads_world import make_reason
from suppilo.apps.accounts.models import Role, Team, User
from suppilo.apps.accounts.permissions import Permission, allows
from suppilo.apps.leads.models import Absence, Lead, WorkingHours
from suppilo.apps.leads.services import (
    NewLead,
    accept_lead,
    add_lead,
    hand_over_lead,
    qualify_lead,
)
from suppilo.apps.leads.services.hours import (
    HoursDraft,
    add_absence,
    add_day_off,
    save_hours,
)
from suppilo.apps.leads.services.rules import (
    IntakeDraft,
    RoutingDraft,
    save_intake_rule,
    save_reason,
    save_routing_rule,
)
from suppilo.apps.people.models import Identifier
from suppilo.apps.pipelines.models import Pipeline
from suppilo.apps.pipelines.services import make_pipeline
from web_support.route_objects import Arguments, a_person, add_user

INTAKE_FORM = {"name": "Forms", "events": "form_submitted", "again_after_days": "30"}
HOURS_FORM = {"time_zone": "Europe/Riga", "day0": "09:00-17:00", "answer_min": "60",
              "on_overdue": "nothing"}  # fmt: skip


def a_lead(user: User) -> Arguments:
    """Return a lead that the caller brought in, where they may."""
    return {"lead_id": _lead(user).pk}


def a_qualified_lead(user: User) -> Arguments:
    lead = _lead(user)
    return {"lead_id": qualify_lead(_able(user), lead.pk).pk}


def a_lead_with_sales(user: User) -> Arguments:
    """Return a lead that the caller has, where they may."""
    owner, lead = _able(user), _lead(user)
    return {"lead_id": hand_over_lead(owner, lead.pk, owner_id=owner.pk).pk}


def an_accepted_lead(user: User) -> Arguments:
    found = a_lead_with_sales(user)
    accept_lead(_able(user), found["lead_id"], source="page")
    return found


def a_return(user: User) -> dict[str, Any]:
    """Return the form of a return."""
    del user
    return {"reason": make_reason().pk}


def a_return_in_json(user: User) -> dict[str, Any]:
    return {"reason_id": a_return(user)["reason"]}


def a_lead_receiver(user: User) -> dict[str, Any]:
    """Return the form of a hand-over."""
    del user
    return {"owner": add_user(Role.SALESPERSON).pk}


def a_receiver_in_json(user: User) -> dict[str, Any]:
    return {"owner_id": a_lead_receiver(user)["owner"]}


def a_lead_pipeline(user: User) -> dict[str, Any]:
    del user
    return {"pipeline": _pipeline().pk}


def a_deal_wanted(user: User) -> dict[str, Any]:
    del user
    return {"pipeline_id": _pipeline().pk, "name": "Pumps"}


def people_to_be_leads(user: User) -> dict[str, Any]:
    return {"people": [a_person(user)["person_id"]]}


def an_intake_rule(user: User) -> Arguments:
    return {"rule_id": save_intake_rule(_owner(), IntakeDraft("Forms", ["form_submitted"])).pk}


def a_routing_rule(user: User) -> Arguments:
    seller = add_user(Role.SALESPERSON)
    return {"rule_id": save_routing_rule(_owner(), RoutingDraft("All", [seller.pk])).pk}


def a_routing_form(user: User) -> dict[str, Any]:
    seller = add_user(Role.SALESPERSON)
    return {"name": "All", "property_of": "person", "method": "load", "users": [seller.pk]}


def a_routing_in_json(user: User) -> dict[str, Any]:
    return {"name": "All", "method": "load", "user_ids": a_routing_form(user)["users"]}


def a_return_reason(user: User) -> Arguments:
    return {"reason_id": save_reason(_owner(), "On holiday").pk}


def some_hours(user: User) -> Arguments:
    return {"hours_id": _hours().pk}


def a_day_off(user: User) -> Arguments:
    return {"day_off_id": add_day_off(_owner(), _hours().pk, date(2026, 12, 28)).pk}


def an_absence(user: User) -> Arguments:
    away = add_user(Role.SALESPERSON)
    day = date(2026, 12, 28)
    return {"absence_id": add_absence(_owner(), away.pk, day, day).pk}


def an_own_absence(user: User) -> Arguments:
    day = date(2099, 12, 28)
    return {"absence_id": Absence.objects.create(user=user, first_day=day, last_day=day).pk}


def an_absence_form(user: User) -> dict[str, Any]:
    away = add_user(Role.SALESPERSON)
    return {"user": away.pk, "first_day": "2026-12-28", "last_day": "2026-12-30"}


def a_target_in_json(user: User) -> dict[str, Any]:
    """Return somebody's quota."""
    target = {"period": "2026-11", "measure": "won_count", "target": "5",
              "user_id": add_user(Role.SALESPERSON).pk}  # fmt: skip
    return {"targets": [target]}


def _owner() -> User:
    return add_user(Role.OWNER)


def _able(user: User, permission: Permission = Permission.WORK_LEADS) -> User:
    return user if allows(user, permission) else _owner_of(user)


def _owner_of(user: User) -> User:
    """Return somebody who may: always the same one for a caller who may not."""
    found = User.objects.filter(email=f"able{user.pk}@example.com").first()
    if found is None:
        found = add_user(Role.OWNER)
        User.objects.filter(pk=found.pk).update(email=f"able{user.pk}@example.com")
    return found


def _lead(user: User) -> Lead:
    number = Identifier.objects.count()
    return add_lead(_able(user), NewLead(f"anna{number}@example.com"))


def _hours() -> WorkingHours:
    team = Team.objects.create(name=f"Hours {Team.objects.count()}")
    return save_hours(_owner(), team.pk, HoursDraft("Europe/Riga", {"0": [["09:00", "17:00"]]}))


def _pipeline() -> Pipeline:
    return make_pipeline(None, f"Leads {Pipeline.objects.count()}")
