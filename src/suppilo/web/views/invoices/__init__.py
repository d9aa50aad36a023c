"""Pages for invoices: the list, one invoice, payments, the export for accounting."""

from django.urls import URLPattern, path

from suppilo.web.views.invoices import actions, exporting, listing, one

urlpatterns: list[URLPattern] = [
    path("", listing.show_invoices, name="invoices"),
    path("export/", exporting.export, name="invoice_export"),
    path("of/<int:deal_id>/new/", actions.make, name="invoice_new"),
    path("<int:invoice_id>/", one.show_invoice, name="invoice"),
    path("<int:invoice_id>/invoice.pdf", one.show_pdf, name="invoice_pdf"),
    path("<int:invoice_id>/send/", actions.send, name="invoice_send"),
    path("<int:invoice_id>/mail/", actions.mail, name="invoice_mail"),
    path("<int:invoice_id>/cancel/", actions.cancel, name="invoice_cancel"),
    path("<int:invoice_id>/delete/", actions.delete, name="invoice_delete"),
    path("<int:invoice_id>/payment/", actions.pay, name="invoice_payment"),
    path("<int:invoice_id>/refund/", actions.refund, name="invoice_refund"),
]
