import csv
from decimal import Decimal
from io import StringIO

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from quotes_support.quote_world import a_deal, a_sent_quote, set_letterhead, text_of
from suppilo.apps.accounts.models import AuditEntry
from suppilo.apps.invoices import services
from suppilo.apps.invoices.export import COLUMNS
from suppilo.apps.invoices.models import Invoice
from suppilo.apps.letterhead.models import Drawing
from suppilo.apps.quotes.services import accept_quote
from web_support.accounts import client_for, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def head():
    return make_user("head_of_sales")


@pytest.fixture
def page(head):
    return client_for(head)


@pytest.fixture
def seller():
    return make_user("salesperson")


@pytest.fixture
def deal(seller):
    set_letterhead()
    return a_deal(seller)


@pytest.fixture
def sent(head, deal):
    return services.send_invoice(head, services.make_invoice(head, deal.pk).pk)


def today():
    return timezone.localdate().isoformat()


def test_an_accepted_quote_becomes_an_invoice_that_is_paid(page, seller, deal):
    quote = a_sent_quote(seller, deal)
    accept_quote(quote.pk, "Anna", "")
    assert "Make an invoice" in page.get(quote.get_absolute_url()).content.decode()
    page.post(reverse("invoice_new", args=[deal.pk]), {"quote": quote.pk})
    invoice = Invoice.objects.get()
    page.post(reverse("invoice_send", args=[invoice.pk]))
    url = invoice.get_absolute_url()
    text = page.get(url).content.decode()
    assert "€3,012.90" in text
    assert quote.number in text
    data = {"amount": "3 012,90", "paid_on": today(), "method": "transfer", "reference": "R-1"}
    page.post(reverse("invoice_payment", args=[invoice.pk]), data)
    text = page.get(url).content.decode()
    assert ">Paid</span>" in text
    assert "R-1" in text
    page.post(reverse("invoice_refund", args=[invoice.pk]), {**data, "amount": "12,90"})
    invoice.refresh_from_db()
    assert invoice.paid == 3000


def test_a_paid_invoice_offers_no_payment_of_nothing_and_takes_one_too_many(page, sent):
    pay_url, url = reverse("invoice_payment", args=[sent.pk]), sent.get_absolute_url()
    assert 'value="3012.9"' in page.get(url).content.decode()
    data = {"amount": str(sent.total), "paid_on": today(), "method": "transfer"}
    page.post(pay_url, data)
    text = page.get(url).content.decode()
    assert "Record a payment" not in text
    assert "More came in" in text
    assert 'value="0' not in text
    page.post(pay_url, {**data, "amount": "10"})
    assert ">Overpaid</span>" in page.get(url).content.decode()


def test_an_invoice_is_mailed_with_its_pdf_and_the_page_says_where_to(page, sent):
    url = sent.get_absolute_url()
    assert 'value="anna@nordvik.example"' in page.get(url).content.decode()
    data = {"to": "books@nordvik.example", "message": "Hello Anna,"}
    page.post(reverse("invoice_mail", args=[sent.pk]), data)
    [mailed] = mail.outbox
    assert mailed.to == ["books@nordvik.example"]
    assert sent.number in mailed.subject
    assert mailed.body.startswith("Hello Anna,")
    [(name, content, kind)] = mailed.attachments
    assert (name, kind) == (f"{sent.number}.pdf", "application/pdf")
    assert content == page.get(reverse("invoice_pdf", args=[sent.pk])).content
    assert "to books@nordvik.example." in page.get(url).content.decode()
    assert AuditEntry.objects.get(verb="mail_invoice").detail["to"] == "books@nordvik.example"


def test_a_draft_a_cancelled_invoice_and_no_address_are_not_mailed(page, head, deal, sent):
    draft = services.make_invoice(head, deal.pk)
    send = {"to": "books@nordvik.example"}
    text = page.post(reverse("invoice_mail", args=[draft.pk]), send, follow=True).content.decode()
    assert "Only an invoice with a number" in text
    url = reverse("invoice_mail", args=[sent.pk])
    assert "no e-mail address" in page.post(url, {"to": "x"}, follow=True).content.decode()
    services.cancel_invoice(head, sent.pk, "Wrong")
    page.post(url, send)
    assert mail.outbox == []
    assert not AuditEntry.objects.filter(verb="mail_invoice").exists()


