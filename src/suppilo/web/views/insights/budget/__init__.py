"""Budget: what each channel's spend brings, and how a budget is split best."""

from django.urls import path

from suppilo.web.views.insights.budget.page import budget, budget_csv

urlpatterns = [
    path("", budget, name="budget"),
    path("csv/", budget_csv, name="budget_csv"),
]
