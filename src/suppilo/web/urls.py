"""Every page's address: one line for each noun, whose own addresses stand beside its views."""

from django.urls import URLPattern, URLResolver, include, path

from suppilo.web.api import api
from suppilo.web.views.home import home, start
from suppilo.web.views.leads import absences

urlpatterns: list[URLPattern | URLResolver] = [
    path("", home, name="home"),
    path("account/start/", start, name="account_start"),
    path("account/absences/", absences.show_absences, name="account_absences"),
    path(
        "account/absences/<int:absence_id>/remove/", absences.remove, name="account_absence_remove"
    ),
    path("", include("suppilo.web.views.accounts")),
    path("funnels/", include("suppilo.web.views.funnels")),
    path("dashboards/", include("suppilo.web.views.dashboards")),
    path("sources/", include("suppilo.web.views.sources")),
    path("events/", include("suppilo.web.views.events")),
    path("people/", include("suppilo.web.views.people")),
    path("companies/", include("suppilo.web.views.companies")),
    path("pipeline/", include("suppilo.web.views.deals.boards")),
    path("deals/", include("suppilo.web.views.deals")),
    path("pipelines/", include("suppilo.web.views.pipelines")),
    path("imports/", include("suppilo.web.views.imports")),
    path("reports/pipeline/", include("suppilo.web.views.pipeline_reports")),
    path("reports/funnel/", include("suppilo.web.views.full_funnel")),
    path("insights/", include("suppilo.web.views.insights")),
    path("watch/", include("suppilo.web.views.watch")),
    path("segments/", include("suppilo.web.views.segments")),
    path("spend/", include("suppilo.web.views.spend")),
    path("products/", include("suppilo.web.views.catalogue")),
    path("", include("suppilo.web.views.quotes")),
    path("invoices/", include("suppilo.web.views.invoices")),
    path("", include("suppilo.web.views.discounts")),
    path("leads/", include("suppilo.web.views.leads")),
    path("team/quotas/", include("suppilo.web.views.quotas")),
    path("goals/", include("suppilo.web.views.goals")),
    path("reports/handoffs/", include("suppilo.web.views.leads.handoffs")),
    path("jobs/", include("suppilo.web.views.jobs")),
    path("webhooks/", include("suppilo.web.views.webhooks")),
    path("", include("suppilo.web.views.activities")),
    path("attention/", include("suppilo.web.views.attention")),
    path("sales-book/", include("suppilo.web.views.salesbook")),
    path("", include("suppilo.web.views.health")),
    path("api/", api.urls),
]

handler400 = "suppilo.web.views.errors.bad_request"
handler403 = "suppilo.web.views.errors.forbidden"
handler404 = "suppilo.web.views.errors.not_found"
handler500 = "suppilo.web.views.errors.server_error"
