"""The process map: the page, the people and deals behind each figure, and its edges as a file."""

from django.urls import path

from suppilo.web.views.insights.process_map.behind import process_map_deals, process_map_people
from suppilo.web.views.insights.process_map.page import process_map, process_map_csv

urlpatterns = [
    path("", process_map, name="process_map"),
    path("export/", process_map_csv, name="process_map_csv"),
    path("people/", process_map_people, name="process_map_people"),
    path("deals/", process_map_deals, name="process_map_deals"),
]
