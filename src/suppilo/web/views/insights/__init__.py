"""Insights: pages that explain figures, one module for each noun."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("what-if/", include("suppilo.web.views.insights.what_if")),
    path("change/", include("suppilo.web.views.insights.change")),
    path("bottlenecks/", include("suppilo.web.views.insights.bottlenecks")),
    path("attribution/", include("suppilo.web.views.insights.attribution")),
    path("budget/", include("suppilo.web.views.insights.budget")),
    path("channels/", include("suppilo.web.views.insights.channels")),
    path("cohorts/", include("suppilo.web.views.insights.cohorts")),
    path("process-map/", include("suppilo.web.views.insights.process_map")),
    path("forecast/", include("suppilo.web.views.insights.forecast")),
    path("scores/", include("suppilo.web.views.insights.scores")),
    path("value/", include("suppilo.web.views.insights.value")),
]
