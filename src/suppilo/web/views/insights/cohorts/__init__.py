"""Cohorts and retention: the page, the people behind each figure, and files."""

from django.urls import path

from suppilo.web.views.insights.cohorts.page import cohorts, export_cohorts
from suppilo.web.views.insights.cohorts.people import cohort_people, export_cohort_people

urlpatterns = [
    path("", cohorts, name="cohorts"),
    path("export/", export_cohorts, name="export_cohorts"),
    path("people/", cohort_people, name="cohort_people"),
    path("people/export/", export_cohort_people, name="export_cohort_people"),
]
