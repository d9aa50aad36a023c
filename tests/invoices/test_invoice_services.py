from datetime import date, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from deals_support.deal_world import asks, pipeline_of, stage, where
from quotes_support.quote_world import a_deal, a_sent_quote, set_letterhead, told
from suppilo.apps.accounts.models import User
from suppilo.apps.deals.models import Deal
from suppilo.apps.invoices import services
from suppilo.apps.invoices.export import COLUMNS, export_accounting, write_row
from suppilo.apps.invoices.models import Invoice, Payment, Standing
from suppilo.apps.invoices.selectors import get_invoice, list_invoices, sum_open
from suppilo.apps.invoices.services import InvoiceTexts, NewPayment
from suppilo.apps.letterhead.lines import NewLine
from suppilo.apps.outbox.models import DomainEvent
from suppilo.apps.quotes.models import Quote
from suppilo.apps.quotes.services import accept_quote
from web_support.accounts import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def head():
    return make_user("head_of_sales")


@pytest.fixture
def seller():
    return make_user("salesperson")


@pytest.fixture
def quote(seller):
    sent = a_sent_quote(seller)
    return accept_quote(sent.pk, "Anna", "203.0.113.7")


@pytest.fixture
def draft(head, quote):
    return services.make_invoice(head, quote.deal_id, quote.pk)


@pytest.fixture
def sent(head, draft):
    return services.send_invoice(head, draft.pk)


def pay(actor: User, invoice: Invoice, amount: str, **more):
    new = NewPayment(Decimal(amount), timezone.localdate(), **more)
    return services.record_payment(actor, invoice.pk, new)


def refund(actor: User, invoice: Invoice, amount: str):
    return services.record_refund(
        actor, invoice.pk, NewPayment(Decimal(amount), timezone.localdate())
    )


def standing(invoice: Invoice) -> Standing:
    return Invoice.objects.get(pk=invoice.pk).standing_on(timezone.localdate())


def test_an_invoice_of_a_quote_is_what_was_accepted(draft, quote):
    assert (draft.total, draft.customer_name, draft.number) == (
        quote.total, quote.customer_name, "",
    )  # fmt: skip
    said = [(line.description, line.net, line.tax) for line in draft.lines.all()]
    assert said == [(line.description, line.net, line.tax) for line in quote.lines.all()]


def test_only_an_accepted_quote_has_an_invoice_and_only_one(head, seller, draft, quote):
    with pytest.raises(ValidationError, match="already"):
        services.make_invoice(head, quote.deal_id, quote.pk)
    waiting = a_sent_quote(seller, quote.deal)
    with pytest.raises(ValidationError, match="accepted"):
        services.make_invoice(head, quote.deal_id, waiting.pk)
    other = a_deal(seller, name="Other", pipeline=quote.deal.pipeline)
    with pytest.raises(Quote.DoesNotExist):
        services.make_invoice(head, other.pk, quote.pk)


def test_an_invoice_by_hand_has_the_deals_lines_and_then_what_is_typed(head, seller):
    set_letterhead()
    deal = a_deal(seller)
    invoice = services.make_invoice(head, deal.pk)
    assert invoice.net == 2490
    lines = (NewLine("Advice", Decimal("1.5"), Decimal(80), tax_rate=Decimal("0.21")),)
    texts = InvoiceTexts("Nordvik Oy", invoice.due_on, lines, language="fi")
    services.change_invoice(head, invoice.pk, texts)
    invoice.refresh_from_db()
    assert (invoice.net, invoice.tax, invoice.total) == (120, Decimal("25.2"), Decimal("145.2"))


@pytest.mark.parametrize(
    "line",
    [
        NewLine(" ", Decimal(1), Decimal(1)),
        NewLine("x", Decimal(0), Decimal(1)),
        NewLine("x", Decimal("0.0001"), Decimal(1)),
        NewLine("x", Decimal(1), Decimal(-1)),
        NewLine("x", Decimal(1), Decimal("1.00001")),
        NewLine("x", Decimal(1), Decimal(1), discount=Decimal("1.1")),
        NewLine("x", Decimal(1), Decimal(1), tax_rate=Decimal(-1)),
    ],
)
def test_a_line_that_can_not_be_is_refused_by_its_number(head, draft, line):
    good = NewLine("good", Decimal(1), Decimal(1))
    with pytest.raises(ValidationError, match="Line 2"):
        services.change_invoice(head, draft.pk, InvoiceTexts("N", draft.due_on, (good, line)))


