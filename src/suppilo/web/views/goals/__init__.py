"""Pages for goals: all of them, one with its past, forms, and what stands behind figures."""

from django.urls import URLPattern, path

from suppilo.web.views.goals import behind, detail, forms, listing

urlpatterns: list[URLPattern] = [
    path("", listing.goals, name="goals"),
    path("new/", forms.new_goal, name="new_goal"),
    path("<int:pk>/", detail.goal, name="goal"),
    path("<int:pk>/csv/", detail.goal_csv, name="goal_csv"),
    path("<int:pk>/edit/", forms.edit_goal, name="edit_goal"),
    path("<int:pk>/end/", forms.end_goal, name="end_goal"),
    path("<int:pk>/delete/", forms.delete_goal, name="delete_goal"),
    path("<int:pk>/behind/", behind.goal_behind, name="goal_behind"),
    path("quota/<int:pk>/behind/", behind.quota_behind, name="quota_behind"),
]