def test_a_mail_server_that_takes_nothing_is_said(page, sent, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    url = reverse("invoice_mail", args=[sent.pk])
    text = page.post(url, {"to": "a@example.com"}, follow=True).content.decode()
    assert "did not take the mail" in text


def test_a_wrong_payment_is_said_beside_its_field_and_what_was_typed_stays(page, sent):
    data = {"amount": "much", "paid_on": today(), "method": "transfer", "reference": "R-77"}
    url = reverse("invoice_payment", args=[sent.pk])
    wrong = {
        "no number": data,
        "above zero": {**data, "amount": "0"},
        "Enter a valid date": {**data, "amount": "10", "paid_on": "31.2.2026"},
        "in the future": {**data, "amount": "10", "paid_on": "9999-12-31"},
        "check the year": {**data, "amount": "10", "paid_on": "0026-03-01"},
    }
    for said, sent_data in wrong.items():
        answer = page.post(url, sent_data)
        text = answer.content.decode()
        assert answer.status_code == 422, said
        assert said in text
        assert 'value="R-77"' in text
    assert not sent.payments.exists()
    page.post(url, {**data, "amount": "10"})
    answer = page.post(reverse("invoice_refund", args=[sent.pk]), {**data, "amount": "11"})
    assert "be given back than was paid" in answer.content.decode()
    assert '<details class="disclosure" open>' in answer.content.decode()


def test_what_has_no_form_on_the_page_is_said_above_it(page, head, deal, sent):
    data = {"amount": "10", "paid_on": today(), "method": "transfer"}
    draft = services.make_invoice(head, deal.pk)
    text = page.post(reverse("invoice_payment", args=[draft.pk]), data).content.decode()
    assert "Only an invoice that was sent can be paid." in text
    text = page.post(reverse("invoice_refund", args=[sent.pk]), data).content.decode()
    assert "be given back than was paid" in text


def test_a_draft_is_typed_by_hand(page, head, deal):
    invoice = services.make_invoice(head, deal.pk)
    url = invoice.get_absolute_url()
    assert page.get(url).content.decode().count('name="description"') == 5
    first = invoice.lines.first()
    data = {
        "customer_name": "Nordvik Oy", "due_on": today(), "language": "en",
        "line": [first.pk, "", ""], "description": [first.description, "Advice", " "],
        "quantity": ["1", "1,5", "1"], "unit": ["", "h", ""], "price": ["100", "80", ""],
        "discount": ["", "10", ""], "tax": ["21", "21 %", "21"],
    }  # fmt: skip
    page.post(url, data)
    invoice.refresh_from_db()
    assert (invoice.net, invoice.tax) == (208, Decimal("43.68"))
    assert [line.unit for line in invoice.lines.all()] == ["", "h"]
    response = page.post(url, {**data, "quantity": ["1", "many", "1"]})
    assert response.status_code == 422
    assert 'value="many"' in response.content.decode()
    response = page.post(url, {**data, "price": ["100", "-80", ""]})
    assert "Line 2" in response.content.decode()


def test_a_draft_is_thrown_away_and_a_sent_one_cancelled(page, head, deal, sent):
    draft = services.make_invoice(head, deal.pk)
    page.post(reverse("invoice_delete", args=[draft.pk]))
    assert not Invoice.objects.filter(pk=draft.pk).exists()
    page.post(reverse("invoice_delete", args=[sent.pk]))
    page.post(reverse("invoice_cancel", args=[sent.pk]), {"reason": "Wrong"})
    assert "Wrong" in page.get(sent.get_absolute_url()).content.decode()


def test_invoices_are_listed_with_what_is_open(
    page, head, deal, sent, django_assert_max_num_queries
):
    for _n in range(10):
        services.send_invoice(head, services.make_invoice(head, deal.pk).pk)
    with django_assert_max_num_queries(9):
        text = page.get(reverse("invoices")).content.decode()
    assert "€33,141.90" in text
    assert "11 invoices" in text
    assert sent.number in page.get(reverse("invoices"), {"standing": "open"}).content.decode()
    text = page.get(reverse("invoices"), {"standing": "overdue"}).content.decode()
    assert "No invoice is like that" in text


def test_a_deals_page_has_its_invoices(page, sent):
    url = reverse("deal_quotes", args=[sent.deal_id])
    assert sent.number in page.get(url).content.decode()


def test_an_invoices_pdf_is_kept_as_it_was_sent(page, sent):
    url = reverse("invoice_pdf", args=[sent.pk])
    first = page.get(url).content
    text = text_of(first)
    for said in (sent.number, "SIA Ķēde", "Sūknis ar ķēdi", "3,012.90", "LV80BANK0000435195001"):
        assert said in text
    set_letterhead(name="Other")
    assert page.get(url).content == first
    assert Drawing.objects.count() == 1


def test_the_export_is_a_file_without_formulas(page, head, sent):
    for amount, reference in (("10", "=HYPERLINK(1)"), ("5", "ok")):
        services.record_payment(
            head, sent.pk,
            services.NewPayment(Decimal(amount), timezone.localdate(), reference=reference),
        )  # fmt: skip
    services.record_refund(head, sent.pk, services.NewPayment(Decimal(5), timezone.localdate()))
    response = page.get(reverse("invoice_export"), {"from": today(), "to": today()})
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    header, *rows = csv.reader(StringIO(text))
    assert header == list(COLUMNS)
    assert len(rows) == 5
    cells = [dict(zip(header, row, strict=True)) for row in rows]
    assert cells[2]["reference"] != "=HYPERLINK(1)"
    assert cells[2]["reference"].endswith("=HYPERLINK(1)")
    assert cells[4]["gross"] == "-5"
    assert AuditEntry.objects.filter(verb="export_accounting").exists()


@pytest.mark.parametrize(
    "days", [("", ""), ("x", "y"), ("2026-02-01", "2026-01-01"), ("2026-01-01", "9999-12-31")]
)
def test_an_export_without_days_says_so(page, days):
    response = page.get(reverse("invoice_export"), {"from": days[0], "to": days[1]})
    assert response.status_code == 302


def test_anothers_invoice_is_404_and_who_may_only_look_is_403(sent, seller):
    stranger, own = client_for("salesperson"), client_for(seller)
    for name in ("invoice", "invoice_pdf"):
        assert stranger.get(reverse(name, args=[sent.pk])).status_code == 404
        assert own.get(reverse(name, args=[sent.pk])).status_code == 200
    for name in ("invoice_send", "invoice_cancel", "invoice_delete", "invoice_payment",
                 "invoice_mail"):  # fmt: skip
        assert own.post(reverse(name, args=[sent.pk])).status_code == 403
    assert own.get(reverse("invoice_export")).status_code == 403
