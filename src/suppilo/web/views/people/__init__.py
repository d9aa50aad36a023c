"""Pages for people: the list, one person, and what can be done with them."""

from django.urls import URLPattern, path

from suppilo.web.views.people import (
    actions,
    exports,
    listing,
    merging,
    profile,
    suppressing,
)

urlpatterns: list[URLPattern] = [
    path("", listing.show_people, name="people"),
    path("export/<str:kind>/", exports.export, name="people_export"),
    path("company/", actions.set_company, name="people_company"),
    path("merge/", actions.merge, name="people_merge"),
    path("views/", listing.keep_view, name="people_view_save"),
    path("views/<int:view_id>/delete/", listing.drop_view, name="people_view_delete"),
    path("merges/<int:merge_id>/undo/", merging.undo, name="people_merge_undo"),
    path("suppressed/", suppressing.show_suppressed, name="people_suppressed"),
    path("suppressed/<int:suppression_id>/allow/", suppressing.allow, name="people_allow"),
    path("<int:person_id>/", profile.show_person, name="person"),
    path("<int:person_id>/timeline/", profile.show_timeline, name="person_timeline"),
    path("<int:person_id>/property/", actions.edit_property, name="person_property"),
    path("<int:person_id>/merge/", merging.find_other, name="person_merge"),
    path("<int:person_id>/split/", merging.split, name="person_split"),
    path("<int:person_id>/suppress/", suppressing.suppress_person, name="people_suppress"),
]
