"""A deal's next step, where it is an activity as well."""

from __future__ import annotations

from suppilo.apps.accounts.models import User
from suppilo.apps.activities.models import Activity
from suppilo.apps.deals.models import Deal, MoveSource
from suppilo.apps.deals.services import change_deal


def is_step(activity: Activity) -> bool:
    """Return whether an open activity is what its deal says is done next."""
    deal = activity.deal
    return (
        deal is not None
        and activity.is_open
        and deal.next_step == activity.subject
        and deal.next_step_at == activity.due_at
    )


def plan_step(actor: User | None, activity: Activity) -> None:
    """Make an activity its deal's next step."""
    deal = activity.deal
    if deal is not None and deal.is_open:
        _write(actor, deal, activity)


def move_step(actor: User | None, activity: Activity) -> None:
    """Write an activity that changed as its deal's next step, which it was."""
    if activity.deal_id is not None:
        _write(actor, Deal.objects.get(pk=activity.deal_id), activity)


def end_step(actor: User | None, deal_id: int) -> None:
    """Take a deal's next step away: it was done, or won't be. The deal waits for another one."""
    # By itself: a person who writes would be asked for the next one in the same breath.
    nothing = {"next_step": "", "next_step_at": None, "next_step_has_time": False}
    change_deal(actor, deal_id, nothing, source=MoveSource.SERVER)


def _write(actor: User | None, deal: Deal, activity: Activity) -> None:
    change_deal(
        actor,
        deal.pk,
        {
            "next_step": activity.subject,
            "next_step_at": activity.due_at,
            "next_step_has_time": activity.has_time,
        },
        source=MoveSource.PAGE if actor else MoveSource.SERVER,
    )
