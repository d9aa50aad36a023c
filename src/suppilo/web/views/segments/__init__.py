"""Pages for segments: all of them, one with who is in it, and the builder."""

from django.urls import URLPattern, path

from suppilo.web.views.segments import building, detail, listing, past, suggest

urlpatterns: list[URLPattern] = [
    path("", listing.segments, name="segments"),
    path("new/", building.new_segment, name="new_segment"),
    path("preview/", building.preview_segment, name="preview_segment"),
    path("names/", suggest.segment_names, name="segment_names"),
    path("<int:pk>/", detail.segment, name="segment"),
    path("<int:pk>/day/", past.segment_day, name="segment_day"),
    path("<int:pk>/csv/", detail.segment_csv, name="segment_csv"),
    path("<int:pk>/edit/", building.edit_segment, name="edit_segment"),
    path("<int:pk>/refresh/", detail.refresh_segment, name="refresh_segment"),
    path("<int:pk>/delete/", detail.delete_segment, name="delete_segment"),
]
