"""The verbs on activities: each checks, writes, and leaves an audit entry."""

from suppilo.apps.activities.services.adding import NewActivity, add_activity
from suppilo.apps.activities.services.calendars import make_feed, revoke_feed
from suppilo.apps.activities.services.changing import (
    cancel_activity,
    change_activity,
    reschedule_activity,
)
from suppilo.apps.activities.services.finishing import finish_activity, finish_step, set_next_step

__all__ = [
    "NewActivity",
    "add_activity",
    "cancel_activity",
    "change_activity",
    "finish_activity",
    "finish_step",
    "make_feed",
    "reschedule_activity",
    "revoke_feed",
    "set_next_step",
]
