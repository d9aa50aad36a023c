"""The full funnel: from the first impression to the regular customer."""

from django.urls import path

from suppilo.web.views.full_funnel.beside import full_funnel_beside
from suppilo.web.views.full_funnel.exports import export_full_funnel
from suppilo.web.views.full_funnel.page import full_funnel, full_funnel_figures
from suppilo.web.views.full_funnel.weeks import full_funnel_weeks

urlpatterns = [
    path("", full_funnel, name="full_funnel"),
    path("figures/", full_funnel_figures, name="full_funnel_figures"),
    path("beside/", full_funnel_beside, name="full_funnel_beside"),
    path("weeks/", full_funnel_weeks, name="full_funnel_weeks"),
    path("export/<str:kind>/", export_full_funnel, name="export_full_funnel"),
]
