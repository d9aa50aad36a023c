"""The report of a pipeline: its page, the parts that come later, the deals behind each figure."""

from django.urls import path

from suppilo.web.views.pipeline_reports.deals import export_report_deals, report_deals
from suppilo.web.views.pipeline_reports.exports import export_report
from suppilo.web.views.pipeline_reports.page import discounts, figures, groups, pipeline_report

urlpatterns = [
    path("", pipeline_report, name="pipeline_report"),
    path("figures/", figures, name="pipeline_report_figures"),
    path("groups/", groups, name="pipeline_report_groups"),
    path("discounts/", discounts, name="pipeline_report_discounts"),
    path("deals/", report_deals, name="pipeline_report_deals"),
    path("deals/<str:kind>/", export_report_deals, name="export_pipeline_report_deals"),
    path("export/<str:kind>/", export_report, name="export_pipeline_report"),
]
