"""The API: JSON under ``/api/``, described in ``/api/openapi.json``.

Each noun has a router in a module of its own, added below.
"""

from typing import Any

from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema

import suppilo.web.api.shapes  # noqa: F401 (before what describes operations)
from suppilo.web.api import (
    accounts,
    activities,
    catalogue,
    companies,
    deal_attention,
    deal_papers,
    deal_parts,
    deals,
    discounts,
    errors,
    events,
    figure_lists,
    funnels,
    goals,
    imports,
    insights_attribution,
    insights_budget,
    insights_change,
    insights_channels,
    insights_cohorts,
    insights_forecast,
    insights_made_forecasts,
    insights_process_map,
    insights_scores,
    insights_value,
    insights_what_if,
    invoices,
    jobs,
    lead_rules,
    next_action,
    pipeline_lists,
    pipelines,
    quotas,
    quotes,
    reports,
    sales_book,
    saved_views,
    segments,
    watch,
    webhooks,
)
from suppilo.web.api.access import PerUserThrottle, SessionAuth, TokenAuth
from suppilo.web.api.parsing import StrictParser


class DescribedOnce(NinjaAPI):
    """An API whose description, a second of work, is drawn up once in a process."""

    _described: OpenAPISchema | None = None

    def get_openapi_schema(self, **said: Any) -> OpenAPISchema:
        """Return the description; it is shared: change a copy."""
        if self._described is None:
            self._described = super().get_openapi_schema(**said)
        return self._described


api = DescribedOnce(
    title="Suppilo",
    version="1",
    urls_namespace="api",
    docs_url=None,
    auth=[TokenAuth(), SessionAuth()],
    parser=StrictParser(),
    throttle=[PerUserThrottle("1200/m")],
)
errors.add_handlers(api)
api.add_router("", accounts.router, tags=["accounts"])
api.add_router("funnels", funnels.router, tags=["funnels"])
api.add_router("jobs", jobs.router, tags=["jobs"])
api.add_router("watch", watch.router, tags=["insights"])
api.add_router("segments", segments.router, tags=["segments"])
api.add_router("", events.router, tags=["events"])
api.add_router("", companies.router, tags=["people"])
api.add_router("", catalogue.router, tags=["catalogue"])
api.add_router("", lead_rules.router, tags=["leads"])
api.add_router("webhooks", webhooks.router, tags=["webhooks"])
api.add_router("", quotes.router, tags=["quotes"])
api.add_router("", invoices.router, tags=["invoices"])
api.add_router("", deals.router, tags=["deals"])
api.add_router("", deal_parts.router, tags=["deals"])
api.add_router("", deal_papers.router, tags=["deals"])
api.add_router("", deal_attention.router, tags=["deals"])
api.add_router("", saved_views.router, tags=["deals"])
api.add_router("", discounts.router, tags=["deals"])
api.add_router("", sales_book.router, tags=["deals"])
api.add_router("", next_action.router, tags=["deals"])
api.add_router("", pipelines.router, tags=["pipelines"])
api.add_router("", pipeline_lists.router, tags=["pipelines"])
api.add_router("", activities.router, tags=["activities"])
api.add_router("", quotas.router, tags=["quotas"])
api.add_router("", goals.router, tags=["goals"])
api.add_router("", imports.router, tags=["imports"])
api.add_router("reports", reports.router, tags=["reports"])
api.add_router("", figure_lists.router, tags=["insights"])
api.add_router("insights", insights_attribution.router, tags=["insights"])
api.add_router("insights", insights_budget.router, tags=["insights"])
api.add_router("insights", insights_channels.router, tags=["insights"])
api.add_router("insights", insights_change.router, tags=["insights"])
api.add_router("insights", insights_cohorts.router, tags=["insights"])
api.add_router("insights", insights_forecast.router, tags=["insights"])
api.add_router("insights", insights_made_forecasts.router, tags=["insights"])
api.add_router("insights", insights_process_map.router, tags=["insights"])
api.add_router("insights", insights_scores.router, tags=["insights"])
api.add_router("insights", insights_value.router, tags=["insights"])
api.add_router("insights", insights_what_if.router, tags=["insights"])
