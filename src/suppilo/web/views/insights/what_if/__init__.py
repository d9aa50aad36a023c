"""What if: the page with its sliders, and the scenarios that were kept."""

from django.urls import path

from suppilo.web.views.insights.what_if.page import export_what_if, what_if
from suppilo.web.views.insights.what_if.scenarios import (
    compare_scenarios,
    delete_scenario,
    save_scenario,
    scenario,
    scenario_before,
    scenario_settings,
    scenarios,
)

urlpatterns = [
    path("", what_if, name="what_if"),
    path("export/", export_what_if, name="export_what_if"),
    path("save/", save_scenario, name="save_scenario"),
    path("scenarios/", scenarios, name="scenarios"),
    path("scenarios/compare/", compare_scenarios, name="compare_scenarios"),
    path("scenarios/<int:pk>/", scenario, name="scenario"),
    path("scenarios/<int:pk>/before/<int:place>/", scenario_before, name="scenario_before"),
    path("scenarios/<int:pk>/settings/", scenario_settings, name="scenario_settings"),
    path("scenarios/<int:pk>/delete/", delete_scenario, name="delete_scenario"),
]
