"""Attribution: models beside each other, and the conversions behind each figure."""

from django.urls import path

from suppilo.web.views.insights.attribution.behind import attribution_people
from suppilo.web.views.insights.attribution.page import attribution, attribution_csv

urlpatterns = [
    path("", attribution, name="attribution"),
    path("people/", attribution_people, name="attribution_people"),
    path("csv/", attribution_csv, name="attribution_csv"),
]
