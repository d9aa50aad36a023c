"""What is known of activities, as far as somebody may see it."""

from suppilo.apps.activities.selectors.calendars import (
    find_feed_user,
    list_for_calendar,
    list_steps_for_calendar,
)
from suppilo.apps.activities.selectors.day import Day, DayItem, count_late, read_day, read_item
from suppilo.apps.activities.selectors.listing import (
    deal_activities,
    get_activity,
    list_assignees,
    visible_activities,
)
from suppilo.apps.activities.selectors.matching import Match, find_assignee, find_matches

__all__ = [
    "Day",
    "DayItem",
    "Match",
    "count_late",
    "deal_activities",
    "find_assignee",
    "find_feed_user",
    "find_matches",
    "get_activity",
    "list_assignees",
    "list_for_calendar",
    "list_steps_for_calendar",
    "read_day",
    "read_item",
    "visible_activities",
]
