"""Pages for pipelines: the list, the editor, and bringing deals to the newest version."""

from django.urls import URLPattern, path

from suppilo.web.views.pipelines import editor, listing, versions

urlpatterns: list[URLPattern] = [
    path("", listing.show_pipelines, name="pipelines"),
    path("new/", listing.make, name="pipeline_new"),
    path("<int:pipeline_id>/", editor.edit, name="pipeline_edit"),
    path("<int:pipeline_id>/archive/", listing.archive, name="pipeline_archive"),
    path("<int:pipeline_id>/versions/", versions.show_versions, name="pipeline_versions"),
]
