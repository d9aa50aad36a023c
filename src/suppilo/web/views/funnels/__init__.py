"""Funnels: the builder with its reports, saved ones, and the people behind each figure."""

from django.urls import path

from suppilo.web.views.funnels import actions
from suppilo.web.views.funnels.builder import funnel, new_funnel
from suppilo.web.views.funnels.exports import export_funnel
from suppilo.web.views.funnels.listing import funnels
from suppilo.web.views.funnels.people import export_people, people
from suppilo.web.views.funnels.suggest import suggest_names

urlpatterns = [
    path("", funnels, name="funnels"),
    path("new/", new_funnel, name="new_funnel"),
    path("save/", actions.save, name="save_funnel"),
    path("suggest/", suggest_names, name="suggest_names"),
    path("people/", people, name="funnel_people"),
    path("people/<str:kind>/", export_people, name="export_funnel_people"),
    path("export/<str:kind>/", export_funnel, name="export_funnel"),
    path("<int:pk>/", funnel, name="funnel"),
    path("<int:pk>/change/", actions.change, name="change_funnel"),
    path("<int:pk>/settings/", actions.settings, name="funnel_settings"),
    path("<int:pk>/duplicate/", actions.duplicate, name="duplicate_funnel"),
    path("<int:pk>/delete/", actions.delete, name="delete_funnel"),
    path("<int:pk>/pin/", actions.pin, name="pin_funnel"),
]