def test_a_sent_invoice_has_a_number_and_never_changes(head, sent):
    assert sent.number == f"INV-{timezone.localdate().year}-0001"
    assert sent.seller["name"] == "SIA Ķēde"
    for verb in (
        lambda: services.change_invoice(head, sent.pk, InvoiceTexts("x", sent.due_on, ())),
        lambda: services.delete_draft(head, sent.pk),
        lambda: services.send_invoice(head, sent.pk),
    ):
        with pytest.raises(ValidationError, match="never changes"):
            verb()


def test_an_empty_invoice_is_not_sent(head, seller):
    set_letterhead()
    invoice = services.make_invoice(head, a_deal(seller, items=()).pk)
    with pytest.raises(ValidationError, match="no lines"):
        services.send_invoice(head, invoice.pk)


def test_paid_in_parts_it_is_paid_once_it_is_all_there(head, sent):
    pay(head, sent, "1000")
    assert standing(sent) == Standing.OPEN
    pay(head, sent, "2012.90")
    assert standing(sent) == Standing.PAID
    assert told(sent.deal)[-5:] == [
        "invoice_sent", "payment_received", "payment_received", "invoice_paid", "order_completed",
    ]  # fmt: skip
    order = DomainEvent.objects.get(name="order_completed")
    assert order.path == f"suppilo:deal:{sent.deal_id}"
    said = {name: order.properties[name] for name in ("order_id", "total", "currency", "quantity")}
    assert said == {"order_id": sent.number, "total": 3012.9, "currency": "EUR", "quantity": 4.5}


def test_more_than_was_asked_may_come_and_be_given_back(head, sent):
    pay(head, sent, "4000")
    assert standing(sent) == Standing.OVERPAID
    refund(head, sent, "987.10")
    assert standing(sent) == Standing.PAID
    refund(head, sent, "3000")
    assert standing(sent) == Standing.OPEN
    assert Invoice.objects.get().paid_at is None
    pay(head, sent, "3000")
    assert told(sent.deal).count("order_completed") == 1
    assert told(sent.deal).count("invoice_paid") == 1
    assert told(sent.deal).count("payment_refunded") == 2


def test_a_payment_of_the_same_name_is_taken_once(head, sent):
    first = pay(head, sent, "10", external_id="bank-1")
    assert pay(head, sent, "10", external_id="bank-1") == first
    assert Invoice.objects.get().paid == 10


@pytest.mark.parametrize("amount", ["0", "-5", "0.001", "NaN", "1e20"])
def test_what_is_no_amount_is_not_recorded(head, sent, amount):
    with pytest.raises(ValidationError):
        pay(head, sent, amount)


def test_payments_are_refused_where_they_make_no_sense(head, draft):
    with pytest.raises(ValidationError, match="sent"):
        pay(head, draft, "5")
    sent = services.send_invoice(head, draft.pk)
    with pytest.raises(ValidationError, match="than was paid"):
        refund(head, sent, "1")
    with pytest.raises(ValidationError, match="future"):
        services.record_payment(
            head, sent.pk, NewPayment(Decimal(1), timezone.localdate() + timedelta(days=3))
        )
    with pytest.raises(ValidationError, match="way to pay"):
        pay(head, sent, "1", method="shells")


def test_an_invoice_is_cancelled_once_nothing_is_paid(head, sent, quote):
    pay(head, sent, "10")
    with pytest.raises(ValidationError, match="Give back"):
        services.cancel_invoice(head, sent.pk, "Wrong")
    refund(head, sent, "10")
    with pytest.raises(ValidationError, match="why"):
        services.cancel_invoice(head, sent.pk, " ")
    services.cancel_invoice(head, sent.pk, "Wrong")
    assert standing(sent) == Standing.CANCELLED
    assert services.make_invoice(head, quote.deal_id, quote.pk).number == ""


def test_a_free_invoice_is_paid_as_soon_as_it_is_sent(head, draft):
    line = NewLine("Gift", Decimal(1), Decimal(0))
    services.change_invoice(head, draft.pk, InvoiceTexts("N", draft.due_on, (line,)))
    sent = services.send_invoice(head, draft.pk)
    assert standing(sent) == Standing.PAID
    assert told(sent.deal)[-2:] == ["invoice_paid", "order_completed"]


