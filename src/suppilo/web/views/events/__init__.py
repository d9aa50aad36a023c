"""The events explorer: names and volumes, one name's properties, the live stream, one event."""

from django.urls import URLPattern, path

from suppilo.web.views.events import live, names, one

urlpatterns: list[URLPattern] = [
    path("", names.show_names, name="events"),
    path("name/", names.show_name, name="event_name"),
    path("live/", live.show_live, name="events_live"),
    path("live/rows/", live.show_rows, name="events_live_rows"),
    path("one/", one.show_event, name="event"),
]
