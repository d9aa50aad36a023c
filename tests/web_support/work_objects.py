"""Makes what routes of work are about: activities and their deals."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from suppilo.apps.accounts.models import Role, User
from suppilo.apps.accounts.permissions import Permission, allows
from suppilo.apps.activities.models import Activity
from suppilo.apps.activities.services import NewActivity, add_activity, make_feed
from suppilo.apps.deals.services import NewDeal, open_deal
from suppilo.apps.pipelines.models import Pipeline
from suppilo.apps.pipelines.services import make_pipeline
from suppilo.apps.salesbook.services import EntryDraft, write_entry
from web_support.route_objects import Arguments, add_user

THEN = {"day": "2099-01-02", "clock": "15:00"}


def a_worked_deal(user: User) -> Arguments:
    """Return the deal of an activity: the caller's own, where they may have one."""
    return {"deal_id": _activity(user).deal_id}


def an_activity(user: User) -> Arguments:
    return {"activity_id": _activity(user).pk}


def an_item_of_the_day(user: User) -> Arguments:
    return {"key": f"activity-{_activity(user).pk}"}


def a_calendar(user: User) -> Arguments:
    return {"secret": make_feed(_able(user, Permission.SEE_DEALS))}


def a_line_of_work(user: User) -> dict[str, Any]:
    """Return quick entry's form after the preview was seen."""
    del user
    return {"q": "call tomorrow", "seen": "call tomorrow"}


def a_next_step(user: User) -> dict[str, Any]:
    del user
    return {"text": "Send the quote", **THEN}


def an_activity_in_form(user: User) -> dict[str, Any]:
    owner = _able(user, Permission.EDIT_DEALS)
    return {"kind": "call", "subject": "Call", "owner": owner.pk, **THEN}


def a_pipeline_of_sales(user: User) -> Arguments:
    del user
    return {"pipeline_id": make_pipeline(None, f"Sales {Pipeline.objects.count()}", "b2b").pk}


def a_book_entry(user: User) -> Arguments:
    pipeline = a_pipeline_of_sales(user)["pipeline_id"]
    return {"entry_id": write_entry(None, pipeline, "new", "script", EntryDraft("Say it")).pk}


def a_book_entry_in_json(user: User) -> dict[str, Any]:
    pipeline = a_pipeline_of_sales(user)["pipeline_id"]
    return {"pipeline_id": pipeline, "stage": "new", "kind": "script", "title": "Say it"}


def a_book_material(user: User) -> Arguments:
    """Return a version that has no file."""
    return {**a_book_entry(user), "number": 1}


def a_deals_book_entry(user: User) -> Arguments:
    deal = _activity(user).deal
    made = write_entry(None, deal.pipeline_id, "new", "script", EntryDraft("Say it"))
    return {"deal_id": deal.pk, "entry_id": made.pk}


def _activity(user: User) -> Activity:
    owner = _able(user, Permission.EDIT_DEALS)
    pipeline = make_pipeline(None, f"Sales {Pipeline.objects.count()}")
    later = timezone.now() + timedelta(days=1)
    new = NewDeal("Nordvik", pipeline.pk, next_step="Call", next_step_at=later)
    deal = open_deal(owner, new, source="page")
    return add_activity(owner, NewActivity("call", "Call", deal_id=deal.pk, due_at=later))


def _able(user: User, permission: Permission) -> User:
    return user if allows(user, permission) else add_user(Role.OWNER)