def test_overdue_is_what_is_open_after_its_day(head, sent):
    assert list(list_invoices(head, Standing.OVERDUE)) == []
    with time_machine.travel(timezone.now() + timedelta(days=15)):
        assert standing(sent) == Standing.OVERDUE
        assert list(list_invoices(head, Standing.OVERDUE)) == [sent]
        [late] = sum_open(head)
        assert (late.currency, late.overdue_count, late.overdue) == ("EUR", 1, Decimal("3012.9"))
    [now] = sum_open(head)
    assert (now.count, now.amount, now.overdue) == (1, Decimal("3012.9"), 0)


def test_only_who_manages_invoices_writes_and_who_sees_the_deal_reads(seller, sent, quote):
    stranger = make_user("salesperson")
    assert get_invoice(seller, sent.pk) == sent
    with pytest.raises(Invoice.DoesNotExist):
        get_invoice(stranger, sent.pk)
    assert list(list_invoices(stranger)) == []
    with pytest.raises(PermissionDenied):
        services.make_invoice(seller, quote.deal_id)
    with pytest.raises(PermissionDenied):
        pay(seller, sent, "1")
    with pytest.raises(Deal.DoesNotExist):
        services.make_invoice(make_user("admin"), 999)


def test_a_payment_moves_a_deal_whose_next_stage_waits_for_it(head, seller):
    wanted = asks("event", event="invoice_paid", scope="deal", since="opened")
    pipeline = pipeline_of(stage("contract"), stage("delivery", wanted, advance="move"))
    set_letterhead()
    deal = a_deal(seller, pipeline=pipeline)
    sent = services.send_invoice(head, services.make_invoice(head, deal.pk).pk)
    pay(head, sent, "3012.89")
    assert where(deal) == "contract"
    pay(head, sent, "0.01")
    assert where(deal) == "delivery"


def test_the_export_adds_up_to_what_was_invoiced_and_paid(head, sent):
    pay(head, sent, "3012.90", reference="=1+1")
    refund(head, sent, "3012.90")
    services.cancel_invoice(head, sent.pk, "Wrong")
    today = timezone.localdate()
    rows = list(export_accounting(head, today, today + timedelta(days=1)))
    assert [row.kind for row in rows] == [
        "invoice", "invoice", "cancellation", "cancellation", "payment", "refund",
    ]  # fmt: skip
    assert sum(row.gross for row in rows) == 0
    assert sum(row.gross for row in rows if row.kind == "invoice") == sent.total
    cells = dict(zip(COLUMNS, write_row(rows[1]), strict=True))
    assert (cells["quantity"], cells["discount"], cells["net"]) == ("2.5", "0.1", "90")
    assert cells["date"] == today.isoformat()
    assert list(export_accounting(head, date(2020, 1, 1), date(2020, 2, 1))) == []


def test_the_export_is_for_who_manages_invoices(seller, head):
    with pytest.raises(PermissionDenied):
        export_accounting(seller, date(2026, 1, 1), date(2026, 2, 1))
    with pytest.raises(ValidationError, match="ends before"):
        export_accounting(head, date(2026, 1, 1), date(2026, 1, 1))


STEPS = st.lists(
    st.tuples(st.booleans(), st.decimals("0.01", 4000, places=2)), min_size=1, max_size=6
)


@settings(max_examples=15, deadline=None)
@given(STEPS)
def test_whatever_is_paid_and_given_back_the_balance_is_their_sum(steps):
    head = User.objects.filter(role="owner").first() or make_user("owner")
    set_letterhead()
    deal = Deal.objects.first() or a_deal(head)
    sent = services.send_invoice(head, services.make_invoice(head, deal.pk).pk)
    for is_refund, amount in steps:
        if is_refund:
            try:
                refund(head, sent, str(amount))
            except ValidationError:
                continue
        else:
            pay(head, sent, str(amount))
    sent.refresh_from_db()
    payments = Payment.objects.filter(invoice=sent)
    assert sent.paid == sum((one.amount for one in payments), Decimal(0)) >= 0
    assert (sent.paid_at is not None) == (sent.paid >= sent.total)
    assert sent.completed_at is not None or sent.paid < sent.total
