"""Which activities somebody sees."""

from __future__ import annotations

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.permissions import GRANTS, Permission, allows, require
from suppilo.apps.activities.models import Activity
from suppilo.apps.deals.selectors import visible_deals


def visible_activities(user: User) -> QuerySet[Activity]:
    """Return the activities of the deals that a user sees, and the user's own without a deal.

    Raises
    ------
    PermissionDenied
        If the user's role may not see deals.
    """
    require(user, Permission.SEE_DEALS)
    if allows(user, Permission.SEE_ALL_DEALS):
        return Activity.objects.all()
    # Asked of each activity's own deal: a list of all that are seen would be long.
    seen = visible_deals(user).filter(pk=OuterRef("deal")).order_by()
    return Activity.objects.filter(Q(deal=None, owner=user) | Exists(seen))


def get_activity(user: User, activity_id: int) -> Activity:
    """Return an activity with what it is about; raise Activity.DoesNotExist if it isn't seen."""
    return with_subjects(visible_activities(user)).get(pk=activity_id)


def with_subjects(found: QuerySet[Activity]) -> QuerySet[Activity]:
    """Return activities with all that is said of them: no further query for each."""
    return found.select_related("deal__company", "contact__person", "company", "owner")


def deal_activities(user: User, deal_id: int) -> tuple[list[Activity], list[Activity]]:
    """Return a deal's open activities, the next first, and the last twenty that were done."""
    found = with_subjects(visible_activities(user)).filter(deal=deal_id, cancelled_at=None)
    planned = found.filter(done_at=None).order_by(F("due_at").asc(nulls_last=True), "id")
    done = found.filter(done_at__isnull=False).order_by("-done_at", "-id")
    return list(planned[:50]), list(done[:20])


def list_assignees() -> QuerySet[User]:
    """Return everybody whom an activity may be given to."""
    roles = [role for role, granted in GRANTS.items() if Permission.EDIT_DEALS in granted]
    return User.objects.filter(is_active=True, role__in=roles)
