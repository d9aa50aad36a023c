"""Change: why a conversion differs between two periods, owners, teams or channels."""

from django.urls import path

from suppilo.web.views.insights.change.page import change, change_csv

urlpatterns = [
    path("", change, name="change"),
    path("csv/", change_csv, name="change_csv"),
]
