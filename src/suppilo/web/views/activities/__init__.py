"""My day, quick entry, one activity, and what a deal has of them."""

from django.urls import path

from suppilo.web.views.activities import calendars, day, deal, one, quick

urlpatterns = [
    path("day/", day.my_day, name="my_day"),
    path("day/items/", day.day_items, name="day_items"),
    path("day/items/<slug:key>/finish/", day.finish_item, name="finish_item"),
    path("day/items/<slug:key>/reschedule/", day.reschedule_item, name="reschedule_item"),
    path("day/calendar/", calendars.my_calendar, name="my_calendar"),
    path("day/calendar/revoke/", calendars.revoke, name="revoke_calendar"),
    path("calendar/<str:secret>.ics", calendars.calendar_feed, name="calendar_feed"),
    path("activities/quick/", quick.quick_entry, name="quick_entry"),
    path("activities/quick/preview/", quick.quick_preview, name="quick_preview"),
    path("activities/<int:activity_id>/", one.activity, name="activity"),
    path("activities/<int:activity_id>/cancel/", one.cancel, name="cancel_activity"),
    path("activities/of-deal/<int:deal_id>/", deal.deal_activities, name="deal_activities"),
    path("activities/of-deal/<int:deal_id>/next-step/", deal.next_step, name="deal_next_step"),
]
