"""Pages for discounts: what is asked for, and the report of what was given."""

from django.urls import URLPattern, path

from suppilo.web.views.discounts import approvals, report

urlpatterns: list[URLPattern] = [
    path("approvals/", approvals.show_approvals, name="approvals"),
    path("approvals/<int:approval_id>/answer/", approvals.answer, name="approval_answer"),
    path("reports/discounts/", report.show_report, name="discounts"),
    path("reports/discounts/deals/", report.show_deals, name="discount_deals"),
    path("reports/discounts/export/", report.export, name="discount_export"),
]
